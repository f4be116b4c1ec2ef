"""The layer table: which room may include which. The one place where it is written as data.

A room is a folder with a library of its own. A file belongs to the room with the longest matching path.
`*` in a list stands for every other room. An entry `room:prefix` allows only those headers of the room whose
file name starts with the prefix.
"""

ROOMS = {
    "runtime/base": [],
    "runtime/record": ["runtime/base"],
    "runtime/storage": ["runtime/base", "runtime/record"],
    "runtime/simulated": ["runtime/base", "runtime/storage"],
    "runtime/wire": ["runtime/base", "runtime/record"],
    "runtime/raft": ["runtime/base"],
    "runtime/metadata": ["runtime/base", "runtime/record"],
    "runtime/replication": ["runtime/base"],
    "runtime/coordinator": ["runtime/base", "runtime/record"],
    "runtime/security": ["runtime/base"],
    "runtime/metrics": ["runtime/base"],
    "config": ["runtime/base"],
    "actors/interface": ["runtime/base", "runtime/record", "runtime/raft", "runtime/metadata"],
    "actors/scheduler": [],
    "actors/peer": ["actors/interface", "runtime/base", "runtime/security", "runtime/metrics"],
    "actors/controller": ["actors/interface", "runtime/base", "runtime/raft", "runtime/metadata",
                          "runtime/storage", "runtime/record", "runtime/metrics"],
    "actors/partition": ["actors/interface", "actors/scheduler", "runtime/base", "runtime/record", "runtime/replication",
                         "runtime/storage", "runtime/metadata", "runtime/metrics"],
    "actors/coordinator": ["actors/interface", "runtime/base", "runtime/record", "runtime/coordinator",
                           "runtime/metrics"],
    "actors/kafka": ["actors/interface", "runtime/base", "runtime/record", "runtime/wire", "runtime/security",
                     "runtime/metadata", "runtime/metrics"],
    "actors/client": ["actors/interface", "actors/scheduler", "runtime/base", "runtime/record", "runtime/metadata"],
    "actors/remote": ["actors/interface", "runtime/base", "runtime/record", "runtime/wire", "runtime/metadata"],
    "actors/admin": ["actors/interface", "runtime/base", "runtime/record", "runtime/metadata", "runtime/metrics"],
    "actors/node": ["*"],
    "actors/simulated": ["actors/interface", "runtime/base"],
    "actors/testing": ["*"],
    "actors/node/command": ["actors/node", "actors/client:delivery_queue", "actors/remote:error_codes", "runtime/base",
                            "runtime/security", "runtime/record", "runtime/storage", "runtime/wire", "runtime/metadata",
                            "runtime/metrics", "config"],
}

# These use the rooms; no room uses them.
USERS = ["tests", "examples"]

# Libraries of others that only some folders may include, because they are dear to compile or would let a
# mailbox, a thread or a log line into a pure core. Header prefix -> folders.
OUTSIDE = {
    "caf/": ["actors", "tests", "examples"],
    "spdlog/": ["actors", "tests"],
    "CLI/": ["actors/node", "tests"],
    "toml++/": ["config", "tests"],
    "boost/": ["runtime/metadata", "runtime/raft", "runtime/storage", "actors", "tests"],
}


def room_of(path):
    """The room that a path from the root belongs to, or None."""
    best = None
    for room in ROOMS:
        if (path == room or path.startswith(room + "/")) and (best is None or len(room) > len(best)):
            best = room
    return best


def allowed(room, header):
    """Whether a file of the room may include the header, a path from the root."""
    other = room_of(header)
    if other is None:
        return False
    if other == room:
        return True
    for rule in ROOMS[room]:
        name, _, prefix = rule.partition(":")
        if rule == "*" or (name == other and header[len(name) + 1:].startswith(prefix)):
            return True
    return False


def may_link(room, other):
    """Whether the room may include any header of the other one, and so needs its library."""
    return any(rule == "*" or rule.partition(":")[0] == other for rule in ROOMS[room])
