//! The settings of a proxy.

use super::edit::Edits;
use super::log::Warnings;
use super::path::PathMap;
use super::via::Pseudonym;
use super::{ForwardedHeaders, OriginError};
use crate::client::{Client, Connector, Origin, client_of};
use crate::request::TrustedProxies;
use http::HeaderValue;
use http::uri::Scheme;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The number of headers that a response of the origin can have by default.
const MAX_HEADERS: usize = 256;

/// The settings of a proxy.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client: Client,
    connector: Connector,
    pub(super) origin: Origin,
    /// The origin's own `Host`.
    pub(super) host: Option<HeaderValue>,
    pub(super) preserve_host: bool,
    pub(super) forwarded: ForwardedHeaders,
    pub(super) trusted: Option<TrustedProxies>,
    pub(super) scheme: Option<Scheme>,
    pub(super) paths: PathMap,
    pub(super) edits: Edits,
    pub(super) timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) pseudonym: Pseudonym,
    pub(super) warnings: Arc<Warnings>,
    /// The origin has responded with HTTP/1.0.
    pub(super) is_http_10: Arc<AtomicBool>,
}

impl Settings {
    /// Creates the default settings.
    pub(super) fn new(origin: Origin) -> Result<Self, OriginError> {
        let connector = Connector::to(&origin)?;
        Ok(Self {
            client: client_of(connector.clone(), MAX_HEADERS),
            connector,
            host: origin.host_header(),
            origin,
            preserve_host: true,
            forwarded: ForwardedHeaders::default(),
            trusted: None,
            scheme: None,
            paths: PathMap::default(),
            edits: Edits::default(),
            timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            pseudonym: Pseudonym::random(),
            warnings: Arc::default(),
            is_http_10: Arc::default(),
        })
    }

    pub(super) fn set_max_headers(&mut self, number: usize) {
        self.client = client_of(self.connector.clone(), number);
    }
}

/// Where a proxy has sent a request. A shadow inserts it into the extensions of the request, and reads it afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxiedTo(Arc<OnceLock<Origin>>);

impl ProxiedTo {
    #[cfg(feature = "shadow")]
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.0.get()
    }

    pub(super) fn set(&self, origin: &Origin) {
        _ = self.0.set(origin.clone());
    }
}
