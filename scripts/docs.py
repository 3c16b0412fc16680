# SPDX-License-Identifier: Apache-2.0
# Holds the documentation to its commands: each one shown is run by a test, and says by which.
"""usage: docs.py --build-dir DIR [--root DIR]

Looks at every fenced block of commands (```sh, ```console) in README.md, CONTRIBUTING.md and docs.
The line before the fence names the test that runs it:

  <!-- test: run -->     this program does, in the repository's root; each command must succeed.
                         `build/release/` means DIR. In a console block commands begin with
                         `$ `, and the other lines are what is printed, `...` for any lines.
  <!-- test: ci -->      .ci/run does: the same line must be in it.
  <!-- test: NAME -->    the ctest NAME does; it must exist.

A block of any language below <!-- file: PATH --> is a listing: it must be that file, but for the
line with its licence.
"""

import argparse
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
from typing import NamedTuple

SECONDS_A_COMMAND = 100
_MARK = re.compile(r"<!-- test: (.+) -->")
_FILE = re.compile(r"<!-- file: (.+) -->")
_FENCE = re.compile(r"\s*```+\s*(\w*)")
_COMMANDS = ("sh", "console", "bash", "shell")


class Block(NamedTuple):
    where: str  # file:line of the fence
    language: str
    mark: str  # "" if there is none
    lines: list

    def steps(self):
        """Yields (command, the lines it prints or None where the block does not say)."""
        if self.language != "console":
            yield "\n".join(self.lines), None
            return
        for step in re.split(r"^\$ ", "\n".join(self.lines), flags=re.MULTILINE)[1:]:
            command, *printed = step.splitlines()
            yield command, printed

    def commands(self):
        lines = self.lines
        if self.language == "console":
            lines = [step[0] for step in self.steps() if self.lines[0].startswith("$ ")]
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def fences_of(root, path):
    """Yields (file:line, language, the line before, the lines within) of every fenced block."""
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    start = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if not fence:
            continue
        if start is None:
            start, language = number, fence[1]
        else:
            before = lines[start - 1].strip() if start else ""
            yield f"{path}:{start + 1}", language, before, lines[start + 1:number]
            start = None


def blocks_of(root, path):
    for where, language, before, lines in fences_of(root, path):
        if language in _COMMANDS:
            mark = _MARK.fullmatch(before)
            yield Block(where, language, mark[1] if mark else "", lines)


def wrong_listings(root, path):
    """Yields (file:line, what is wrong) of every listing that is not the file it names."""
    for where, _, before, lines in fences_of(root, path):
        mark = _FILE.fullmatch(before)
        if not mark:
            continue
        if not (root / mark[1]).is_file():
            yield where, f"there is no file '{mark[1]}'"
            continue
        listed = [line for line in (root / mark[1]).read_text(encoding="utf-8").splitlines()
                  if "SPDX-License-Identifier" not in line]
        if lines != listed:
            number = next((i for i, pair in enumerate(zip(lines, listed)) if pair[0] != pair[1]),
                          min(len(lines), len(listed)))
            yield where, f"line {number + 1} of the listing is not {mark[1]}'s: copy the file again"


def documents(root):
    names = [name for name in ("README.md", "CONTRIBUTING.md") if (root / name).is_file()]
    return names + sorted(path.relative_to(root).as_posix() for path in root.glob("docs/**/*.md"))


def matches(printed, output):
    """Whether `output` is what the lines of `printed` say, `...` standing for any lines."""
    pattern = "".join(r"(?:.*\n)*" if line.strip() == "..." else re.escape(line) + "\n"
                      for line in printed)
    return re.fullmatch(pattern, output) is not None


def run(block, root, build_dir):
    """Runs the commands of a block; returns what went wrong, or ""."""
    for command, printed in block.steps():
        command = command.replace("build/release/", shlex.quote(f"{build_dir}/"))
        with subprocess.Popen(["bash", "-euo", "pipefail", "-c", command], cwd=root,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              start_new_session=True) as process:
            try:
                output, _ = process.communicate(timeout=SECONDS_A_COMMAND)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return f"'{command}' still ran after {SECONDS_A_COMMAND} s"
        if process.returncode != 0:
            return f"'{command}' ended with status {process.returncode} and printed:\n{output}"
        if printed is not None and not matches(printed, output):
            return f"'{command}' does not print what the document shows, but:\n{output}"
    return ""


def ci_lacks(block, root):
    """Returns what of the block .ci/run does not run, or ""."""
    ci = (root / ".ci/run").read_text(encoding="utf-8").splitlines()
    ran = {line.partition("||")[0].strip() for line in ci}
    return "".join(f"'{command}' is not a line of .ci/run" for command in block.commands()
                   if command.strip() not in ran)


def ctest_names(build_dir):
    listing = subprocess.run(["ctest", "--test-dir", str(build_dir), "--show-only"], check=True,
                             capture_output=True, text=True).stdout
    return set(re.findall(r"^ *Test +#\d+: (.+)$", listing, re.MULTILINE))


def check(root, build_dir):
    """Returns (number of blocks looked at, what is wrong as lines of text)."""
    blocks = [block for path in documents(root) for block in blocks_of(root, path)]
    if not blocks:
        return 0, [f"{root}: no command shown anywhere: is this the repository?"]
    names = ctest_names(build_dir)
    wrong = [f"{where}: {problem}" for path in documents(root)
             for where, problem in wrong_listings(root, path)]
    for block in blocks:
        if not block.commands():
            problem = "a block of commands without one (a console block begins with '$ ')"
        elif block.mark == "run":
            problem = run(block, root, build_dir)
        elif block.mark == "ci":
            problem = ci_lacks(block, root)
        elif block.mark:
            problem = "" if block.mark in names else f"there is no ctest '{block.mark}'"
        else:
            problem = "no test runs these commands: put '<!-- test: run -->', " \
                      "'<!-- test: ci -->' or '<!-- test: NAME OF A CTEST -->' on the line before"
        if problem:
            wrong.append(f"{block.where}: {problem}")
    return len(blocks), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", required=True, type=pathlib.Path)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    count, wrong = check(arguments.root, arguments.build_dir)
    print("\n".join([*wrong, f"docs: {count} blocks of commands, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
