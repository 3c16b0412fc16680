# SPDX-License-Identifier: Apache-2.0
# What tests of `tare compare` have in common: files of results made up, the command run on them.
"""Of a script that is called with TARE and FAKE_BENCH."""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import jsonschema  # of Debian's python3-jsonschema

TARE, FAKE_BENCH = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
SCHEMA = json.loads((pathlib.Path(__file__).parent / "compare.schema.json").read_text("utf-8"))

UNITS = "Unit allocs/op assume=exact better=lower\nUnit ns/op better=lower\n"
MACHINE = "os: linux\ncpu: A\nkernel: 6\n"


def lines(name, values, unit="ns/op"):
    return "".join(f"Benchmark{name} 1000 {value} {unit}\n" for value in values)


def noisy(seed, center, n=9, spread=0.01):
    chance = random.Random(seed)
    return [round(center * chance.lognormvariate(0, spread), 3) for _ in range(n)]


class CompareCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text, head=MACHINE + UNITS):
        (pathlib.Path(self.folder.name) / name).write_text(head + text, encoding="utf-8")
        return name

    def tare(self, *arguments):
        done = subprocess.run([TARE, "compare", *arguments], cwd=self.folder.name,
                              capture_output=True, timeout=100, text=True)
        return done.stdout, done.stderr, done.returncode

    def cells(self, *arguments, status=0):
        """The cells of the JSON, by row, column and unit."""
        out, err, got = self.tare("--format=json", *arguments)
        self.assertEqual(got, status, err)
        report = json.loads(out)
        jsonschema.validate(report, SCHEMA)
        return {(c["row"], c["column"], c["unit"]): c for c in report["cells"]}
