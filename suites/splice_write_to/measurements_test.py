# SPDX-License-Identifier: Apache-2.0
# tare-crossover and tare-stall: that their tables are whole, on every backend.
"""usage: measurements_test.py TARE_CROSSOVER TARE_STALL BACKEND..."""

import re
import subprocess
import sys
import unittest

CROSSOVER, STALL, *BACKENDS = sys.argv[1:]
NOT_HERE = 3  # the status where a backend does not run on this machine


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def rows_of(text):
    """The cells of a table for Markdown, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class Measurements(unittest.TestCase):
    def each(self, *command):
        for backend in BACKENDS:
            ended = run(*command, "--backend", backend)
            if ended.returncode == NOT_HERE:
                print(f"not applicable: {ended.stderr.strip()}")
                continue
            self.assertIn(f"backend: {backend}", ended.stdout)
            yield ended

    def test_the_crossover_of_every_two_kinds_of_ends(self):
        for ended in self.each(CROSSOVER, "--rounds", "7", "--sizes", "64,4096,100000"):
            rows = rows_of(ended.stdout)
            # A folder that is in memory has no row for a disk, and says so.
            absent = ended.stderr.count("is in memory")
            self.assertEqual(len(rows), 10 - absent, ended)
            self.assertEqual(ended.returncode, 1 if absent else 0, ended)
            for source, destination, *cells, up_to in rows:
                self.assertIn(source, ("tcp", "unix"))
                self.assertIn(destination, ("memory", "disk", "pipe", "tcp", "unix"))
                self.assertEqual(len(cells), 3)
                for cell in cells:
                    self.assertRegex(cell, r"^\d+\.\d{3}( copy| splice)?$")
                self.assertIn(up_to, ("0", "64", "4096", "100000"))
            self.assertRegex(
                ended.stdout.splitlines()[-1],
                r"^found in \d+\.\d ms: into files up to \d+, into connections up to \d+$")

    def test_times_instead_of_ratios(self):
        ended = run(CROSSOVER, "--rounds", "1", "--sizes", "64", "--times",
                    "--backend", BACKENDS[0])
        for row in rows_of(ended.stdout):
            self.assertRegex(row[2], r"^\d+\.\d \d+\.\d$")

    def test_who_is_held_up_by_a_disk(self):
        for ended in self.each(STALL, "--milliseconds", "200"):
            self.assertEqual(ended.returncode, 0, ended)
            rows = rows_of(ended.stdout)
            self.assertEqual([row[0] for row in rows], ["nobody", "the loop", "1 thread"])
            for _, trips, median, most, longest, written in rows:
                self.assertGreater(int(trips), 0)
                self.assertLessEqual(float(median), float(most))
                self.assertLessEqual(float(most), float(longest))
                self.assertGreaterEqual(float(written), 0)

    def test_what_makes_no_sense(self):
        for program, arguments, words in (
                (CROSSOVER, ["--sizes", "64,1"], "they do not ascend"),
                (CROSSOVER, ["--rounds", "0"], "is no number from 1"),
                (STALL, ["--threads", "0"], "is no number from 1"),
                (STALL, ["--milliseconds", "x"], "is no number from 1")):
            ended = run(program, *arguments)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""), ended)
            self.assertIn(words, ended.stderr)
        for program in (CROSSOVER, STALL):
            ended = run(program, "--help")
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertTrue(re.match("usage: tare-", ended.stdout))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
