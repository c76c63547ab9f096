//! Draft mode and preview data through a router, against what Next.js 16.2.2 was recorded to do.

mod keys;
mod tokens;

use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response};
use keys::{ID, props};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, Next, PreviewOptions, PreviewProps,
    Result,
};

/// What a request has, as JavaScript would print it.
async fn seen(req: ApiRequest, res: ApiResponse) -> Result {
    assert_eq!(req.preview(), req.draft_mode());
    assert_eq!(req.preview_data().is_some(), req.draft_mode());
    res.json(&req.preview_data().unwrap_or(&Value::Bool(false)))
}

async fn around(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    next.run(req, res).await
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .preview(props())
        .route("/api/seen", seen)
        .route("/api/on", async |_: ApiRequest, res: ApiResponse| res.set_draft_mode(true).end())
        .route("/api/off", async |_: ApiRequest, res: ApiResponse| res.set_draft_mode(false).end())
        .route("/api/wrapped", seen.wrap(around).wrap(around))
        .route("/api/clear", async |_: ApiRequest, res: ApiResponse| {
            res.clear_preview_data(PreviewOptions::new()).clear_preview_data(PreviewOptions::new()).end()
        })
        .route("/api/late", async |_: ApiRequest, res: ApiResponse| {
            let res = res.set_header("x-a", "a\nb").set_draft_mode(true);
            let res = res.set_preview_data(&1, PreviewOptions::new()).await.cookie(("late", "1"));
            res.clear_preview_data(PreviewOptions::new()).send("text")
        })
        .route("/api/early", async |_: ApiRequest, res: ApiResponse| {
            res.set_draft_mode(true).set_header("x-a", "a\nb").send("text")
        })
        .route("/api/own", async |_: ApiRequest, res: ApiResponse| {
            res.cookie(("a", "1")).set_draft_mode(true).cookie(("b", "2")).end()
        })
        .route("/api/replace", async |_: ApiRequest, res: ApiResponse| {
            res.set_header("set-cookie", "a=1").clear_preview_data(PreviewOptions::new()).end()
        })
        .route("/api/fail", async |_: ApiRequest, res: ApiResponse| {
            Err::<tower_api_routes::Response, _>(res.set_header("x-kept", "1").fail(Error::new(418, "no")))
        })
        .route("/api/error", async |_: ApiRequest, _: ApiResponse| -> Result { Err(Error::new(418, "no")) })
        .route("/api/json", async |_: ApiRequest<Vec<u8>>, res: ApiResponse| res.end())
}

async fn get(api: &ApiRouter, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// In short: `bypass` and `data` for the cookies, a minus for one that is cleared.
fn cookies(response: &Response<Body>) -> String {
    let short = |value: &http::HeaderValue| {
        let value = value.to_str().unwrap();
        let (name, rest) = value.split_once('=').unwrap();
        let name = name.trim_start_matches("__").replace("prerender_", "").replace("next_preview_", "");
        format!("{}{name}", if rest.contains("Expires=Thu, 01 Jan 1970 00:00:00 GMT") { "-" } else { "" })
    };
    response.headers().get_all(SET_COOKIE).iter().map(short).collect::<Vec<_>>().join(" ")
}

async fn json_of(response: Response<Body>) -> Value {
    let bytes = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).as_ref().into())
}

#[tokio::test]
async fn cookies_are_checked_before_the_handler_runs() {
    let right = format!("__prerender_bypass={ID}");
    let both = format!("{right}; __next_preview_data=x");
    let wrong = "__prerender_bypass=wrong";
    let off = json!(false);
    let cases = [
        ("/api/seen", "a=1", 200, "", off.clone()),
        ("/api/seen", &right, 200, "", json!({})),
        ("/api/seen", wrong, 200, "-bypass -data", off.clone()),
        ("/api/seen", "__next_preview_data=x", 200, "-bypass -data", off.clone()),
        ("/api/seen", &both, 200, "-bypass -data", off.clone()),
        ("/api/seen", "__prerender_bypass=", 200, "", off.clone()),
        ("/api/wrapped", &right, 200, "", json!({})),
        ("/api/wrapped", wrong, 200, "-bypass -data", off.clone()),
        ("/api/on", &right, 200, "bypass", "".into()),
        ("/api/on", wrong, 200, "-bypass -data bypass", "".into()),
        ("/api/off", &right, 200, "-bypass", "".into()),
        ("/api/off", wrong, 200, "-bypass -data -bypass", "".into()),
        // Once for a response, whoever did it.
        ("/api/clear", "a=1", 200, "-bypass -data", "".into()),
        ("/api/clear", wrong, 200, "-bypass -data", "".into()),
        ("/api/replace", wrong, 200, "a", "".into()),
        ("/api/own", wrong, 200, "-bypass -data a bypass b", "".into()),
        // Errors clear them, too.
        ("/api/fail", wrong, 418, "-bypass -data", "no".into()),
        ("/api/error", wrong, 418, "-bypass -data", "no".into()),
        ("/api/error", &right, 418, "", "no".into()),
        ("/api/nope", wrong, 404, "", "Not Found".into()),
    ];
    for (path, cookie, status, set, body) in cases {
        let response = get(&api(), path, &[("cookie", cookie)]).await;
        assert_eq!(response.status(), status, "{path} {cookie}");
        assert_eq!(cookies(&response), set, "{path} {cookie}");
        assert_eq!(json_of(response).await, body, "{path} {cookie}");
    }
}

#[tokio::test]
async fn refused_body_still_clears_stale_cookies() {
    let request = Request::post("/api/json").header(COOKIE, "__prerender_bypass=wrong");
    let request = request.header("content-type", "application/json").body(Body::from("{")).unwrap();
    let response = api().oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), &*cookies(&response)), (400, "-bypass -data"));
}

#[tokio::test]
async fn a_page_that_is_revalidated_is_no_preview() {
    let right = format!("__prerender_bypass={ID}");
    for (shown, expected) in [(ID, json!(false)), ("another", json!({}))] {
        let headers = [("cookie", &*right), ("x-prerender-revalidate", shown)];
        assert_eq!(json_of(get(&api(), "/api/seen", &headers).await).await, expected, "{shown}");
    }
    let headers = [("cookie", "__prerender_bypass=wrong"), ("x-prerender-revalidate", ID)];
    assert_eq!(cookies(&get(&api(), "/api/seen", &headers).await), "");
}

#[tokio::test]
async fn missing_preview_keys_are_500() {
    let api = ApiRouter::new()
        .route("/api/seen", seen)
        .route("/api/on", async |_: ApiRequest, res: ApiResponse| res.set_draft_mode(true).end())
        .route("/api/data", async |_: ApiRequest, res: ApiResponse| {
            res.set_preview_data(&1, PreviewOptions::new()).await.end()
        });
    let wrong = [("cookie", "__prerender_bypass=wrong")];
    let cases = [
        ("/api/seen", 200, json!(false)),
        ("/api/on", 500, json!("Internal Server Error")),
        ("/api/data", 500, json!("Internal Server Error")),
    ];
    for (path, status, body) in cases {
        let response = get(&api, path, &wrong).await;
        assert_eq!((response.status().as_u16(), &*cookies(&response)), (status, ""), "{path}");
        assert_eq!(json_of(response).await, body, "{path}");
    }
}

#[tokio::test]
async fn the_cookies_have_the_attributes_of_next() {
    let set = async |props: PreviewProps, options: PreviewOptions, what: &'static str| {
        let api = ApiRouter::new().preview(props).route("/", move |_: ApiRequest, res: ApiResponse| {
            let options = options.clone();
            async move {
                match what {
                    "draft" => res.set_draft_mode(true).end(),
                    "clear" => res.clear_preview_data(options).end(),
                    _ => res.set_preview_data(&1, options).await.end(),
                }
            }
        });
        let response = get(&api, "/", &[]).await;
        let attributes = |value: &http::HeaderValue| {
            let mut parts: Vec<_> = value.to_str().unwrap().split("; ").skip(1).map(str::to_owned).collect();
            parts.sort();
            parts.join("; ")
        };
        let all: Vec<_> = response.headers().get_all(SET_COOKIE).iter().map(attributes).collect();
        assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        (response.status().as_u16(), all.into_iter().next().unwrap_or_default())
    };
    let (new, props) = (PreviewOptions::new, props());
    let expires = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly";
    let cases = [
        (false, "draft", new(), 200, "HttpOnly; Path=/; SameSite=None; Secure".to_owned()),
        (true, "draft", new(), 200, "HttpOnly; Path=/; SameSite=Lax".into()),
        (true, "clear", new(), 200, format!("{expires}; Path=/; SameSite=Lax")),
        (false, "clear", new().path("/blog"), 200, format!("{expires}; Path=/blog; SameSite=None; Secure")),
        (false, "clear", new().path(""), 200, format!("{expires}; SameSite=None; Secure")),
        (false, "clear", new().max_age(5), 200, format!("{expires}; Path=/; SameSite=None; Secure")),
        (false, "clear", new().path("/a\nb"), 500, String::new()),
        (false, "data", new(), 200, "HttpOnly; Path=/; SameSite=None; Secure".into()),
        (
            true,
            "data",
            new().path("/x").max_age(60),
            200,
            "HttpOnly; Max-Age=60; Path=/x; SameSite=Lax".into(),
        ),
        (false, "data", new().path("/a\nb"), 500, String::new()),
    ];
    for (development, what, options, status, attributes) in cases {
        let name = format!("{what} {options:?}");
        let got = set(props.clone().development(development), options, what).await;
        assert_eq!(got, (status, attributes), "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_cookie_is_a_500() {
    struct Broken;
    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }
    let api = ApiRouter::new()
        .preview(props())
        .route("/broken", async |_: ApiRequest, res: ApiResponse| {
            res.set_preview_data(&Broken, PreviewOptions::new()).await.end()
        })
        .route("/long", async |req: ApiRequest, res: ApiResponse| {
            let length: usize = req.query().get("n").unwrap().parse().unwrap();
            let options = PreviewOptions::new();
            let options = if req.query().get("age").is_some() { options.max_age(60) } else { options };
            res.set_preview_data(&"x".repeat(length), options).await.end()
        });
    // As recorded: 620 letters still fit, 630 do not. With an age, the token of 617 has the greatest length.
    for (path, status) in [
        ("/broken", 500),
        ("/long?n=620", 200),
        ("/long?n=630", 500),
        ("/long?n=617&age", 200),
        ("/long?n=618&age", 500),
        ("/long?n=9999", 500),
    ] {
        let response = get(&api, path, &[]).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(cookies(&response), if status == 200 { "bypass data" } else { "" }, "{path}");
        if path.contains("617") {
            let token = response.headers().get_all(SET_COOKIE).iter().nth(1).unwrap().to_str().unwrap();
            let token = token.split(['=', ';']).nth(1).unwrap();
            assert_eq!(token.len(), 2048);
        }
    }
}

/// On one thread: if the key were derived there, nothing else could run.
#[tokio::test(flavor = "current_thread")]
async fn key_derivation_does_not_block() {
    static TICKS: AtomicU32 = AtomicU32::new(0);
    let ticks = tokio::spawn(async {
        for tick in 0_u32.. {
            tokio::time::sleep(Duration::from_millis(1)).await;
            TICKS.store(tick, Relaxed);
        }
    });
    let api = ApiRouter::new().preview(props()).route("/", async |_: ApiRequest, res: ApiResponse| {
        let before = TICKS.load(Relaxed);
        let res = res.set_preview_data(&1, PreviewOptions::new()).await;
        let during = TICKS.load(Relaxed) - before;
        res.json(&during)
    });
    let during = json_of(get(&api, "/", &[]).await).await.as_u64().unwrap();
    ticks.abort();
    assert!(during >= 3, "{during} timers ran");
}

#[tokio::test]
async fn a_failed_handler_switches_nothing_on() {
    for path in ["/api/late", "/api/early"] {
        let response = get(&api(), path, &[]).await;
        assert_eq!((response.status().as_u16(), cookies(&response)), (500, String::new()), "{path}");
    }
}
