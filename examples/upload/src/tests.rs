use super::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const FORM: &str = "multipart/form-data; boundary=XX";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("example-upload-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn part(head: &str, content: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

async fn post(api: &ApiRouter, content_type: &str, body: String) -> (u16, String) {
    let request = http::Request::post("/api/upload").header("content-type", content_type);
    let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, String::from_utf8(response.into_body().as_bytes().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn files_are_saved_under_names_of_our_own() {
    let folder = Folder::new("saved");
    let api = router(folder.0.clone(), 1000);
    let evil = part("name=\"photo\"; filename=\"../../etc/passwd\"", "first\r\nfile");
    let form =
        [&part("name=\"title\"", "Holiday"), &evil, &part("name=\"photo\"; filename=b", ""), "--XX--\r\n"];
    let (status, response) = post(&api, FORM, form.concat()).await;
    assert_eq!(status, 201, "{response}");
    assert_eq!(
        serde_json::from_str::<Value>(&response).unwrap(),
        json!({ "fields": { "title": "Holiday" }, "files": [
            { "name": "../../etc/passwd", "stored_as": "upload-1", "bytes": 11 },
            { "name": "b", "stored_as": "upload-2", "bytes": 0 },
        ] }),
    );
    assert_eq!(std::fs::read_to_string(folder.0.join("upload-1")).unwrap(), "first\r\nfile");
}

#[tokio::test]
async fn what_is_not_wanted_is_refused() {
    let folder = Folder::new("refused");
    let api = router(folder.0.clone(), 1000);
    let close = "--XX--\r\n";
    let cases = [
        ("application/json", "{}".to_owned(), 415),
        ("multipart/form-data", String::new(), 415),
        (FORM, part("name=\"photo\"; filename=a", &"x".repeat(1001)) + close, 413),
        (FORM, part("name=\"title\"", &"x".repeat(201)) + close, 413),
        (FORM, part("name=\"other\"", "x") + close, 400),
        (FORM, part("name=\"photo\"; filename=a", "cut off"), 400),
    ];
    for (content_type, body, status) in cases {
        let response = post(&api, content_type, body).await;
        assert_eq!(response.0, status, "{response:?}");
    }
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0, "no half file is left");
}
