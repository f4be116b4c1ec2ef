#!/usr/bin/env python3
"""Sizes, banned calls and small habits, over every file that git knows or would add.

    tidy_check.py [ROOT]        check the tree
    tidy_check.py --self-test   check the check: every planted violation must be found
"""

import os
import re
import subprocess
import sys

from cpp_scan import code_only, functions

FILE_WARN, FILE_FAIL, FUNCTION_FAIL = 500, 800, 70
CODE = (".cpp", ".hpp")
TEXT = CODE + (".py", ".sh", ".cmake", ".txt", ".md", ".toml", ".json", ".yml", ".js", ".xml", ".java")
# Files of data: as long as they need to be, and byte for byte what a client sent.
DATA = re.compile(r"^tests/[^/]+/(data|golden|corpus)/|\.(lock|pcap)$|package-lock\.json$|^LICENSE$")

# The rooms that decide: no clock, no thread, no randomness of their own, no order that a pointer or a hash gives.
PURE = tuple(f"runtime/{room}/" for room in
             ("base", "record", "storage", "wire", "raft", "metadata", "replication", "coordinator", "security"))
IMPURE = re.compile(r"^runtime/base/(clock|random)\.cpp$|^runtime/storage/posix_")
BANNED_PURE = [
    (r"\btime\s*\(\s*(?:nullptr|NULL|0|&)", "the time is passed in"),
    (r"\b(?:clock_gettime|gettimeofday|localtime|gmtime)\b", "the time is passed in"),
    (r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\b", "the time is passed in"),
    (r"\bs?rand\s*\(|\brandom_device\b|\bgetrandom\b|\bmt19937", "randomness is passed in (runtime/base/random.hpp)"),
    (r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b|\bsleep_for\b|\busleep\s*\(", "no threads in a core"),
    (r"\bgetenv\b", "settings are passed in"),
]
BANNED = [
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof)\s*\(", "has no bounds or hides an error"),
    (r"\busing\s+namespace\s+std\s*;", "write std::"),
    (r"(?<!\w)assert\s*\(", "use CHECK, which stays on in release"),
]
UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<.*>\s*&?\s*(\w+)\s*(?:;|\{|=|\)|,)")
FIRST_FOLDERS = {"usr", "etc", "var", "tmp", "proc", "sys", "dev", "bin", "sbin", "lib", "opt", "run", "root", "home",
                 "data", "mnt", "nonexistent", "config", "logs", "disk", "some", "path",
                 # of URLs
                 "health", "metrics", "json"}
ABSOLUTE = re.compile(r"(?:^|(?<=[\s\"'`=(]))/([a-z][\w.-]{2,})/[\w.]", re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def everywhere(path, text):
    """What holds for every text file."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.rstrip() != line:
            yield number, "trailing white space"
        if "\t" in line and os.path.basename(path) != "Makefile":
            yield number, "a tab"
        if re.search(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b(?!\(#\d+\))", line):
            yield number, "unfinished, without the number of an issue"
    for match in ABSOLUTE.finditer(text):
        if match.group(1) not in FIRST_FOLDERS:
            yield line_of(text, match.start()), f"the path {match.group(0)}... is of one machine only"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    lines = text.count("\n")
    if path.endswith(CODE + (".py", ".sh", ".cmake")) and lines > FILE_FAIL:
        yield lines, f"{lines} lines: the most is {FILE_FAIL}"


def loops_over_unordered(code, names):
    for match in re.finditer(r"\bfor\s*\([^;()]*:\s*(?:\w+(?:\.|->))*(\w+)\s*\)|\b(\w+)\.c?begin\s*\(", code):
        if (match.group(1) or match.group(2)) in names:
            yield match.start(), match.group(1) or match.group(2)


def cpp(path, text, unordered):
    code = code_only(text)
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield 1, "no #pragma once"
    for first, lines, header in functions(text):
        if lines >= FUNCTION_FAIL:
            yield first, f"{lines} lines in a function ({header[-60:]}): the most is {FUNCTION_FAIL - 1}"
    rules = list(BANNED)
    if path.startswith(PURE) and not IMPURE.match(path):
        rules += BANNED_PURE
        for position, name in loops_over_unordered(code, unordered):
            yield line_of(code, position), f"{name} is unordered: a loop over it differs from run to run"
    for pattern, why in rules:
        for match in re.finditer(pattern, code):
            yield line_of(code, match.start()), f"{match.group(0).strip()}: {why}"


def unordered_names(files):
    """Per folder, the names declared with an unordered type."""
    names = {}
    for path, text in files.items():
        if path.endswith(CODE):
            names.setdefault(os.path.dirname(path), set()).update(UNORDERED.findall(code_only(text)))
    return names


def check(files):
    """Problems and warnings over {path: text}."""
    problems, warnings, unordered = [], [], unordered_names(files)
    for path, text in sorted(files.items()):
        if DATA.search(path):
            continue
        found = list(everywhere(path, text))
        if path.endswith(CODE):
            found += cpp(path, text, unordered[os.path.dirname(path)])
            if text.count("\n") > FILE_WARN:
                warnings.append(f"{path}: {text.count(chr(10))} lines, more than {FILE_WARN}")
        problems += [f"{path}:{line}: {what}" for line, what in sorted(found)]
    return problems, warnings


def listing(root):
    """What git knows or would add; where there is no git, everything outside build folders."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         check=False, capture_output=True, text=True)
    if git.returncode == 0:
        return git.stdout.split("\n")
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", ".git", "node_modules", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def tree(root):
    result = {}
    for path in listing(root):
        full = os.path.join(root, path)
        if os.path.isfile(full) and (path.endswith(TEXT) or os.path.basename(path) in ("Makefile", "run")):
            with open(full, encoding="utf-8") as file:
                result[path] = file.read()
    return result


def main():
    if sys.argv[1:] == ["--self-test"]:
        import tidy_self_test
        return tidy_self_test.run()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    files = tree(root)
    problems, warnings = check(files)
    print("\n".join([f"warning: {line}" for line in warnings] + problems))
    print(f"tidy: {len(files)} files, {len(problems)} problems, {len(warnings)} warnings")
    sys.exit(1 if problems or not files else 0)


if __name__ == "__main__":
    main()
