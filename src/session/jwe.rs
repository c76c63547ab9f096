//! The encrypted tokens of NextAuth 4 and Auth.js 5: JWE in its compact form
//! ([RFC 7516](https://www.rfc-editor.org/rfc/rfc7516#section-7.1)), with `dir` and one of two algorithms.

use super::error::Rejected;
use crate::error::Error;
use crate::random;
use aes::Aes256;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, InnerIvInit as _};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

/// One derived key, with the algorithm that it is for.
pub(super) struct Key {
    cipher: Cipher,
    /// The `kid` of a header: the key's thumbprint. NextAuth 4 writes none.
    id: Option<String>,
}

enum Cipher {
    Gcm(Box<Aes256Gcm>),
    /// Half of the key is for the MAC, half for the encryption: RFC 7518, section 5.2.
    CbcHmac(Box<(Hmac<Sha512>, Aes256)>),
}

/// Returns the key of NextAuth 4.
pub(super) fn next_auth_key(secret: &str) -> Key {
    let key: [u8; 32] = derive(secret, "", "NextAuth.js Generated Encryption Key");
    Key { cipher: gcm(&key), id: None }
}

/// Returns the keys of Auth.js 5 for a cookie. The first is the one that seals.
pub(super) fn auth_js_keys(secret: &str, cookie: &str) -> [Key; 2] {
    let info = format!("Auth.js Generated Encryption Key ({cookie})");
    let (long, short): ([u8; 64], [u8; 32]) = (derive(secret, cookie, &info), derive(secret, cookie, &info));
    let (mac, encryption) = long.split_at(32);
    #[allow(clippy::expect_used)] // both are half of the 64 bytes
    let cipher = (
        Hmac::new_from_slice(mac).expect("HMAC accepts keys of any length"),
        Aes256::new_from_slice(encryption).expect("the half of a key has 32 bytes"),
    );
    let thumbprint = |key: &[u8]| format!(r#"{{"k":"{}","kty":"oct"}}"#, BASE64.encode(key));
    let (long_id, short_id) = (Sha512::digest(thumbprint(&long)), Sha256::digest(thumbprint(&short)));
    [
        Key { cipher: Cipher::CbcHmac(Box::new(cipher)), id: Some(BASE64.encode(long_id)) },
        Key { cipher: gcm(&short), id: Some(BASE64.encode(short_id)) },
    ]
}

fn gcm(key: &[u8; 32]) -> Cipher {
    Cipher::Gcm(Box::new(Aes256Gcm::new(key.into())))
}

#[allow(clippy::expect_used)] // HKDF-SHA-256 gives up to 8,160 bytes
fn derive<const N: usize>(secret: &str, salt: &str, info: &str) -> [u8; N] {
    let mut key = [0; N];
    let hkdf = Hkdf::<Sha256>::new(Some(salt.as_bytes()), secret.as_bytes());
    hkdf.expand(info.as_bytes(), &mut key).expect("32 or 64 bytes are not too many");
    key
}

/// Returns the content of a token that one of the keys opens.
pub(super) fn open(token: &str, keys: &[Key]) -> Result<Vec<u8>, Rejected> {
    let mut parts = token.split('.');
    let mut part = || parts.next().ok_or(Rejected::Malformed);
    let (header, key, iv, text, tag) = (part()?, part()?, part()?, part()?, part()?);
    // With `dir` there is no encrypted key.
    if parts.next().is_some() || !key.is_empty() {
        return Err(Rejected::Malformed);
    }
    let decode = |part: &str| BASE64.decode(part).map_err(|_| Rejected::Malformed);
    let fields: Map<String, Value> =
        serde_json::from_slice(&decode(header)?).map_err(|_| Rejected::Malformed)?;
    let field = |name| fields.get(name).and_then(Value::as_str);
    // Only the algorithms that the packages write. An extension, or a compression, is refused.
    if field("alg") != Some("dir") || fields.contains_key("zip") || fields.contains_key("crit") {
        return Err(Rejected::Algorithm);
    }
    let enc = field("enc").ok_or(Rejected::Algorithm)?;
    let (iv, text, tag) = (decode(iv)?, decode(text)?, decode(tag)?);
    let fitting = || keys.iter().filter(|key| key.cipher.enc() == enc);
    if fitting().next().is_none() {
        return Err(Rejected::Algorithm);
    }
    // The header of Auth.js names the key, and no other is tried. Without a name each is.
    let named = |key: &&Key| match (&key.id, fields.get("kid")) {
        (Some(id), Some(kid)) => kid.as_str() == Some(id),
        _ => true,
    };
    for key in fitting().filter(named) {
        if let Some(content) = key.cipher.decrypt(header.as_bytes(), &iv, &text, &tag) {
            return Ok(content);
        }
    }
    Err(Rejected::Forged)
}

/// Returns the token of a content.
pub(super) fn seal(content: &[u8], key: &Key) -> Result<String, Error> {
    let enc = key.cipher.enc();
    let id = key.id.as_ref().map(|id| format!(r#","kid":"{id}""#)).unwrap_or_default();
    let header = BASE64.encode(format!(r#"{{"alg":"dir","enc":"{enc}"{id}}}"#));
    let (iv, text, tag) = key.cipher.encrypt(header.as_bytes(), content)?;
    Ok(format!("{header}..{}.{}.{}", BASE64.encode(iv), BASE64.encode(text), BASE64.encode(tag)))
}

impl Cipher {
    fn enc(&self) -> &'static str {
        match self {
            Self::Gcm(_) => "A256GCM",
            Self::CbcHmac(_) => "A256CBC-HS512",
        }
    }

    /// Returns the content, or `None` if the tag, compared in constant time, is not that of the rest.
    fn decrypt(&self, header: &[u8], iv: &[u8], text: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Gcm(cipher) => {
                let (iv, tag): (&[u8; 12], &[u8; 16]) = (iv.try_into().ok()?, tag.try_into().ok()?);
                let mut text = text.to_vec();
                cipher
                    .decrypt_inout_detached(iv.into(), header, text.as_mut_slice().into(), tag.into())
                    .ok()?;
                Some(text)
            }
            Self::CbcHmac(keys) => {
                let (mac, cipher) = &**keys;
                let (iv, tag): (&[u8; 16], &[u8; 32]) = (iv.try_into().ok()?, tag.try_into().ok()?);
                if !bool::from(authenticate(mac, header, iv, text).ct_eq(tag)) {
                    return None;
                }
                let cipher = cbc::Decryptor::inner_iv_init(cipher.clone(), iv.into());
                cipher.decrypt_padded_vec::<Pkcs7>(text).ok()
            }
        }
    }

    /// Returns the initialization vector, the encrypted text and the tag.
    fn encrypt(&self, header: &[u8], content: &[u8]) -> Result<(Vec<u8>, Vec<u8>, Vec<u8>), Error> {
        match self {
            Self::Gcm(cipher) => {
                let (iv, mut text): ([u8; 12], _) = (random::bytes()?, content.to_vec());
                let tag: Tag = cipher
                    .encrypt_inout_detached(&iv.into(), header, text.as_mut_slice().into())
                    .map_err(|_| Error::internal("the session is too long to encrypt"))?;
                Ok((iv.to_vec(), text, tag.to_vec()))
            }
            Self::CbcHmac(keys) => {
                let (mac, cipher) = &**keys;
                let iv: [u8; 16] = random::bytes()?;
                let text = cbc::Encryptor::inner_iv_init(cipher.clone(), &iv.into());
                let text = text.encrypt_padded_vec::<Pkcs7>(content);
                let tag = authenticate(mac, header, &iv, &text).to_vec();
                Ok((iv.to_vec(), text, tag))
            }
        }
    }
}

/// Returns the tag of A256CBC-HS512: the first half of a MAC over all parts and the header's length in bits.
fn authenticate(mac: &Hmac<Sha512>, header: &[u8], iv: &[u8], text: &[u8]) -> [u8; 32] {
    let bits = (header.len() as u64).wrapping_mul(8).to_be_bytes();
    let mac = mac.clone().chain_update(header).chain_update(iv).chain_update(text).chain_update(bits);
    let mut tag = [0; 32];
    tag.copy_from_slice(&mac.finalize().into_bytes()[..32]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &[u8] = br#"{"sub":"42"}"#;

    /// Seals with any header, authentically.
    fn sealed(header: &str, key: &Key) -> String {
        let header = BASE64.encode(header);
        let (iv, text, tag) = key.cipher.encrypt(header.as_bytes(), CONTENT).unwrap();
        format!("{header}..{}.{}.{}", BASE64.encode(iv), BASE64.encode(text), BASE64.encode(tag))
    }

    #[test]
    fn only_the_named_algorithms_are_opened() {
        let next_auth = [next_auth_key("a secret")];
        let auth_js = auth_js_keys("a secret", "sid");
        let [cbc, gcm] = &auth_js;
        let cases = [
            (&next_auth[..], &next_auth[0], r#"{"alg":"dir","enc":"A256GCM"}"#, Ok(())),
            (&next_auth, &next_auth[0], r#"{"typ":"JWT","enc":"A256GCM","kid":"x","alg":"dir"}"#, Ok(())),
            (&next_auth, &next_auth[0], r#"{"alg":"none","enc":"A256GCM"}"#, Err(Rejected::Algorithm)),
            (
                &next_auth,
                &next_auth[0],
                r#"{"alg":"dir","alg":"none","enc":"A256GCM"}"#,
                Err(Rejected::Algorithm),
            ),
            (&next_auth, &next_auth[0], r#"{"alg":"DIR","enc":"A256GCM"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":["dir"],"enc":"A256GCM"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"A256KW","enc":"A256GCM"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"A256GCMKW","enc":"A256GCM"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"dir","enc":"A128GCM"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"dir","enc":"A128CBC-HS256"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"dir","enc":"A256CBC-HS512"}"#, Err(Rejected::Algorithm)),
            (&next_auth, &next_auth[0], r#"{"alg":"dir"}"#, Err(Rejected::Algorithm)),
            (
                &next_auth,
                &next_auth[0],
                r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
                Err(Rejected::Algorithm),
            ),
            (
                &next_auth,
                &next_auth[0],
                r#"{"alg":"dir","enc":"A256GCM","zip":null}"#,
                Err(Rejected::Algorithm),
            ),
            (
                &next_auth,
                &next_auth[0],
                r#"{"alg":"dir","enc":"A256GCM","crit":["x"]}"#,
                Err(Rejected::Algorithm),
            ),
            (&next_auth, &next_auth[0], r#"["dir","A256GCM"]"#, Err(Rejected::Malformed)),
            (&next_auth, &next_auth[0], "", Err(Rejected::Malformed)),
            (&auth_js, cbc, r#"{"alg":"dir","enc":"A256CBC-HS512"}"#, Ok(())),
            (&auth_js, gcm, r#"{"alg":"dir","enc":"A256GCM"}"#, Ok(())),
            (&auth_js, gcm, r#"{"alg":"dir","enc":"A256CBC-HS512"}"#, Err(Rejected::Forged)),
            (&auth_js, cbc, r#"{"alg":"dir","enc":"A256GCM"}"#, Err(Rejected::Forged)),
            (&auth_js, cbc, r#"{"alg":"dir","enc":"A192CBC-HS384"}"#, Err(Rejected::Algorithm)),
            (&auth_js, cbc, r#"{"alg":"dir","enc":"A256CBC-HS512","zip":"DEF"}"#, Err(Rejected::Algorithm)),
            (&next_auth, gcm, r#"{"alg":"dir","enc":"A256GCM"}"#, Err(Rejected::Forged)),
        ];
        for (keys, key, header, expected) in cases {
            assert_eq!(open(&sealed(header, key), keys).map(|_| ()), expected, "{header}");
        }
    }

    #[test]
    fn each_part_is_checked() {
        let keys = auth_js_keys("a secret", "sid");
        for key in &keys {
            let token = seal(CONTENT, key).unwrap();
            assert_eq!(open(&token, &keys).as_deref(), Ok(CONTENT));
            let parts: Vec<_> = token.split('.').collect();
            let [header, _, iv, text, tag] = parts[..] else { panic!("{token}") };
            let short = |part: &str, by: usize| {
                let bytes = BASE64.decode(part).unwrap();
                BASE64.encode(&bytes[..bytes.len() - by])
            };
            let long = |part: &str| BASE64.encode([BASE64.decode(part).unwrap(), vec![0]].concat());
            let spaced =
                BASE64.encode(format!("{} ", String::from_utf8(BASE64.decode(header).unwrap()).unwrap()));
            let forged = [
                format!("{header}..{iv}.{text}.{}", short(tag, 1)),
                format!("{header}..{iv}.{text}.{}", short(tag, 4)),
                format!("{header}..{iv}.{text}."),
                format!("{header}..{iv}.{text}.{}", long(tag)),
                format!("{header}..{}.{text}.{tag}", short(iv, 1)),
                format!("{header}..{}.{text}.{tag}", long(iv)),
                format!("{header}...{text}.{tag}"),
                format!("{header}..{iv}..{tag}"),
                format!("{header}..{iv}.{}.{tag}", short(text, 1)),
                format!("{header}..{iv}.{}.{tag}", long(text)),
                format!("{spaced}..{iv}.{text}.{tag}"),
            ];
            for token in forged {
                assert_eq!(open(&token, &keys), Err(Rejected::Forged), "{token}");
            }
            let malformed = [
                String::new(),
                ".".into(),
                "....".into(),
                header.into(),
                format!("{header}.{iv}.{text}.{tag}"),
                format!("{header}.AAAA.{iv}.{text}.{tag}"),
                format!("{header}..{iv}.{text}.{tag}."),
                format!("{header}..{iv}.{text}.{tag}="),
                format!("{header}..{iv}.{text} .{tag}"),
                format!("{header}..{iv}.é.{tag}"),
            ];
            for token in malformed {
                assert_eq!(open(&token, &keys), Err(Rejected::Malformed), "{token}");
            }
        }
    }

    #[test]
    fn key_is_found_by_id_or_trial() {
        let (one, two) = (auth_js_keys("one", "sid"), auth_js_keys("two", "sid"));
        let both: Vec<_> = auth_js_keys("one", "sid").into_iter().chain(auth_js_keys("two", "sid")).collect();
        let id = |key: &Key| key.id.clone().unwrap();
        assert_ne!(id(&one[0]), id(&two[0]));
        let with = |kid: &str| format!(r#"{{"alg":"dir","enc":"A256CBC-HS512"{kid}}}"#);
        // What the header says of the key, and whether the second secret opens the token beside the first.
        let cases = [
            (String::new(), true),
            (format!(r#","kid":"{}""#, id(&two[0])), true),
            (format!(r#","kid":"{}""#, id(&one[0])), false),
            (format!(r#","kid":"{}""#, id(&two[1])), false),
            (format!(r#","kid":["{}"]"#, id(&two[0])), false),
            (r#","kid":"unknown""#.into(), false),
            (r#","kid":"""#.into(), false),
            (r#","kid":null"#.into(), false),
            (r#","kid":1"#.into(), false),
        ];
        for (kid, opens) in cases {
            let token = sealed(&with(&kid), &two[0]);
            let expected = if opens { Ok(CONTENT) } else { Err(&Rejected::Forged) };
            assert_eq!(open(&token, &both).as_deref(), expected, "{kid}");
            assert_eq!(open(&token, &one), Err(Rejected::Forged), "{kid}");
        }
        // The name of the cookie is in the key, so a cookie under another name is forged.
        let other = auth_js_keys("one", "__Secure-sid");
        assert_eq!(open(&seal(CONTENT, &one[0]).unwrap(), &other), Err(Rejected::Forged));
    }
}
