//! The reason phrases that differ between Node and hyper.

use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;

/// Sets Node's reason phrase for the status, unless one is set: `unknown` for a status without a name.
pub(crate) fn set<B>(response: &mut Response<B>) {
    let reason = match response.status() {
        StatusCode::NON_AUTHORITATIVE_INFORMATION => "Non-Authoritative Information",
        StatusCode::IM_A_TEAPOT => "I'm a Teapot",
        status if status.canonical_reason().is_some() => return,
        status if status == 509 => "Bandwidth Limit Exceeded",
        _ => "unknown",
    };
    if response.extensions().get::<ReasonPhrase>().is_none() {
        response.extensions_mut().insert(ReasonPhrase::from_static(reason.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `http.STATUS_CODES` of Node 20.
    #[test]
    fn a_reason_phrase_is_nodes() {
        let cases = [
            (200, None),
            (203, Some("Non-Authoritative Information")),
            (299, Some("unknown")),
            (413, None),
            (418, Some("I'm a Teapot")),
            (425, None),
            (499, Some("unknown")),
            (509, Some("Bandwidth Limit Exceeded")),
            (999, Some("unknown")),
        ];
        for (status, reason) in cases {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            set(&mut response);
            let got = response.extensions().get::<ReasonPhrase>();
            assert_eq!(got.map(ReasonPhrase::as_bytes), reason.map(str::as_bytes), "{status}");
        }
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response.extensions_mut().insert(ReasonPhrase::from_static(b"own"));
        set(&mut response);
        assert_eq!(response.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"own");
    }
}
