//! Upgrades: after a 101 the connections of client and origin are one tunnel.

use super::ProxyError;
use super::headers::{has_token, tokens};
use crate::body::Body;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

/// An upgrade that a client asks for.
pub(super) struct Upgrade {
    /// The value of the request's `Upgrade` header.
    protocols: HeaderValue,
    client: OnUpgrade,
}

impl Upgrade {
    /// Takes the upgrade out of a request. None if the client does not ask for one, or the server in front has no upgrades.
    pub(super) fn take(request: &mut Request<Body>) -> Option<Self> {
        if request.version() != Version::HTTP_11 || !has_token(request.headers(), &CONNECTION, "upgrade") {
            return None;
        }
        // HTTP/2 without TLS is not a protocol of the origin's that we know how to speak.
        if has_token(request.headers(), &UPGRADE, "h2c") {
            return None;
        }
        let protocols = request.headers().get(UPGRADE)?.clone();
        Some(Self { protocols, client: request.extensions_mut().remove()? })
    }

    /// Asks the origin for the upgrade.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.append(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocols.clone());
    }

    /// Connects both sides in a task of its own, and returns the client's 101.
    pub(super) fn tunnel(self, mut response: Response<Incoming>) -> Result<Response<Incoming>, ProxyError> {
        let asked = HeaderMap::from_iter([(UPGRADE, self.protocols)]);
        let protocol = response.headers().get(UPGRADE).cloned();
        let known = tokens(response.headers(), &UPGRADE).all(|chosen| has_token(&asked, &UPGRADE, chosen));
        let (Some(protocol), true) = (protocol, known) else {
            return Err(ProxyError::Broken(
                "the origin switched to a protocol that was not asked for".into(),
            ));
        };
        let origin = hyper::upgrade::on(&mut response);
        let client = self.client;
        tokio::spawn(async move {
            // An error here or there means that one side has gone: both connections are dropped.
            let Ok(origin) = origin.await else { return };
            let Ok(client) = client.await else { return };
            let (mut client, mut origin) = (TokioIo::new(client), TokioIo::new(origin));
            _ = tokio::io::copy_bidirectional(&mut client, &mut origin).await;
        });
        super::headers::remove_hop_by_hop(response.headers_mut());
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol);
        Ok(response)
    }
}
