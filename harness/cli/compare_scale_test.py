# SPDX-License-Identifier: Apache-2.0
# A comparison of a million lines: what it finds, how long it takes, and how much memory.
"""usage: compare_scale_test.py TARE"""

import csv
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

TARE = pathlib.Path(sys.argv[1]).resolve()

BENCHMARKS, ROUNDS, NOISE = 25_000, 20, 0.03
MOST_MEMORY = 150_000  # KiB


def effect_of(i):
    """By what factor benchmark i has changed; 1 for nine of ten."""
    chance = random.Random(i)
    return chance.lognormvariate(0, 0.1) if chance.random() < 0.1 else 1


def write(path, side):
    """25,000 benchmarks x 20 rounds x 3 units: times with noise, bytes with ties, allocations."""
    noise, shape = random.Random(f"noise of {side}"), random.Random("shape")
    with open(path, "w", encoding="utf-8") as file:
        file.write("goos: linux\ngoarch: amd64\npkg: example.org/scale\ncpu: A\n")
        for i in range(BENCHMARKS):
            center, allocs = shape.lognormvariate(7, 2), int(shape.expovariate(0.1))
            if side == "new":
                center *= effect_of(i)
            for _ in range(ROUNDS):
                time = center * noise.lognormvariate(0, NOISE)
                size = allocs * 48 + noise.randrange(4)
                file.write(f"BenchmarkScale/case={i}/size={64 << i % 8}-8\t{int(1e9 / time) + 1}\t"
                           f"{time:.4g} ns/op\t{size} B/op\t{allocs} allocs/op\n")


def run(folder, *arguments):
    """The lines that `tare compare` prints, in a file; CPU seconds and peak memory in KiB."""
    out = folder / "out"
    with open(out, "wb") as file, subprocess.Popen([TARE, "compare", *arguments, "old", "new"],
                                                   cwd=folder, stdout=file) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return out, process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


class CompareScaleTest(unittest.TestCase):
    def test_a_million_lines(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for side in ("old", "new"):
                write(folder / side, side)
            for arguments in (["--compat=benchstat"], [], ["--format=json"], ["--format=csv"]):
                out, status, seconds, memory = run(folder, *arguments)
                self.assertEqual(status, 0)
                print(f"{2 * BENCHMARKS * ROUNDS} lines, compare {' '.join(arguments)}: "
                      f"{seconds:.2f} s of CPU time, {memory / 1000:.0f} MB at the peak")
                self.assertLess(memory, MOST_MEMORY, arguments)
            with open(out, encoding="utf-8", newline="") as file:
                self.look_at(list(csv.DictReader(file)))

    def test_json_of_many_notes(self):
        """Of four times as many, four times as long: 16 times if each is held against all."""
        def seconds(folder, count):
            runs = [{"name": f"B/{i}", "iterations": 10, "real_time": 5, "time_unit": "ns",
                     **({"label": "a label"} if i % 2 else {"skipped": True})}
                    for i in range(count)]
            for side in ("old", "new"):
                (folder / side).write_text(json.dumps({"benchmarks": runs}), "utf-8")
            _, status, taken, _ = run(folder)
            self.assertEqual(status, 0)
            return taken
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            few, many = (min(seconds(folder, n) for _ in range(2)) for n in (10_000, 40_000))
        print(f"JSON of 10,000 and of 40,000 runs with notes: {few:.2f} and {many:.2f} s")
        self.assertLess(many, 8 * few)

    def look_at(self, cells):
        self.assertEqual(len(cells), 2 * 3 * BENCHMARKS)
        self.assertEqual({cell["n"] for cell in cells}, {str(ROUNDS)})
        planted = found = false = 0
        for cell in cells:
            if not cell["verdict"]:
                continue
            i = int(cell["row"].split("=")[1].split("/")[0])
            effect = abs(math.log(effect_of(i))) if cell["unit"] == "ns/op" else 0
            if effect == 0:
                false += cell["verdict"] == "changed"
            elif effect > 3 * NOISE:
                planted += 1
                found += cell["verdict"] == "changed"
        print(f"{found} of {planted} changes of more than {300 * NOISE:.0f} % found, {false} false")
        self.assertGreater(found, 0.95 * planted)
        self.assertLessEqual(false, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
