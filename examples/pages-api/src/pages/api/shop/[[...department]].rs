//! `/api/shop` and everything below it.

use tower_api_routes::{ApiRequest, ApiResponse, Result};

pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    let departments: Vec<&str> = req.query().get_all("department").collect();
    if departments.is_empty() {
        return res.send("The shop's front door");
    }
    res.send(format!("Department: {}", departments.join(" > ")))
}
