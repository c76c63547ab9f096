#!/usr/bin/env python3
"""Compiles each Rust block of the README and the guides as a reader does who pastes it into an empty package.

The doctests have the dev-dependencies of this crate. Here a page has the dependencies that it names itself: its
`cargo add …`, in a block or in a line, and its `[dependencies]`. A block is a module of a library. One that begins with the name of
a file, `// src/pages/api/hello.rs`, is that file in a package with the build script of the guide. A block with `…` is a fragment, and
is not compiled.

Needs the registry. One target directory for all pages, `target/pages`: minutes at first, then a second a page.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "pages"
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^// (\S+\.rs)$", re.MULTILINE)
ALLOWED = "#![allow(dead_code, unused)]\n"
BUILD = 'fn main() {\n    tower_api_routes::build::routes("src/pages");\n}\n'
MAIN = "tower_api_routes::include_routes!();\n\nfn main() {\n    print!(\"{}\", router().routes());\n}\n"


def cargo(folder, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(["cargo", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr


def additions(page):
    """The arguments of each `cargo add` of a page."""
    in_blocks = [line for kind, code in BLOCK.findall(page) if kind in ("sh", "bash") for line in code.splitlines()]
    in_lines = re.findall(r"`(cargo add [^`]*)`", BLOCK.sub("", page))
    commands = [line.split("#")[0].split() for line in [*in_blocks, *in_lines]]
    found = [words[2:] for words in commands if words[:2] == ["cargo", "add"]]
    for kind, code in BLOCK.findall(page):
        if kind != "toml":
            continue
        for table, flags in (("dependencies", []), ("dev-dependencies", ["--dev"]), ("build-dependencies", ["--build"])):
            for name, wanted in tomllib.loads(code).get(table, {}).items():
                wanted = {"version": wanted} if isinstance(wanted, str) else wanted
                plain = [] if wanted.get("default-features", True) else ["--no-default-features"]
                features = ["--features", ",".join(wanted["features"])] if "features" in wanted else []
                version = "" if name == "tower-api-routes" else f"@{wanted['version']}"
                found.append([name + version, *flags, *plain, *features])
    return found


def from_here(arguments):
    """This crate is a folder, not yet one of the registry."""
    if "tower-api-routes" not in arguments:
        return arguments
    if "--path" in arguments:
        at = arguments.index("--path")
        arguments = arguments[:at] + arguments[at + 2:]
    return [*arguments, "--path", str(ROOT)]


def package(folder, page):
    folder.mkdir(parents=True)
    error = cargo(folder, "init", "--quiet", "--lib", "--vcs", "none", "--name", folder.name, ".")
    for arguments in [["tower-api-routes"], *additions(page)]:
        error = error or cargo(folder, "add", "--quiet", *from_here(arguments))
    if error:
        sys.exit(f"{folder.name}: {error}")
    lock = TARGET / f"{folder.name}.lock"
    if lock.exists():
        shutil.copy(lock, folder / "Cargo.lock")  # what is compiled already


def check(folder):
    error = cargo(folder, "check", "--quiet", "--tests")
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "Cargo.lock", TARGET / f"{folder.name}.lock")
    return error


def try_page(path, work):
    page = path.read_text()
    blocks = [code for kind, code in BLOCK.findall(page) if kind == "rust"]
    whole = [code for code in blocks if "…" not in code]
    files = [code for code in whole if FILE.match(code)]
    modules = [code for code in whole if not FILE.match(code)]
    problems = []
    if modules:
        folder = work / f"page-{path.stem.lower()}"
        package(folder, page)
        names = [f"block_{number}" for number in range(1, len(modules) + 1)]
        (folder / "src/lib.rs").write_text(ALLOWED + "".join(f"mod {name};\n" for name in names))
        for name, code in zip(names, modules):
            (folder / f"src/{name}.rs").write_text(code)
        problems.append(check(folder))
    if files and path.name != "README.md":  # those of the README are run by scripts/tests.sh readme
        folder = work / f"page-{path.stem.lower()}-files"
        package(folder, page)
        cargo(folder, "add", "--quiet", "--build", *from_here(["tower-api-routes", "--no-default-features", "-F", "build"]))
        (folder / "src/lib.rs").unlink()
        (folder / "build.rs").write_text(BUILD)
        for code in files:
            parts = FILE.split(code)[1:]
            for name, text in zip(parts[::2], parts[1::2]):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        main = folder / "src/main.rs"
        if not main.exists() or "fn main" not in main.read_text():
            main.write_text(ALLOWED + MAIN)
        if not any(folder.glob("src/pages/**/[!_]*.rs")):
            (folder / "src/pages/api").mkdir(parents=True, exist_ok=True)
            (folder / "src/pages/api/hello.rs").write_text(
                "use tower_api_routes::{ApiRequest, ApiResponse, Result};\n\n"
                "pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result {\n    res.end()\n}\n"
            )
        problems.append(check(folder))
    return len(whole), len(blocks) - len(whole), [problem for problem in problems if problem]


def main():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    wanted = sys.argv[1:]
    compiled = fragments = failed = 0
    with tempfile.TemporaryDirectory() as work:
        for path in pages:
            if wanted and path.stem not in wanted:
                continue
            whole, left, problems = try_page(path, pathlib.Path(work))
            compiled, fragments, failed = compiled + whole, fragments + left, failed + bool(problems)
            if whole or left:
                print(f"{path.name}: {whole} compile{f', {left} of them do not' if problems else ''}, {left} fragments", flush=True)
            for problem in problems:
                print(problem)
    print(f"{compiled} blocks, {fragments} fragments, {failed} pages that do not compile")
    sys.exit(failed > 0)


main()
