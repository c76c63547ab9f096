//! Requests and responses that all subjects share.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{Method, Request};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

#[derive(Serialize)]
pub struct Hello {
    pub message: &'static str,
}

pub const HELLO: Hello = Hello { message: "Hello from Rust!" };

/// Where a page is from that asks for R1.
pub const OTHER_ORIGIN: &str = "https://example.com";

/// The response of R2.
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

/// The response of R4.
#[derive(Serialize)]
pub struct FormResponse<'a> {
    pub name: &'a str,
    pub age: u32,
    pub comment: &'a str,
}

/// The response of R5.
#[derive(Serialize)]
pub struct Files<T> {
    pub path: T,
}

/// The body of R3 in floats.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Track {
    pub points: Vec<[f64; 2]>,
}

/// What people write in an API's posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Ascii,
    German,
    Chinese,
    Emoji,
}

impl Text {
    pub const ALL: [Self; 4] = [Self::Ascii, Self::German, Self::Chinese, Self::Emoji];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::German => "german",
            Self::Chinese => "chinese",
            Self::Emoji => "emoji",
        }
    }

    /// Some sentences.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Ascii => "Plain text with a \"quoted\" word.\nAnd a second line. ",
            Self::German => {
                "Die Bahn fährt heute nur bis \"Mitte\".\nWer weiter will, nimmt den Bus; er hält vor der Tür. "
            }
            Self::Chinese => "今天的火车只开到“中心”。\n要继续走的人请坐公交车，车站就在门口。",
            Self::Emoji => "😀🎉🚀🌍🔥👋🏽💡📦",
        }
    }

    /// So many bytes of it, or a few less.
    pub fn of(self, bytes: usize) -> String {
        let mut text = self.sample().repeat(bytes / self.sample().len() + 1);
        let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or_default());
        text
    }
}

/// A JSON post of about this many bytes.
pub fn post_body(text: Text, bytes: usize) -> Bytes {
    let title = match text {
        Text::Ascii => "A title of a common length for a post",
        _ => text.sample(),
    };
    let tag = match text {
        Text::Ascii => "tag number",
        Text::German => "über Nummer",
        Text::Chinese => "标签号码",
        Text::Emoji => "🏷️🔖",
    };
    let mut post = NewPost {
        id: 42,
        title: title.into(),
        author: Author { name: "Ada Lovelace".into(), email: "ada@example.com".into() },
        tags: Vec::new(),
        text: text.of(208),
        draft: false,
    };
    let mut length = serde_json::to_vec(&post).expect("a post is JSON").len();
    for i in 0.. {
        let tag = format!("{tag} {i}");
        length += tag.len() + 3;
        if length > bytes {
            break;
        }
        post.tags.push(tag);
    }
    serde_json::to_vec(&post).expect("a post is JSON").into()
}

/// A track of about this many bytes, in degrees as a receiver gives them.
pub fn track_body(bytes: usize) -> Bytes {
    let mut track = Track { points: Vec::new() };
    for i in 0..bytes / 40 {
        let step = f64::from(u32::try_from(i).expect("few points"));
        track.points.push([52.520_008 + step * 0.000_123_7, 13.404_954 - step * 0.000_271_3]);
    }
    serde_json::to_vec(&track).expect("a track is JSON").into()
}

/// A form of 300 bytes, or a few more.
pub fn form_body(comment: &str) -> Bytes {
    let mut body = String::from("name=Ada+Lovelace&email=ada%40example.com&age=36&comment=");
    while body.len() < 230 {
        body.push_str(comment);
    }
    body.push_str("&tags=");
    body.push_str(&"x".repeat(300_usize.saturating_sub(body.len())));
    body.into()
}

/// 64 KiB that are no text.
pub fn file() -> Bytes {
    static FILE: [u8; 64 << 10] = {
        let mut file = [0; 64 << 10];
        let mut i = 0;
        while i < file.len() {
            #[allow(clippy::cast_possible_truncation)] // below 256
            {
                file[i] = (i % 255) as u8 + 1;
            }
            i += 1;
        }
        file
    };
    Bytes::from_static(&FILE)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    R1,
    R2,
    R3(Text),
    R3Floats,
    R4,
    R4Escapes,
    R5,
    /// R5 with 256 segments.
    R5Long,
    Bytes,
}

impl Route {
    /// One of each kind.
    pub const FIVE: [Self; 5] = [Self::R1, Self::R2, Self::R3(Text::Ascii), Self::R4, Self::R5];

    /// The five, and what differs from them in its text.
    pub const ALL: [Self; 12] = [
        Self::R1,
        Self::R2,
        Self::R3(Text::Ascii),
        Self::R3(Text::German),
        Self::R3(Text::Chinese),
        Self::R3(Text::Emoji),
        Self::R3Floats,
        Self::R4,
        Self::R4Escapes,
        Self::R5,
        Self::R5Long,
        Self::Bytes,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3(Text::Ascii) => "R3",
            Self::R3(Text::German) => "R3-german",
            Self::R3(Text::Chinese) => "R3-chinese",
            Self::R3(Text::Emoji) => "R3-emoji",
            Self::R3Floats => "R3-floats",
            Self::R4 => "R4",
            Self::R4Escapes => "R4-escapes",
            Self::R5 => "R5",
            Self::R5Long => "R5-256",
            Self::Bytes => "bytes",
        }
    }

    pub fn parse(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|route| route.name() == name);
        known.unwrap_or_else(|| panic!("`{name}` is not a route"))
    }

    pub fn method(self) -> Method {
        match self {
            Self::R1 | Self::R2 | Self::R5 | Self::R5Long | Self::Bytes => Method::GET,
            Self::R3(_) | Self::R3Floats | Self::R4 | Self::R4Escapes => Method::POST,
        }
    }

    pub fn target(self) -> &'static str {
        static LONG: LazyLock<String> = LazyLock::new(|| {
            (0..256).fold(String::from("/api/files"), |path, i| format!("{path}/segment{i}"))
        });
        match self {
            Self::R1 => "/api/hello",
            Self::R2 => "/api/post/1234?x=1&y=2",
            Self::R3(_) => "/api/echo",
            Self::R3Floats => "/api/track",
            Self::R4 | Self::R4Escapes => "/api/form",
            Self::R5 => "/api/files/a/b/c/d/e",
            Self::R5Long => &LONG,
            Self::Bytes => "/api/bytes",
        }
    }

    pub fn headers(self) -> &'static [(http::HeaderName, &'static str)] {
        match self {
            Self::R1 | Self::R5 | Self::R5Long | Self::Bytes => &[],
            Self::R2 => &[(COOKIE, "theme=dark; session=7fd3a9b0c2; lang=en%2DGB")],
            Self::R3(_) | Self::R3Floats => &[(CONTENT_TYPE, "application/json")],
            Self::R4 | Self::R4Escapes => &[(CONTENT_TYPE, "application/x-www-form-urlencoded")],
        }
    }

    pub fn body(self) -> Bytes {
        match self {
            Self::R1 | Self::R2 | Self::R5 | Self::R5Long | Self::Bytes => Bytes::new(),
            Self::R3(text) => post_body(text, 1024),
            Self::R3Floats => track_body(1024),
            Self::R4 => form_body("It+works+well%2C+thank+you%21+"),
            Self::R4Escapes => form_body("%E4%BD%A0%E5%A5%BD%EF%BC%81"),
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
