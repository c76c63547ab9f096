//! The documents that `scripts/tests.sh openapi` gives to validators: that of the conformance routes, and a large one.

use super::document;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Result, methods};

#[path = "../../examples/conformance/routes/mod.rs"]
mod conformance;

macro_rules! resources {
    ($($module:ident)*) => {
        $(mod $module {
            use super::*;

            #[derive(Deserialize, JsonSchema)]
            #[schemars(rename = "New{N}")]
            #[allow(dead_code)] // for its schema
            pub(super) struct New<const N: usize> {
                title: String,
                #[serde(default)]
                tags: Vec<String>,
                parent: Option<u64>,
            }

            #[derive(Serialize, JsonSchema)]
            pub(super) struct Item<const N: usize> {
                id: u64,
                title: String,
                #[serde(skip_serializing_if = "Vec::is_empty")]
                children: Vec<Item<N>>,
            }

            #[derive(Deserialize, JsonSchema)]
            #[allow(dead_code)] // for its schema
            pub(super) struct Search {
                page: Option<u32>,
                id: Option<u64>,
            }

            async fn list<const N: usize>(_: ApiRequest, res: ApiResponse<Vec<Item<N>>>) -> Result {
                res.json(&Vec::new())
            }

            async fn create<const N: usize>(_: ApiRequest<New<N>>, res: ApiResponse<Item<N>>) -> Result {
                res.end()
            }

            pub(super) fn add<const N: usize>(api: ApiRouter) -> ApiRouter {
                let path = format!("/api/{}/{N}", stringify!($module));
                api.route(&path, methods().get(list::<N>.describe()).post(create::<N>.describe()))
                    .route(&format!("{path}/[id]"), methods().get(list::<N>.describe()).query::<Search>())
            }
        })*

        fn add<const N: usize>(api: ApiRouter) -> ApiRouter {
            $(let api = $module::add::<N>(api);)*
            api
        }
    };
}
resources!(a b c d e f g h i j);

macro_rules! add {
    ($api:expr, $($number:literal)*) => {{
        let api = $api;
        $(let api = add::<$number>(api);)*
        api
    }};
}

fn large() -> ApiRouter {
    add!(ApiRouter::new(), 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36
        37 38 39 40 41 42 43 44 45 46 47 48 49)
}

#[test]
fn documents_of_many_routes_are_written_for_validators() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi");
    fs::create_dir_all(&folder).unwrap();
    let large = large();
    assert_eq!(large.routes().len(), 1000);
    for (name, api) in [("conformance", conformance::router()), ("large", large), ("small", super::api())] {
        let document = document(&api);
        let paths = document["paths"].as_object().unwrap().len();
        let optional = api.routes().iter().filter(|route| route.pattern().contains("[[")).count();
        assert_eq!(paths, api.routes().len() + optional, "{name}");
        fs::write(folder.join(name).with_extension("json"), format!("{document:#}\n")).unwrap();
    }
}
