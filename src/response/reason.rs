//! The reason phrases that differ between Node and hyper.

use crate::text::reason;
use http::Response;
use hyper::ext::ReasonPhrase;

/// Sets Node's reason phrase for the status, unless one is set.
pub(crate) fn set<B>(response: &mut Response<B>) {
    let Some(reason) = reason::of_node_alone(response.status()) else { return };
    if response.extensions().get::<ReasonPhrase>().is_none() {
        response.extensions_mut().insert(ReasonPhrase::from_static(reason.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn a_reason_phrase_of_ones_own_is_kept() {
        let cases: [(u16, Option<&'static [u8]>, Option<&[u8]>); 4] = [
            (200, None, None),
            (418, None, Some(b"I'm a Teapot")),
            (418, Some(b"own"), Some(b"own")),
            (200, Some(b"own"), Some(b"own")),
        ];
        for (status, own, expected) in cases {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            if let Some(own) = own {
                response.extensions_mut().insert(ReasonPhrase::from_static(own));
            }
            set(&mut response);
            let got = response.extensions().get::<ReasonPhrase>();
            assert_eq!(got.map(ReasonPhrase::as_bytes), expected, "{status} {own:?}");
        }
    }
}
