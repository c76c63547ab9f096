//! Encrypts preview data with AES-256-GCM and a key from PBKDF2, in the layout of Next.js.
//!
//! The layout, in hexadecimal: the salt (64 bytes), the initialization vector (16), the tag (16), and the encrypted
//! text.

use crate::error::Error;
use crate::random;
use crate::text::hex;
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{AesGcm, aes::Aes256};
use sha2::Sha512;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

type Cipher = AesGcm<Aes256, U16>;
type Salt = [u8; 64];

const SALT: usize = 64;
const IV: usize = 16;
const TAG: usize = 16;
const ROUNDS: u32 = 100_000;
/// The number of keys that are kept. Next.js creates a salt for every cookie, so this is a number of editors.
const KEPT: usize = 64;

/// The keys that are derived from one secret with different salts.
pub(super) struct Keys {
    secret: Arc<str>,
    /// The key for writing, derived at the first use.
    own: OnceCell<(Salt, Cipher)>,
    /// The keys for reading. The one that was used last comes first.
    known: Mutex<VecDeque<(Salt, Arc<OnceCell<Cipher>>)>>,
}

impl Keys {
    pub(super) fn new(secret: String) -> Self {
        Self { secret: secret.into(), own: OnceCell::new(), known: Mutex::default() }
    }

    pub(super) async fn encrypt(&self, text: &[u8]) -> Result<String, Error> {
        let (salt, cipher) = self.own.get_or_try_init(|| self.make()).await?;
        let iv: [u8; IV] = random::bytes()?;
        let mut text = text.to_vec();
        let tag = cipher
            .encrypt_inout_detached(&iv.into(), b"", text.as_mut_slice().into())
            .map_err(|_| Error::internal("the preview data is too long to encrypt"))?;
        Ok(hex::encode(&[salt, iv.as_slice(), tag.as_slice(), text.as_slice()]))
    }

    pub(super) async fn decrypt(&self, data: &str) -> Result<Vec<u8>, Error> {
        let wrong = || {
            Error::internal(
                "a preview token with a valid signature cannot be decrypted: check the encryption key",
            )
        };
        let bytes = hex::decode(data);
        let (salt, rest) = bytes.split_first_chunk::<SALT>().ok_or_else(wrong)?;
        let (iv, rest) = rest.split_first_chunk::<IV>().ok_or_else(wrong)?;
        let (tag, text) = rest.split_first_chunk::<TAG>().ok_or_else(wrong)?;
        let mut text = text.to_vec();
        let cipher = self.key(salt);
        let cipher = cipher.get_or_try_init(|| self.derive(*salt)).await?;
        cipher
            .decrypt_inout_detached(iv.into(), b"", text.as_mut_slice().into(), tag.into())
            .map_err(|_| wrong())?;
        Ok(text)
    }

    /// Returns the cell of a key. Requests that need the same key at the same time wait for one derivation.
    fn key(&self, salt: &Salt) -> Arc<OnceCell<Cipher>> {
        if let Some((own, cipher)) = self.own.get() {
            if own == salt {
                return Arc::new(OnceCell::new_with(Some(cipher.clone())));
            }
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().position(|(known, _)| known == salt).and_then(|index| known.remove(index));
        let (salt, cell) = found.unwrap_or_else(|| (*salt, Arc::default()));
        known.push_front((salt, Arc::clone(&cell)));
        known.truncate(KEPT);
        cell
    }

    async fn make(&self) -> Result<(Salt, Cipher), Error> {
        let salt = random::bytes()?;
        Ok((salt, self.derive(salt).await?))
    }

    /// Derives a key. That is slow by design, so it runs on a blocking thread.
    async fn derive(&self, salt: Salt) -> Result<Cipher, Error> {
        let secret = Arc::clone(&self.secret);
        let derivation = tokio::task::spawn_blocking(move || {
            let mut key = [0; 32];
            pbkdf2::pbkdf2_hmac::<Sha512>(secret.as_bytes(), &salt, ROUNDS, &mut key);
            Cipher::new(&key.into())
        });
        Ok(derivation.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn key_is_derived_once_and_ivs_differ() {
        let keys = Keys::new("a secret of some length".into());
        let (first, second) = (keys.encrypt(b"one").await.unwrap(), keys.encrypt(b"one").await.unwrap());
        assert_eq!(first[..2 * SALT], second[..2 * SALT], "one salt");
        assert_ne!(first[2 * SALT..2 * (SALT + IV)], second[2 * SALT..2 * (SALT + IV)], "two vectors");
        assert_eq!(keys.decrypt(&first).await.unwrap(), b"one");
        assert_eq!(keys.known.lock().unwrap().len(), 0, "its own key was at hand");

        let other = Keys::new("a secret of some length".into());
        assert_eq!(other.decrypt(&second).await.unwrap(), b"one");
        assert_eq!(other.known.lock().unwrap().len(), 1);
        for text in ["", "zz", &first[..100], &format!("{}00", &first[..first.len() - 2])] {
            let expected = if text == first { Some(b"one".to_vec()) } else { None };
            assert_eq!(other.decrypt(text).await.ok(), expected, "{text}");
        }
    }

    #[test]
    fn only_so_many_keys_are_kept() {
        let keys = Keys::new(String::new());
        let salt = |i: usize| [u8::try_from(i % 251).unwrap(); SALT];
        let first = keys.key(&salt(0));
        for i in 1..KEPT {
            keys.key(&salt(i));
        }
        assert!(Arc::ptr_eq(&first, &keys.key(&salt(0))), "used again, it is the youngest");
        for i in KEPT..2 * KEPT - 1 {
            keys.key(&salt(i));
        }
        assert!(Arc::ptr_eq(&first, &keys.key(&salt(0))));
        assert_eq!(keys.known.lock().unwrap().len(), KEPT);
        assert!(!keys.known.lock().unwrap().iter().any(|(known, _)| *known == salt(1)), "the oldest is gone");
    }
}
