# SPDX-License-Identifier: Apache-2.0
# Builds test programs with mutants in them, and runs their tests with one switched on.
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

from mutants_list import Broken, woven

# What stands in front of every test where several are compiled: precompiled once.
FIRST = ("gtest/gtest.h", "gmock/gmock.h", "algorithm", "functional", "memory", "string", "vector")
SWITCH_H = """#pragma once
extern int tare_mutant_chosen;
void tare_mutant_reached() noexcept;
[[gnu::always_inline]] constexpr bool tare_mutant_is(int number) noexcept {
  if (__builtin_is_constant_evaluated() || tare_mutant_chosen != number) return false;
  tare_mutant_reached();
  return true;
}
"""
# Neither allocates nor uses anything of the program under test, for it may be malloc that asks.
SWITCH_CC = """#include "tare_mutant_switch.h"
#include <sys/stat.h>
#include <cerrno>
#include <cstdlib>
namespace {
int Number() noexcept {
  const char* text = std::getenv("TARE_MUTANT");
  return text == nullptr ? 0 : std::atoi(text);
}
bool reached = false;
}  // namespace
int tare_mutant_chosen = Number();  // 0 until then: what runs before main's program is not mutated
void tare_mutant_reached() noexcept {
  if (__atomic_exchange_n(&reached, true, __ATOMIC_RELAXED)) return;
  const int before = errno;
  const char* path = std::getenv("TARE_MUTANT_REACHED");
  if (path != nullptr) mkdir(path, 0777);  // which needs no descriptor: there may be none left
  errno = before;
}
"""


class DoesNotCompile(Exception):
    """What the compiler said of a batch."""


class Run:
    def __init__(self, how, detail, seconds, reached):
        self.how, self.detail, self.seconds, self.reached = how, detail, seconds, reached


class Target:
    """How ninja makes one executable: [(source, object, compile words)], and the link's words."""

    def __init__(self, steps, link):
        self.steps, self.link = steps, link
        self.output = link[link.index("-o") + 1]


class Tree:
    """The sources at `root`, and how `build` makes programs of them."""

    def __init__(self, root, build, scratch, pool):
        self.root, self.build_dir, self.scratch, self.pool = root, build, scratch, pool
        self.targets, self.deps, self.text, self.scripts = {}, {}, {}, None
        self.common = scratch / "common"
        self.common.mkdir(parents=True)
        (self.common / "tare_mutant_switch.h").write_text(SWITCH_H)
        (self.common / "tare_mutant_switch.cc").write_text(SWITCH_CC)
        (self.common / "tare_mutants_first.h").write_text(
            "".join(f"#include <{name}>\n" for name in FIRST))
        if not (build / "build.ninja").exists():
            raise Broken(f"{build} is no build folder of Ninja: configure a preset first")
        self.read_deps()
        self.switch, self.first = None, False

    def ninja(self, *words):
        said = subprocess.run(["ninja", *words], cwd=self.build_dir, capture_output=True, text=True,
                              check=False)
        return said.stdout if said.returncode == 0 else None

    def read_deps(self):
        """Which files of the tree each object was made of, as the compiler said."""
        at = None
        for line in (self.ninja("-t", "deps") or "").splitlines():
            if line and not line[0].isspace():
                at = self.deps.setdefault(line.split(":")[0], set())
            elif line.strip() and at is not None:
                path = pathlib.Path(os.path.normpath(self.build_dir / line.strip()))
                for top in (self.build_dir, self.root):
                    if path.is_relative_to(top):
                        at.add(path.relative_to(top).as_posix())
                        break

    def target(self, name):
        if name not in self.targets:
            said = self.ninja("-t", "commands", name)
            if said is None:
                raise Broken(f"{self.build_dir} has no program {name}")
            steps, archives = [], {}
            for line in said.splitlines():
                words = shlex.split(line)
                if "qc" in words:
                    at = words.index("qc")
                    archives.update((o, words[at + 1]) for o in words[at + 2:])
                if "-c" not in words or "-o" not in words:
                    continue
                source = pathlib.Path(words[words.index("-c") + 1])
                built = words[words.index("-o") + 1]
                if source.is_relative_to(self.root) and built.endswith(".o"):
                    steps.append((source.relative_to(self.root).as_posix(), built,
                                  words[:words.index("-c")]))
            link = next((part for part in said.splitlines()[-1].split(" && ")
                         if " -o " in part), None)
            if link is None:
                raise Broken(f"{name}: the last command that makes it links nothing")
            # Ninja also names what programs are made of that the test starts.
            linked = set(shlex.split(link))
            steps = [s for s in steps if s[1] in linked or archives.get(s[1]) in linked]
            target = Target(steps, shlex.split(link))
            missing = [o for _, o, _ in steps if o not in self.deps]
            if missing:
                raise Broken(f"{name} is not built in {self.build_dir} (no {missing[0]}): "
                             f"ninja -C {self.build_dir} {name}")
            self.targets[name] = target
        return self.targets[name]

    def script(self, name):
        """The command of a ctest that is a script."""
        if self.scripts is None:
            said = subprocess.run(["ctest", "--show-only=json-v1"], cwd=self.build_dir,
                                  capture_output=True, text=True, check=False)
            self.scripts = {test["name"]: test["command"]
                            for test in json.loads(said.stdout)["tests"] if "command" in test}
        if name not in self.scripts:
            raise Broken(f"ctest knows no test '{name}'")
        return self.scripts[name]

    def says(self, file, word):
        """Whether a file of the tree has this word."""
        if (file, word) not in self.text:
            path = self.root / file
            self.text[file, word] = path.is_file() and bool(
                re.search(rf"\b{re.escape(word)}\b", path.read_text(errors="replace")))
        return self.text[file, word]

    def executables(self, words):
        """The programs of this build that these words name by path: {path: ninja's name}."""
        found = {}
        for word in words:
            for path in re.findall(rf"{re.escape(str(self.build_dir))}/[\w./+-]+", word):
                if os.access(path, os.X_OK) and not os.path.isdir(path):
                    found[path] = os.path.relpath(path, self.build_dir)
        return found

    def build(self, place, mutants, overlays, programs):
        """Programs ("backend": test_backend; "ctest NAME": what the script runs) with `mutants`."""
        place.mkdir()
        changed = self.changed_files(place / "tree", mutants, overlays)
        built = Built(self, place)
        made = {}  # object -> future, or None while it is that of the build folder
        self.compile_switch(programs)
        for program in sorted(programs):
            if program.startswith("ctest "):
                command = self.script(program.split()[1])
                moved = self.helpers(place, self.executables(command), changed, made)
                for path, to in moved.items():
                    command = [word.replace(path, to) for word in command]
                built.commands[program] = command
                continue
            built.commands[program] = [self.link_target(place, f"test_{program}", changed, made)]
        return built

    def helpers(self, place, found, changed, made):
        """Of programs that a test runs, those that `changed` goes into: {path: the changed one}."""
        moved = {}
        for path, name in found.items():
            try:
                target = self.target(name)
            except Broken:
                continue  # made by other means than our sources
            if any(self.deps[o] & changed for _, o, _ in target.steps):
                moved[path] = self.link_target(place, name, changed, made)
        return moved

    def changed_files(self, tree, mutants, overlays):
        """Writes what differs below `tree`; the names of these files."""
        texts = {}
        for file in {mutant.file for mutant in mutants}:
            text = (self.root / file).read_text()
            own = [mutant for mutant in mutants if mutant.file == file]
            texts[file] = woven(text, 0, len(text), own)
        for file, pattern, replacement in overlays:
            path = self.find(file)
            text, times = re.subn(pattern, replacement, texts.get(file) or path.read_text())
            if times != 1:
                raise Broken(f"overlay: {file}: '{pattern}' is there {times} times, not once")
            texts[file] = text
        changed = set()
        for file, text in texts.items():
            path = self.find(file)
            top = self.build_dir if path.is_relative_to(self.build_dir) else self.root
            to = tree / path.relative_to(top)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(text)
            changed.add(path.relative_to(top).as_posix())
        return changed

    @staticmethod
    def named(place, said):
        """The numbers of the mutants that the compiler speaks of: it shows their switch, or a line
        behind it."""
        numbers = {int(n) for n in re.findall(r"tare_mutant_is\((\d+)\)", said)}
        for name, line in re.findall(rf"({re.escape(str(place))}/tree/\S+?):(\d+):", said):
            above = "".join(pathlib.Path(name).read_text().splitlines(True)[:int(line)])
            if not numbers and (switches := re.findall(r"tare_mutant_is\((\d+)\)", above)):
                numbers.add(int(switches[-1]))
        return numbers

    def find(self, file):
        """A file of the tree, or of what the build has generated."""
        for path in (self.root / file, self.build_dir / file):
            if path.is_file():
                return path
        raise Broken(f"overlay: there is no {file}")

    def link_target(self, place, name, changed, made):
        """Compiles anew what is made of `changed` files, and links; the path of the program."""
        target = self.target(name)
        to = place / os.path.basename(target.output)
        if to.exists():
            return str(to)
        moved, defines = {}, {}
        for _, _, words in target.steps:
            for word in words:
                if word.startswith("-D") and (found := self.executables([word])):
                    defines.setdefault(word.split("=")[0][2:], {}).update(found)
        for found in defines.values():
            moved.update(self.helpers(place, found, changed, made))
        objects = {}
        names = [d for d, found in defines.items() if found.keys() & moved.keys()]
        # Of a source that the program compiles itself a library's object is left where it is.
        own = {source for source, built, _ in target.steps if built in target.link}
        stale = [step for step in target.steps if self.deps[step[1]] & changed or
                 any(self.says(file, d) for d in names for file in self.deps[step[1]])]
        stale = [step for step in stale if step[1] in target.link or step[0] not in own]
        tests = [words for source, _, words in stale if source.endswith("_test.cc")]
        if len(tests) > 3 and not self.first:
            self.compile_first(tests[0])
        for source, built, words in stale:
            if built not in made:
                out = place / "objects" / built.replace("/", "_")
                out.parent.mkdir(parents=True, exist_ok=True)
                made[built] = (out, self.pool.submit(
                    self.compile, source, words, out, place / "tree", moved))
            objects[built] = made[built]
        for _, job in objects.values():
            why = job.result()
            if why is not None:
                raise DoesNotCompile(why[-3000:])
        self.link(target, {o: str(out) for o, (out, _) in objects.items()}, to)
        return str(to)

    def compile(self, source, words, to, tree, moved):
        """One object. None, or what the compiler said."""
        compiler, flags = self.flags_of(words)
        flags = [self.move(flag, moved) for flag in flags]
        first = []
        for flag in flags:
            path = pathlib.Path(os.path.normpath(flag[2:])) if flag.startswith("-I") else None
            for top in (self.build_dir, self.root):
                if path is not None and path.is_relative_to(top):
                    first.append(f"-I{tree / path.relative_to(top)}")
                    break
        is_test = source.endswith("_test.cc")
        own = ["-O0"] if is_test else ["-O1"]
        if is_test and self.first:
            own += ["-include", "tare_mutants_first.h"]
        if not is_test and "clang" not in compiler[-1]:
            own.append("-fno-allocation-dce")  # calls of the allocator that lead to nothing stay
        changed = tree / source
        command = [*compiler, f"-I{self.common}", *first, *flags, *own, "-include",
                   "tare_mutant_switch.h", "-o", str(to), "-c",
                   str(changed if changed.exists() else self.root / source)]
        said = subprocess.run(command, cwd=self.build_dir, capture_output=True, text=True,
                              errors="replace", timeout=600, check=False)
        return None if said.returncode == 0 else said.stderr

    @staticmethod
    def move(flag, moved):
        for path, to in moved.items():
            flag = flag.replace(path, to)
        return flag

    @staticmethod
    def flags_of(words):
        """(the compiler, its flags): neither optimization nor warnings, nor what is precompiled,
        nor what names the object and its dependencies."""
        at = next(i for i, word in enumerate(words) if word.startswith("-"))
        dropped = r"-O\d|-g\d?|-M[A-Z]*|-W.*|-include|.*cmake_pch.*|.*\.o(\.d)?"
        flags = [w for w in words[at:words.index("-o")] if not re.fullmatch(dropped, w)]
        return words[:at], [*flags, "-w"]

    def compile_switch(self, programs):
        if self.switch is not None:
            return
        names = [n for p in sorted(programs) for n in (
            self.executables(self.script(p.split()[1])).values() if p.startswith("ctest ")
            else [f"test_{p}"])]
        if not names:
            raise Broken(f"{', '.join(sorted(programs))}: runs no program of {self.build_dir}")
        compiler, flags = self.flags_of(self.target(names[0]).steps[0][2])
        self.switch = self.common / "switch.o"
        said = subprocess.run([*compiler, *flags, "-O1", "-o", str(self.switch), "-c",
                               str(self.common / "tare_mutant_switch.cc")], cwd=self.build_dir,
                              capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise Broken(f"the switch does not compile: {said.stderr[-2000:]}")

    def compile_first(self, command):
        """Where it does not fit a test's flags, the compiler reads it as text."""
        compiler, flags = self.flags_of(command)
        header = str(self.common / "tare_mutants_first.h")
        said = subprocess.run([*compiler, *flags, "-O0", "-x", "c++-header", header, "-o",
                               f"{header}.gch"], cwd=self.build_dir, capture_output=True,
                              check=False)
        self.first = said.returncode == 0

    def link(self, target, objects, to):
        """Objects come in front of the libraries, whose members of the same names then do not."""
        words = [word for word in target.link if word not in objects]
        at = words.index("-o")
        words = [*words[:at], *objects.values(), str(self.switch), "-o", str(to), *words[at + 2:]]
        said = subprocess.run(words, cwd=self.build_dir, capture_output=True, text=True,
                              check=False)
        if said.returncode != 0:
            raise Broken(f"cannot link {target.output}: {said.stderr[-2000:]}")


class Built:
    """Programs of one batch."""

    def __init__(self, tree, place):
        self.tree, self.place, self.commands = tree, place, {}

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def run(self, test, number, bound):
        """Runs the tests of a filter while mutant `number` is on."""
        mark = self.place / f"reached_{number}"
        if mark.exists():
            mark.rmdir()
        command = list(self.commands[test.program])
        if not test.is_script:
            command += [f"--gtest_filter={test.filter}", "--gtest_throw_on_failure"]
        environment = {**os.environ, "TARE_MUTANT": str(number), "TARE_MUTANT_REACHED": str(mark)}
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=self.place, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace",
                                   start_new_session=True)
        try:
            output = process.communicate(timeout=bound)[0]
            how, detail = (self.script_outcome if test.is_script else self.outcome)(
                process.returncode, output, test)
        except subprocess.TimeoutExpired:
            how, detail = "hung", f"no end after {bound:.0f} s"
        finally:
            try:  # also what it left running
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            process.stdout.close()
        return Run(how, detail, time.monotonic() - begun, mark.exists())

    @staticmethod
    def outcome(status, output, test):
        begun = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
        if not begun:
            raise Broken(f"{test}: no test is named {test.filter}, or the program dies before: "
                         f"{output[-500:]}")
        if status == 0:
            return "passed", f"{len(begun)} tests"
        failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", output, re.MULTILINE)
        if failed or "GoogleTestFailureException" in output:  # thrown at the first failure
            return "failed", (failed or begun[-1:])[0]
        return "failed", f"{begun[-1]} (it ended the process)"

    @staticmethod
    def script_outcome(status, output, _):
        if status == 0:
            return "passed", "the script"
        said = re.findall(r"^(?:FAIL|ERROR): (.*)", output, re.MULTILINE)
        return "failed", said[0] if said else (output.strip().splitlines() or ["silent"])[-1]
