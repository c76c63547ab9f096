use super::*;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use tower::ServiceExt as _;
use tower_api_routes::Body;

const ISSUER: &str = "https://project.supabase.co/auth/v1";
const SECRET: &[u8] = b"a secret of at least 32 characters";

fn key() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("test-key.pem")).unwrap()
}

fn jwks() -> String {
    let mut jwk = Jwk::from_encoding_key(&key(), Algorithm::ES256).unwrap();
    jwk.common.key_id = Some("one".into());
    json!({ "keys": [jwk] }).to_string()
}

fn signed(kid: &str, claims: &serde_json::Value) -> String {
    let header = Header { kid: Some(kid.into()), ..Header::new(Algorithm::ES256) };
    encode(&header, claims, &key()).unwrap()
}

fn api() -> ApiRouter {
    let database = Database::open(":memory:").unwrap();
    database.execute(
        "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT);
         CREATE TABLE sessions (\"sessionToken\" TEXT UNIQUE, \"userId\" TEXT, expires TEXT);
         INSERT INTO users VALUES ('42', 'ada@example.com');
         INSERT INTO sessions VALUES ('valid', '42', datetime('now', '+1 day')), ('old', '42', datetime('now', '-1 day'));",
    );
    let keys = Keys::new(&jwks(), ISSUER).unwrap();
    router(Sessions::auth_js("secret").unwrap(), database, keys, Secret::new(SECRET))
}

async fn get(path: &str, header: &str, value: &str) -> (u16, String) {
    let request = http::Request::get(path).header(header, value).body(Body::empty()).unwrap();
    let response = api().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, String::from_utf8(response.into_body().as_bytes().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn only_a_valid_session_or_token_is_read() {
    let claims = |issuer: &str, exp: u64| json!({ "sub": "42", "iss": issuer, "exp": exp });
    let good = signed("one", &claims(ISSUER, 4_102_444_800));
    let other = signed("two", &claims(ISSUER, 4_102_444_800));
    let foreign = signed("one", &claims("https://evil.example", 4_102_444_800));
    let expired = signed("one", &claims(ISSUER, 1));
    // The public key as the secret of another algorithm.
    let confused = Header { kid: Some("one".into()), ..Header::new(Algorithm::HS256) };
    let confused =
        encode(&confused, &claims(ISSUER, 4_102_444_800), &EncodingKey::from_secret(jwks().as_bytes()));
    let jose = |secret| {
        encode(&Header::default(), &claims("", 4_102_444_800), &EncodingKey::from_secret(secret)).unwrap()
    };
    let (user, refused) = ((200, r#"{"id":"42"}"#), (401, "Unauthorized"));
    let bearer = |token: &str| format!("Bearer {token}");
    let cases = [
        (
            "/api/database",
            "cookie",
            "authjs.session-token=valid".to_owned(),
            (200, r#"{"id":"42","email":"ada@example.com"}"#),
        ),
        ("/api/database", "cookie", "authjs.session-token=old".into(), refused),
        ("/api/database", "cookie", "authjs.session-token=' OR 1=1 --".into(), refused),
        ("/api/database", "cookie", "theme=dark".into(), refused),
        ("/api/token", "authorization", bearer(&good), user),
        ("/api/token", "cookie", format!("__session={good}"), user),
        ("/api/token", "authorization", bearer(&other), refused),
        ("/api/token", "authorization", bearer(&foreign), refused),
        ("/api/token", "authorization", bearer(&expired), refused),
        ("/api/token", "authorization", bearer(&confused.unwrap()), refused),
        ("/api/token", "authorization", bearer(&format!("{good}x")), refused),
        ("/api/token", "cookie", "theme=dark".into(), refused),
        ("/api/jose", "cookie", format!("session={}", jose(SECRET)), user),
        ("/api/jose", "cookie", format!("session={}", jose(b"another")), refused),
        ("/api/jose", "cookie", format!("session={good}"), refused),
    ];
    for (path, header, value, (status, text)) in cases {
        assert_eq!(get(path, header, &value).await, (status, text.to_owned()), "{path} {value}");
    }
}
