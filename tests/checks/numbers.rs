//! Floating point numbers in JSON, against a search for the shortest digits.

use super::{Data, ask};
use http::Request;
use http_body_util::BodyExt as _;
use std::cmp::Ordering;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};

#[derive(Clone)]
struct Numbers(Vec<f64>, Vec<f32>);

async fn write(req: ApiRequest, res: ApiResponse) -> Result {
    let Numbers(doubles, singles) = req.state::<Numbers>()?;
    res.json(&(doubles, singles))
}

/// One number of every binade, negative ones among them, with a mantissa of the data's bits.
pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let bits = data.bytes(8).iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    // Few set bits, at the top of the mantissa: these are exact in few decimal digits, where ties are found.
    let mantissa = if data.below(2) == 0 { bits } else { bits << data.below(53) };
    let double = |exponent: u64| f64::from_bits(exponent << 52 | mantissa & ((1 << 52) - 1));
    let top = u32::try_from(mantissa >> 29 & ((1 << 23) - 1)).expect("23 bits");
    let single = |exponent: u32| f32::from_bits(exponent << 23 | top);
    let sign = if data.below(2) == 0 { 1.0 } else { -1.0 };
    let doubles: Vec<f64> = (0..2047).map(|exponent| sign * double(exponent)).collect();
    let singles: Vec<f32> = (0..255).map(single).collect();
    let expected: (Vec<String>, Vec<String>) = (
        doubles.iter().map(|number| reference(*number, |text| text.parse() == Ok(*number))).collect(),
        singles
            .iter()
            .map(|number| reference((*number).into(), |text| text.parse() == Ok(*number)))
            .collect(),
    );
    let router = ApiRouter::new().state(Numbers(doubles, singles)).route("/", write);
    let response = ask(&router, Request::new(Body::empty()));
    let body = futures_util::FutureExt::now_or_never(response.into_body().collect());
    let body = body.expect("the body is whole").expect("the body is whole").to_bytes();
    let text = std::str::from_utf8(&body).expect("JSON is UTF-8");
    assert_eq!(text, format!("[[{}],[{}]]", expected.0.join(","), expected.1.join(",")));
}

/// The digits of [`Number::toString`](https://tc39.es/ecma262/#sec-numeric-types-number-tostring): as few as lead back to
/// the number, of these the nearest, of two the even one.
fn reference(number: f64, leads_back: impl Fn(&str) -> bool) -> String {
    if number == 0.0 {
        return "0".into();
    }
    // Every bit of a double is a finite decimal fraction; 767 digits are the most that one has.
    let exact = format!("{:.780e}", number.abs());
    let (mantissa, exponent) = exact.split_once('e').expect("scientific form");
    let (digits, exponent): (String, i32) = (mantissa.replace('.', ""), exponent.parse().expect("a number"));
    let sign = if number < 0.0 { "-" } else { "" };
    let shortest = (1..=17).find_map(|count| {
        let (kept, rest) = digits.split_at(count);
        let below: u64 = kept.parse().expect("digits");
        let unit = exponent + 1 - i32::try_from(count).expect("at most 17");
        let candidates = [below, below + 1]
            .map(|digits| leads_back(&format!("{sign}{digits}e{unit}")).then_some((digits, unit)));
        let half = format!("5{:0<width$}", "", width = rest.len() - 1);
        match candidates {
            [Some(below), Some(above)] => Some(match rest.cmp(&half) {
                Ordering::Less => below,
                Ordering::Equal if below.0 % 2 == 0 => below,
                Ordering::Equal | Ordering::Greater => above,
            }),
            [below, above] => below.or(above),
        }
    });
    let (mut digits, mut unit) = shortest.expect("17 digits lead back");
    // A nine rounded up carries: 9.8e-45 as a single is 1e-44, not 10e-45.
    while digits % 10 == 0 {
        (digits, unit) = (digits / 10, unit + 1);
    }
    format!("{sign}{}", written(&digits.to_string(), unit))
}

/// `digits` times ten to the power of `unit`.
fn written(digits: &str, unit: i32) -> String {
    let count = i32::try_from(digits.len()).expect("at most 17");
    let point = count + unit;
    let at = |point: i32| digits.split_at(usize::try_from(point).expect("inside the digits"));
    let zeros = |count: i32| "0".repeat(usize::try_from(count).expect("not negative"));
    match point {
        _ if (count..=21).contains(&point) => format!("{digits}{}", zeros(unit)),
        1..=21 => format!("{}.{}", at(point).0, at(point).1),
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ if count == 1 => format!("{digits}e{:+}", point - 1),
        _ => format!("{}.{}e{:+}", at(1).0, at(1).1, point - 1),
    }
}
