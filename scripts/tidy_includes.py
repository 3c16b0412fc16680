# SPDX-License-Identifier: Apache-2.0
# Who may include whom: the arrows of the house as data, and the check that holds sources to them.
"""Part of scripts/tidy.py. A room is a folder such as impl/base or harness/stat; the first two
parts of a file's path name its room."""

import posixpath
import re

# What a room may include of ours beside itself; an entry is a room, a top folder or one file.
# impl/* and suites/* stand for the rooms that are not named: an optimization and its suite.
_LOOP = ("impl/base", "impl/backend", "impl/loop")
_COUNTED = ("harness/include", "harness/result", "harness/count", "harness/bench")
ARROWS = {
    "impl/base": (),
    "impl/backend": ("impl/base",),
    "impl/loop": ("impl/base", "impl/backend/backend.h"),
    "impl/fd_ops": _LOOP,
    "impl/*": (*_LOOP, "impl/fd_ops"),
    # The wing that lives in the process under test, and the one that judges, meet in result and
    # in the public headers only.
    "harness/include": (),
    "harness/result": ("harness/include",),
    "harness/count": ("harness/include", "harness/result"),
    "harness/bench": ("harness/include", "harness/result", "harness/count"),
    "harness/stat": (),
    "harness/table": ("harness/include", "harness/result", "harness/stat"),
    "harness/explain": ("harness/include", "harness/result", "harness/stat", "harness/table"),
    "harness/gate": ("harness/include", "harness/result", "harness/stat"),
    "harness/cli": ("harness/include", "harness/result", "harness/stat", "harness/table",
                    "harness/explain", "harness/gate"),
    "harness/fuzz": ("harness/result", "harness/gate"),
    "harness/tests": ("harness/include",),
    "suites/support": ("impl", *_COUNTED),
    "suites/conformance": ("harness/include", "suites/support/time_scale.h"),
    "suites/subjects": ("impl", "harness/include", "suites/conformance"),
    "suites/*": ("impl", *_COUNTED, "suites/support"),
}

# Libraries of the judging wing: they must not weigh on a process that is measured.
JUDGING_LIBRARIES = ("absl/", "CLI/", "nlohmann/", "toml++/", "re2/")
JUDGING_ROOMS = ("harness/table", "harness/gate", "harness/cli", "harness/explain")

# The headers of these take the compiler many seconds: one file includes them, and what it makes of
# them is declared in a header of ours, which the others include.
ONE_FILE_LIBRARIES = {
    "CLI/": ("harness/cli/command_line.cc", "harness/cli/command_line.h"),
    "toml++/": ("harness/gate/budget_file.cc", "harness/gate/budget.h"),
}

# Rooms that stand on the standard library alone (their tests may use GoogleTest).
STANDARD_ONLY_ROOMS = ("harness/result", "harness/stat")
_TEST_LIBRARIES = ("gtest/", "gmock/")
_STANDARD_HEADER = re.compile(r"[a-z0-9_]+")

OS_HEADER = re.compile(
    r"(?:sys|netinet|arpa|net|linux|asm)/.*"
    r"|(?:aio|dirent|dlfcn|fcntl|grp|ifaddrs|io|liburing|mswsock|netdb|poll|pthread|pwd|sched"
    r"|semaphore|signal|spawn|termios|time|ucontext|unistd|windows|winsock2|ws2tcpip)\.h")

_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<quoted>[^"]+)"|<(?P<angled>[^>]+)>)')
_TOPS = ("impl", "harness", "suites")
_INCLUDE_PATH = ("", "harness", "harness/include", "impl", "suites")


def room_of(path):
    return "/".join(path.split("/")[:-1][:2])


def includes(tree, path):
    """Yields (line number, what is spelled, our file or None) of every include in `path`."""
    for number, line in enumerate(tree.code(path, strings=True), start=1):
        match = _INCLUDE.match(line)
        if match:
            spelled = match["quoted"] or match["angled"]
            beside = [posixpath.dirname(path)] if match["quoted"] else []
            yield number, spelled, _resolve(tree, beside, spelled)


def _resolve(tree, beside, spelled):
    for folder in [*beside, *_INCLUDE_PATH]:
        candidate = posixpath.normpath(posixpath.join(folder, spelled))
        if candidate in tree.files:
            return candidate
    # Not in the tree, but spelled as ours: a generated header, judged by the room it names.
    return spelled if spelled.split("/")[0] in _TOPS else None


def arrows_of(room):
    """What `room` may include, or None if the house has no such room."""
    return ARROWS.get(room, ARROWS.get(posixpath.dirname(room) + "/*"))


def check_arrows(tree):
    for path in tree.of_kind("c++"):
        room = room_of(path)
        if room.split("/")[0] not in _TOPS:
            yield path, 1, "arrow", "C++ lives in impl, harness or suites: move it there"
            continue
        allowed = arrows_of(room)
        if allowed is None:
            yield path, 1, "arrow", f"no room {room} is planned: give it its arrows in " \
                                    "scripts/tidy_includes.py"
            continue
        for number, spelled, target in includes(tree, path):
            if target is not None and not _allows(allowed, room, target):
                yield path, number, "arrow", \
                    f"{room} may not include {spelled}; it may include " \
                    f"{', '.join(allowed) or 'nothing of ours'}. Move what is shared down, or " \
                    "turn the call around"


def _allows(allowed, room, target):
    return any(target == entry or target.startswith(entry + "/") for entry in (room, *allowed))


def check_libraries(tree):
    for path in tree.of_kind("c++"):
        room = room_of(path)
        for number, spelled, target in includes(tree, path):
            if target is not None:
                continue
            if OS_HEADER.fullmatch(spelled) and not path.endswith(".cc"):
                yield path, number, "os-header", \
                    f"<{spelled}> belongs to the system: include it in a .cc file, and put what " \
                    "callers need into types of ours"
            if spelled.startswith(JUDGING_LIBRARIES) and room not in JUDGING_ROOMS:
                yield path, number, "library", \
                    f"<{spelled}> is only for {', '.join(JUDGING_ROOMS)}: use the standard library"
            for library, (file, header) in ONE_FILE_LIBRARIES.items():
                if spelled.startswith(library) and path != file and room in JUDGING_ROOMS:
                    yield path, number, "one-file", \
                        f"<{spelled}> is only for {file}, because it takes long to compile: " \
                        f"include {header} instead, and add there what it lacks"
            if room in STANDARD_ONLY_ROOMS and not _STANDARD_HEADER.fullmatch(spelled) and \
                    not (path.endswith("_test.cc") and spelled.startswith(_TEST_LIBRARIES)):
                yield path, number, "library", \
                    f"<{spelled}>: {room} includes the standard library only"


def check_headers_used(tree):
    used = {target for path in tree.of_kind("c++") for _, _, target in includes(tree, path)}
    for path in tree.of_kind("c++"):
        if path.endswith(".h") and path not in used:
            yield path, 1, "dead-file", "no file includes this header: include it or delete it"
