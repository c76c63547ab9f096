//! The forwarding headers: `Forwarded`, `X-Forwarded-*` and `X-Real-IP`.

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(super) const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Every header in which proxies tell about a client, besides `Forwarded`. They all begin with `x-`.
const ALL: [&str; 8] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-real-ip",
];

/// How a [`Proxy`](super::Proxy) treats the forwarding headers: `Forwarded`, `X-Forwarded-For`, `-Host`, `-Port`,
/// `-Prefix`, `-Proto`, `-Server` and `-Ssl`, and `X-Real-IP`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// Appends the address of the connection to `X-Forwarded-For`, and sets `X-Forwarded-Host` and
    /// `X-Forwarded-Proto` if the request does not have them, as Next.js does. The others pass. For a server behind
    /// another proxy.
    #[default]
    Append,
    /// Removes all of them, since a client could forge them, and sets `X-Forwarded-For`, `X-Forwarded-Host` and
    /// `X-Forwarded-Proto` from the connection. For a server that clients connect to directly, or with
    /// [`remote_addr_from`](super::Proxy::remote_addr_from) behind a trusted proxy.
    Replace,
    /// Forwards them unchanged.
    Off,
}

/// The client's part of a request, before the request is rewritten.
pub(super) struct Client {
    /// The address of the connection.
    pub(super) peer: Option<IpAddr>,
    /// The client's address behind trusted proxies, or else that of the connection.
    pub(super) address: Option<IpAddr>,
    pub(super) host: Option<HeaderValue>,
    pub(super) is_https: bool,
}

impl Client {
    pub(super) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

impl ForwardedHeaders {
    pub(super) fn write(self, headers: &mut HeaderMap, client: &Client) {
        let text = |address: Option<IpAddr>| HeaderValue::try_from(text_of(address?)).ok();
        let proto = HeaderValue::from_static(client.scheme());
        match self {
            Self::Append => {
                if let Some(address) = text(client.peer) {
                    append(headers, address);
                }
                if let Some(host) = &client.host {
                    headers.entry(FORWARDED_HOST).or_insert_with(|| host.clone());
                }
                headers.entry(PROTO).or_insert(proto);
            }
            Self::Replace => {
                let is_known = |name: &&HeaderName| {
                    let text = name.as_str();
                    // Some origins read an underscore as a hyphen.
                    let is_other = || text.contains('_') && ALL.contains(&&*text.replace('_', "-"));
                    **name == FORWARDED || text.starts_with('x') && (ALL.contains(&text) || is_other())
                };
                let known: Vec<_> = headers.keys().filter(is_known).cloned().collect();
                for name in known {
                    headers.remove(name);
                }
                let values = [
                    (FOR, text(client.address)),
                    (FORWARDED_HOST, client.host.clone()),
                    (PROTO, Some(proto)),
                ];
                headers.extend(values.into_iter().filter_map(|(name, value)| Some((name, value?))));
            }
            Self::Off => {}
        }
    }
}

/// Writes an address. The digits of IPv4 are written one by one, since formatting machinery is most of what an entry costs.
fn text_of(address: IpAddr) -> String {
    let IpAddr::V4(address) = address else { return address.to_string() };
    let mut text = String::with_capacity("255.255.255.255".len());
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            text.push('.');
        }
        for (digit, is_written) in
            [(octet / 100, octet >= 100), (octet / 10 % 10, octet >= 10), (octet % 10, true)]
        {
            if is_written {
                text.push(char::from(b'0' + digit));
            }
        }
    }
    text
}

/// Appends to a single header, because not every server joins several.
fn append(headers: &mut HeaderMap, address: HeaderValue) {
    if !headers.contains_key(FOR) {
        headers.insert(FOR, address);
        return;
    }
    let mut list: Vec<_> = headers.get_all(FOR).iter().map(HeaderValue::as_bytes).collect();
    list.push(address.as_bytes());
    if let Ok(list) = HeaderValue::from_bytes(&list.join(&b", "[..])) {
        headers.insert(FOR, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: [(&str, &str); 11] = [
        ("x_forwarded_for", "9.9.9.9"),
        ("forwarded", "for=9.9.9.9"),
        ("x-forwarded-for", "9.9.9.9"),
        ("x-forwarded-host", "evil"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-server", "evil"),
        ("x-forwarded-ssl", "on"),
        ("x-real-ip", "9.9.9.9"),
        ("x-other", "1"),
    ];

    #[test]
    fn an_address_is_written_as_it_is_formatted() {
        let addresses = (0..=255).map(|octet| IpAddr::from([octet, 255 - octet, 10, octet % 10]));
        for address in addresses.chain([IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])]) {
            assert_eq!(text_of(address), address.to_string());
        }
    }

    #[test]
    fn forwarding_headers_are_appended_replaced_or_kept() {
        let address = Some([10, 0, 0, 1].into());
        let known = Client {
            peer: address,
            address,
            host: Some(HeaderValue::from_static("shop.example")),
            is_https: false,
        };
        let unknown = Client { peer: None, address: None, host: None, is_https: true };
        let none: [(&str, &str); 0] = [];
        let cases = [
            (ForwardedHeaders::Append, &known, &none[..], ["10.0.0.1", "shop.example", "http"], 3),
            (ForwardedHeaders::Append, &known, &SENT, ["9.9.9.9, 10.0.0.1", "evil", "https"], 11),
            (ForwardedHeaders::Append, &unknown, &none, ["", "", "https"], 1),
            (ForwardedHeaders::Append, &unknown, &SENT, ["9.9.9.9", "evil", "https"], 11),
            (ForwardedHeaders::Replace, &known, &none, ["10.0.0.1", "shop.example", "http"], 3),
            (ForwardedHeaders::Replace, &known, &SENT, ["10.0.0.1", "shop.example", "http"], 4),
            (ForwardedHeaders::Replace, &unknown, &SENT, ["", "", "https"], 2),
            (ForwardedHeaders::Off, &known, &none, ["", "", ""], 0),
            (ForwardedHeaders::Off, &known, &SENT, ["9.9.9.9", "evil", "https"], 11),
        ];
        for (mode, client, sent, expected, number) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            mode.write(&mut headers, client);
            let text = |name| headers.get(name).map_or("", |value: &HeaderValue| value.to_str().unwrap());
            assert_eq!([text(FOR), text(FORWARDED_HOST), text(PROTO)], expected, "{mode:?} {sent:?}");
            assert_eq!(headers.len(), number, "{mode:?} {sent:?}");
        }
    }
}
