//! Settings in nine places, at random, beside a model of the rule; and the table of the guide, from the same model.

use crate::common::log::Log;
use crate::common::{AnyService, any, call, read_broken};
use http::{Request, Response};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _,
    MaxDurationLayer, ParsedBody, ResponseLimitLayer, Result, Route, RouteConfig,
};
use tracing::Level;

/// What one place sets. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Set {
    parser: Option<bool>,
    size: Option<u64>,
    #[allow(clippy::option_option)] // as in the configuration
    limit: Option<Option<u64>>,
    enforce: Option<bool>,
    time: Option<u64>,
    late: Option<bool>,
    etag: Option<bool>,
}

/// A place, and whether it is a layer or a configuration.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    set: Set,
    is_layer: bool,
}

/// A request, and what the service does with it.
#[derive(Clone, Copy, Debug, Default)]
struct Ask {
    is_handler: bool,
    /// How long the body of the request is.
    body: u64,
    /// The milliseconds before the head, and after the first half of a stream.
    waits: (u64, u64),
    sends: u64,
    streams: bool,
    /// Whether another task responds.
    detaches: bool,
}

/// What is seen of it: by the client, by `on_error`, and in the log.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    status: u16,
    text: String,
    etag: bool,
    on_error: usize,
    errors: usize,
    warnings: usize,
}

const TIMED_OUT: &str = "the response took longer than its `max_duration`";

fn nearest<T>(places: &[Place], field: impl Fn(&Set) -> Option<T>) -> Option<T> {
    places.iter().find_map(|place| field(&place.set))
}

/// A size limit turns on a parser that a place further out has turned off.
fn parses(places: &[Place]) -> bool {
    let at = places.iter().position(|place| place.set.parser.is_some()).unwrap_or(places.len());
    let off = places.get(at).is_some_and(|place| place.set.parser == Some(false));
    !off || nearest(&places[..at], |set| set.size).is_some()
}

/// The rule: what a request comes to. The places are in their order, the nearest to the handler first; those from
/// `router` on are layers around the router, whose hooks do not see what they refuse.
fn model(places: &[Place], router: usize, ask: Ask) -> Seen {
    let refusal = |at, status, text: String| {
        let inside = usize::from(at < router);
        Seen {
            status,
            text,
            on_error: inside,
            errors: inside * usize::from(status >= 500),
            ..Seen::default()
        }
    };
    // The body is read by each layer that parses, from the outside in, and by the handler.
    let reads = |place: &Place| place.is_layer && (place.set.parser.is_some() || place.set.size.is_some());
    let mut kind = 'u';
    for at in (0..places.len()).rev().filter(|at| reads(&places[*at])).map(Some).chain([None]) {
        if (at.is_some() || ask.is_handler) && parses(&places[at.unwrap_or(0)..]) {
            let limit = nearest(&places[at.unwrap_or(0)..], |set| set.size).unwrap_or(1 << 20);
            if ask.body > limit {
                return refusal(at.unwrap_or(0), 413, format!("Body exceeded {limit}b limit"));
            }
            kind = 's';
        } else if at.is_none() && ask.is_handler {
            kind = 'u';
        }
    }
    // A layer's deadline applies, and that of a configuration unless something nearer has one. The shortest wins.
    let applies = |at: &usize| places[*at].is_layer || nearest(&places[..*at], |set| set.time).is_none();
    let end =
        (0..places.len()).filter(applies).filter_map(|at| places[at].set.time).min().unwrap_or(u64::MAX);
    if ask.waits.0 > end {
        return refusal(0, 504, "Gateway Timeout".into());
    }
    // The nearest limit is enforced by the nearest enforcement, and that of a layer by the nearest from there on.
    let enforced = |places| nearest(places, |set| set.enforce).unwrap_or(false);
    let default = nearest(places, |set| set.limit).flatten().map(|limit| (0, limit, enforced(places)));
    let own = |at: usize| Some((at, places[at].set.limit??, enforced(&places[at..])));
    let layers = (0..places.len()).filter(|at| places[*at].is_layer).filter_map(own);
    let limits: Vec<_> = default.into_iter().chain(layers).collect();
    let mut seen = Seen { status: 200, ..Seen::default() };
    seen.warnings = usize::from(ask.detaches && !nearest(places, |set| set.late).unwrap_or(false));
    let late = seen.warnings;
    let mut sent = 0;
    for piece in if ask.streams { vec![ask.sends / 2, ask.sends / 2] } else { vec![ask.sends] } {
        let mut cut =
            (ask.streams && sent > 0 && ask.waits.0 + ask.waits.1 > end).then(|| (0, TIMED_OUT.to_owned()));
        for (at, limit, enforced) in limits.iter().copied().filter(|_| cut.is_none()).collect::<Vec<_>>() {
            if cut.is_none() && sent + piece >= limit {
                seen.warnings = late + 1;
                cut = (enforced && sent + piece > limit)
                    .then(|| (at, format!("the response exceeded its limit of {limit}")));
            }
        }
        match cut {
            Some((at, _)) if !ask.streams => {
                return Seen { warnings: seen.warnings, ..refusal(at, 500, "Internal Server Error".into()) };
            }
            Some((at, error)) => {
                (seen.on_error, seen.errors) = (usize::from(at < router), usize::from(at < router));
                write!(seen.text, " !! {error}").unwrap();
                return seen;
            }
            None => seen.text.extend((0..piece).map(|_| kind)),
        }
        sent += piece;
    }
    seen.etag = ask.is_handler && !ask.streams && nearest(places, |set| set.etag).unwrap_or(true);
    seen
}

/// The places, the nearest one first: the handler's configuration, two layers around it, the configuration of that
/// service, that of its router and of the router that it is merged into, a layer of the router, and two around it.
const PLACES: usize = 9;
const ROUTER: usize = 7;

fn config(set: Set) -> RouteConfig {
    let mut config = RouteConfig::new();
    if let Some(on) = set.parser {
        config = config.body_parser(on);
    }
    if let Some(size) = set.size {
        config = config.size_limit(&format!("{size}b"));
    }
    match set.limit {
        Some(Some(limit)) => config = config.response_limit_bytes(limit.into()),
        Some(None) => config = config.no_response_limit(),
        None => {}
    }
    if let Some(enforce) = set.enforce {
        config = config.enforce_response_limit(enforce);
    }
    if let Some(millis) = set.time {
        config = config.max_duration(Duration::from_millis(millis));
    }
    if let Some(late) = set.late {
        config = config.external_resolver(late);
    }
    if let Some(on) = set.etag {
        config = config.etag(on);
    }
    config
}

/// The same by the layer of each setting. The ETag has none.
fn layers(set: Set, inner: AnyService) -> AnyService {
    let mut service = any(config(Set { etag: set.etag, ..Set::default() }).layer(inner));
    if set.parser.is_some() || set.size.is_some() {
        let mut layer = BodyParserLayer::new().enabled(set.parser.unwrap_or(true));
        if let Some(size) = set.size {
            layer = layer.size_limit(&format!("{size}b"));
        }
        service = any(layer.layer(service));
    }
    if let Some(late) = set.late {
        service = any(ExternalResolverLayer::new().enabled(late).layer(service));
    }
    if set.limit.is_some() || set.enforce.is_some() {
        let mut layer = ResponseLimitLayer::new().enabled(set.limit != Some(None));
        if let Some(limit) = set.limit.flatten() {
            layer = layer.response_limit_bytes(limit.into());
        }
        if let Some(enforce) = set.enforce {
            layer = layer.enforce_response_limit(enforce);
        }
        service = any(layer.layer(service));
    }
    if let Some(millis) = set.time {
        service = any(MaxDurationLayer::new(Duration::from_millis(millis)).layer(service));
    }
    service
}

fn around(place: Place, by_layers: bool, inner: AnyService) -> AnyService {
    if by_layers { layers(place.set, inner) } else { any(config(place.set).layer(inner)) }
}

fn stream(ask: Ask, kind: char) -> Body {
    let half = move |_| kind.to_string().repeat(ask.sends as usize / 2);
    Body::from_stream(futures_util::stream::unfold(0, move |at| async move {
        match at {
            2 => return None,
            1 => sleep(Duration::from_millis(ask.waits.1)).await,
            _ => {}
        }
        Some((Ok::<_, Infallible>(half(at)), at + 1))
    }))
}

async fn handle(req: ApiRequest, res: ApiResponse, ask: Ask) -> Result {
    let kind = if matches!(req.body(), ParsedBody::Undefined) { 'u' } else { 's' };
    sleep(Duration::from_millis(ask.waits.0)).await;
    let text = kind.to_string().repeat(ask.sends as usize);
    if ask.detaches {
        let (responder, pending) = res.detach();
        tokio::spawn(async move { responder.respond(|res| res.send(text)) });
        return Ok(pending);
    }
    if !ask.streams {
        return res.send(text);
    }
    res.stream(move |mut body| async move {
        body.write(kind.to_string().repeat(ask.sends as usize / 2)).await?;
        sleep(Duration::from_millis(ask.waits.1)).await;
        Ok(body.write(kind.to_string().repeat(ask.sends as usize / 2)).await?)
    })
}

fn foreign(ask: Ask) -> AnyService {
    any(service_fn(move |request: Request<Body>| async move {
        let kind = if request.extensions().get::<ParsedBody>().is_some() { 's' } else { 'u' };
        sleep(Duration::from_millis(ask.waits.0)).await;
        let whole = || Body::from(kind.to_string().repeat(ask.sends as usize));
        Ok::<_, Infallible>(Response::new(if ask.streams { stream(ask, kind) } else { whole() }))
    }))
}

/// Builds the service. `bare` leaves out what makes the handler a service.
fn build(places: &[Place], ask: Ask, bare: bool, by_layers: u32, on_error: &Arc<AtomicUsize>) -> AnyService {
    let by = |at: usize| by_layers >> at & 1 == 1;
    let handler = move |req, res| handle(req, res, ask);
    let route: Route = if bare {
        handler.config(config(places[0].set))
    } else {
        let mut service = if ask.is_handler {
            any(handler.config(config(places[0].set)).into_service())
        } else {
            foreign(ask)
        };
        for at in [1, 2] {
            service = around(places[at], by(at), service);
        }
        service.config(config(places[3].set))
    };
    let on_error = Arc::clone(on_error);
    let inner = ApiRouter::new().config(config(places[4].set)).route("/", route);
    let inner = match (by(6), places[6].set) {
        (false, set) => inner.layer(config(set)),
        (true, set) => inner.layer(tower::layer::layer_fn(move |inner| layers(set, any(inner)))),
    };
    let api = ApiRouter::new()
        .config(config(places[5].set))
        .on_error(move |_, _| _ = on_error.fetch_add(1, Ordering::Relaxed))
        .merge(inner);
    [7, 8].into_iter().fold(any(api), |service, at| around(places[at], by(at), service))
}

/// A generator of numbers, which gives the same ones for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Sets a field in one of `of` places.
    fn maybe<T: Copy>(&mut self, of: u64, all: &[T]) -> Option<T> {
        (self.below(of) == 0).then(|| self.one(all))
    }

    fn set(&mut self) -> Set {
        Set {
            parser: self.maybe(6, &[true, false]),
            size: self.maybe(6, &[10, 100]),
            limit: self.maybe(4, &[Some(10), Some(100), Some(100), None]),
            enforce: self.maybe(4, &[true, false]),
            time: self.maybe(5, &[20, 40, 40, 60]),
            late: self.maybe(6, &[true, false]),
            etag: self.maybe(6, &[true, false]),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn settings_in_nine_places_follow_one_rule() {
    let number = std::env::var("COMBINATIONS").map_or(20_000, |text| text.parse().unwrap());
    let (log, on_error) = (Log::capture(), Arc::new(AtomicUsize::new(0)));
    for seed in 1..=number {
        let mut random = Random(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        random.below(1);
        let ask = Ask {
            is_handler: random.below(3) > 0,
            body: random.one(&[4, 40, 400]),
            waits: (random.one(&[0, 0, 30, 50, 100]), random.one(&[0, 25])),
            sends: random.one(&[4, 40, 400]),
            streams: random.below(2) == 0,
            detaches: false,
        };
        let ask = Ask { detaches: ask.is_handler && !ask.streams && random.below(4) == 0, ..ask };
        let bare = ask.is_handler && random.below(2) == 0;
        let mut places = [Place::default(); PLACES];
        for (at, place) in places.iter_mut().enumerate() {
            place.is_layer = !matches!(at, 0 | 4 | 5);
            // What is left out sets nothing: a service without a handler has no configuration inside of its layers.
            let left_out = (bare && (1..=3).contains(&at)) || (!ask.is_handler && at == 0);
            if !left_out {
                place.set = random.set();
            }
        }
        let service = build(&places, ask, bare, random.below(1 << PLACES) as u32, &on_error);
        let request = Request::post("/").header("content-type", "text/plain");
        let request = request.body(Body::from("x".repeat(ask.body as usize))).unwrap();
        let response = call(service, request).await;
        let etag = response.headers().contains_key("etag");
        let (status, text) = read_broken(response).await;
        let events = log.all();
        let count = |level| events.iter().filter(|event| event.level == level).count();
        let (errors, warnings) = (count(Level::ERROR), count(Level::WARN));
        let seen =
            Seen { status, text, etag, on_error: on_error.swap(0, Ordering::Relaxed), errors, warnings };
        let expected = model(&places, ROUTER, ask);
        assert_eq!(seen, expected, "seed {seed}: {ask:?}, bare: {bare}\n{places:#?}\n{events:#?}");
    }
}
