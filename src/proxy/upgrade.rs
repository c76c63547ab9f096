//! Upgrades: after a 101, the connections of client and origin become a tunnel.

use super::ProxyError;
use super::headers::{Present, remove_hop_by_hop};
use crate::body::Body;
use crate::client_headers::{has_token, tokens};
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

/// An upgrade that a client requests.
pub(super) struct Upgrade {
    /// The value of the request's `Upgrade` header.
    protocols: HeaderValue,
    client: OnUpgrade,
}

impl Upgrade {
    /// Takes the upgrade out of a request. Returns `None` if the client does not request one, or if the server does
    /// not support upgrades.
    pub(super) fn take(request: &mut Request<Body>) -> Option<Self> {
        if request.version() != Version::HTTP_11 || !has_token(request.headers(), &CONNECTION, "upgrade") {
            return None;
        }
        // Connections to the origin do not support HTTP/2 without TLS.
        if has_token(request.headers(), &UPGRADE, "h2c") {
            return None;
        }
        let protocols = request.headers().get(UPGRADE)?.clone();
        Some(Self { protocols, client: request.extensions_mut().remove()? })
    }

    /// Adds the headers that request the upgrade from the origin.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.append(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocols.clone());
    }

    /// Connects both sides in a separate task, and returns the client's 101.
    pub(super) fn tunnel(self, response: &mut Response<Incoming>) -> Result<(), ProxyError> {
        let requested = HeaderMap::from_iter([(UPGRADE, self.protocols)]);
        let protocol = response.headers().get(UPGRADE).cloned();
        let is_requested =
            |chosen: &[u8]| tokens(&requested, &UPGRADE).any(|known| known.eq_ignore_ascii_case(chosen));
        let known = tokens(response.headers(), &UPGRADE).all(is_requested);
        let (Some(protocol), true) = (protocol, known) else {
            return Err(ProxyError::Broken(
                "the origin switched to a protocol that was not asked for".into(),
            ));
        };
        let origin = hyper::upgrade::on(&mut *response);
        let client = self.client;
        tokio::spawn(async move {
            // An error means that one side has disconnected. Both connections are then dropped.
            let Ok(origin) = origin.await else { return };
            let Ok(client) = client.await else { return };
            let (mut client, mut origin) = (TokioIo::new(client), TokioIo::new(origin));
            _ = tokio::io::copy_bidirectional(&mut client, &mut origin).await;
        });
        let present = Present::of(response.headers());
        remove_hop_by_hop(response.headers_mut(), present);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol);
        Ok(())
    }
}
