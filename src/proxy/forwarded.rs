//! `X-Forwarded-For`, `-Host` and `-Proto`.

use crate::request::RemoteAddr;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How a [`Proxy`](super::Proxy) treats `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// Appends the client's address to `X-Forwarded-For`, and sets the other two if the request does not have them,
    /// as Next.js does. For a server behind another proxy.
    #[default]
    Append,
    /// Replaces the headers of the client, which could forge them. For a server that clients connect to directly.
    Replace,
    /// Forwards the headers unchanged.
    Off,
}

/// The client's part of a request, before the request is rewritten.
pub(super) struct Client {
    pub(super) address: Option<IpAddr>,
    pub(super) host: Option<HeaderValue>,
    pub(super) https: bool,
}

impl ForwardedHeaders {
    pub(super) fn write(self, headers: &mut HeaderMap, client: &Client) {
        let address = client.address.and_then(|address| HeaderValue::try_from(address.to_string()).ok());
        let proto = HeaderValue::from_static(if client.https { "https" } else { "http" });
        match self {
            Self::Append => {
                if let Some(address) = address {
                    append(headers, &address);
                }
                if let Some(host) = &client.host {
                    headers.entry(HOST).or_insert_with(|| host.clone());
                }
                headers.entry(PROTO).or_insert(proto);
            }
            Self::Replace => {
                replace(headers, FOR, address);
                replace(headers, HOST, client.host.clone());
                replace(headers, PROTO, Some(proto));
            }
            Self::Off => {}
        }
    }
}

/// Appends to a single header, because not every server joins several.
fn append(headers: &mut HeaderMap, address: &HeaderValue) {
    let mut list: Vec<_> = headers.get_all(FOR).iter().map(HeaderValue::as_bytes).collect();
    list.push(address.as_bytes());
    if let Ok(list) = HeaderValue::from_bytes(&list.join(&b", "[..])) {
        headers.insert(FOR, list);
    }
}

fn replace(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    match value {
        Some(value) => _ = headers.insert(name, value),
        None => _ = headers.remove(name),
    }
}

/// Returns the client's address, if the server has inserted it into the request's extensions.
pub(super) fn address(extensions: &Extensions) -> Option<IpAddr> {
    // An IPv4 client of a dual-stack socket is written as IPv4.
    extensions.get().copied().and_then(RemoteAddr::socket_addr).map(|address| address.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_appended_replaced_or_left_alone() {
        const SENT: [(&str, &str); 3] =
            [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-host", "evil"), ("x-forwarded-proto", "https")];
        let known = Client {
            address: Some([10, 0, 0, 1].into()),
            host: Some(HeaderValue::from_static("shop.example")),
            https: false,
        };
        let unknown = Client { address: None, host: None, https: true };
        let none: [(&str, &str); 0] = [];
        let cases = [
            (ForwardedHeaders::Append, &known, &none[..], ["10.0.0.1", "shop.example", "http"]),
            (ForwardedHeaders::Append, &known, &SENT, ["9.9.9.9, 10.0.0.1", "evil", "https"]),
            (ForwardedHeaders::Append, &unknown, &none, ["", "", "https"]),
            (ForwardedHeaders::Append, &unknown, &SENT, ["9.9.9.9", "evil", "https"]),
            (ForwardedHeaders::Replace, &known, &none, ["10.0.0.1", "shop.example", "http"]),
            (ForwardedHeaders::Replace, &known, &SENT, ["10.0.0.1", "shop.example", "http"]),
            (ForwardedHeaders::Replace, &unknown, &SENT, ["", "", "https"]),
            (ForwardedHeaders::Off, &known, &none, ["", "", ""]),
            (ForwardedHeaders::Off, &known, &SENT, ["9.9.9.9", "evil", "https"]),
        ];
        for (mode, client, sent, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            mode.write(&mut headers, client);
            let text = |name| headers.get(name).map_or("", |value: &HeaderValue| value.to_str().unwrap());
            assert_eq!([text(FOR), text(HOST), text(PROTO)], expected, "{mode:?} {sent:?}");
        }
    }
}
