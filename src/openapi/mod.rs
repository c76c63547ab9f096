//! An OpenAPI 3.1 document of the routes, for clients in every language.
//!
//! The document is made from the route table and from the types of the handlers that are described: nothing is written a second
//! time. The schemas are those of [schemars](https://docs.rs/schemars) 1, which reads the attributes of serde.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use tower_api_routes::openapi::Info;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Result, methods};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct NewPost { title: String, #[serde(default)] tags: Vec<String> }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Post { id: u32, title: String }
//!
//! async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
//!     res.status(201).json(&Post { id: 1, title: req.into_body().title })
//! }
//!
//! let api = ApiRouter::new().route("/api/post", methods().post(create.describe().status(201)));
//!
//! let document = api.openapi(Info::new("Posts", "1.0.0"));
//! let create = &document.value()["paths"]["/api/post"]["post"];
//! assert_eq!(create["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/NewPost");
//! assert_eq!(document.value()["components"]["schemas"]["NewPost"]["required"][0], "title");
//!
//! // `std::fs::write("openapi.json", document.to_string())`, or a route:
//! let api = api.route("/api/openapi.json", document.into_handler());
//! ```
//!
//! | to | see |
//! | --- | --- |
//! | describe a handler | [`DescribeExt`](crate::DescribeExt) |
//! | make the document | [`ApiRouter::openapi`](crate::ApiRouter::openapi), [`Info`] |
//! | change it, or write it to a file | [`Document`] |
//! | find handlers that are not described | [`ApiRouter::undescribed`](crate::ApiRouter::undescribed) |
//! | find queries that are not described | [`ApiRouter::check_queries`](crate::ApiRouter::check_queries) |
//!
//! Guide: [OpenAPI](crate::guide::openapi): front ends, catch-alls, names of types, and what a schema cannot say.

mod description;
mod document;
mod errors;
mod info;
mod operation;
mod parameters;
mod path;
mod schemas;
mod types;

pub(crate) use description::{Content, Description, Operation, Parameter};
pub use document::Document;
pub(crate) use document::{check_query, undescribed};
pub use info::{Info, SecurityScheme};
pub(crate) use types::Type;
pub use types::{Described, DescribedType};
