# SPDX-License-Identifier: Apache-2.0
# The rules of the house as a test: arrows, door plates, sizes, words and files nobody builds.
"""usage: tidy.py --build-dir DIR [--root DIR]

Prints `file:line: [rule] what is wrong, and what to do` for every finding; exit status 1 if there
is one. DIR is a configured build directory (its compile_commands.json says what is built).
"""

import argparse
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

import tidy_includes

# (rule, path): the reason why the rule does not hold for this file. Findings that are listed here
# are not reported; an entry that excuses nothing any more is.
EXCEPTIONS = {
    ("os-header", "impl/backend/io_uring_ring.h"):
        "the ring's own type, for the two sources of the engine; no other file may include it",
}

MAX_LINES = 500
MAX_COLUMNS = 100
SPDX = "SPDX-License-Identifier: Apache-2.0"

# What must not be written in C++ (comments and strings aside), and what to do instead.
_NOT_ON_CLANG_14 = "clang 14 with libstdc++ 12 has none: write "
BANNED_CODE = (
    (r"#\s*include\s*<format>|\bstd::v?format(_to)?\b", "no <format> in C++20 here: use to_chars"),
    (r"#\s*include\s*<expected>|\bstd::expected\b", "no <expected> in C++20: return a struct"),
    (r"#\s*include\s*<source_location>|\bstd::source_location\b",
     _NOT_ON_CLANG_14 + "a macro with __FILE__ and __LINE__"),
    (r"#\s*include\s*<ranges>|\bstd::(ranges::)?views\b|\bstd::ranges::\w+_view\b",
     _NOT_ON_CLANG_14 + "a loop instead of a view"),
    (r"\bGTEST_SKIP\b", "nothing is skipped silently: print \"not applicable: reason\""),
    (r"\bDISABLED_\w", "a test that never runs proves nothing: mend it or delete it"),
)

# Paths of one machine, and a folder beside the checkout: nothing in a clone may need them.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|root|home|Users)/|\.\./shared\b(?!\.h)")

GENERATED = re.compile(r"(?:^|/)(?:build|__pycache__|CMakeFiles)/|\.(?:o|a|so|pyc)$"
                       r"|(?:^|/)(?:compile_commands\.json|CMakeCache\.txt)$")

_TOKEN = re.compile(
    r'(?P<raw>R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)")'
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')", re.DOTALL)


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    message: str


class Tree:
    """The files of a checkout: what git tracks or would, else all that is on disk."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.tracked = self._git("--cached")
        listed = self.tracked and self.tracked + self._git("--others", "--exclude-standard")
        names = listed or self._on_disk()
        self.files = {name for name in names if (self.root / name).is_file()}

    def _git(self, *options):
        """Lists files of the work tree, or None where there is no git or the root is not ours."""
        git = ["git", "-C", str(self.root)]
        try:
            top = subprocess.run([*git, "rev-parse", "--show-toplevel"], capture_output=True,
                                 text=True, check=True).stdout.rstrip("\n")
            if pathlib.Path(top).resolve() != self.root:
                return None
            names = subprocess.run([*git, "ls-files", "-z", *options], capture_output=True,
                                   text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        return [name for name in names.split("\0") if name]

    def _on_disk(self):
        paths = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return [path for path in paths if not path.startswith(".git/")
                and not GENERATED.search(path)]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).splitlines()

    @functools.lru_cache(maxsize=None)
    def code(self, path, strings=False):
        """The lines of a C++ file without comments, and without strings unless asked for."""
        def blank(match):
            keep = strings and match.lastgroup != "comment"
            return match[0] if keep else " " + "\n" * match[0].count("\n")
        return _TOKEN.sub(blank, self.text(path)).splitlines()

    @functools.lru_cache(maxsize=None)
    def kind(self, path):
        name = path.rsplit("/", 1)[-1]
        if name.endswith((".h", ".cc")):
            return "c++"
        if name.endswith(".S"):
            return "assembly"
        if name == "CMakeLists.txt" or name.endswith((".cmake", ".cmake.in")):
            return "cmake"
        if name.endswith(".py"):
            return "python"
        if "\0" in self.text(path):
            return "binary"
        return "shell" if re.match(r"#!.*\b(ba)?sh\b", self.text(path)) else "other"

    def of_kind(self, *kinds):
        return [path for path in sorted(self.files) if self.kind(path) in kinds]

    def sources(self):
        return self.of_kind("c++", "assembly", "cmake", "python", "shell")


def check_door_plates(tree):
    for path in tree.sources():
        mark = "//" if tree.kind(path) in ("c++", "assembly") else "#"
        lines = tree.lines(path)
        first = 1 if lines and lines[0].startswith("#!") else 0
        if lines[first:first + 1] != [f"{mark} {SPDX}"]:
            yield path, first + 1, "door-plate", f"this line must be '{mark} {SPDX}'"
        elif not re.match(mark + r" \S+(?: \S+){2}", "".join(lines[first + 1:first + 2])):
            yield path, first + 2, "door-plate", \
                "this line must be a comment that says what the file is for"


def check_size(tree):
    for path in tree.sources():
        lines = tree.lines(path)
        if len(lines) > MAX_LINES:
            yield path, MAX_LINES + 1, "size", \
                f"{len(lines)} lines, more than {MAX_LINES}: find the file's second purpose and " \
                "give it a file of its own"
        for number, line in enumerate(lines, start=1):
            if tree.kind(path) in ("c++", "python") and len(line) > MAX_COLUMNS and \
                    "://" not in line:
                yield path, number, "columns", \
                    f"{len(line)} columns, more than {MAX_COLUMNS}: wrap it"


def check_whitespace(tree):
    others = [path for path in tree.of_kind("other") if path != "LICENSE"
              and "/testdata/" not in path and not path.endswith(".txt")]  # results have tabs
    for path in [*tree.sources(), *others]:
        for number, line in enumerate(tree.lines(path), start=1):
            if line != line.rstrip():
                yield path, number, "whitespace", "space at the end of the line: remove it"
            if "\t" in line:
                yield path, number, "whitespace", "a tab: use spaces (in a string, \\t)"


def check_headers_once(tree):
    for path in tree.of_kind("c++"):
        if path.endswith(".h") and "#pragma once" not in tree.code(path):
            yield path, 1, "pragma-once", "a header needs '#pragma once' below its comment"


def check_banned_code(tree):
    for path in tree.of_kind("c++"):
        for number, line in enumerate(tree.code(path), start=1):
            for pattern, instead in BANNED_CODE:
                if re.search(pattern, line):
                    yield path, number, "banned", f"'{line.strip()}': {instead}"


def check_includes_of_cmake(tree):
    """A file of CMake's that has moved must not take its tests along without a word."""
    for path in tree.of_kind("cmake"):
        code = "\n".join(line.partition("#")[0] for line in tree.lines(path))
        for match in re.finditer(r"\binclude\s*\([^)]*\bOPTIONAL\b", code):
            yield path, code.count("\n", 0, match.start()) + 1, "optional", \
                "an OPTIONAL include drops what the file has, tests among it, without a word: " \
                "include it, or return() in it"


def check_machine_paths(tree):
    for path in sorted(tree.files):
        if tree.kind(path) == "binary":
            continue
        for number, line in enumerate(tree.lines(path), start=1):
            match = MACHINE_PATH.search(line)
            if match:
                yield path, number, "machine-path", \
                    f"'{match[0]}' exists on one machine only: use a path inside the repository"


def check_generated(tree):
    if tree.tracked is None:
        print("tidy: rule generated not applicable: not a git work tree")
        return
    for path in tree.tracked:
        if GENERATED.search(path):
            yield path, 1, "generated", "a generated file is tracked: git rm --cached it"


def check_folders(tree):
    """impl and suites take in every folder that has a CMakeLists.txt: one without is forgotten."""
    folders = {tidy_includes.room_of(path) for path in tree.of_kind("c++")}
    for folder in sorted(folders):
        if re.fullmatch("(?:impl|suites)/[^/]+", folder) and \
                f"{folder}/CMakeLists.txt" not in tree.files:
            yield folder, 1, "dead-file", "a folder without CMakeLists.txt is not built: add one"


def check_sources_built(tree, build_dir):
    commands = pathlib.Path(build_dir) / "compile_commands.json"
    try:
        entries = json.loads(commands.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield str(commands), 1, "dead-file", f"{error}: configure the build directory first"
        return
    built = {os.path.realpath(path) for entry in entries
             for path in _sources(os.path.join(entry["directory"], entry["file"]))}
    for path in tree.of_kind("c++", "assembly"):
        if path.endswith((".cc", ".S")) and str(tree.root / path) not in built and \
                not _listed(tree, path):
            yield path, 1, "dead-file", \
                "nothing builds this source: list it in its CMakeLists.txt or delete it"


def _sources(path):
    """What an entry compiles: its file, or those that CMake has put together there."""
    if re.search(r"/Unity/unity_\d+_\w+\.\w+$", path) and os.path.exists(path):
        text = pathlib.Path(path).read_text(encoding="utf-8")
        return re.findall(r'^#include "(.*)"$', text, re.MULTILINE)
    return [path]


def _listed(tree, path):
    """Whether a CMakeLists.txt in the file's folder or above names it (for another system, say).
    A variable inside the name, as in socket_${system}.cc, stands for anything."""
    parts = path.split("/")
    for depth in range(len(parts)):
        cmake = "/".join([*parts[:depth], "CMakeLists.txt"])
        if cmake not in tree.files:
            continue
        code = "\n".join(line.partition("#")[0] for line in tree.lines(cmake))
        for word in re.findall(r"[\w./-][\w./${}-]*", code):
            pattern = re.sub(r"\\\$\\\{\w+\\\}", ".*", re.escape(word))
            if re.fullmatch(pattern, "/".join(parts[depth:])):
                return True
    return False


RULES = (tidy_includes.check_arrows, tidy_includes.check_libraries,
         tidy_includes.check_headers_used, check_door_plates, check_size, check_whitespace,
         check_headers_once, check_banned_code, check_includes_of_cmake, check_machine_paths,
         check_generated, check_folders)


def check(root, build_dir, exceptions):
    """Returns (how many files were looked at, the findings in order)."""
    tree = Tree(root)
    if not tree.of_kind("c++"):
        return 0, [Finding(str(root), 1, "empty", "no C++ source here: is this the repository?")]
    raw = [finding for rule in RULES for finding in rule(tree)]
    raw += check_sources_built(tree, build_dir)
    found = {Finding(*finding) for finding in raw}
    excused = {finding for finding in found if (finding.rule, finding.path) in exceptions}
    used = {(finding.rule, finding.path) for finding in excused}
    stale = {Finding(path, 1, "stale", f"no longer breaks the rule '{rule}': remove it from "
                                       "EXCEPTIONS in scripts/tidy.py")
             for rule, path in exceptions.keys() - used}
    return len(tree.files), sorted((found - excused) | stale)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    count, findings = check(arguments.root, arguments.build_dir, EXCEPTIONS)
    for path, line, rule, message in findings:
        print(f"{path}:{line}: [{rule}] {message}")
    print(f"tidy: {count} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
