//! What a handler's description says.

use super::info::SecurityScheme;
use super::types::{Described, Type};
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// A handler of a route, with its method; `None` responds to all methods.
pub(crate) type Operation = (Option<Method>, Description);

/// The description of a handler, or of all handlers of a route.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct Description {
    /// The body in the handler's signature.
    pub(super) body: Option<BodyType>,
    /// The response in the handler's signature, and its status.
    pub(super) response: Option<Type>,
    pub(crate) status: Option<StatusCode>,
    /// The types that the handler reads with `query_as`.
    pub(crate) queries: Vec<Type>,
    pub(crate) responses: Vec<(StatusCode, Content)>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) security: Vec<SecurityScheme>,
    /// Fields of the operation that are written as they are: the summary, the tags.
    pub(crate) fields: Map<String, Value>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) hidden: bool,
}

pub(super) type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

#[derive(Clone, Copy, Debug)]
pub(super) struct BodyType {
    pub(super) described: Described,
    pub(super) required: bool,
}

/// What a response consists of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Json(Type),
    /// A body of this media type.
    Media(&'static str),
    Empty,
}

/// A header or a cookie of the request.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) place: &'static str,
    pub(crate) name: String,
    pub(crate) description: String,
}

impl Description {
    /// Returns the description by the signature of a handler.
    pub(crate) fn of_signature(body: Described, required: bool, response: Described) -> Self {
        let response = match response {
            Described::Type(response) => Some(response),
            _ => None,
        };
        Self { body: Some(BodyType { described: body, required }), response, ..Self::default() }
    }

    /// Returns this description of one method, with that of all methods where it says nothing.
    pub(crate) fn or(mut self, outer: &Self) -> Self {
        self.body = self.body.or(outer.body);
        self.response = self.response.or(outer.response);
        self.status = self.status.or(outer.status);
        self.queries.extend(&outer.queries);
        self.responses.extend(&outer.responses);
        for parameter in &outer.parameters {
            let is_same =
                |known: &Parameter| (known.place, &known.name) == (parameter.place, &parameter.name);
            if !self.parameters.iter().any(is_same) {
                self.parameters.push(parameter.clone());
            }
        }
        for scheme in &outer.security {
            if !self.security.contains(scheme) {
                self.security.push(scheme.clone());
            }
        }
        self.edits.extend(outer.edits.iter().cloned());
        self.hidden |= outer.hidden;
        for (name, value) in &outer.fields {
            match (self.fields.get_mut(name), value) {
                (Some(Value::Array(tags)), Value::Array(outer)) => tags.extend(outer.iter().cloned()),
                (Some(_), _) => {}
                (None, value) => drop(self.fields.insert(name.clone(), value.clone())),
            }
        }
        self
    }

    pub(crate) fn add_tag(&mut self, tag: &str) {
        let tags = self.fields.entry("tags").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(tags) = tags {
            tags.push(tag.into());
        }
    }

    /// Returns whether the description is in the document, and says something.
    pub(super) fn is_visible(&self) -> bool {
        !self.hidden && (self.body.is_some() || self.is_complete())
    }

    /// Returns whether at least one response is described, or the route is left out on purpose.
    pub(super) fn is_complete(&self) -> bool {
        self.hidden || self.response.is_some() || !self.responses.is_empty()
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description").field("fields", &self.fields).finish_non_exhaustive()
    }
}
