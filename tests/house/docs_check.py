#!/usr/bin/env python3
"""Holds what the documents say to the tree: the map of folders, links, the make targets they name, and that each example
has fewer than a hundred lines.

    docs_check.py [ROOT]        check the tree
    docs_check.py --self-test   check the check
"""

import os
import re
import subprocess
import sys
import tempfile

MAP = re.compile(r"<!-- map: begin -->(.*?)<!-- map: end -->", re.S)
ENTRY = re.compile(r"^\s+(\S+)/\s", re.M)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
TARGET = re.compile(r"`make ([a-z-]+)`|^\s+make ([a-z-]+)\b", re.M)
RULE = re.compile(r"^([a-z-]+):.*## ", re.M)
EXAMPLE_LINES = 100  # as the map says
UNMAPPED = {".git", "build", "troupe-data", ".cache"}


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def folders(root):
    """The folders at the top that git knows, or simply all where there is no git."""
    git = subprocess.run(["git", "-C", root, "ls-files"], check=False, capture_output=True, text=True)
    if git.returncode == 0 and git.stdout:
        return {path.split("/")[0] for path in git.stdout.split("\n") if "/" in path}
    return {name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))} - UNMAPPED


def documents(root):
    yield from (name for name in sorted(os.listdir(root)) if name.endswith(".md"))
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in sorted(names) if name.endswith(".md"))


def check(root):
    problems = []
    mapped = MAP.search(read(root, "README.md"))
    named = set(ENTRY.findall(mapped.group(1))) if mapped else set()
    problems += [f"README.md: the map lacks {name}/" for name in sorted(folders(root) - named)]
    problems += [f"README.md: the map names {name}/, which is not there" for name in sorted(named - folders(root))]
    targets = set(RULE.findall(read(root, "Makefile")))
    for path in documents(root):
        text = read(root, path)
        for match in LINK.finditer(text):
            link = match.group(1)
            if "://" not in link and not os.path.exists(os.path.join(root, os.path.dirname(path), link)):
                problems.append(f"{path}: the link {link} leads nowhere")
        for match in TARGET.finditer(text):
            if (match.group(1) or match.group(2)) not in targets:
                problems.append(f"{path}: there is no make {match.group(1) or match.group(2)}")
    decisions = os.path.join(root, "docs/decisions")
    numbers = [name[:4] for name in sorted(os.listdir(decisions))] if os.path.isdir(decisions) else []
    problems += [f"docs/decisions: two files with the number {number}"
                 for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    examples = os.path.join(root, "examples")
    for name in sorted(os.listdir(examples)) if os.path.isdir(examples) else []:
        if name.endswith(".cpp") and (lines := read(root, f"examples/{name}").count("\n")) >= EXAMPLE_LINES:
            problems.append(f"examples/{name}: {lines} lines, but README.md says that each has under a hundred")
    return problems


def self_test():
    tree = {
        "README.md": "<!-- map: begin -->\n    docs/   text\n    examples/   code\n<!-- map: end -->\n`make test` [x](docs/a.md#b) [y](https://z)\n",
        "Makefile": "test: ## runs\n",
        "docs/a.md": "    make test   # all\n[up](../README.md)\n",
        "docs/decisions/0001-a.md": "a\n",
        "examples/a.cpp": "\n" * 99,
    }
    bad = {
        "a folder off the map": ("runtime/a.cpp", ""),
        "a folder that is gone": ("README.md", tree["README.md"].replace("text\n", "text\n    lost/   x\n")),
        "a dead link": ("docs/b.md", "[a](b/c.md)\n"),
        "a target that is not there": ("docs/b.md", "`make coffee`\n"),
        "a number twice": ("docs/decisions/0001-b.md", "b\n"),
        "an example of a hundred lines": ("examples/a.cpp", "\n" * 100),
    }
    for name, planted in {"nothing": None, **bad}.items():
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**tree, **(dict([planted]) if planted else {})}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            found = check(root)
            assert len(found) == (1 if planted else 0), f"planted '{name}': {found}"
    print(f"self-test: {len(bad)} planted violations found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    problems = check(root)
    print("\n".join(problems) or "docs: map, links and targets are as the tree has them")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
