//! The token of preview data: a [JSON Web Token](https://www.rfc-editor.org/rfc/rfc7519) signed with
//! [HS256](https://www.rfc-editor.org/rfc/rfc7518#section-3.2).

use crate::error::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// Creates the token of encrypted data, as Next.js does.
pub(super) fn sign(key: &str, data: &str, now: u64, max_age: Option<u64>) -> String {
    let exp = max_age.map(|seconds| format!(r#","exp":{}"#, now.saturating_add(seconds))).unwrap_or_default();
    // `data` is hexadecimal, so it needs no escapes.
    let claims = format!(r#"{{"data":"{data}","iat":{now}{exp}}}"#);
    let mut token = BASE64.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    token.push('.');
    BASE64.encode_string(claims, &mut token);
    let signature = mac(key, &token).finalize().into_bytes();
    token.push('.');
    BASE64.encode_string(signature, &mut token);
    token
}

/// Returns the claims of a token. `None` if it is malformed, forged, of another algorithm, expired, or not valid yet.
pub(super) fn verify(key: &str, token: &str, now: u64) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    // The signature is verified first, in constant time, so that nothing else of a forged token is read.
    mac(key, signed).verify_slice(&BASE64.decode(signature).ok()?).ok()?;
    let header: Value = serde_json::from_slice(&BASE64.decode(header).ok()?).ok()?;
    if header.get("alg")?.as_str()? != "HS256" {
        return None;
    }
    // Claims that are not JSON become null. `data` then reports that there is no data.
    let claims: Value = serde_json::from_slice(&BASE64.decode(claims).ok()?).unwrap_or_default();
    let time = |name| match claims.get(name) {
        Some(value) => value.as_f64().map(Some),
        None => Some(None),
    };
    #[allow(clippy::cast_precision_loss)] // seconds are exact in an `f64` for millions of years
    let now = now as f64;
    let begun = time("nbf")?.is_none_or(|not_before| not_before <= now);
    let over = time("exp")?.is_some_and(|expires| now >= expires);
    (begun && !over).then_some(claims)
}

/// Returns the encrypted data of a verified token.
pub(super) fn data(claims: &Value) -> Result<&str, Error> {
    let data = claims.get("data").and_then(Value::as_str);
    data.ok_or_else(|| Error::internal("a preview token with a valid signature has no data"))
}

#[allow(clippy::expect_used)] // HMAC takes a key of any length: RFC 2104, section 2
fn mac(key: &str, text: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.expect("HMAC accepts keys of any length").chain_update(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "6bebd3e7f174e89fa67e192ab04e19129085599725f69843799694872ae3c933";

    fn signed(header: &str, claims: &str) -> String {
        let text = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = BASE64.encode(mac(KEY, &text).finalize().into_bytes());
        format!("{text}.{signature}")
    }

    #[test]
    fn signed_token_is_that_of_next() {
        let token = sign(KEY, "ab", 1_000, Some(60));
        let expected = signed(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"data":"ab","iat":1000,"exp":1060}"#);
        assert_eq!(token, expected);
        assert_eq!(verify(KEY, &token, 1_059).unwrap()["data"], "ab");
        assert!(verify(KEY, &token, 1_060).is_none());
        let forever = verify(KEY, &sign(KEY, "ab", 1_000, None), u64::MAX).unwrap();
        assert_eq!(forever, serde_json::json!({ "data": "ab", "iat": 1000 }));
        assert_eq!(verify(KEY, &sign(KEY, "", 5, Some(u64::MAX)), 6).unwrap()["exp"], u64::MAX);
    }

    #[test]
    fn token_is_verified_by_one_algorithm() {
        let hs256 = r#"{"alg":"HS256","typ":"JWT"}"#;
        let cases = [
            (hs256, r#"{"data":""}"#, true),
            (r#"{"alg":"HS256"}"#, r#"{"data":""}"#, true),
            (r#"{"alg":"HS384"}"#, r#"{"data":""}"#, false),
            (r#"{"alg":"hs256"}"#, r#"{"data":""}"#, false),
            (r#"{"alg":"none"}"#, r#"{"data":""}"#, false),
            ("{}", r#"{"data":""}"#, false),
            ("text", r#"{"data":""}"#, false),
            (hs256, r#"{"exp":1001}"#, true),
            (hs256, r#"{"exp":1000.5}"#, true),
            (hs256, r#"{"exp":1000}"#, false),
            (hs256, r#"{"exp":"9999"}"#, false),
            (hs256, r#"{"exp":null}"#, false),
            (hs256, r#"{"nbf":1000}"#, true),
            (hs256, r#"{"nbf":1001}"#, false),
            (hs256, r#"{"nbf":true}"#, false),
            (hs256, r#"{"iat":9999}"#, true),
            (hs256, "not json", true),
        ];
        for (header, claims, good) in cases {
            assert_eq!(verify(KEY, &signed(header, claims), 1_000).is_some(), good, "{header} {claims}");
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        let token = sign(KEY, "ab", 1, None);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let flip = |text: &str| {
            let last = if text.ends_with('A') { 'B' } else { 'A' };
            format!("{}{last}", &text[..text.len() - 1])
        };
        let cases = [
            String::new(),
            "x".into(),
            "..".into(),
            signed.into(),
            format!("{signed}."),
            format!("{token}="),
            format!("{token}.{signature}"),
            format!("{signed}.{}", flip(signature)),
            format!("{}.{signature}", flip(signed)),
            format!("{signed}.{}", &signature[..40]),
            format!("\"{token}\""),
        ];
        for case in cases {
            assert!(verify(KEY, &case, 1).is_none(), "{case}");
        }
        assert!(verify("another key, of some length", &token, 1).is_none());
    }
}
