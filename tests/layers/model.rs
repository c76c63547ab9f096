//! Settings in nine places, at random, beside a model of the rule; and the table of the guide, from the same model.

// The numbers are small, and the model is to be read.
#![allow(clippy::cast_possible_truncation, clippy::needless_pass_by_value, clippy::struct_excessive_bools)]

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
    stream: Option<u64>,
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
    /// Whether the handler takes the body as a stream.
    streams_body: bool,
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

// The model begins here: at most 60 lines.

fn nearest<T>(places: &[Place], field: impl Fn(&Set) -> Option<T>) -> Option<T> {
    places.iter().find_map(|place| field(&place.set))
}

/// A size limit turns on a parser that a place further out has turned off.
fn parses(places: &[Place]) -> bool {
    let at = places.iter().position(|place| place.set.parser.is_some()).unwrap_or(places.len());
    let off = places.get(at).is_some_and(|place| place.set.parser == Some(false));
    !off || nearest(&places[..at], |set| set.size).is_some()
}

fn refused(seen: Seen, inside: bool, status: u16, text: &str) -> Seen {
    let (on_error, errors) = (usize::from(inside), usize::from(inside && status >= 500));
    Seen { status, text: text.into(), on_error, errors, ..seen }
}

/// The rule: what a request comes to. The places are in their order, the nearest to the handler first; those from
/// `router` on are layers around the router, whose hooks do not see what they refuse.
fn model(places: &[Place], router: usize, ask: Ask) -> Seen {
    let (mut seen, mut kind) = (Seen { status: 200, ..Seen::default() }, "u");
    // The body is read by each layer that parses, from the outside in, and by the handler. The others count it.
    let layers = || (0..places.len()).filter(|at| places[*at].is_layer);
    for at in layers().rev().chain(ask.is_handler.then_some(0)) {
        let (Set { parser, size, stream, .. }, is_last) = (places[at].set, at == 0);
        let streams = is_last && ask.streams_body;
        let reads = !streams && (is_last || parser.is_some() || size.is_some()) && parses(&places[at..]);
        let limit = match (reads, streams) {
            (true, _) => nearest(&places[at..], |set| set.size).or(Some(1 << 20)),
            (_, true) => nearest(places, |set| set.stream),
            _ => stream.filter(|_| !is_last),
        };
        if let Some(limit) = limit.filter(|limit| ask.body > *limit) {
            return refused(seen, at < router, 413, &format!("Body exceeded {limit}b limit"));
        }
        kind = if reads || (kind == "s" && !is_last) { "s" } else { "u" };
    }
    // A layer's deadline applies, and that of a configuration unless something nearer has one. The shortest wins.
    let applies = |at: &usize| places[*at].is_layer || nearest(&places[..*at], |set| set.time).is_none();
    let ends = (0..places.len()).filter(applies).filter_map(|at| places[at].set.time);
    let end = ends.min().unwrap_or(u64::MAX);
    if ask.waits.0 > end {
        return refused(seen, true, 504, "Gateway Timeout");
    }
    // The nearest limit is enforced by the nearest enforcement, and that of a layer by the nearest from there on.
    let enforced = |places| nearest(places, |set| set.enforce).unwrap_or(false);
    let default = nearest(places, |set| set.limit).flatten().map(|limit| (0, limit, enforced(places)));
    let walls = layers().filter_map(|at| Some((at, places[at].set.limit??, enforced(&places[at..]))));
    let limits: Vec<_> = default.into_iter().chain(walls).collect();
    let (mut warned, is_late) = (false, ask.detaches && !nearest(places, |set| set.late).unwrap_or(false));
    let pieces = if ask.streams { 2 } else { 1 };
    for piece in 1..=pieces {
        let sent = ask.sends / pieces * piece;
        let timed_out = (piece == 2 && ask.waits.0 + ask.waits.1 > end).then(|| (true, TIMED_OUT.to_owned()));
        warned |= timed_out.is_none() && limits.iter().any(|(_, limit, _)| sent >= *limit);
        seen.warnings = usize::from(warned) + usize::from(is_late);
        let over = limits.iter().find(|(_, limit, enforced)| *enforced && sent > *limit);
        let text = |limit| format!("the response exceeded its limit of {limit}");
        match timed_out.or(over.map(|(at, limit, _)| (*at < router, text(*limit)))) {
            Some((inside, error)) if ask.streams => {
                let text = format!("{} !! {error}", seen.text);
                return Seen { status: 200, ..refused(seen, inside, 500, &text) };
            }
            Some((inside, _)) => return refused(seen, inside, 500, "Internal Server Error"),
            None => seen.text = kind.repeat(usize::try_from(sent).unwrap()),
        }
    }
    seen.etag = ask.is_handler && !ask.streams && nearest(places, |set| set.etag).unwrap_or(true);
    seen
}

// The model ends here.

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
    if let Some(limit) = set.stream {
        config = config.stream_limit(&format!("{limit}b"));
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
    // A parser that is not disabled is on, so a limit for streams alone is that of a configuration.
    if set.parser.is_none() && set.size.is_none() {
        service = any(config(Set { stream: set.stream, ..Set::default() }).layer(service));
    } else {
        let mut layer = BodyParserLayer::new().enabled(set.parser.unwrap_or(true));
        if let Some(size) = set.size {
            layer = layer.size_limit(&format!("{size}b"));
        }
        if let Some(limit) = set.stream {
            layer = layer.stream_limit(&format!("{limit}b"));
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

async fn handle(kind: char, res: ApiResponse, ask: Ask) -> Result {
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
    let parsed = move |req: ApiRequest, res| {
        let kind = if matches!(req.body(), ParsedBody::Undefined) { 'u' } else { 's' };
        handle(kind, res, ask)
    };
    let streamed = move |req: ApiRequest<Body>, res| async move {
        let mut body = req.into_body();
        while body.chunk().await?.is_some() {}
        handle('u', res, ask).await
    };
    let own = config(places[0].set);
    let handler = || if ask.streams_body { streamed.config(own.clone()) } else { parsed.config(own.clone()) };
    let route: Route = if bare {
        handler()
    } else {
        let mut service = if ask.is_handler { any(handler().into_service()) } else { foreign(ask) };
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
            stream: self.maybe(6, &[10, 100]),
            limit: self.maybe(4, &[Some(10), Some(100), Some(100), None]),
            enforce: self.maybe(4, &[true, false]),
            time: self.maybe(5, &[20, 40, 40, 60]),
            late: self.maybe(6, &[true, false]),
            etag: self.maybe(6, &[true, false]),
        }
    }
}

/// `SEED` is the first seed, and `COMBINATIONS` how many there are.
#[tokio::test(start_paused = true)]
async fn settings_in_nine_places_follow_one_rule() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (first, count) = (number("SEED", 1), number("COMBINATIONS", 20_000));
    let (log, on_error) = (Log::capture(), Arc::new(AtomicUsize::new(0)));
    for seed in first..first + count {
        let mut random = Random(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        random.below(1);
        let ask = Ask {
            is_handler: random.below(3) > 0,
            streams_body: random.below(3) == 0,
            body: random.one(&[4, 40, 400]),
            waits: (random.one(&[0, 0, 30, 50, 100]), random.one(&[0, 25])),
            sends: random.one(&[4, 40, 400]),
            streams: random.below(2) == 0,
            detaches: false,
        };
        let detaches = ask.is_handler && !ask.streams && random.below(4) == 0;
        let ask = Ask { detaches, streams_body: ask.is_handler && ask.streams_body, ..ask };
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
        assert_eq!(seen, expected, "seed {seed}: {ask:?}, bare: {bare}\n{places:?}");
    }
}

/// One row of the table: what a place sets for it, what the handler inside sets, and a place further out.
struct Row {
    name: &'static str,
    outer: Set,
    inner: Set,
    far: Set,
    has_layer: bool,
}

fn rows() -> Vec<Row> {
    let row = |name, outer, inner, far| Row { name, outer, inner, far, has_layer: true };
    let set = Set::default();
    let limited = Set { limit: Some(Some(10)), ..set };
    vec![
        row(
            "body_parser",
            Set { parser: Some(true), ..set },
            Set { parser: Some(false), ..set },
            Set { parser: Some(false), ..set },
        ),
        row("size_limit", Set { size: Some(10), ..set }, Set { size: Some(100), ..set }, set),
        row("stream_limit", Set { stream: Some(10), ..set }, Set { stream: Some(100), ..set }, set),
        row("response_limit", limited, Set { limit: Some(Some(100)), ..set }, set),
        row(
            "enforce_response_limit",
            Set { enforce: Some(true), ..set },
            Set { enforce: Some(false), ..set },
            limited,
        ),
        row("external_resolver", Set { late: Some(true), ..set }, Set { late: Some(false), ..set }, set),
        row("max_duration", Set { time: Some(20), ..set }, Set { time: Some(60), ..set }, set),
        Row {
            has_layer: false,
            ..row("etag", Set { etag: Some(false), ..set }, Set { etag: Some(true), ..set }, set)
        },
    ]
}

/// Returns whether a setting is a default, a wall or nothing, as the model has it.
fn kind(outer: Place, inner: Set, far: Set) -> &'static str {
    let ask = Ask { is_handler: true, body: 40, waits: (30, 0), sends: 40, ..Ask::default() };
    let asks = [
        ask,
        Ask { is_handler: false, ..ask },
        Ask { streams_body: true, ..ask },
        Ask { detaches: true, ..ask },
        Ask { body: 2 << 20, ..ask },
    ];
    let far = Place { set: far, is_layer: false };
    let seen = |places: &[Place], ask| model(places, places.len(), ask);
    let inner = Place { set: inner, is_layer: false };
    let acts =
        |ask: &Ask| seen(&[Place::default(), outer, far], *ask) != seen(&[Place::default(), far], *ask);
    let stays = |ask: &Ask| ask.is_handler && seen(&[inner, outer, far], *ask) != seen(&[inner, far], *ask);
    match (asks.iter().any(acts), asks.iter().any(stays)) {
        (_, true) => "wall",
        (true, false) => "default",
        (false, false) => "–",
    }
}

fn table() -> String {
    let mut table =
        "| setting | `config` | its layer | `RouteConfig` as a layer | its layer with `.enabled(false)` |\n\
                     | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for Row { name, outer, inner, far, has_layer } in rows() {
        let place = |is_layer| Place { set: outer, is_layer };
        // A disabled layer sets its switch only. A limit for streams is kept, and acts where nothing is parsed.
        let disabled = Set {
            parser: (outer.parser.or(outer.size.map(|_| true)).or(outer.stream.map(|_| true))).map(|_| false),
            limit: outer.limit.map(|_| None),
            late: outer.late.map(|_| false),
            time: None,
            ..outer
        };
        let on = Set {
            parser: disabled.parser.map(|_| true),
            size: inner.size.or(outer.parser.map(|_| 100)),
            limit: Some(Some(10)),
            late: Some(true),
            ..far
        };
        let off = kind(
            Place { set: disabled, is_layer: true },
            Set { parser: disabled.parser.map(|_| true), ..inner },
            on,
        );
        let [layer, off] = if has_layer { [kind(place(true), inner, far), off] } else { [""; 2] };
        let (config, both) = (kind(place(false), inner, far), kind(place(true), inner, far));
        writeln!(table, "| `{name}` | {config} | {layer} | {both} | {off} |").unwrap();
    }
    table
}

#[test]
fn the_table_of_the_guide_is_the_model() {
    let table = table();
    let guide = include_str!("../../docs/composing-layers.md");
    assert!(guide.contains(&table), "the table in docs/composing-layers.md should be:\n\n{table}");
}

#[test]
fn the_model_has_at_most_60_lines() {
    let source = include_str!("model.rs");
    let from = source.split("// The model begins here").nth(1).unwrap();
    let model = from.split("// The model ends here").next().unwrap();
    let lines =
        model.lines().skip(1).filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"));
    assert!(lines.clone().count() <= 60, "{}", lines.count());
}
