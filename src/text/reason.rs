//! Reason phrases as Node writes them.

use http::StatusCode;

/// Returns the reason phrase of a status: `unknown` for a status without a name.
pub(crate) fn phrase(status: StatusCode) -> &'static str {
    of_node_alone(status).or(status.canonical_reason()).unwrap_or("unknown")
}

/// Returns the reason phrase of a status that hyper writes in another way.
pub(crate) fn of_node_alone(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::NON_AUTHORITATIVE_INFORMATION => Some("Non-Authoritative Information"),
        StatusCode::IM_A_TEAPOT => Some("I'm a Teapot"),
        status if status.canonical_reason().is_some() => None,
        status if status == 509 => Some("Bandwidth Limit Exceeded"),
        _ => Some("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `http.STATUS_CODES` of Node 20.
    #[test]
    fn a_reason_phrase_is_nodes() {
        let cases = [
            (200, "OK", true),
            (203, "Non-Authoritative Information", false),
            (299, "unknown", false),
            (404, "Not Found", true),
            (413, "Payload Too Large", true),
            (418, "I'm a Teapot", false),
            (425, "Too Early", true),
            (499, "unknown", false),
            (509, "Bandwidth Limit Exceeded", false),
            (999, "unknown", false),
        ];
        for (status, text, is_hypers) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!((phrase(status), of_node_alone(status).is_none()), (text, is_hypers), "{status}");
        }
    }
}
