#!/usr/bin/env python3
"""Looks whether the files and headings exist that the Markdown of this repository links to.

Links to this crate on docs.rs are looked up in `target/doc`, where `cargo doc --no-deps --all-features` has put the same pages.
Links by a Rust path are refused: GitHub cannot follow them.
"""

import pathlib
import re
import sys
import urllib.parse

root = pathlib.Path(__file__).parent.parent
pages = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("examples/*/README.md"), root / "fuzz/README.md"]


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


docs_rs = "https://docs.rs/tower-api-routes/latest/"
built = root / "target/doc"


def is_documented(link):
    path, _, anchor = link.removeprefix(docs_rs).partition("#")
    item = built / path
    return item.is_file() and (not anchor or f'id="{anchor}"' in item.read_text())


problems = []
for page in pages:
    text = page.read_text()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    named = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", prose, re.MULTILINE))
    used = set(re.findall(r"\]\[([^\]]+)\]", prose))
    problems += [f"{page.relative_to(root)}: [{name}] has no target" for name in sorted(used - named.keys())]
    for link in [*links, *named.values()]:
        if re.match(r"[a-z_]+::", link):
            problems.append(f"{page.relative_to(root)}: {link}: GitHub cannot follow a Rust path")
        elif link.startswith(docs_rs) and built.is_dir() and not is_documented(link):
            problems.append(f"{page.relative_to(root)}: {link}: there is no such item")
        if re.match(r"https?:|[a-z_]+::", link):
            continue
        path, _, anchor = urllib.parse.unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            problems.append(f"{page.relative_to(root)}: {link}: there is no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            problems.append(f"{page.relative_to(root)}: {link}: there is no such heading")
print("\n".join(problems) or f"the links of {len(pages)} pages lead somewhere")
sys.exit(bool(problems))
