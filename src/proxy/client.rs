//! What a proxy knows about the client of a request.

use super::ForwardedHeaders;
use super::forwarded::{Client, PROTO};
use super::settings::Settings;
use crate::request::{RemoteAddr, Tls};
use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderValue, Request};

impl Settings {
    /// Reads the client's part of a request. What the client says about its address and its scheme does not count.
    pub(super) fn client_of<B>(&self, request: &Request<B>) -> Client {
        let (headers, extensions) = (request.headers(), request.extensions());
        // Over HTTP/2, and in an absolute target, the host is in the target. A server has already copied it into `Host`.
        let host = match request.uri().authority() {
            Some(authority) => {
                let (_, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
                let known = headers.get(HOST).filter(|known| *known == host).cloned();
                known.or_else(|| HeaderValue::from_str(host).ok())
            }
            None => headers.get(HOST).cloned(),
        };
        let is_https = match &self.scheme {
            Some(scheme) => *scheme == Scheme::HTTPS,
            None => extensions.get::<Tls>().is_some(),
        };
        let peer = extensions.get::<RemoteAddr>().copied();
        if peer.is_none() && self.forwarded != ForwardedHeaders::Off {
            self.warnings.no_address();
        }
        // An IPv4 client of a dual-stack socket is written as IPv4.
        let peer = peer.and_then(RemoteAddr::socket_addr).map(|peer| peer.ip().to_canonical());
        let (address, is_https) = match &self.trusted {
            None => (peer, is_https),
            Some(trusted) => {
                let told = headers.get(PROTO).filter(|_| trusted.is_peer(extensions));
                let is_https = told.map_or(is_https, |told| told.as_bytes().eq_ignore_ascii_case(b"https"));
                (trusted.client_addr(headers, extensions), is_https)
            }
        };
        Client { peer, address, host, is_https }
    }
}
