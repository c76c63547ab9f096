#!/usr/bin/env python3
"""Breaks the crate in small ways, and looks whether a test fails. All mutants are in one build, behind a switch.

    scripts/mutants.py MODULE [MODULE ...]     # every mutant of these modules of src/, such as `draft` or `cookies`
    scripts/mutants.py all                     # every mutant of the crate
    scripts/mutants.py all --sample 20         # 20 of each module by a seed, which is printed; --seed S takes the same again
    scripts/mutants.py all --cli               # the same for the command line, the package in cli/
    scripts/mutants.py --list FILE             # mutants of a list of one's own, in the JSON of `cargo mutants --list --json`

Each function with mutants gets one copy of its body for each of them, which runs if the environment variable `MUTANT` has its
number. A mutant whose copy does not compile is left out, and the rest is built again. Functions that are `const` cannot ask for a
variable, and those that return an `impl Trait` can have no second value of another type: such mutants are counted as not tried.

The tests that speak for the modules run once without a mutant, and write down which tests reach which mutant. Then, for each mutant,
the tests that reach it run, and if none of them fails, all tests of the binaries that reach it. A module's row and its survivors are
printed as soon as they are known, so an interrupted run keeps what it has found.

Needs cargo-mutants (`cargo install cargo-mutants --locked`) for its list, and nothing else but Python 3.9.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "mutants"
TREE = TARGET / "tree"

# The test binaries that speak for a module, beside its unit tests, which always run.
TESTS = {
    "body": "handlers layers serve stream",
    "body_parser": "layers conformance properties",
    "bounds": "layers handlers",
    "build": "packages",
    "client": "moving revalidate",
    "client_headers": "moving layers",
    "config": "layers handlers",
    "configured": "layers",
    "context": "handlers layers",
    "cookies": "handlers conformance properties",
    "cors": "layers",
    "draft": "draft",
    "error": "handlers layers stream",
    "external_resolver": "layers",
    "handler": "handlers layers conformance draft moving openapi",
    "js_date": "openapi",
    "json": "conformance properties",
    "log": "handlers layers serve session stream",
    "max_duration": "layers",
    "oneshot": "stream handlers",
    "openapi": "openapi",
    "proxy": "moving",
    "query": "handlers conformance properties",
    "random": "draft session",
    "request": "handlers layers conformance draft moving session",
    "response": "handlers stream conformance properties draft serve",
    "response_limit": "layers",
    "revalidate": "revalidate",
    "route_file": "packages",
    "router": "handlers layers conformance moving openapi session",
    "routing": "handlers conformance properties",
    "serve": "serve",
    "session": "session",
    "shadow": "moving layers",
    "shutdown": "serve",
    "signed_in": "session",
    "size": "properties layers",
    "text": "conformance properties",
}

# Its tests build programs in one folder, so that it runs once at a time.
PACKAGES = threading.Lock()

# Tests of the command line that build whole programs: minutes for each mutant.
SLOW = [
    "imported_apps_compile_and_respond_as_recorded",
    "large_and_deep_files_are_read",
    "no_request_is_refused",
    "odd_names_and_types_compile",
    "the_last_good_build",
]

SWITCH = """
use std::{cell::RefCell, collections::HashSet, env::var, fs::File, io::Write, sync::OnceLock};

thread_local!(static REACHED: RefCell<HashSet<u32>> = RefCell::default());

/// Returns whether this mutant is the one that the environment variable `MUTANT` names. Writes down who asks, if `REACHED` is a file.
pub(crate) fn on(number: u32) -> bool {
    static CHOSEN: OnceLock<u32> = OnceLock::new();
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    let file = FILE.get_or_init(|| Some(File::options().append(true).create(true).open(var("REACHED").ok()?).unwrap()));
    if let Some(mut file) = file.as_ref() {
        if REACHED.try_with(|reached| reached.borrow_mut().insert(number)).unwrap_or(true) {
            let line = format!("{number} {}\\n", std::thread::current().name().unwrap_or_default());
            file.write_all(line.as_bytes()).unwrap();
        }
    }
    *CHOSEN.get_or_init(|| var("MUTANT").map_or(0, |text| text.parse().unwrap_or(0))) == number
}
"""


def module_of(mutant):
    return pathlib.PurePosixPath(mutant["file"]).parts[1].removesuffix(".rs")


def listed(path, package):
    if path:
        return json.loads(pathlib.Path(path).read_text())
    # What `Debug` prints is no promise.
    command = ["cargo", "mutants", "--list", "--json", "--exclude-re", r"impl (std::)?(fmt::)?Debug", "--file", "src/**/*.rs"]
    return json.loads(subprocess.run(command, cwd=ROOT / package, check=True, capture_output=True, text=True).stdout)


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


def mutated(mutants, disabled, package):
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
        source = Source(ROOT / package / file)
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
        (TREE / package / file).write_text(with_switch(result) if file == root_of(package) else result)
        for match in re.finditer(r"/\*mutant (\d+)\*/.*?/\*end \1\*/", result, re.DOTALL):
            first = result.count("\n", 0, match.start()) + 1
            places[file].append((first, first + match[0].count("\n"), int(match[1])))
    return places, not_tried


def copy_tree(package):
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    shutil.rmtree(TREE, ignore_errors=True)
    for name in names.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, TREE / name)
    (TREE / package / "src/mutants.rs").write_text(SWITCH)
    root = TREE / package / root_of(package)
    root.write_text(with_switch(root.read_text()))


def root_of(package):
    return "src/main.rs" if package == "cli" else "src/lib.rs"


def with_switch(text):
    # The packages that its tests build are to have no warnings. On the first line, so that each line keeps its number.
    return "#![allow(warnings)] " + text + "\nmod mutants;\n"


def environment(**more):
    flags = os.environ.get("RUSTFLAGS", "") + " --cap-lints allow"
    fixed = {"CARGO_TARGET_DIR": str(TARGET / "build"), "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_PROFILE_DEV_DEBUG": "0", "RUSTFLAGS": flags}
    return {**os.environ, **fixed, **more}


def build(tests, package):
    """Builds the unit tests and the test binaries. Returns the errors, or the path of each binary."""
    command = ["cargo", "test", "--no-run", "--message-format", "json", "--bins" if package == "cli" else "--lib"]
    for test in tests:
        command += ["--test", test]
    run = subprocess.run(command, cwd=TREE / package, env=environment(), capture_output=True, text=True)
    errors, binaries = [], {}
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-message" and message["message"]["level"] == "error":
            errors.append(message["message"])
        if message["reason"] == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
            name = message["target"]["name"] if "test" in message["target"]["kind"] else "unit tests"
            binaries[name] = message["executable"]
    if run.returncode != 0 and not errors:
        sys.exit(run.stderr)
    return errors, binaries


def spans(message):
    yield from message["spans"]
    for child in message["children"]:
        yield from spans(child)


def viable_build(mutants, tests, package):
    """Builds until every mutant that is left compiles. Returns the binaries, and what was left out."""
    disabled = set()
    for round in range(1, 40):
        places, not_tried = mutated(mutants, disabled, package)
        started = time.monotonic()
        errors, binaries = build(tests, package)
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


def run(binary, package, limit, names=(), **variables):
    """Runs a test binary, or the tests of these names. Returns whether it passed."""
    command = [binary, "--quiet", *(["--exact", *names] if names else [f"--skip={name}" for name in SLOW])]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=TREE / package, env=environment(**variables), stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        return process.wait(limit) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        # With the programs that its tests have started.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def reached(binary, package):
    """Returns how long a test binary takes, and for each mutant the names of the tests that reach it."""
    def listed(*more):
        command = [binary, "--list", "--format", "terse", *more]
        run = subprocess.run(command, cwd=TREE / package, env=environment(), check=True, capture_output=True, text=True)
        return {line.removesuffix(": test") for line in run.stdout.splitlines()}

    # One that is ignored is another test's program.
    tests = listed() - listed("--ignored")
    file = TARGET / "reached"
    file.unlink(missing_ok=True)
    started = time.monotonic()
    if not run(binary, package, 900, REACHED=str(file)) and not run(binary, package, 900):
        sys.exit(f"the tests of {binary} fail without a mutant")
    took = time.monotonic() - started
    names = collections.defaultdict(set)
    for line in file.read_text().splitlines() if file.exists() else []:
        number, name = line.split(" ", 1)
        # A thread of a runtime, or a program that a test has started, has no test's name.
        names[int(number)].add(name if name in tests else "")
    return took, names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="modules of src/, or `all`")
    parser.add_argument("--sample", type=int, metavar="N", help="try at most N mutants of each module")
    parser.add_argument("--seed", default=str(random.randrange(10**9)))
    parser.add_argument("--cli", action="store_true", help="the modules of cli/src/")
    parser.add_argument("--list", metavar="FILE", help="a list of mutants in JSON")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="test binaries at once")
    parser.add_argument("--least", type=int, default=100, metavar="P", help="fail if less than P %% are caught")
    options = parser.parse_args()
    if not options.modules and not options.list:
        parser.error("name a module of src/, or `all`")
    package = "cli" if options.cli else "."
    every = listed(options.list, package)
    if options.modules and "all" not in options.modules:
        unknown = set(options.modules) - {module_of(mutant) for mutant in every}
        if unknown:
            parser.error(f"there is no mutant of {', '.join(sorted(unknown))}")
        every = [mutant for mutant in every if module_of(mutant) in options.modules]
    without = {module_of(mutant) for mutant in every} - TESTS.keys()
    if without and not options.cli:
        parser.error(f"no test binary is known for {', '.join(sorted(without))}: add it to TESTS in this script")
    # In the order of the seed, so that a whole module that is interrupted is a sample, too.
    every.sort(key=lambda mutant: hashlib.sha256((options.seed + mutant["name"]).encode()).hexdigest())
    by_module = collections.defaultdict(list)
    for mutant in every:
        by_module[module_of(mutant)].append(mutant)
    mutants = dict(enumerate((mutant for _, of in sorted(by_module.items()) for mutant in of[: options.sample]), 1))
    print(f"{len(mutants)} mutants, seed {options.seed}", flush=True)

    def tests_of(number):
        return ["cli"] if options.cli else TESTS[module_of(mutants[number])].split()

    copy_tree(package)
    binaries, unviable, not_tried = viable_build(mutants, sorted({test for number in mutants for test in tests_of(number)}), package)
    took, reaching = {}, {}
    for name, binary in binaries.items():
        took[name], reaching[name] = reached(binary, package)
        print(f"{name}: {took[name]:.0f} s", flush=True)

    def caught(number):
        names = [name for name in sorted(["unit tests", *tests_of(number)], key=took.get) if number in reaching[name]]

        def passes(name, tests=()):
            # A test that hangs has failed.
            limit = 30 + took[name] if tests else 10 + 4 * took[name]
            with PACKAGES if name == "packages" else contextlib.nullcontext():
                return run(binaries[name], package, limit, tests, MUTANT=str(number))

        named = {name: reaching[name][number] - {""} for name in names}
        if not all(passes(name, tests) for name, tests in named.items() if tests):
            return True
        # Which test a nameless thread belongs to is not known, so all of them run. A failure is one that comes twice.
        if any(not passes(name) and not passes(name) for name in names if "" in reaching[name][number]):
            return True
        print(f"missed{'' if names else ' (reached by no test)'}: {mutants[number]['name']}", flush=True)
        return False

    print("| module | viable | caught | not tried |\n| --- | --- | --- | --- |", flush=True)
    total = total_caught = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for module in sorted(by_module):
            numbers = [number for number in mutants if module_of(mutants[number]) == module]
            viable = [number for number in numbers if number not in unviable | not_tried]
            count = sum(pool.map(caught, viable))
            print(f"| `{module}` | {len(viable)} | {count} | {len(not_tried.intersection(numbers))} |", flush=True)
            total, total_caught = total + len(viable), total_caught + count
    print(f"caught {total_caught} of {total}")
    sys.exit(100 * total_caught < options.least * total)


main()
