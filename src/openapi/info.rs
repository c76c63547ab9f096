//! What the routes cannot say of the API.

use super::types::Type;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// The title and the version of an API, for [`ApiRouter::openapi`](crate::ApiRouter::openapi).
///
/// ```
/// use tower_api_routes::openapi::Info;
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Problem { error: String }
///
/// let info = Info::new("Posts", env!("CARGO_PKG_VERSION"))
///     .description("What the front end and the partners call.")
///     .errors::<Problem>(); // what `map_error` sends
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Info {
    pub(super) fields: Map<String, Value>,
    pub(super) error: Option<Type>,
}

impl Info {
    /// Creates the information from the title and the version of the API.
    pub fn new(title: &str, version: &str) -> Self {
        let fields = [("title", title), ("version", version)];
        Self {
            fields: fields.map(|(name, text)| (name.to_owned(), text.into())).into_iter().collect(),
            error: None,
        }
    }

    /// Sets the description of the API, in `CommonMark`. Default: none.
    pub fn description(mut self, text: &str) -> Self {
        self.fields.insert("description".to_owned(), text.into());
        self
    }

    /// Sets the type of the JSON that [`map_error`](crate::ApiRouter::map_error) makes of the errors of this crate. Default:
    /// text, as they are sent without `map_error`.
    pub fn errors<E: JsonSchema>(mut self) -> Self {
        self.error = Some(Type::of::<E>());
        self
    }
}

/// A way to authenticate, for [`DescribeExt::security`](crate::DescribeExt::security).
///
/// The document has each of them once, by its name, and the operations refer to it.
///
/// ```
/// use tower_api_routes::openapi::SecurityScheme;
///
/// let session = SecurityScheme::cookie("session", "__Secure-next-auth.session-token");
/// let token = SecurityScheme::bearer("token");
/// let key = SecurityScheme::header("key", "x-api-key");
/// let other = SecurityScheme::new("oidc", serde_json::json!({
///     "type": "openIdConnect",
///     "openIdConnectUrl": "https://example.com/.well-known/openid-configuration",
/// }));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityScheme {
    pub(super) name: String,
    pub(super) scheme: Value,
}

impl SecurityScheme {
    /// Creates a scheme from a [Security Scheme Object](https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object).
    pub fn new(name: &str, scheme: Value) -> Self {
        Self { name: name.to_owned(), scheme }
    }

    /// Creates a scheme with a cookie, such as that of a session.
    pub fn cookie(name: &str, cookie: &str) -> Self {
        Self::new(name, json!({ "type": "apiKey", "in": "cookie", "name": cookie }))
    }

    /// Creates a scheme with a key in a header of its own.
    pub fn header(name: &str, header: &str) -> Self {
        Self::new(name, json!({ "type": "apiKey", "in": "header", "name": header }))
    }

    /// Creates a scheme with `Authorization: Bearer`.
    pub fn bearer(name: &str) -> Self {
        Self::new(name, json!({ "type": "http", "scheme": "bearer" }))
    }
}
