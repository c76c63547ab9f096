#!/usr/bin/env python3
"""Lists the types of other crates in the public API that Cargo.toml does not allow there.

It reads rustdoc's JSON, which the compiler writes behind a flag that is unstable:

    RUSTC_BOOTSTRAP=1 cargo rustdoc --lib --all-features --target-dir target/public-types -- -Z unstable-options --output-format json
    python3 scripts/public-types.py target/public-types/doc/tower_api_routes.json

`cargo check-external-types` compares with the same list, but runs on one nightly compiler only.
"""

import fnmatch
import json
import sys
import tomllib

ALWAYS = ["std::*", "core::*", "alloc::*", "tower_api_routes::*", "*::__private::*"]


def references(value):
    """The ids of types and traits in a signature, a field, a bound or an implementation."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "id" in value and ("path" in value or "name" in value) and isinstance(value["id"], int):
            yield value["id"]
        for key, item in value.items():
            # The items inside have entries of their own.
            if key not in ("attrs", "docs", "links", "impls", "items", "variants", "implementations", "provided_trait_methods"):
                yield from references(item)


def main():
    with open(sys.argv[1]) as file:
        rustdoc = json.load(file)
    with open("Cargo.toml", "rb") as file:
        allowed = tomllib.load(file)["package"]["metadata"]["cargo_check_external_types"]["allowed_external_types"]
    allowed += ALWAYS
    found, used = {}, set()
    for item in rustdoc["index"].values():
        if item["crate_id"] != 0:
            continue
        implementation = item["inner"].get("impl", {})
        if implementation.get("is_synthetic") or implementation.get("blanket_impl"):
            continue
        for id in references(item["inner"]):
            path = rustdoc["paths"].get(str(id))
            if path is None or path["crate_id"] == 0:
                continue
            name = "::".join(path["path"])
            pattern = next((pattern for pattern in allowed if fnmatch.fnmatchcase(name, pattern)), None)
            used.add(pattern)
            if pattern is None and "use" not in item["inner"]:  # a whole crate, which `lib.rs` re-exports on purpose
                span = item.get("span") or {}
                found.setdefault(name, f"{span.get('filename')}:{span.get('begin', [0])[0]}")
    for name, place in sorted(found.items()):
        print(f"{name} is in the public API ({place}): allow it in Cargo.toml, or hide it")
    for pattern in allowed:
        if pattern not in used and pattern not in ALWAYS:
            print(f"nothing in the public API needs {pattern}, which Cargo.toml allows")
            found[pattern] = ""
    sys.exit(bool(found))


main()
