//! `dev`: the address responds throughout, while the server behind it is built and replaced. On Unix, where signals are.

use crate::origin::{Exchange, Origin, Response, try_ask};
use crate::program::{FLAGS, PACKAGE, app, build_alone, library, run};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A running `cargo api-routes dev`.
struct Dev {
    child: Child,
    address: SocketAddr,
}

impl Dev {
    fn start(folder: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-api-routes"));
        command.args(["api-routes", "dev", "--addr", "127.0.0.1:0"]).args(options).current_dir(folder);
        command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("target"));
        command
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("RUSTFLAGS", FLAGS)
            .env_remove("NEXT_ORIGIN")
            .env("CARGO", env!("CARGO"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.next().unwrap();
        let address = line.split("http://").nth(1).unwrap().split(':').collect::<Vec<_>>();
        let address = format!("{}:{}", address[0], address[1]).parse().unwrap();
        // A full pipe would stop it.
        thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn ask(&self, target: &str) -> Result<Response, String> {
        let headers = BTreeMap::from([("host".to_owned(), "shop.example".to_owned())]);
        let response = Response { status: 0, headers: Vec::new(), body: String::new() };
        try_ask(
            self.address,
            &Exchange { method: "GET".into(), target: target.into(), headers, body: None, response },
        )
    }

    /// Asks until the body has this text.
    fn until(&self, target: &str, text: &str) -> Response {
        let begun = Instant::now();
        loop {
            match self.ask(target) {
                Ok(response) if response.body.contains(text) => return response,
                other => assert!(begun.elapsed() < Duration::from_mins(10), "{other:?}"),
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ctrl-C.
    fn interrupt(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        assert!(self.ask("/api/hello").is_err());
    }
}

/// After a test that has failed, too, no server is left behind.
impl Drop for Dev {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        }
        let _ = self.child.wait();
    }
}

/// Makes a crate with `new`, with the versions that the library is tested with.
fn starter(folder: &Path, name: &str) -> PathBuf {
    assert_eq!(run(folder, &["new", name, "--crate-path", &library()]).code, Some(0));
    let folder = folder.join(name);
    fs::copy(Path::new(&library()).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn no_request_is_refused_while_a_route_changes() {
    let _alone = build_alone();
    let temporary = tempfile::tempdir().unwrap();
    let folder = starter(temporary.path(), "dev-new");
    let dev = Dev::start(&folder, &[]);
    dev.until("/api/hello", "Hello, world!");
    let route = folder.join("src/pages/api/hello.rs");

    // Ten requests a second, each on a connection of its own, and none of them waits for the one before.
    let done = AtomicBool::new(false);
    let results = thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut requests = Vec::new();
            while !done.load(Ordering::Relaxed) {
                requests.push(scope.spawn(|| dev.ask("/api/hello")));
                thread::sleep(Duration::from_millis(100));
            }
            requests.into_iter().map(|request| request.join().unwrap()).collect::<Vec<_>>()
        });
        thread::sleep(Duration::from_millis(500));
        edit(&route, "Hello, {name}!", "Good day, {name}!");
        dev.until("/api/hello", "Good day, world!");
        thread::sleep(Duration::from_millis(500));
        done.store(true, Ordering::Relaxed);
        client.join().unwrap()
    });
    for result in &results {
        // None is refused, and none is reset. A machine that builds for longer than 30 seconds says so.
        let response = result.as_ref().unwrap();
        let is_late = response.status == 503 && response.body.contains("still being built after 30 s");
        assert!(response.status == 200 || is_late, "{response:?}");
    }
    let new = results.iter().flatten().filter(|response| response.body.contains("Good day"));
    assert!(results.len() > 10 && new.count() > 0);

    // A compile error is the response until it is corrected.
    edit(&route, "Good day", "{oops}");
    let response = dev.until("/api/hello", "oops");
    assert_eq!(response.status, 500);
    assert!(response.body.contains("error: ") || response.body.contains("error["), "{}", response.body);
    assert!(
        response.body.contains("src/pages/api/hello.rs") && !response.body.contains('\x1b'),
        "{}",
        response.body
    );
    edit(&route, "{oops}", "Hello again");
    assert_eq!(dev.until("/api/hello", "Hello again").status, 200);
    dev.interrupt();
}

#[test]
fn the_last_good_build_goes_on_by_choice() {
    let _alone = build_alone();
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    app(&at.join("shop"), &[PACKAGE, ("pages/api/hello.js", "export default (req, res) => res.json({});")]);
    assert_eq!(
        run(at, &["import", "shop", "--out", "dev-imported", "--crate-path", &library()]).code,
        Some(0)
    );
    let folder = at.join("dev-imported");
    fs::copy(Path::new(&library()).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let text = fs::read_to_string(at.join("shop/pages/api/hello.js")).unwrap();
    let recorded = Exchange {
        method: "GET".into(),
        target: "/api/hello".into(),
        headers: BTreeMap::new(),
        body: None,
        response: Response { status: 200, headers: Vec::new(), body: text },
    };
    let origin = Origin::start(vec![recorded]);
    let dev =
        Dev::start(&folder, &["--keep-last-good", "--next-origin", &format!("http://{}", origin.address)]);
    dev.until("/api/hello", "export default");
    let route = folder.join("src/pages/api/hello.rs");
    edit(&route, "next::forward(req, res).await", "res.send(nothing)");
    // A build that fails changes nothing, and the next one that does not fail does.
    for _ in 0..20 {
        assert!(dev.ask("/api/hello").unwrap().body.contains("export default"));
        thread::sleep(Duration::from_millis(100));
    }
    edit(&route, "res.send(nothing)", "res.send(\"moved\")");
    edit(&route, "req: ", "_req: ");
    edit(&route, "use crate::next;\n", "");
    dev.until("/api/hello", "moved");
    dev.interrupt();
}
