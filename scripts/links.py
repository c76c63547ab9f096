#!/usr/bin/env python3
"""Looks whether the files and headings exist that the Markdown of this repository links to. (rustdoc checks `crate::` links.)"""

import pathlib
import re
import sys
import urllib.parse

root = pathlib.Path(__file__).parent.parent
pages = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("examples/*/README.md"), root / "fuzz/README.md"]


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


problems = []
for page in pages:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
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
