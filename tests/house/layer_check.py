#!/usr/bin/env python3
"""Fails on an include or a DEPENDS that the layer table (rooms.py) does not list.

    layer_check.py [ROOT]       check the tree
    layer_check.py --self-test  check the check: every planted violation must be found
"""

import os
import re
import sys
import tempfile

from rooms import OUTSIDE, ROOMS, USERS, allowed, may_link, room_of

SOURCES = (".cpp", ".hpp")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)
LIBRARY = re.compile(r"^[ \t]*troupe_library\(\s*(\S+)(.*?)\)", re.M | re.S)
KEYWORDS = {"SOURCES", "DEPENDS", "LINK"}


def files(root, suffixes):
    for top in ["runtime", "config", "actors"] + USERS:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def inside(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def depends(text):
    """The rooms that a CMakeLists.txt declares, each with its DEPENDS."""
    text = re.sub(r"#[^\n]*", "", text)
    for match in LIBRARY.finditer(text):
        keyword, rooms = None, []
        for word in match.group(2).split():
            if word in KEYWORDS:
                keyword = word
            elif keyword == "DEPENDS":
                rooms.append(word)
        yield match.group(1), rooms


def linked(room, other, declared):
    """Whether the room's library has the other one in it or beside it. A room and its sub-room are one to the linker."""
    return other in declared[room] or (other + "/").startswith(room + "/") or room.startswith(other + "/")


def check_includes(root, declared):
    problems = []
    for path in files(root, SOURCES):
        text = read(root, path)
        room = None if inside(path, USERS) else room_of(path)
        if room is None and not inside(path, USERS):
            problems.append(f"{path}:1: this folder is no room of the layer table")
            continue
        for match in INCLUDE.finditer(text):
            header, where = match.group(2), f"{path}:{line_of(text, match.start())}"
            for prefix, folders in OUTSIDE.items():
                if header.startswith(prefix) and not inside(path, folders):
                    problems.append(f"{where}: <{header}> is only for {', '.join(folders)}")
            if match.group(1) == "<" or header.startswith(tuple(OUTSIDE)):
                continue
            if not os.path.exists(os.path.join(root, header)):
                problems.append(f"{where}: \"{header}\" is not a path from the root")
            elif room is not None and inside(header, USERS):
                problems.append(f"{where}: {room} must not use {header}")
            elif room is not None and not allowed(room, header):
                problems.append(f"{where}: {room} may not include {header}")
            elif room in declared and not linked(room, room_of(header), declared):
                problems.append(f"{where}: {room} includes {header}, but does not name {room_of(header)} in DEPENDS")
    return problems


def check(root):
    problems, declared = [], {}
    for path in files(root, ("CMakeLists.txt",)):
        for room, others in depends(read(root, path)):
            declared[room] = others
            if room not in ROOMS:
                problems.append(f"{path}: {room} is no room of the layer table")
                continue
            for other in others:
                if other not in ROOMS or not may_link(room, other):
                    problems.append(f"{path}: {room} may not depend on {other}")
    return problems + check_includes(root, declared)


def plant(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


GOOD = {
    "runtime/base/a.hpp": "#include <vector>\n",
    "runtime/record/a.hpp": '#include "runtime/base/a.hpp"\n',
    "runtime/storage/a.cpp": '#include "runtime/record/a.hpp"\n',
    "runtime/wire/a.hpp": "",
    "runtime/wire/CMakeLists.txt": "troupe_library(runtime/wire SOURCES a.cpp DEPENDS runtime/base runtime/record LINK x)\n",
    "actors/kafka/a.hpp": '#include "caf/all.hpp"\n#include "runtime/wire/a.hpp"\n',
    "actors/partition/a.hpp": '#include <caf/all.hpp>\n',
    "actors/node/a.hpp": '#include "actors/kafka/a.hpp"\n#include "actors/partition/a.hpp"\n',
    "actors/client/delivery_queue.hpp": "",
    "actors/client/producer_actor.hpp": "",
    "actors/node/command/a.cpp": '#include <CLI/CLI.hpp>\n#include "actors/client/delivery_queue.hpp"\n#include "runtime/wire/a.hpp"\n',
    "actors/node/command/CMakeLists.txt": "troupe_library(actors/node/command SOURCES a.cpp DEPENDS actors/client runtime/wire)\n",
    "tests/wire/a.cpp": '#include "caf/test/unit_test.hpp"\n#include "runtime/wire/a.hpp"\n',
}

BAD = {
    "upwards": ("runtime/base/b.hpp", '#include "runtime/record/a.hpp"\n'),
    "sideways below": ("runtime/wire/b.cpp", '#include "runtime/storage/a.hpp"\n'),
    "an actor below": ("runtime/raft/b.cpp", '#include "actors/kafka/a.hpp"\n'),
    "caf below, quoted": ("runtime/metadata/b.cpp", '#include "caf/all.hpp"\n'),
    "caf below, in brackets": ("config/b.cpp", "#  include <caf/actor.hpp>\n"),
    "siblings": ("actors/kafka/b.cpp", '#include "actors/partition/a.hpp"\n'),
    "a handler and a log": ("actors/kafka/b.cpp", '#include "runtime/storage/a.hpp"\n'),
    "a partition and the wire": ("actors/partition/b.cpp", '#include "runtime/wire/a.hpp"\n'),
    "an actor in a command": ("actors/node/command/b.cpp", '#include "actors/kafka/a.hpp"\n'),
    "a header that is not one of the allowed": ("actors/node/command/b.cpp", '#include "actors/client/producer_actor.hpp"\n'),
    "tests from a room": ("runtime/base/b.cpp", '#include "tests/wire/a.hpp"\n'),
    "a relative path": ("runtime/base/b.cpp", '#include "a.hpp"\n'),
    "an unknown room": ("runtime/other/b.cpp", "\n"),
    "the command line elsewhere": ("actors/kafka/b.cpp", "#include <CLI/CLI.hpp>\n"),
    "DEPENDS upwards": ("runtime/base/CMakeLists.txt", "troupe_library(runtime/base SOURCES a.cpp\n  DEPENDS runtime/record)\n"),
    "DEPENDS on nothing known": ("runtime/raft/CMakeLists.txt", "troupe_library(runtime/raft DEPENDS runtime/bse)\n"),
    "missing in DEPENDS": ("runtime/storage/CMakeLists.txt", "troupe_library(runtime/storage SOURCES a.cpp DEPENDS runtime/base)\n"),
    "a library of no room": ("actors/other/CMakeLists.txt", "troupe_library(actors/other SOURCES a.cpp)\n"),
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in GOOD.items():
            plant(root, path, text)
        plant(root, "runtime/storage/a.hpp", "")
        plant(root, "tests/wire/a.hpp", "")
        assert check(root) == [], check(root)
        for name, (path, text) in BAD.items():
            plant(root, path, text)
            found = check(root)
            assert len(found) == 1, f"planted '{name}': {found}"
            os.remove(os.path.join(root, path))
        assert check(root) == []
    print(f"self-test: {len(BAD)} planted violations found, {len(GOOD)} good files accepted")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    problems = check(root)
    print("\n".join(problems) or f"layers: {sum(1 for _ in files(root, SOURCES))} files, nothing against the table")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
