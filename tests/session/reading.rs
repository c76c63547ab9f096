//! How a handler reads a session.

use super::log::Log;
use super::{OTHER, SECRET, api, formats, read, sealed, send};
use http::Request;
use http::header::{AUTHORIZATION, COOKIE};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt as _;
use tower::util::MapRequestLayer;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, HandlerInput, Next, Result, Sessions, from_fn,
    signed_in,
};
use tracing::Level;

#[tokio::test]
async fn a_session_that_is_set_is_read() {
    let session =
        json!({ "name": "Ada", "sub": "42", "roles": ["admin"], "n": 1.5, "text": "é 中 😀 \u{0}" });
    for sessions in formats() {
        let api = api(sessions);
        let cookie = sealed(&api, &session).await;
        let (status, got) = read(send(&api, "/api/session", &cookie, None).await).await;
        let Value::Object(mut got) = got else { panic!("{got}") };
        let claims: Vec<_> =
            ["iat", "exp", "jti"].into_iter().filter_map(|claim| got.remove(claim)).collect();
        assert_eq!((status, Value::from(got)), (200, session.clone()));
        if let [iat, exp, _] = &*claims {
            assert_eq!(exp.as_u64().unwrap() - iat.as_u64().unwrap(), 30 * 24 * 60 * 60);
        }
    }
}

#[tokio::test]
async fn one_debug_event_says_why_there_is_none() {
    let old = Sessions::auth_js(OTHER).unwrap();
    let auth_js = || Sessions::auth_js(SECRET).unwrap();
    let expired = auth_js().max_age(Duration::ZERO);
    let cookie = sealed(&api(auth_js()), &json!({ "name": "Ada" })).await;
    let cases = [
        (auth_js(), String::new(), "no cookie"),
        (auth_js(), "theme=dark".into(), "no cookie"),
        (auth_js(), "authjs.session-token=".into(), "no cookie"),
        (auth_js(), "authjs.session-token=x".into(), "malformed"),
        (auth_js(), cookie[..cookie.len() - 3].to_owned(), "forged, cut, or sealed with another secret"),
        (old, cookie.clone(), "forged, cut, or sealed with another secret"),
        (
            auth_js().clock_tolerance(Duration::ZERO),
            sealed(&api(expired), &json!({ "name": "Ada" })).await,
            "expired",
        ),
        (
            auth_js().secure(true),
            cookie.clone(),
            "no cookie of this name, but one with the other prefix: set `secure` as in the Next.js app",
        ),
    ];
    let log = Log::capture();
    for (sessions, cookie, reason) in cases {
        // Twice in the handler, and once in a wrapper.
        async fn twice(req: ApiRequest, res: ApiResponse) -> Result {
            assert_eq!(req.session::<Value>()?, None);
            res.json(&req.session::<Value>()?)
        }
        async fn wrapper(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
            assert_eq!(req.session::<Value>()?, None);
            next.run(req, res).await
        }
        let api = ApiRouter::new().sessions(sessions).route("/api/me", twice.wrap(wrapper));
        let response = read(send(&api, "/api/me", &cookie, None).await).await;
        assert_eq!(response, (200, Value::Null), "{reason}");
        let events: Vec<_> = log.all();
        let [event] = &*events else { panic!("{reason}: {events:?}") };
        assert_eq!(
            (event.level, event.message(), event.field("reason")),
            (Level::DEBUG, "no session", reason)
        );
        assert_eq!((event.field("http.route"), event.fields.len()), ("/api/me", 5), "{event:?}");
    }
}

#[tokio::test]
async fn a_session_of_another_type_is_a_500() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct User {
        name: u64,
    }
    for sessions in formats() {
        let api = api(sessions).route("/api/typed", async |req: ApiRequest, res: ApiResponse| {
            req.session::<User>()?;
            res.end()
        });
        for session in [json!({ "name": "secret-name" }), json!({})] {
            let cookie = sealed(&api, &session).await;
            let log = Log::capture();
            assert_eq!(send(&api, "/api/typed", &cookie, None).await.status(), 500);
            let events = log.take(Level::ERROR);
            let error = events[0].field("error");
            assert!(
                error.contains("the session does not fit the type `") && error.contains("User`"),
                "{error}"
            );
            assert!(!error.contains("secret-name"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_router_without_sessions_is_a_500() {
    let log = Log::capture();
    let api = ApiRouter::new()
        .route("/api/session", super::session)
        .route("/api/set", super::set)
        .route("/api/token", async |req: ApiRequest, res: ApiResponse| res.json(&req.session_token()))
        .route("/api/clear", async |_: ApiRequest, res: ApiResponse| res.clear_session().end());
    for path in ["/api/session", "/api/set", "/api/clear"] {
        assert_eq!(send(&api, path, "", Some(&json!({}))).await.status(), 500, "{path}");
        let events = log.take(Level::ERROR);
        assert!(events[0].field("error").contains(".sessions(Sessions::next_auth(secret)?)"), "{events:?}");
    }
    assert_eq!(read(send(&api, "/api/token", "", None).await).await, (200, Value::Null));
}

#[tokio::test]
async fn merged_and_nested_routers_have_the_sessions() {
    let part = || ApiRouter::new().route("/api/session", super::session);
    let app = || ApiRouter::new().sessions(Sessions::next_auth(SECRET).unwrap());
    let cookie = sealed(&api(Sessions::next_auth(SECRET).unwrap()), &json!({ "sub": "42" })).await;
    let other = sealed(&api(Sessions::next_auth(OTHER).unwrap()), &json!({ "sub": "43" })).await;
    let own = || part().sessions(Sessions::next_auth(OTHER).unwrap());
    let layered = |router: ApiRouter| {
        router.layer(from_fn(async |req: ApiRequest<Body>, res: ApiResponse, next: Next| {
            req.session::<Value>()?;
            next.run(req, res).await
        }))
    };
    let nested = |router| ApiRouter::new().sessions(Sessions::next_auth(SECRET).unwrap()).nest("/x", router);
    let cases = [
        (app().merge(part()), "/api/session", &cookie, "42"),
        (app().nest("/x", part()), "/x/api/session", &cookie, "42"),
        (app().merge(own()), "/api/session", &other, "43"),
        (nested(own()), "/x/api/session", &other, "43"),
        (layered(app().merge(part())), "/api/session", &cookie, "42"),
        (app().merge(layered(part())), "/api/session", &cookie, "42"),
        (layered(nested(own())), "/x/api/session", &other, "43"),
    ];
    for (i, (api, path, cookie, sub)) in cases.into_iter().enumerate() {
        let (status, got) = read(send(&api, path, cookie, None).await).await;
        assert_eq!((status, got["sub"].as_str()), (200, Some(sub)), "{i} {got}");
    }
}

#[tokio::test]
async fn a_layer_can_remove_the_cookie() {
    let log = Log::capture();
    let sessions = || Sessions::next_auth(SECRET).unwrap();
    let cookie = sealed(&api(sessions()), &json!({ "sub": "42" })).await;
    let remove = |mut request: Request<Body>| {
        request.headers_mut().remove(COOKIE);
        request
    };
    let plain = || ApiRouter::new().sessions(sessions()).route("/api/session", super::session);
    for (api, expected) in [
        (plain().layer(signed_in()), json!("42")),
        (plain().layer(MapRequestLayer::new(remove)).layer(signed_in()), Value::Null),
    ] {
        let (status, got) = read(send(&api, "/api/session", &cookie, None).await).await;
        assert_eq!((status, &got["sub"]), (200, &expected));
    }
    assert_eq!(log.take(Level::DEBUG).len(), 1, "the second one is not signed in, inside");
}

#[tokio::test]
async fn a_bearer_token_is_read_by_choice() {
    let auth_js = || Sessions::auth_js(SECRET).unwrap();
    let cookie = sealed(&api(auth_js()), &json!({ "sub": "42" })).await;
    let token = cookie.split_once('=').unwrap().1;
    let escaped = token.replace('.', "%2E");
    let cases = [
        (false, format!("Bearer {token}"), "", false),
        (true, format!("Bearer {token}"), "", true),
        (true, format!("Bearer {escaped} more"), "", true),
        (true, format!("bearer {token}"), "", false),
        (true, format!("Basic {token}"), "", false),
        (true, "Bearer %".into(), "", false),
        (true, "Bearer".into(), "", false),
        // The cookie comes first, as in the packages.
        (true, format!("Bearer {token}"), "authjs.session-token=x", false),
        (true, "Bearer x".into(), &*cookie, true),
    ];
    for (on, header, cookie, found) in cases {
        let request = Request::get("/api/session").header(AUTHORIZATION, &header).header(COOKIE, cookie);
        let api = api(auth_js().bearer(on));
        let response = api.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (status, got) = read(response).await;
        assert_eq!((status, got["sub"] == "42"), (200, found), "{header} {cookie}");
    }
}

#[tokio::test]
async fn the_token_itself_is_read_for_a_database() {
    let api = api(Sessions::next_auth(SECRET).unwrap());
    let cases = [
        ("", Value::Null),
        (
            "next-auth.session-token=2f4e9f0c-7c1b-4b8a-9d3e-1f2a3b4c5d6e",
            json!("2f4e9f0c-7c1b-4b8a-9d3e-1f2a3b4c5d6e"),
        ),
        ("next-auth.session-token.1=b; next-auth.session-token.0=a", json!("ab")),
    ];
    for (cookie, expected) in cases {
        assert_eq!(read(send(&api, "/api/token", cookie, None).await).await, (200, expected), "{cookie}");
    }
}

#[tokio::test]
async fn a_unit_test_of_a_handler_has_sessions() -> Result<()> {
    let sessions = || Sessions::next_auth(SECRET).unwrap();
    let cookie = sealed(&api(sessions()), &json!({ "sub": "42" })).await;
    let request = Request::get("/api/session").header(COOKIE, cookie).body(Body::empty())?;
    let (req, res) = HandlerInput::new(request).sessions(sessions()).build().await?;
    let response: http::Response<Body> = super::session(req, res).await?.into();
    assert_eq!(read(response).await.1["sub"], "42");
    Ok(())
}
