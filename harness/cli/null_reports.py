# SPDX-License-Identifier: Apache-2.0
# Measures how often a comparison of a program with a copy of itself calls a change.
"""How often `tare run --against` calls a change between a program and a copy of itself.

  null_reports.py TARE PROGRAM [--reports N] [--filter RE] [--rounds N] [--min-time S] [--busy]
                  [--in-sequence] [--at-most K]

Each report measures the program against a copy of it in another directory, and is held to be
wrong if it calls any row changed, in any unit. --busy keeps every CPU that this process may run on
busy meanwhile. --in-sequence takes both sides one after the other in place of in turn, as two runs
of `tare run`: what the pages warn of. With --at-most the exit status is 1 where more than K reports
are wrong.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}"
                 f"{done.stderr}")
    return done.stdout


class Busy:
    """One process a CPU that does nothing but run; ended with this object."""

    def __init__(self, wanted):
        self.children = [self.spin(cpu) for cpu in sorted(os.sched_getaffinity(0))
                         if wanted]

    @staticmethod
    def spin(cpu):
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.sched_setaffinity(0, {cpu})
            while os.getppid() == parent:  # it must not outlive the tests
                for _ in range(1000000):
                    pass
            os._exit(0)
        return child

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def report(options, directory):
    """The rows that one report calls changed: (name, unit, p)."""
    base = directory / "copy"
    base.mkdir()
    copy = base / pathlib.Path(options.program).name
    shutil.copy2(options.program, copy)
    how = ["--rounds", str(options.rounds)] if options.rounds else []
    how += ["--min-time", str(options.min_time), "--filter", options.filter]
    results = directory / "results"
    if options.in_sequence:
        for side, program in (("base", copy), ("now", options.program)):
            run([options.tare, "run", "--exe", program, "-o", results / side, *how])
    else:
        run([options.tare, "run", "--exe", options.program, "--against", copy, "-o", results, *how])
    (base_file,), (now_file,) = (list((results / side).iterdir()) for side in ("base", "now"))
    compared = json.loads(run([options.tare, "compare", "--format", "json", f"base={base_file}",
                               f"now={now_file}"]))
    if compared["tests"] == 0:
        sys.exit("a report without a test shows nothing")
    return [(cell["row"], cell["unit"], cell.get("p")) for cell in compared["cells"]
            if cell.get("verdict") == "changed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tare")
    parser.add_argument("program")
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--filter", default=".")
    parser.add_argument("--rounds", type=int, default=0, help="0: as tare chooses")
    parser.add_argument("--min-time", type=float, default=0.005)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--in-sequence", action="store_true")
    parser.add_argument("--at-most", type=int)
    options = parser.parse_args()
    wrong = 0
    start = time.monotonic()
    with Busy(options.busy):
        for number in range(1, options.reports + 1):
            with tempfile.TemporaryDirectory() as directory:
                changed = report(options, pathlib.Path(directory))
            wrong += bool(changed)
            for row, unit, p in changed:
                print(f"report {number}: {row} {unit}: p {p}", flush=True)
    print(f"{wrong} of {options.reports} null reports call a change"
          f"{', every CPU busy' if options.busy else ''}"
          f"{', one side after the other' if options.in_sequence else ''}"
          f" ({time.monotonic() - start:.0f} s)")
    if options.at_most is not None and wrong > options.at_most:
        sys.exit(1)


if __name__ == "__main__":
    main()
