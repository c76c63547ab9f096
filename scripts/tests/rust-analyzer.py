"""Asks rust-analyzer about the route files of a package, as an editor does: see rust-analyzer.sh.

Prints one line a file, and ends with 1 if rust-analyzer does not take a file for a part of its crate, or does not find what
a name in it refers to.
"""

import json
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

TIMEOUT = 300  # seconds, for everything: the first run compiles the dependencies of the build script


class Client:
    """The Language Server Protocol over the server's standard streams."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["rust-analyzer"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.messages = queue.Queue()
        self.number = 0
        self.quiescent = False
        self.end = time.monotonic() + TIMEOUT
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        output = self.process.stdout
        while header := output.readline():
            length = 0
            while header.strip():
                name, _, value = header.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
                header = output.readline()
            self.messages.put(json.loads(output.read(length)))
        self.messages.put(None)

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send(method=method, params=params)

    def receive(self):
        try:
            message = self.messages.get(timeout=max(0.1, self.end - time.monotonic()))
        except queue.Empty:
            sys.exit(f"rust-analyzer was not done after {TIMEOUT} seconds")
        if message is None:
            sys.exit("rust-analyzer has ended")
        if message.get("method") == "experimental/serverStatus":
            self.quiescent = message["params"]["quiescent"]
        elif "method" in message and "id" in message:
            # A request of the server's: every setting has its default.
            items = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
            self.send(id=message["id"], result=[None] * len(items) if items else None)
        return message

    def request(self, method, params):
        self.number += 1
        number = self.number
        self.send(id=number, method=method, **({} if params is None else {"params": params}))
        while True:
            message = self.receive()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    # What it was asked about has changed meanwhile, since it is still loading.
                    if message["error"]["code"] in (-32801, -32802):
                        return self.request(method, params)
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]

    def stop(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(timeout=10)


def position(text, name):
    """Where a name is used last, which is not where it is imported."""
    found = list(re.finditer(rf"\b{re.escape(name)}\b", text))
    start = found[-1].start()
    before = text[:start]
    return {"line": before.count("\n"), "character": len(before.rsplit("\n", 1)[-1].encode("utf-16-le")) // 2}


def main(folder, *names):
    """The names are written `file:name=what the path of the definition contains`."""
    root = pathlib.Path(folder).resolve()
    client = Client(root)
    setup = {
        "processId": None,
        "rootUri": root.as_uri(),
        "capabilities": {
            "experimental": {"serverStatusNotification": True},
            "textDocument": {"diagnostic": {}},
            "workspace": {"configuration": True},
        },
        "initializationOptions": {"checkOnSave": False, "cachePriming": {"enable": False}},
    }
    client.request("initialize", setup)
    client.notify("initialized", {})
    files = sorted(path for path in (root / "src").rglob("*.rs"))
    for path in files:
        document = {"uri": path.as_uri(), "languageId": "rust", "version": 1, "text": path.read_text()}
        client.notify("textDocument/didOpen", {"textDocument": document})
    while not client.quiescent:
        client.receive()

    failed = False
    for path in files:
        report = client.request("textDocument/diagnostic", {"textDocument": {"uri": path.as_uri()}})
        problems = [f"{item.get('code')}: {item['message'].splitlines()[0]}" for item in report["items"]]
        print(f"{path.relative_to(root)}: {'; '.join(problems) or 'no diagnostics'}")
        failed |= bool(problems)
    for name in names:
        file, name, expected = re.split(r"[:=]", name, maxsplit=2)
        path = root / file
        document = {"textDocument": {"uri": path.as_uri()}, "position": position(path.read_text(), name)}
        found = client.request("textDocument/definition", document) or []
        places = [place.get("targetUri") or place["uri"] for place in (found if isinstance(found, list) else [found])]
        print(f"{file}: {name} is defined in {', '.join(places) or 'no file that it finds'}")
        failed |= not any(expected in place for place in places)
    client.stop()
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
