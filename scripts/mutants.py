#!/usr/bin/env python3
"""Breaks the crate in small ways, and looks whether a test fails. All mutants are in one build, behind a switch.

    scripts/mutants.py MODULE [MODULE ...]     # every mutant of these modules of src/, such as `draft` or `cookies`
    scripts/mutants.py all                     # every mutant of the crate
    scripts/mutants.py all --sample 20         # 20 of each module by a seed, which is printed; --seed S takes the same again
    scripts/mutants.py --list FILE             # mutants of a list of one's own, in the JSON of `cargo mutants --list --json`

Each function with mutants gets one copy of its body for each of them, which runs if the environment variable `MUTANT` has its
number. A mutant whose copy does not compile is left out, and the rest is built again. Functions that are `const` cannot ask for a
variable, and those that return an `impl Trait` can have no second value of another type: such mutants are counted as not tried.
Then the tests that speak for the module run once for each mutant.

Needs cargo-mutants (`cargo install cargo-mutants --locked`) for its list, and nothing else but Python 3.9.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "mutants"
TREE = TARGET / "tree"

# The test binaries that speak for a module, beside its unit tests, which always run.
TESTS = {
    "body": "layers stream",
    "body_parser": "layers conformance properties",
    "bounds": "layers handlers",
    "build": "packages",
    "client": "moving revalidate",
    "client_headers": "moving",
    "config": "layers handlers",
    "configured": "layers",
    "context": "handlers layers",
    "cookies": "handlers conformance properties",
    "cors": "layers",
    "draft": "draft",
    "error": "handlers layers stream",
    "external_resolver": "layers",
    "handler": "handlers layers conformance draft",
    "js_date": "openapi",
    "json": "conformance properties",
    "log": "layers serve",
    "max_duration": "layers",
    "oneshot": "stream handlers",
    "openapi": "openapi",
    "proxy": "moving",
    "query": "handlers conformance properties",
    "random": "draft session",
    "request": "handlers layers conformance draft",
    "response": "handlers stream conformance properties draft",
    "response_limit": "layers",
    "revalidate": "revalidate",
    "route_file": "packages",
    "router": "handlers layers conformance",
    "routing": "handlers conformance properties",
    "serve": "serve",
    "session": "session",
    "shadow": "moving",
    "shutdown": "serve",
    "signed_in": "session",
    "size": "properties layers",
    "text": "conformance properties",
}

SWITCH = """
/// Returns whether this mutant is the one that the environment variable `MUTANT` names.
pub(crate) fn on(number: u32) -> bool {
    static CHOSEN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *CHOSEN.get_or_init(|| std::env::var("MUTANT").map_or(0, |text| text.parse().unwrap_or(0))) == number
}
"""


def module_of(mutant):
    return pathlib.PurePosixPath(mutant["file"]).parts[1].removesuffix(".rs")


def listed(path):
    if path:
        return json.loads(pathlib.Path(path).read_text())
    # What `Debug` prints is no promise.
    command = ["cargo", "mutants", "--list", "--json", "--exclude-re", r"impl (std::)?(fmt::)?Debug", "--file", "src/**/*.rs"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def tokens(text):
    """Yields the offset of each character that is code: not of a comment, a string or a character."""
    pattern = re.compile(
        r"//[^\n]*|/\*.*?\*/|b?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\.[^']*|[^'\\])'", re.DOTALL
    )
    at = 0
    for match in pattern.finditer(text):
        yield from range(at, match.start())
        at = match.end()
    yield from range(at, len(text))


class Source:
    """A file with its functions, as offsets."""

    def __init__(self, path):
        self.text = path.read_text()
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts
        self.code = list(tokens(self.text))

    def offset(self, place):
        return self.starts[place["line"] - 1] + place["column"] - 1

    def body(self, function):
        """Returns the signature of a function, and the place behind the brace that begins its body and of the one that ends it."""
        start, end = self.offset(function["span"]["start"]), self.offset(function["span"]["end"])
        depth = 0
        for at in self.code:
            if not start <= at < end:
                continue
            char = self.text[at]
            depth += (char in "([") - (char in ")]")
            if char == "{" and depth == 0:
                close = self.text.rindex("}", at, end)
                return self.text[start:at], at + 1, close
        return None


def mutated(mutants, disabled):
    """Writes the tree with all mutants but the disabled ones. Returns the lines of each by its file."""
    places = collections.defaultdict(list)
    not_tried = set()
    by_file = collections.defaultdict(list)
    for number, mutant in mutants.items():
        # A file without any is written, too: it may have had some in the round before.
        of_file = by_file[mutant["file"]]
        if number not in disabled:
            of_file.append(number)
    for file, numbers in by_file.items():
        source = Source(ROOT / file)
        functions = collections.defaultdict(list)
        for number in numbers:
            mutant = mutants[number]
            body = source.body(mutant["function"]) if mutant.get("function") else None
            # An `impl Trait` is one type, so that another value cannot stand beside the function's own.
            is_opaque = mutant["genre"] == "FnValue" and body and re.search(r"->.*\bimpl\b", body[0], re.DOTALL)
            if body is None or is_opaque or re.search(r"\bconst\s+(unsafe\s+)?fn\b", body[0]):
                not_tried.add(number)
                continue
            functions[body[1:]].append(number)
        text = source.text
        inserted = {}
        for (start, end), of in functions.items():
            copies = ""
            for number in of:
                mutant = mutants[number]
                replacement = mutant["replacement"]
                if mutant["genre"] == "FnValue":
                    copy = f" {replacement} "
                else:
                    a, b = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
                    copy = text[start:a] + replacement + text[b:end]
                copies += f"\n/*mutant {number}*/ if crate::mutants::on({number}) {{ return {{ {copy}\n}}; }} /*end {number}*/"
            inserted[start] = copies + "\n"
        out, at = [], 0
        for start in sorted(inserted):
            out += [text[at:start], inserted[start]]
            at = start
        result = "".join(out) + text[at:]
        (TREE / file).write_text(result)
        for match in re.finditer(r"/\*mutant (\d+)\*/.*?/\*end \1\*/", result, re.DOTALL):
            first = result.count("\n", 0, match.start()) + 1
            places[file].append((first, first + match[0].count("\n"), int(match[1])))
    return places, not_tried


def copy_tree():
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    shutil.rmtree(TREE, ignore_errors=True)
    for name in names.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, TREE / name)
    (TREE / "src/mutants.rs").write_text(SWITCH)
    library = TREE / "src/lib.rs"
    library.write_text(library.read_text().replace("\n#[cfg(feature = \"runtime\")]\nmod body;", "\nmod mutants;\n#[cfg(feature = \"runtime\")]\nmod body;", 1))


def environment(**more):
    flags = os.environ.get("RUSTFLAGS", "") + " --cap-lints allow"
    fixed = {"CARGO_TARGET_DIR": str(TARGET / "build"), "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_PROFILE_DEV_DEBUG": "0", "RUSTFLAGS": flags}
    return {**os.environ, **fixed, **more}


def build(tests):
    """Builds the unit tests and the test binaries. Returns the errors, or the path of each binary."""
    command = ["cargo", "test", "--no-run", "--message-format", "json", "--lib"]
    for test in tests:
        command += ["--test", test]
    run = subprocess.run(command, cwd=TREE, env=environment(), capture_output=True, text=True)
    errors, binaries = [], {}
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-message" and message["message"]["level"] == "error":
            errors.append(message["message"])
        if message["reason"] == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
            name = "lib" if "lib" in message["target"]["kind"] else message["target"]["name"]
            binaries[name] = message["executable"]
    if run.returncode != 0 and not errors:
        sys.exit(run.stderr)
    return errors, binaries


def spans(message):
    yield from message["spans"]
    for child in message["children"]:
        yield from spans(child)


def viable_build(mutants, tests):
    """Builds until every mutant that is left compiles. Returns the binaries, and what was left out."""
    disabled = set()
    for round in range(1, 40):
        places, not_tried = mutated(mutants, disabled)
        started = time.monotonic()
        errors, binaries = build(tests)
        print(f"build {round}: {time.monotonic() - started:.0f} s, {len(errors)} errors", flush=True)
        if not errors:
            return binaries, disabled, not_tried
        wrong = set()
        for message in errors:
            for span in spans(message):
                for first, last, number in places.get(span["file_name"], []):
                    if first <= span["line_start"] <= last or first <= span["line_end"] <= last:
                        wrong.add(number)
        if not wrong - disabled:
            sys.exit("the tree does not compile without a mutant:\n" + "".join(message["rendered"] for message in errors[:5]))
        disabled |= wrong
    sys.exit("the tree does not compile after 40 rounds")


def run(binary, number, limit):
    """Runs a test binary. Returns whether it passed."""
    try:
        finished = subprocess.run(
            [binary, "--quiet"], cwd=TREE, env=environment(MUTANT=str(number)), timeout=limit, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return finished.returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="modules of src/, or `all`")
    parser.add_argument("--sample", type=int, metavar="N", help="try at most N mutants of each module")
    parser.add_argument("--seed", default=str(random.randrange(10**9)))
    parser.add_argument("--list", metavar="FILE", help="a list of mutants in JSON")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="test binaries at once")
    options = parser.parse_args()
    if not options.modules and not options.list:
        parser.error("name a module of src/, or `all`")
    every = [mutant for mutant in listed(options.list) if module_of(mutant) in TESTS]
    if options.modules and "all" not in options.modules:
        unknown = set(options.modules) - TESTS.keys()
        if unknown:
            parser.error(f"no test binary is known for {', '.join(sorted(unknown))}: add it to TESTS in this script")
        every = [mutant for mutant in every if module_of(mutant) in options.modules]
    if options.sample:
        every.sort(key=lambda mutant: hashlib.sha256((options.seed + mutant["name"]).encode()).hexdigest())
        by_module = collections.defaultdict(list)
        for mutant in every:
            by_module[module_of(mutant)].append(mutant)
        every = [mutant for module in by_module.values() for mutant in module[: options.sample]]
    mutants = dict(enumerate(every, 1))
    print(f"{len(mutants)} mutants, seed {options.seed}", flush=True)
    tests = sorted({test for mutant in every for test in TESTS[module_of(mutant)].split()})
    copy_tree()
    binaries, unviable, not_tried = viable_build(mutants, tests)
    limits = {}
    for name, binary in binaries.items():
        started = time.monotonic()
        if not run(binary, 0, 600):
            sys.exit(f"the tests of {name} fail without a mutant")
        limits[name] = 10 + 4 * (time.monotonic() - started)

    def caught(number):
        names = ["lib", *TESTS[module_of(mutants[number])].split()]
        return not all(run(binaries[name], number, limits[name]) for name in sorted(names, key=limits.get))

    viable = [number for number in mutants if number not in unviable | not_tried]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = dict(zip(viable, pool.map(caught, viable)))
    table = collections.defaultdict(lambda: [0, 0, 0])
    for number in mutants:
        row = table[module_of(mutants[number])]
        row[0] += number in results
        row[1] += results.get(number, False)
        row[2] += number in not_tried
    missed = [mutants[number]["name"] for number, was_caught in results.items() if not was_caught]
    print("| module | viable | caught | not tried |\n| --- | --- | --- | --- |")
    for module, (count, was_caught, skipped) in sorted(table.items()):
        print(f"| `{module}` | {count} | {was_caught} | {skipped} |")
    total = len(results)
    print(f"caught {total - len(missed)} of {total}", *(f"missed: {name}" for name in missed), sep="\n")
    sys.exit(bool(missed))


main()
