//! Describes handlers for an OpenAPI document.

use super::into_route::{IntoRoute, IsHandler};
use super::route::Route;
use crate::body_parser::{FromBody, accepts_empty};
use crate::openapi::{Content, DescribedType, Description, Parameter, SecurityScheme, Type};
use http::StatusCode;
use schemars::JsonSchema;
use serde_json::Value;
use std::sync::Arc;

/// What tells the types of a handler: its signature.
///
/// This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "the types of this route are not known",
    label = "not a handler",
    note = "call `.describe()` on the handler itself, before the rest: `handler.describe().config(..)`",
    note = "of `methods()`, each handler is described: `methods().get(list.describe()).post(create.describe())`"
)]
pub trait HandlerTypes {
    #[doc(hidden)]
    fn description() -> Description;
}

impl<B: DescribedType + FromBody, T: DescribedType + ?Sized> HandlerTypes for IsHandler<B, T> {
    fn description() -> Description {
        Description::of_signature(B::described(), !accepts_empty::<B>(), T::described())
    }
}

/// Describes routes for [`ApiRouter::openapi`](crate::ApiRouter::openapi); see [`openapi`](crate::openapi).
///
/// [`describe`](Self::describe) takes the types from a handler's signature. The other methods add what is not in it, for a
/// handler, for all handlers of [`methods()`](crate::methods), or for a tower service.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use tower_api_routes::openapi::{Info, SecurityScheme};
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Error, Result, methods};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct NewPost { title: String }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Post { id: u32, title: String }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Pid { pid: u32 }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Missing { missing: u32 }
///
/// async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
///     res.status(201).json(&Post { id: 1, title: req.into_body().title })
/// }
///
/// async fn show(req: ApiRequest, _res: ApiResponse<Post>) -> Result {
///     let Pid { pid } = req.query_as()?;
///     Err(Error::json(404, &Missing { missing: pid }))
/// }
///
/// let session = SecurityScheme::cookie("session", "next-auth.session-token");
/// let api = ApiRouter::new()
///     .route("/api/post", methods().post(
///         create.describe().status(201).summary("Creates a post").security(session),
///     ))
///     .route("/api/post/[pid]", methods().get(show.describe().query::<Pid>().response::<Missing>(404)).tag("posts"));
///
/// let document = api.openapi(Info::new("Posts", "1.0.0")).into_value();
/// let show = &document["paths"]["/api/post/{pid}"]["get"];
/// assert_eq!(show["parameters"][0]["schema"]["type"], "integer");
/// assert_eq!(show["responses"]["404"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Missing");
/// ```
pub trait DescribeExt<M>: IntoRoute<M> {
    /// Describes the body and the response of the handler by its signature: the `B` of `ApiRequest<B>` and the `T` of
    /// `ApiResponse<T>`, which implement [`schemars::JsonSchema`](https://docs.rs/schemars).
    ///
    /// A body that an empty one can stand for, such as an `Option<T>`, is not required. Call it on the handler itself, before
    /// [`config`](crate::HandlerExt::config) and [`wrap`](crate::HandlerExt::wrap).
    fn describe(self) -> Route
    where
        M: HandlerTypes,
    {
        edit(self, |description| *description = M::description())
    }

    /// Sets the status with which the handler sends the `T` of its `ApiResponse<T>`. Default: 200.
    ///
    /// # Panics
    ///
    /// Panics if this is not a status.
    #[track_caller]
    fn status(self, status: impl TryInto<StatusCode>) -> Route {
        let status = valid(status);
        edit(self, |description| description.status = Some(status))
    }

    /// Adds the type that the handler reads with [`ApiRequest::query_as`](crate::ApiRequest::query_as). Its fields are the
    /// parameters of the path and of the query.
    fn query<Q: JsonSchema>(self) -> Route {
        edit(self, |description| description.queries.push(Type::of::<Q>()))
    }

    /// Adds a response with JSON, such as that of an error. The response of the signature needs none.
    ///
    /// # Panics
    ///
    /// Panics if this is not a status.
    #[track_caller]
    fn response<T: JsonSchema>(self, status: impl TryInto<StatusCode>) -> Route {
        with_response(self, valid(status), Content::Json(Type::of::<T>()))
    }

    /// Adds a response with a body of another media type, such as a file: `.content(200, "text/csv")`.
    ///
    /// # Panics
    ///
    /// Panics if this is not a status.
    #[track_caller]
    fn content(self, status: impl TryInto<StatusCode>, media_type: &'static str) -> Route {
        with_response(self, valid(status), Content::Media(media_type))
    }

    /// Adds a response without a body, such as a 204 or a redirect.
    ///
    /// # Panics
    ///
    /// Panics if this is not a status.
    #[track_caller]
    fn empty(self, status: impl TryInto<StatusCode>) -> Route {
        with_response(self, valid(status), Content::Empty)
    }

    /// Adds a header of the request, which is optional.
    fn header(self, name: &str, description: &str) -> Route {
        with_parameter(self, "header", name, description)
    }

    /// Adds a cookie of the request, which is optional.
    fn cookie(self, name: &str, description: &str) -> Route {
        with_parameter(self, "cookie", name, description)
    }

    /// Adds a way to authenticate. Of several, one is enough.
    fn security(self, scheme: SecurityScheme) -> Route {
        edit(self, |description| description.security.push(scheme))
    }

    /// Sets the summary: a few words.
    fn summary(self, text: &str) -> Route {
        with_field(self, "summary", text.into())
    }

    /// Sets the description, in `CommonMark`.
    fn description(self, text: &str) -> Route {
        with_field(self, "description", text.into())
    }

    /// Sets the id, from which generated clients make the name of a function. Default: none.
    fn operation_id(self, id: &str) -> Route {
        with_field(self, "operationId", id.into())
    }

    /// Adds a tag, by which readers group the operations.
    fn tag(self, tag: &str) -> Route {
        edit(self, |description| description.add_tag(tag))
    }

    /// Marks the operation as deprecated.
    fn deprecated(self) -> Route {
        with_field(self, "deprecated", true.into())
    }

    /// Leaves the route out of the document.
    fn hidden(self) -> Route {
        edit(self, |description| description.hidden = true)
    }

    /// Edits the finished [operation](https://spec.openapis.org/oas/v3.1.1.html#operation-object), for what has no method here.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Result, methods, openapi::Info};
    ///
    /// async fn list(_: ApiRequest, res: ApiResponse<Vec<String>>) -> Result { res.json(&Vec::new()) }
    ///
    /// let list = list.describe().operation(|operation| {
    ///     operation["responses"]["200"]["headers"]["x-total"] = serde_json::json!({ "schema": { "type": "integer" } });
    /// });
    /// let document = ApiRouter::new().route("/api/post", methods().get(list)).openapi(Info::new("Posts", "1.0.0"));
    /// assert!(document.to_string().contains("x-total"));
    /// ```
    fn operation(self, edit_it: impl Fn(&mut Value) + Send + Sync + 'static) -> Route {
        edit(self, |description| description.edits.push(Arc::new(edit_it)))
    }
}

impl<M, H: IntoRoute<M>> DescribeExt<M> for H {}

fn edit<M>(route: impl IntoRoute<M>, edit: impl FnOnce(&mut Description)) -> Route {
    route.make_route().with_description(edit)
}

fn with_response<M>(route: impl IntoRoute<M>, status: StatusCode, content: Content) -> Route {
    edit(route, |description| description.responses.push((status, content)))
}

fn with_parameter<M>(route: impl IntoRoute<M>, place: &'static str, name: &str, description: &str) -> Route {
    let parameter = Parameter { place, name: name.to_owned(), description: description.to_owned() };
    edit(route, |known| known.parameters.push(parameter))
}

fn with_field<M>(route: impl IntoRoute<M>, name: &str, value: Value) -> Route {
    edit(route, |description| drop(description.fields.insert(name.to_owned(), value)))
}

#[track_caller]
fn valid(status: impl TryInto<StatusCode>) -> StatusCode {
    let Ok(status) = status.try_into() else { panic!("a status is a number from 100 to 999") };
    status
}
