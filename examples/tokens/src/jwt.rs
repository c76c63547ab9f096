//! JSON Web Tokens: of a provider with its public keys, and of `jose` with a shared secret.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

/// The claims that the handlers need.
#[derive(Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
}

/// The public keys of Clerk (`https://<your app>.clerk.accounts.dev/.well-known/jwks.json`) or Supabase
/// (`https://<project>.supabase.co/auth/v1/.well-known/jwks.json`).
///
/// They change rarely: a program reads them at its start, and again when a token names a key that is not there.
pub(crate) struct Keys(Vec<(String, DecodingKey, Validation)>);

impl Keys {
    pub(crate) fn new(jwks: &str, issuer: &str) -> std::result::Result<Self, Box<dyn std::error::Error>> {
        let mut keys = Vec::new();
        for key in serde_json::from_str::<JwkSet>(jwks)?.keys {
            let (Some(id), Some(algorithm)) = (&key.common.key_id, &key.common.key_algorithm) else {
                continue;
            };
            let mut validation = Validation::new(algorithm.to_string().parse()?);
            validation.set_issuer(&[issuer]);
            validation.validate_nbf = true;
            // Supabase: `validation.set_audience(&["authenticated"])`. Clerk has `azp`, the origin of the page.
            validation.validate_aud = false;
            keys.push((id.clone(), DecodingKey::from_jwk(&key)?, validation));
        }
        Ok(Self(keys))
    }

    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        let id = decode_header(token).ok()?.kid?;
        // The algorithm and the issuer are those of the key, never those that the token names.
        let (_, key, validation) = self.0.iter().find(|(known, ..)| *known == id)?;
        Some(decode(token, key, validation).ok()?.claims)
    }
}

/// The secret of `new SignJWT(…)` and `jwtVerify(…, secret, { algorithms: ["HS256"] })`.
pub(crate) struct Secret {
    key: DecodingKey,
    validation: Validation,
}

impl Secret {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self { key: DecodingKey::from_secret(secret), validation: Validation::new(Algorithm::HS256) }
    }

    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        Some(decode(token, &self.key, &self.validation).ok()?.claims)
    }
}
