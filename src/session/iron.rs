//! The seals of iron-session 8 and 9: `Fe26.2*id*salt*iv*text*expiry*salt*mac~2`.

use super::error::Rejected;
use super::passwords::Passwords;
use crate::error::Error;
use crate::random;
use crate::text::hex;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;

const PREFIX: &str = "Fe26.2";
/// iron-session's version of its own format, which is not authenticated: it is written, and ignored when read.
const MARKER: &str = "~2";

/// Returns the content of a seal that one of the passwords opens. `now` and `tolerance` are in milliseconds.
pub(super) fn open(seal: &str, passwords: &Passwords, now: u64, tolerance: u64) -> Result<Vec<u8>, Rejected> {
    let seal = seal.split('~').next().unwrap_or_default();
    let mut parts = seal.split('*');
    let mut part = || parts.next().ok_or(Rejected::Malformed);
    let (prefix, id, salt, iv) = (part()?, part()?, part()?, part()?);
    let (text, expiry, mac_salt, mac) = (part()?, part()?, part()?, part()?);
    if parts.next().is_some() || prefix != PREFIX {
        return Err(Rejected::Malformed);
    }
    if !expiry.is_empty() {
        if !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Rejected::Malformed);
        }
        // More digits than fit are a time that never comes.
        if expiry.parse().unwrap_or(u64::MAX).saturating_add(tolerance) <= now {
            return Err(Rejected::Expired);
        }
    }
    let signed = &seal[..seal.len() - mac_salt.len() - mac.len() - 2];
    let mut candidates = passwords.for_id(id).peekable();
    if candidates.peek().is_none() {
        return Err(Rejected::UnknownPassword);
    }
    let password = candidates.find(|password| {
        let expected = authenticate(password, mac_salt, signed);
        bool::from(expected.as_bytes().ct_eq(mac.as_bytes()))
    });
    let password = password.ok_or(Rejected::Forged)?;
    // What follows is authentic, so its faults are those of another program that has the password.
    let decode = |part: &str| BASE64.decode(part).map_err(|_| Rejected::Malformed);
    let (iv, text) = (decode(iv)?, decode(text)?);
    let iv: [u8; 16] = iv.try_into().map_err(|_| Rejected::Malformed)?;
    let cipher = cbc::Decryptor::<Aes256>::new(&derive(password, salt).into(), &iv.into());
    cipher.decrypt_padded_vec::<Pkcs7>(&text).map_err(|_| Rejected::Malformed)
}

/// Returns the seal of a content. `expiry` is in milliseconds since 1970; without one the seal is valid for ever.
pub(super) fn seal(content: &[u8], passwords: &Passwords, expiry: Option<u64>) -> Result<String, Error> {
    let (id, password) = passwords.newest();
    let (salt, mac_salt, iv): (_, _, [u8; 16]) = (random_salt()?, random_salt()?, random::bytes()?);
    let cipher = cbc::Encryptor::<Aes256>::new(&derive(password, &salt).into(), &iv.into());
    let text = BASE64.encode(cipher.encrypt_padded_vec::<Pkcs7>(content));
    let expiry = expiry.map(|expiry| expiry.to_string()).unwrap_or_default();
    let mut seal = format!("{PREFIX}*{id}*{salt}*{}*{text}*{expiry}", BASE64.encode(iv));
    let mac = authenticate(password, &mac_salt, &seal);
    // Writing to a `String` cannot fail.
    let _ = write!(seal, "*{mac_salt}*{mac}{MARKER}");
    Ok(seal)
}

/// Derives a key: PBKDF2 with SHA-1 and a single round, since the password is a long secret. The salt is the text.
fn derive(password: &str, salt: &str) -> [u8; 32] {
    pbkdf2::pbkdf2_hmac_array::<Sha1, 32>(password.as_bytes(), salt.as_bytes(), 1)
}

#[allow(clippy::expect_used)] // HMAC takes a key of any length: RFC 2104, section 2
fn authenticate(password: &str, salt: &str, text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(&derive(password, salt));
    let mac = mac.expect("HMAC accepts keys of any length").chain_update(text).finalize();
    BASE64.encode(mac.into_bytes())
}

/// Returns 256 random bits in hexadecimal.
fn random_salt() -> Result<String, Error> {
    Ok(hex::encode(&[&random::bytes::<32>()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "one password of at least 32 characters";
    const TWO: &str = "two: the password after the rotation, ü";
    const NOW: u64 = 1_700_000_000_000;

    /// Returns a seal whose parts were edited, with the right MAC.
    fn edited(edit: impl FnOnce(&mut Vec<&str>)) -> String {
        let seal = seal(b"{}", &ONE.into(), None).unwrap();
        let mut parts: Vec<_> = seal.split(['*', '~']).collect();
        edit(&mut parts);
        let signed = parts[..6].join("*");
        format!("{signed}*{}*{}~2", parts[6], authenticate(ONE, parts[6], &signed))
    }

    #[test]
    fn only_a_whole_seal_is_opened() {
        let passwords = Passwords::from(ONE);
        let open = |seal: &str| open(seal, &passwords, NOW, 60_000).map(|_| ());
        let cases = [
            (edited(|_| ()), Ok(())),
            (edited(|parts| parts[5] = "1700000000000"), Ok(())),
            (edited(|parts| parts[5] = "1699999940001"), Ok(())),
            (edited(|parts| parts[5] = "1699999940000"), Err(Rejected::Expired)),
            (edited(|parts| parts[5] = "0"), Err(Rejected::Expired)),
            (edited(|parts| parts[5] = "99999999999999999999999"), Ok(())),
            (edited(|parts| parts[5] = "+1800000000000"), Err(Rejected::Malformed)),
            (edited(|parts| parts[5] = "1e13"), Err(Rejected::Malformed)),
            (edited(|parts| parts[0] = "Fe26.1"), Err(Rejected::Malformed)),
            (edited(|parts| parts[0] = "fe26.2"), Err(Rejected::Malformed)),
            (edited(|parts| parts[1] = "2"), Err(Rejected::UnknownPassword)),
            (edited(|parts| parts[1] = "01"), Err(Rejected::UnknownPassword)),
            (edited(|parts| parts[1] = ""), Err(Rejected::UnknownPassword)),
            (edited(|parts| parts[1] = "constructor"), Err(Rejected::UnknownPassword)),
            (edited(|parts| parts[3] = "AAAA"), Err(Rejected::Malformed)),
            (edited(|parts| parts[4] = ""), Err(Rejected::Malformed)),
            (edited(|parts| parts[4] = "AA=="), Err(Rejected::Malformed)),
        ];
        for (seal, expected) in cases {
            assert_eq!(open(&seal), expected, "{seal}");
        }
        let seal = edited(|_| ());
        let (whole, mac) = seal.rsplit_once('*').unwrap();
        let mac = mac.trim_end_matches("~2");
        for marker in ["", "~", "~1", "~2", "~3", "~2~2", "~*"] {
            assert_eq!(open(&format!("{whole}*{mac}{marker}")), Ok(()), "the marker {marker} is ignored");
        }
        let forged = [
            format!("{whole}*"),
            format!("{whole}*{}", &mac[..42]),
            format!("{whole}*{mac}A"),
            seal.replacen("Fe26.2*1*", "Fe26.2*1*0", 1),
        ];
        for seal in forged {
            assert_eq!(open(&seal), Err(Rejected::Forged), "{seal}");
        }
        for seal in
            ["", "*", "*******", "Fe26.2", whole, &format!("{whole}*{mac}*"), &format!("*{whole}*{mac}")]
        {
            assert_eq!(open(seal), Err(Rejected::Malformed), "{seal}");
        }
    }

    #[test]
    fn each_seal_has_salts_of_its_own() {
        let seals = [(); 2].map(|()| seal(b"{}", &ONE.into(), None).unwrap());
        // The salt of the key, the IV, and the salt of the MAC.
        let random: Vec<_> =
            seals.iter().flat_map(|seal| [2, 3, 6].map(|at| seal.split('*').nth(at).unwrap())).collect();
        let lengths: Vec<_> = random.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [64, 22, 64, 64, 22, 64]);
        assert_eq!(std::collections::HashSet::<_>::from_iter(random).len(), 6);
    }

    #[test]
    fn a_password_is_found_by_its_id() {
        let sealed = |passwords: &Passwords| seal(b"{}", passwords, None).unwrap();
        let by_id = |list: [(u32, &str); 2]| Passwords::from(list);
        let mut counted = Passwords::from(TWO);
        counted.add(ONE.into()).unwrap();
        let one = Passwords::from(ONE);
        let cases = [
            // Of several, the one with the highest id seals.
            (by_id([(1, ONE), (2, TWO)]), "2", by_id([(2, TWO), (3, ONE)]), true),
            (by_id([(1, ONE), (2, TWO)]), "2", by_id([(1, TWO), (2, ONE)]), false),
            (by_id([(1, ONE), (12, TWO)]), "12", by_id([(1, TWO), (2, ONE)]), false),
            // Those without ids are counted, and tried.
            (counted.clone(), "2", by_id([(1, ONE), (2, TWO)]), true),
            (by_id([(7, ONE), (30, TWO)]), "30", counted.clone(), true),
            (one.clone(), "1", counted.clone(), true),
            (Passwords::from(TWO), "1", counted.clone(), true),
            (counted.clone(), "2", one.clone(), false),
            (by_id([(1, TWO), (2, ONE)]), "2", one.clone(), false),
        ];
        for (sealing, id, opening, opens) in cases {
            let seal = sealed(&sealing);
            assert_eq!(seal.split('*').nth(1), Some(id));
            assert_eq!(open(&seal, &opening, NOW, 0).is_ok(), opens, "{sealing:?} {opening:?}");
        }
    }
}
