# SPDX-License-Identifier: Apache-2.0
# Follows README's first screen: its program measured, a budget recorded, and the gate that fails.
"""usage: readme_test.py --tare FILE --program FILE --worse FILE --sanitize=NAMES

The console blocks that README marks with `test: readme` are typed in a folder where `tare` is in
the PATH and build/squares is --program; before the gate of the second block it is --worse. What
they print must be what README shows, but for times, which are anybody's.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import docs  # noqa: E402


def without_times(line):
    """One space for many, and neither times (the first two figures of a row of the table) nor lines
    of the standard library, which are the compiler's."""
    line = re.sub(r"/usr/include/c\+\+/\S+ +\(and \d+ below it\)", "the standard library", line)
    words = line.split()
    if words[:1] == ["Squares"] and len(words) > 3:
        words[1:3] = ["N", "N"]
    return " ".join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("tare", "program", "worse"):
        parser.add_argument(f"--{name}", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--sanitize", required=True)
    arguments = parser.parse_args()
    if arguments.sanitize:
        print(f"readme: not applicable: under -fsanitize={arguments.sanitize} nothing is counted")
        return 0
    blocks = [block for block in docs.blocks_of(ROOT, "README.md") if block.mark == "readme"]
    if len(blocks) != 2:
        print(f"README.md has {len(blocks)} blocks for this test, not 2")
        return 1
    env = {**os.environ, "PATH": f"{arguments.tare.parent}:{os.environ['PATH']}"}
    wrong = []
    with tempfile.TemporaryDirectory(prefix="readme_") as name:
        folder = pathlib.Path(name)
        (folder / "build").mkdir()
        for block, program in zip(blocks, (arguments.program, arguments.worse)):
            shutil.copy(program, folder / "build/squares")
            for command, printed in block.steps():
                said = subprocess.run(["bash", "-c", command], cwd=folder, env=env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, check=False)
                # Paths of the checkout are the reader's own.
                output = said.stdout.replace(f"{ROOT}/", "").replace(
                    "harness/tests/readme/worse/", "")
                lines = [without_times(line) for line in output.splitlines()]
                fails = command.startswith("tare gate")
                if said.returncode != (1 if fails else 0):
                    wrong.append(f"{block.where}: '{command}' ended with status "
                                 f"{said.returncode}:\n{output}{said.stderr}")
                elif not docs.matches([without_times(line) for line in printed],
                                      "".join(f"{line}\n" for line in lines)):
                    wrong.append(f"{block.where}: '{command}' does not print what is shown, but:\n"
                                 f"{output}")
    print("\n".join(wrong) if wrong else "README's first screen is as it is shown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
