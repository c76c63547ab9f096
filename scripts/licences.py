#!/usr/bin/env python3
"""What `cargo deny check licenses sources` looks for, where cargo-deny is not there: each dependency comes from crates.io or
from this repository, and has a licence that deny.toml allows. Arguments: another manifest, and licences that it may have besides."""

import json
import re
import subprocess
import sys

with open("deny.toml") as file:
    allowed = set(re.search(r"^allow = \[(.*)\]", file.read(), re.MULTILINE).group(1).replace('"', "").split(", "))
manifest, *besides = sys.argv[1:] or ["Cargo.toml"]
allowed.update(besides)
command = ["cargo", "metadata", "--format-version", "1", "--all-features", "--locked", "--manifest-path", manifest]
packages = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]


def fits(expression):
    """An expression of SPDX: `A OR B` needs one of them, `A AND B` both. An older `A/B` is an `OR`."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR ").replace("Apache-2.0 WITH LLVM-exception", "LLVM"))
    python = {"(": "(", ")": ")", "OR": "or", "AND": "and"}
    return eval(" ".join(python.get(word) or str(word in allowed) for word in words))


problems = []
for package in packages:
    name = f"{package['name']} {package['version']}"
    if package["source"] not in (None, "registry+https://github.com/rust-lang/crates.io-index"):
        problems.append(f"{name} comes from {package['source']}")
    if package["source"] and not fits(package["license"] or ""):
        problems.append(f"{name} has the licence {package['license']}, which deny.toml does not allow")
print("\n".join(problems) or f"{len(packages)} packages, all from crates.io under an allowed licence")
sys.exit(bool(problems))
