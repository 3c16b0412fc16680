# SPDX-License-Identifier: Apache-2.0
# Plants the faults of mutants_*.toml, one at a time, and wants each seen by the tests of its id.
"""usage: mutants_test.py BUILD_DIR [--jobs N] [--only TEXT]...

A mutant is a plausible mistake: a piece of a file in impl/ws_frames, and what stands there instead.
The tree is not touched: the changed file lies in a folder of its own that comes first on the
include path. What depends on it is compiled anew, with the flags of BUILD_DIR but for optimization,
and linked as BUILD_DIR links the test program. Every row it names must then have a failing test of
that id, and none without the change. Backends make no difference to the rules of the protocol: one
is enough. Needs Ninja, as all presets have it.

--only takes the mutants whose description, file or rows have the text; given again, one of them.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
IMPL = "impl/ws_frames"
SUITE = "suites/ws_frames"
DATA = [ROOT / SUITE / f"mutants_{part}.toml" for part in ("frames", "endpoint", "handshake")]
NAMES = "mutants_*.toml"

# Changes to both sides of the comparison: (file, pattern, replacement).
OVERLAY = (
    ("impl/backend/backends.h", r"using Backends = BackendList<.*>;",
     "using Backends = BackendList<Poll>;"),
    # What does not come for a mutant will not come: no minute for it.
    (f"{SUITE}/endpoint_fixture.h", r"kPatience = 60 \* kSecond", "kPatience = 3 * kSecond"),
)
# The tests as fast to compile as may be; what they test as fast to run. Calls of the allocator
# stay, also those that lead to nothing.
TESTS = ["-O0", "-include", "first.h"]
TESTED = ["-O1", "-fno-allocation-dce"]
# Compiled once, in front of every test.
FIRST = ("gtest/gtest.h", "algorithm", "array", "functional", "memory", "string", "vector")
SECONDS = 100  # for one run of a program; longer is a hang
KEYS = {"file", "what", "old", "new", "rows", "hangs"}


class Broken(Exception):
    """What keeps this test itself from working."""


def run(command, cwd, seconds=600):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace",
                          timeout=seconds, check=False)


class Tree:
    """The sources, how BUILD_DIR makes the test programs of them, and the unchanged objects."""

    def __init__(self, build, scratch):
        self.build, self.scratch = build, scratch
        self.overlay = scratch / "overlay"
        self.includes = {}
        for file, pattern, replacement in OVERLAY:
            path = build / "impl/backend/generated" / file
            text = (path if path.exists() else ROOT / file).read_text()
            changed, times = re.subn(pattern, replacement, text)
            if times != 1:
                raise Broken(f"{file}: has no single '{pattern}': mend OVERLAY")
            self.write(self.overlay / file, changed)
        self.write(self.overlay / "first.h", "".join(f"#include <{name}>\n" for name in FIRST))

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commands(self, program):
        """What makes test_ws_frames_<program>: compile commands by source, and the link."""
        said = run(["ninja", "-t", "commands", f"test_ws_frames_{program}"], self.build)
        if said.returncode != 0:
            raise Broken(f"ninja knows no test_ws_frames_{program}: {said.stderr.strip()}")
        compiles = {}
        for line in said.stdout.splitlines():
            words = shlex.split(line)
            if "-c" in words:
                source = pathlib.Path(words[words.index("-c") + 1])
                if source.is_relative_to(ROOT):
                    name = source.relative_to(ROOT).as_posix()
                    if name.startswith((IMPL, SUITE)):
                        compiles[name] = words[:words.index("-c")]
        # Of the library, what the tests reach.
        own = [name for name in compiles if name.startswith(SUITE)]
        reached = self.closure(own, lambda name: [re.sub(r"\.h$", ".cc", name)])
        compiles = {name: words for name, words in compiles.items() if name in reached}
        link = shlex.split(said.stdout.splitlines()[-1].split(" && ")[1])
        return compiles, link

    def closure(self, sources, further=lambda name: ()):
        # What these sources include of impl and suites, at whatever depth, and what `further` adds.
        todo, seen = list(sources), set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name not in self.includes:
                path = ROOT / name
                self.includes[name] = re.findall(
                    r'^#include "((?:impl|suites)/.+)"', path.read_text(), re.MULTILINE
                ) if path.exists() else []
            todo.extend([*self.includes[name], *further(name)])
        return seen

    def compile(self, source, command, to, overlay):
        """One object. None, or what the compiler said."""
        compiler, *flags = self.flags_of(command)
        first = [f"-I{o}" for o in (overlay, self.overlay) if o]
        changed = overlay / source if overlay and (overlay / source).exists() else ROOT / source
        own = TESTS if source.endswith("_test.cc") else TESTED
        said = run([compiler, *first, *flags, *own, "-o", str(to), "-c", str(changed)], self.build)
        return None if said.returncode == 0 else said.stderr

    def compile_first(self, command):
        """What stands in front of every test; where it does not fit, it is read as text."""
        compiler, *flags = self.flags_of(command)
        header = str(self.overlay / "first.h")
        run([compiler, *flags, "-O0", "-x", "c++-header", header, "-o", f"{header}.gch"],
            self.build)

    @staticmethod
    def flags_of(command):
        """Neither optimization nor warnings, nor what is precompiled, nor what names the object and
        its dependencies, nor what launches the compiler (CMAKE_CXX_COMPILER_LAUNCHER)."""
        launched = pathlib.PurePath(command[0]).name in ("ccache", "sccache")
        flags = [w for w in command[launched:]
                 if not re.fullmatch(r"-O\d|-g\d?|-MD|-W.*|-include|.*cmake_pch.*", w)]
        return [w for w in flags[:flags.index("-o")]
                if not w.startswith("-M") and not w.endswith((".o.d", ".o"))] + ["-w"]

    def link(self, link, objects, own, to):
        """`objects` come in front of the libraries, whose members of the same names then do not."""
        words = [w for w in link if not (w.endswith(".o") and w.startswith(SUITE))]
        at = words.index("-o")
        words = words[:at] + [str(o) for o in objects.values()] + ["-o", str(to)] + words[at + 2:]
        said = run(words, self.build)
        if said.returncode != 0:
            raise Broken(f"cannot link {own}: {said.stderr[-2000:]}")


def pattern_of(one):
    """WS-07 is WS_07_ in the names of tests."""
    return "*" + re.sub(r"[-.]", "_", one) + "_*"


def outcome(binary, one):
    """(how the tests of an id went: passed, failed or hung; which failed, or why none did)."""
    try:
        said = run([str(binary), f"--gtest_filter={pattern_of(one)}", "--gtest_throw_on_failure"],
                   binary.parent, SECONDS)
    except subprocess.TimeoutExpired:
        return "hung", f"no end after {SECONDS} s"
    begun = re.findall(r"^\[ RUN      \] (\S+)", said.stdout, re.MULTILINE)
    if not begun:
        return "absent", f"no test is named {pattern_of(one)}"
    if said.returncode == 0:
        return "passed", f"{len(begun)} tests"
    failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", said.stdout, re.MULTILINE)
    return "failed", failed[0] if failed else begun[-1]  # it ended the process


def parse(row):
    """"reader WS-07" -> the program and the id."""
    words = row.split()
    if len(words) != 2:
        raise Broken(f"{NAMES}: row '{row}': write 'PROGRAM ID'")
    return words


class Mutant:
    def __init__(self, entry):
        wrong = entry.keys() - KEYS or KEYS - {"hangs"} - entry.keys()
        if wrong:
            raise Broken(f"{NAMES}: {entry.get('what', entry)}: keys {sorted(wrong)}")
        self.file = f"{IMPL}/{entry['file']}"
        self.what = f"{entry['file']}: {entry['what']}"
        self.rows = [parse(row) for row in entry["rows"]]
        self.hangs = entry.get("hangs", False)
        text = (ROOT / self.file).read_text()
        if text.count(entry["old"]) != 1:
            raise Broken(f"{self.file}: has this {text.count(entry['old'])} times, not once; mend "
                         f"{NAMES} ({entry['what']}):\n{entry['old']}")
        self.text = text.replace(entry["old"], entry["new"])

    def judge(self, number, tree, programs):
        """What is wrong: nothing if every row was seen to fail."""
        place = tree.scratch / f"mutant{number}"
        tree.write(place / self.file, self.text)
        wrong, objects = [], {}
        for program in sorted({program for program, _ in self.rows}):
            compiles, link, unchanged = programs[program]
            chosen = dict(unchanged)
            for source, command in compiles.items():
                if self.file not in tree.closure([source]):
                    continue
                to = place / (source.replace("/", "_") + ".o")
                if source not in objects:
                    said = tree.compile(source, command, to, place)
                    if said is not None:
                        print(f"NO CODE {self.what}", flush=True)
                        return [f"does not compile: {said[-1500:]}"]
                    objects[source] = to
                chosen[source] = to
            binary = place / f"test_{program}"
            tree.link(link, chosen, self.what, binary)
            for one in (one for p, one in self.rows if p == program):
                how, detail = outcome(binary, one)
                good = how == "failed" or how == "hung" and self.hangs
                print(f"{'caught' if good else 'SURVIVED'} {one:8} {how}: {detail}  "
                      f"[{self.what}]", flush=True)
                if not good:
                    wrong.append(f"{program} {one}: {how}, {detail}")
        for path in place.glob("*"):
            if path.is_file():
                path.unlink()
        return wrong


def covered(mutants, reasons):
    """What is wrong with the list as a whole: every promise has a mutant, or a reason."""
    lines = (ROOT / "docs/catalogue.md").read_text().splitlines()
    ids = {m[1] for line in lines if (m := re.match(r"\| (WS-\d\d|SD-3\.\d\d) \|", line))}
    planted = {one for mutant in mutants for _, one in mutant.rows}
    wrong = [f"{one}: no mutant, and no reason why not" for one in ids - planted - reasons.keys()]
    wrong += [f"{one}: a mutant, and a reason why none" for one in planted & reasons.keys()]
    wrong += [f"{one}: not in docs/catalogue.md" for one in (planted | reasons.keys()) - ids]
    return sorted(wrong)


def build_all(tree, mutants, pool):
    """The programs unchanged, which must pass: by name their compiles, link and objects."""
    programs, jobs = {}, {}
    first_of, _ = tree.commands("reader")
    tree.compile_first(first_of[f"{SUITE}/reader_test.cc"])
    for name in sorted({program for mutant in mutants for program, _ in mutant.rows}):
        compiles, link = tree.commands(name)
        objects = {}
        for source, command in compiles.items():
            to = tree.scratch / (source.replace("/", "_") + ".o")
            if source not in jobs:
                jobs[source] = pool.submit(tree.compile, source, command, to, None)
            objects[source] = to
        programs[name] = (compiles, link, objects)
    for source, job in jobs.items():
        if job.result() is not None:
            raise Broken(f"{source} does not compile: {job.result()[-2000:]}")
    rows = sorted({tuple(row) for mutant in mutants for row in mutant.rows})

    def passes(program, one):
        how, detail = outcome(tree.scratch / f"test_{program}", one)
        return None if how == "passed" else f"{program} {one} unchanged: {how}, {detail}"

    for name, (_, link, objects) in programs.items():
        tree.link(link, objects, name, tree.scratch / f"test_{name}")
    wrong = [said for said in pool.map(lambda row: passes(*row), rows) if said]
    print(f"unchanged: {len(rows)} rows, {len(wrong)} wrong", flush=True)
    if wrong:
        raise Broken("\n".join(wrong))
    return programs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--only", action="append", default=[])
    arguments = parser.parse_args()
    begun = time.monotonic()
    try:
        data = [tomllib.loads(path.read_text()) for path in DATA]
        mutants = [Mutant(entry) for part in data for entry in part["mutant"]]
        reasons = [pair for part in data for pair in part.get("without", {}).items()]
        wrong = covered(mutants, dict(reasons))
        only = arguments.only or [""]
        mutants = [m for m in mutants if any(text in f"{m.what} {m.rows}" for text in only)]
        if not mutants:
            raise Broken(f"--only {' '.join(only)}: no mutant has it")
        with tempfile.TemporaryDirectory(prefix="ws_mutants_") as scratch, \
                concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            tree = Tree(arguments.build, pathlib.Path(scratch))
            programs = build_all(tree, mutants, pool)
            judged = pool.map(lambda pair: pair[1].judge(pair[0], tree, programs),
                              enumerate(mutants))
            survived = [f"{mutant.what}: {one}"
                        for mutant, all_wrong in zip(mutants, judged) for one in all_wrong]
    except Broken as why:
        print(why)
        return 2
    print("\n".join(wrong + survived))
    rows = sum(len(mutant.rows) for mutant in mutants)
    print(f"mutants: {len(mutants)}, rows to be broken: {rows}, survived: {len(survived)}, "
          f"list: {len(wrong)} wrong; {time.monotonic() - begun:.0f} s")
    return 1 if wrong or survived else 0


if __name__ == "__main__":
    sys.exit(main())
