//! Requests and answers that all subjects share.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{Method, Request};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub struct Hello {
    pub message: &'static str,
}

pub const HELLO: Hello = Hello { message: "Hello from Rust!" };

/// The answer of R2.
#[derive(Serialize)]
pub struct Post<'a> {
    pub pid: &'a str,
    pub x: &'a str,
    pub y: &'a str,
    pub theme: &'a str,
}

/// The body of R3: 1 KiB with [`post_body`].
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NewPost {
    pub id: u64,
    pub title: String,
    pub author: Author,
    pub tags: Vec<String>,
    pub text: String,
    pub draft: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Author {
    pub name: String,
    pub email: String,
}

/// The body of R4; `tags` is left unread, as forms often have fields that nobody reads.
#[derive(Debug, Deserialize)]
pub struct Form {
    pub name: String,
    pub email: String,
    pub comment: String,
    pub age: u32,
}

/// The answer of R4.
#[derive(Serialize)]
pub struct FormAnswer<'a> {
    pub name: &'a str,
    pub age: u32,
    pub comment: &'a str,
}

/// The answer of R5.
#[derive(Serialize)]
pub struct Files<T> {
    pub path: T,
}

/// A JSON post of about this many bytes.
pub fn post_body(bytes: usize) -> Bytes {
    let mut post = NewPost {
        id: 42,
        title: "A title of a common length for a post".into(),
        author: Author { name: "Ada Lovelace".into(), email: "ada@example.com".into() },
        tags: Vec::new(),
        text: "Plain text with a \"quoted\" word.\nAnd a second line. ".repeat(4),
        draft: false,
    };
    let mut length = serde_json::to_vec(&post).expect("a post is JSON").len();
    for i in 0.. {
        let tag = format!("tag number {i}");
        length += tag.len() + 3;
        if length > bytes {
            break;
        }
        post.tags.push(tag);
    }
    serde_json::to_vec(&post).expect("a post is JSON").into()
}

/// A form of 300 bytes.
pub fn form_body() -> Bytes {
    let comment = "It+works+well%2C+thank+you%21+".repeat(6);
    let mut body = format!("name=Ada+Lovelace&email=ada%40example.com&age=36&comment={comment}&tags=");
    body.push_str(&"x".repeat(300 - body.len()));
    body.into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    R1,
    R2,
    R3,
    R4,
    R5,
}

impl Route {
    pub const ALL: [Self; 5] = [Self::R1, Self::R2, Self::R3, Self::R4, Self::R5];

    pub fn parse(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|route| format!("{route:?}") == name);
        known.unwrap_or_else(|| panic!("`{name}` is not one of R1 to R5"))
    }

    pub fn method(self) -> Method {
        match self {
            Self::R1 | Self::R2 | Self::R5 => Method::GET,
            Self::R3 | Self::R4 => Method::POST,
        }
    }

    pub fn target(self) -> &'static str {
        match self {
            Self::R1 => "/api/hello",
            Self::R2 => "/api/post/1234?x=1&y=2",
            Self::R3 => "/api/echo",
            Self::R4 => "/api/form",
            Self::R5 => "/api/files/a/b/c/d/e",
        }
    }

    pub fn headers(self) -> &'static [(http::HeaderName, &'static str)] {
        match self {
            Self::R1 | Self::R5 => &[],
            Self::R2 => &[(COOKIE, "theme=dark; session=7fd3a9b0c2; lang=en%2DGB")],
            Self::R3 => &[(CONTENT_TYPE, "application/json")],
            Self::R4 => &[(CONTENT_TYPE, "application/x-www-form-urlencoded")],
        }
    }

    pub fn body(self) -> Bytes {
        match self {
            Self::R1 | Self::R2 | Self::R5 => Bytes::new(),
            Self::R3 => post_body(1024),
            Self::R4 => form_body(),
        }
    }

    /// The request as a server gives it to a service, with the headers that a client always sends.
    pub fn request<B>(self, body: impl FnOnce(Bytes) -> B) -> Request<B> {
        let mut request = Request::builder().method(self.method()).uri(self.target());
        request =
            request.header("host", "127.0.0.1:3000").header("user-agent", "load/1.0").header("accept", "*/*");
        for (name, value) in self.headers() {
            request = request.header(name, *value);
        }
        let bytes = self.body();
        if !bytes.is_empty() {
            request = request.header("content-length", bytes.len());
        }
        request.body(body(bytes)).expect("the parts are good")
    }

    /// The same as the bytes that a client sends.
    pub fn on_the_wire(self) -> Vec<u8> {
        let (parts, body) = self.request(|body| body).into_parts();
        let mut bytes = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri).into_bytes();
        for (name, value) in &parts.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }
}
