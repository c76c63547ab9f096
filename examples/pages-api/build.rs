fn main() {
    tower_api_routes::build::routes("src/pages");
}
