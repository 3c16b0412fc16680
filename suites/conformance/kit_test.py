# SPDX-License-Identifier: Apache-2.0
# The command line of conform_<subject> programs: usage, exit statuses, JSON, sums that add up.
"""usage: kit_test.py CONFORM_PLANTED CONFORM_EMPTY [UNITTEST ARGUMENT...]"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = EMPTY = ""


def run(*args, prefix=(), **environment):
    return subprocess.run([*prefix, PROGRAM, *args], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})


def rows_and_sum(text):
    """The number of rows of the summary line, and the sum of its parts."""
    summary = text.splitlines()[-1].partition(" (")[0]
    head, _, parts = summary.partition(":")
    return int(head.split()[0]), sum(int(part.split()[0]) for part in parts.split(","))


class Usage(unittest.TestCase):
    def refuses(self, wanted, *args, **environment):
        ended = run(*args, **environment)
        self.assertEqual(ended.returncode, 2, ended)
        self.assertIn(wanted, ended.stderr)
        self.assertEqual(ended.stdout, "")

    def test_bad_arguments(self):
        self.refuses("--backend is missing; there are: sound, loses_a_byte")
        self.refuses("no backend 'kqeue'; there are: sound", "--backend=kqeue")
        self.refuses("absent (does not run here: needs another planet)", "--backend=kqeue")
        self.refuses("no row 'DL-99'; --list-json", "--backend=sound", "--row=DL-99")
        self.refuses("no row 'DL-0'", "--backend=sound", "--row", "DL-0")
        self.refuses("unknown argument '--rows'", "--rows")
        self.refuses("--row: its value is missing", "--row")
        for bad in ("--seed=-1", "--seed=x", "--seed=", "--scale=0", "--scale=1x",
                    "--scale=nan", "--timeout=0", "--row=", "--backend="):
            self.refuses("no such value", bad)
        self.refuses("--json: cannot write '/no/such/folder/x'", "--backend=sound",
                     "--json=/no/such/folder/x")
        self.refuses("TARE_TIME_SCALE='fast'", "--backend=sound", TARE_TIME_SCALE="fast")
        self.refuses("use --row", "--trial", "--backend=sound", "--row=IO-01")
        self.refuses("use --row", "--trial", "--backend=sound")

    def test_help(self):
        ended = run("--help")
        self.assertEqual(ended.returncode, 0)
        self.assertIn("Exit status:", ended.stdout)


class Runs(unittest.TestCase):
    def test_list(self):
        listed = json.loads(run("--list-json").stdout)
        ids = [row["id"] for row in listed["rows"]]
        self.assertEqual(len(ids), len(set(ids)))
        for row in listed["rows"]:
            self.assertRegex(row["id"], r"^[A-Z]+-[0-9]{2}[a-z]?$")
            self.assertTrue(row["promise"] and row["theme"])
        needs = {row["id"]: row["needs"] for row in listed["rows"]}
        self.assertEqual(needs["DL-02r"], ["packet sockets"])
        self.assertEqual(needs["IO-01"], [])

    def test_all_rows_of_the_sound_subject(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "rows.json")
            ended = run("--backend=sound", f"--json={path}", "--seed=7")
            self.assertEqual(ended.returncode, 0, ended)
            told = json.loads(path.read_text(encoding="utf-8"))
        listed = json.loads(run("--list-json").stdout)["rows"]
        self.assertEqual([row["id"] for row in told["rows"]], [row["id"] for row in listed])
        self.assertEqual({row["outcome"] for row in told["rows"]}, {"pass"})
        self.assertEqual(told["summary"]["pass"], len(listed))
        self.assertEqual(sum(told["summary"].values()), len(listed))
        self.assertEqual(told["seed"], 7)
        self.assertEqual(rows_and_sum(ended.stdout), (len(listed), len(listed)))
        # A line above, a line a row, a line below; and what was random can be had again.
        self.assertEqual(len(ended.stdout.splitlines()), len(listed) + 2)
        self.assertIn("seed 7,", ended.stdout.splitlines()[0])

    def test_selection(self):
        ended = run("--backend=sound", "--row=IO-02", "--row", "DL-02")
        ids = re.findall(r"^([A-Z]+-\S+)", ended.stdout, re.MULTILINE)
        self.assertEqual(ids, ["IO-02", "DL-02w", "DL-02a", "DL-02r", "DL-02s"])
        total, parts = rows_and_sum(ended.stdout)
        self.assertEqual(total, parts)
        self.assertIn("5 pass", ended.stdout)

    def test_absent_backend(self):
        ended = run("--backend=absent")
        self.assertEqual(ended.returncode, 0)
        self.assertNotIn("pass", ended.stdout.splitlines()[-1])
        self.assertEqual(ended.stdout.count("needs another planet"), rows_and_sum(ended.stdout)[0])

    def test_excuses(self):
        ended = run("--backend=excused", "--row=IO-01")
        self.assertEqual(ended.returncode, 0)
        self.assertRegex(ended.stdout, r"IO-01 +deviation .*a known deviation; seen: rows/io.cc:\d+"
                                       r".*\(docs/conformance.md\)")
        ended = run("--backend=excused_in_vain", "--row=IO-01")
        self.assertEqual(ended.returncode, 0)
        self.assertRegex(ended.stdout, "IO-01 +pass .*passes, although it is excused")

    def test_scale(self):
        ended = run("--backend=sound", "--row=EOF-01", TARE_TIME_SCALE="2.5")
        self.assertIn("time scale 2.5", ended.stdout)
        ended = run("--backend=sound", "--row=EOF-01", "--scale=3", TARE_TIME_SCALE="2.5")
        self.assertIn("time scale 3", ended.stdout)

    def limited(self, handles, *args):
        return run(*args, prefix=("sh", "-c", f'ulimit -n {handles}; exec "$0" "$@"'))

    def test_broken_environment(self):
        # Room for the report and two sockets, not for three.
        ended = self.limited(6, "--backend=sound", "--row=IO-01")
        self.assertEqual(ended.returncode, 5, ended)
        self.assertRegex(ended.stdout, "IO-01 +broken environment .*accept: Too many open files")

    def test_fault_of_the_harness(self):
        ended = self.limited(4, "--backend=sound", "--row=IO-01")
        self.assertEqual(ended.returncode, 5, ended)
        self.assertRegex(ended.stdout, "IO-01 +not run .*pipe: Too many open files")

    def test_nothing_to_judge(self):
        ended = subprocess.run([EMPTY, "--backend=epoll"], capture_output=True, text=True,
                               timeout=60)
        self.assertEqual(ended.returncode, 4, ended)
        self.assertIn("no backend", ended.stderr)

    def test_results_that_cannot_be_written(self):
        if not os.path.exists("/dev/full"):
            print("not applicable: no /dev/full here")
            return
        ended = run("--backend=sound", "--row=EOF-01", "--json=/dev/full")
        self.assertEqual(ended.returncode, 5, ended)
        self.assertIn("writing '/dev/full' failed", ended.stderr)


if __name__ == "__main__":
    PROGRAM, EMPTY = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
