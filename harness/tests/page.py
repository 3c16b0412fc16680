# SPDX-License-Identifier: Apache-2.0
# Follows a page of docs/ as its reader would: its commands, in their order, in a fresh folder.
"""Part of the tests in this folder."""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import docs  # noqa: E402


class Failure(Exception):
    pass


class NotApplicable(Exception):
    """The test cannot be run here, for the reason given."""


class Follower:
    """Runs the blocks of `page` that are marked with `mark`, in <build dir>/<name>, which is <mark>
    if not given: a checkout of tare lies there as `tare`, and `tare/build/release` stands for the
    build directory."""

    def __init__(self, arguments, page, mark, name=None):
        self.page = page
        self.mark = mark
        self.build_dir = arguments.build_dir.resolve()
        self.folder = self.build_dir / (name or mark)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "tare").symlink_to(ROOT)
        self.env = {**os.environ, "CXX": arguments.compiler, "CMAKE_GENERATOR": arguments.generator}

    def run(self, command):
        """Runs a command of the page; its status and output."""
        command = command.replace("tare/build/release", shlex.quote(str(self.build_dir)))
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder,
                                env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        return result.returncode, result.stdout

    def shell(self, command, status=0):
        """Runs a command of the page; its output, and an exception where its status is another."""
        got, output = self.run(command)
        if got != status:
            raise Failure(f"'{command}' ended with status {got}, not {status}, and printed:\n"
                          f"{output}")
        return output

    def check_warnings_are_none_of_its_errors(self, build):
        """A build that is configured without a preset of ours goes on after a new warning."""
        cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
        if "TARE_WERROR:BOOL=OFF\n" not in cache:
            raise Failure(f"{build} has TARE_WERROR on, or does not know it")

    def follow_the_page(self, without=None):
        """Runs all blocks, but for those that hold the text `without`: there must be such."""
        marked = [block for block in docs.blocks_of(ROOT, self.page) if block.mark == self.mark]
        blocks = [block for block in marked
                  if without is None or without not in "\n".join(block.lines)]
        if not blocks:
            raise Failure(f"{self.page} has no block that this test runs")
        if without is not None and len(blocks) == len(marked):
            raise Failure(f"{self.page} has no block with '{without}' to leave out")
        for block in blocks:
            for command, printed in block.steps():
                output = self.shell(command)
                if printed is not None and not docs.matches(printed, output):
                    raise Failure(f"{block.where}: '{command}' does not print what the page shows, "
                                  f"but:\n{output}")


def main(name, summary, test, success="the page's commands do what it says"):
    """Calls test(arguments), which raises Failure or returns the folder to take away."""
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--build-dir", required=True, type=pathlib.Path)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--sanitize", required=True)
    arguments = parser.parse_args()
    for variable in ("CXXFLAGS", "LDFLAGS", "CMAKE_PREFIX_PATH", "CMAKE_BUILD_TYPE"):
        os.environ.pop(variable, None)  # of whoever runs the tests, not of a page's reader
    if arguments.sanitize:
        print(f"{name}: not applicable: under -fsanitize={arguments.sanitize} nothing is counted")
        return 0
    try:
        shutil.rmtree(test(arguments))
    except NotApplicable as reason:
        print(f"{name}: not applicable: {reason}")
        return 0
    except Failure as failure:
        print(f"{name}: {failure}")
        return 1
    print(f"{name}: {success}")
    return 0
