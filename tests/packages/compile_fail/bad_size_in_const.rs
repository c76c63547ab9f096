use tower_api_routes::RouteConfig;

const CONFIG: RouteConfig = RouteConfig::new().size_limit("1 megabyte");

fn main() {
    println!("{CONFIG:?}");
}
