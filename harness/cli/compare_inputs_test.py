# SPDX-License-Identifier: Apache-2.0
# `tare compare` as a user runs it: which files make which column, and what a build can fail on.
"""usage: compare_inputs_test.py TARE FAKE_BENCH"""

import gzip
import json
import pathlib
import random
import re
import sys
import unittest

import jsonschema  # of Debian's python3-jsonschema

from compare_case import MACHINE, SCHEMA, CompareCase, lines, noisy


class CompareInputsTest(CompareCase):
    def test_what_is_no_file_of_results_is_named(self):
        old = self.write("old", lines("A", noisy(1, 100)))
        folder = pathlib.Path(self.folder.name)
        (folder / "new.gz").write_bytes(gzip.compress((folder / old).read_bytes()))
        self.write("new.csv", "name,iterations,real_time,cpu_time,time_unit\n\"A\",1,1,1,ns\n", "")
        self.write("compared.csv", self.tare(old, old, "--format=csv")[0], "")
        self.write("nothing", "", "")
        aggregate = {"name": "A_mean", "run_name": "A", "run_type": "aggregate", "iterations": 3,
                     "aggregate_name": "mean", "real_time": 1, "cpu_time": 1, "time_unit": "ns"}
        self.write("means.json", json.dumps({"context": {}, "benchmarks": [aggregate]}), "")
        for name, said in (("new.gz", "new.gz:1: compressed by gzip: unpack it first"),
                           ("new.csv", "new.csv:1: Google Benchmark's CSV"),
                           ("compared.csv", "compared.csv:1: CSV, and no results"),
                           ("nothing", "nothing:1: the file is empty"),
                           ("means.json", "means.json:1: nothing but aggregates")):
            for arguments in ((old, name), (name, old), (name,)):
                _, err, status = self.tare(*arguments)
                self.assertEqual(status, 4, err)
                self.assertIn(said, err)
                self.assertNotIn("filter", err)

    def test_lines_of_go_test_v_are_no_complaint(self):
        text = ("=== RUN   TestA\n    a_test.go:3: hello\n--- PASS: TestA (0.00s)\ngoos: linux\n"
                "BenchmarkA\n" + lines("A-8", noisy(1, 100)) + "--- BENCH: BenchmarkA-8\n"
                "    a_test.go:9: N=1\nPASS\nok  \tx\t1.2s\n")
        old, new = self.write("old", text, ""), self.write("new", text, "")
        self.assertEqual(self.tare(old, new)[1:], ("", 0))
        new = self.write("new", text.replace("PASS: TestA", "FAIL: TestA"), "")
        self.assertIn("new:3: ignored", self.tare(old, new)[1])

    def test_throughput_is_better_where_it_is_more(self):
        for unit in ("MB/s", "bytes_per_second", "items_per_second", "B/s", "op/s"):
            old = self.write("old", lines("Copy-8", [200 + i / 10 for i in range(10)], unit), "")
            new = self.write("new", lines("Copy-8", [100 + i / 10 for i in range(10)], unit), "")
            self.assertIn("changed: worse", self.tare(old, new)[0])
            self.assertTrue(self.cells(new, old)["Copy-8", "old", unit]["better"])
            # A file that says otherwise is believed.
            said = self.write("said", lines("Copy-8", [200 + i / 10 for i in range(10)], unit),
                              f"Unit {unit} better=lower\n")
            self.assertIn("changed: better", self.tare(said, new)[0])

    def test_files_of_one_label_are_one_column(self):
        one, two, new = (self.write(n, lines("A", noisy(n, c)) + lines("A", [3], "allocs/op"))
                         for n, c in (("one", 100), ("two", 100), ("new", 130)))
        cells = self.cells(f"old={one}", f"old={two}", f"new={new}")
        self.assertEqual(cells["A", "old", "ns/op"]["n"], 18)
        self.assertEqual(cells["A", "new", "ns/op"]["verdict"], "changed")
        self.assertEqual(cells["A", "new", "allocs/op"]["verdict"], "same")
        # A count that the files do not agree on is none.
        other = self.write("other", lines("A", [4], "allocs/op"))
        out, _, status = self.tare(f"old={one}", f"old={other}", f"new={new}")
        self.assertEqual(status, 4)
        self.assertIn("unstable: exact values range from 3 to 4", out)
        # Of unlike machines they are refused, as two columns are.
        unlike = self.write("unlike", lines("A", noisy(1, 100)), "os: linux\ncpu: B\nkernel: 6\n")
        _, err, status = self.tare(f"old={one}", f"old={unlike}", f"new={new}")
        self.assertEqual(status, 4)
        self.assertIn("times are not compared: the results differ in cpu: 'A', 'B'", err)
        # A file in which nothing was measured is named by its path.
        empty = self.write("empty", "", MACHINE)
        self.assertIn("no result in 'empty'\n",
                      self.tare(f"old={one}", f"old={empty}", f"new={new}")[1])
        for again in (one, "./" + one):
            self.assertEqual(self.tare(f"old={one}", f"old={again}")[1:], (
                f"tare: {again} is given twice for the label 'old': its values would count "
                "twice\n", 2))
        (pathlib.Path(self.folder.name) / "dir").mkdir()
        self.write("dir/one.txt", lines("A", noisy(1, 100)))
        for arguments in (("x=dir", "x=dir/one.txt"), ("x=dir/one.txt", "x=dir/")):
            _, err, status = self.tare(*arguments, f"new={new}")
            self.assertEqual(status, 2)
            self.assertIn("dir/one.txt is given twice for the label 'x'", err)

    def test_pairs_within_several_files_of_one_label(self):
        def text(moods, without=None):
            return "".join(lines("S/T/backend=a", [100 * mood])
                           + ("" if k == without else lines("S/T/backend=b", [101 * mood]))
                           for k, mood in enumerate(moods))
        chance = random.Random(5)
        moods = [chance.uniform(1, 20) for _ in range(16)]
        one, two = self.write("one", text(moods[:8])), self.write("two", text(moods[8:]))
        cell = self.cells(f"x={one}", f"x={two}", "--col=backend")["S/T", "b", "ns/op"]
        self.assertEqual((cell["n"], cell["paired"], round(cell["ratio"], 6)), (16, True, 1.01))
        # As many values in all, but not in each file: which rounds they are is not known.
        one = self.write("one", text(moods[:8], without=3))
        two = self.write("two", text(moods[8:]) + lines("S/T/backend=b", [5]))
        cell = self.cells(f"x={one}", f"x={two}", "--col=backend")["S/T", "b", "ns/op"]
        self.assertEqual((cell["n"], cell["paired"]), (16, False))

    def test_directories_are_compared_file_by_file(self):
        for side, factor in (("before", 1), ("after", 2)):
            (pathlib.Path(self.folder.name) / side).mkdir()
            # Two programs have a benchmark of one name, and differ in what they say of themselves.
            self.write(f"{side}/fast.txt", lines("A", noisy(1, 100 * factor)), "flags: -O3\n")
            self.write(f"{side}/slow.txt", lines("A", noisy(2, 900)), "flags: -O1\n")
            self.write(f"{side}/notes.md", "Not results.\n", "")
        out, err, status = self.tare("before/", "after")
        self.assertEqual((err, status), ("", 0))
        self.assertRegex(out, r"suite: fast\n\nns/op +before +after\n(.*\n)+A .* changed: worse\n"
                              r"(.*\n)+suite: slow\n(.*\n)+A .* same within")
        cells = self.cells("old=before", "new=after", "--filter=suite:fast")
        self.assertEqual(cells["A", "new", "ns/op"]["verdict"], "changed")
        # Together they would be one sample of two benchmarks.
        _, err, status = self.tare("before", "after", "--table=pkg")
        self.assertEqual(status, 4)
        self.assertIn("results together that differ in", err)
        (pathlib.Path(self.folder.name) / "none").mkdir()
        self.assertEqual(self.tare("before", "none")[1:],
                         ("tare: no results (*.txt, *.json) in none\n", 2))
        (pathlib.Path(self.folder.name) / "after/slow.txt").unlink()
        out, err, status = self.tare("before", "after", "--fail-on=worse")
        self.assertEqual(status, 4)
        self.assertIn("1 gone", out)

    def test_fail_on_worse(self):
        old = self.write("old", lines("A", noisy(1, 100)) + lines("B", noisy(2, 100))
                         + lines("A", [3], "allocs/op"))
        worse = self.write("worse", lines("A", noisy(3, 110)) + lines("B", noisy(4, 90))
                           + lines("A", [3], "allocs/op"))
        def run(*arguments, new=worse):
            _, err, status = self.tare(old, new, *arguments)
            return status, err
        self.assertEqual(run()[0], 0)
        status, err = run("--fail-on=worse")
        self.assertEqual(status, 1)
        self.assertRegex(err, r"--fail-on worse: worse: A in 'worse': ns/op: \+\d.* %")
        self.assertIn("--fail-on worse: 3 comparisons judged, 1 worse, 0 not judged", err)
        self.assertEqual(run("--fail-on=worse:5")[0], 1)
        self.assertEqual(run("--fail-on=worse:12%")[0], 0)
        # By the near end of the interval and not by the estimate.
        cell = self.cells(old, worse)["A", "worse", "ns/op"]
        near, estimate = (100 * (cell[end] - 1) for end in ("ratio_low", "ratio"))
        self.assertLess(near + 0.1, estimate)
        self.assertEqual(run(f"--fail-on=worse:{(near + estimate) / 2}")[0], 0)
        self.assertEqual(run(f"--fail-on=worse:{near - 0.1}")[0], 1)
        self.assertEqual(run("--fail-on=worse", new=old)[0], 0)
        # Of an exact unit the change itself; from nothing, any.
        count = self.write("count", lines("A", noisy(1, 100)) + lines("B", noisy(2, 100))
                           + lines("A", [4], "allocs/op"))
        self.assertEqual([run(f"--fail-on=worse:{p}", new=count)[0] for p in (33, 34)], [1, 0])
        zero = self.write("zero", lines("A", [0], "allocs/op"))
        some = self.write("some", lines("A", [1], "allocs/op"))
        self.assertEqual(self.tare(zero, some, "--fail-on=worse:500")[2], 1)
        for bad in ("better", "worse:", "worse:x", "worse:-1", "worse:nan", "worse5", ""):
            _, err, status = self.tare(old, worse, f"--fail-on={bad}")
            self.assertEqual(status, 2, bad)

    def test_fail_on_never_passes_what_it_could_not_judge(self):
        old = self.write("old", lines("A", noisy(1, 100)) + lines("B", noisy(2, 100)))
        for name, text, said in (
                ("gone", lines("A", noisy(3, 100)), "B in 'gone': ns/op: the row is gone"),
                ("absent", lines("A", noisy(3, 100)) + "# absent B: no io_uring\n",
                 "B in 'absent': ns/op: the row is gone: no io_uring"),
                ("few", lines("A", noisy(3, 100)) + lines("B", [100]),
                 "could see no change"),
                ("failed", lines("A", noisy(3, 100)) + "# error B: died\n",
                 "B failed in 'failed'")):
            self.write(name, text)
            _, err, status = self.tare(old, name, "--fail-on=worse")
            self.assertEqual(status, 4, err)
            self.assertIn(said, err)
        new = self.write("new", lines("A", noisy(4, 100)) + lines("B", noisy(5, 100))
                         + lines("C", noisy(6, 100)))
        self.assertEqual(self.tare(old, new, "--fail-on=worse")[2], 0)  # one more is no loss
        for unit, values, said in (("apples", noisy(9, 200), "nobody says which way is good"),
                                   ("syscalls/op", [9], "nothing was compared that could have")):
            one = self.write("one", lines("A", [100 + i for i in range(9)][:len(values)], unit))
            two = self.write("two", lines("A", values, unit))
            _, err, status = self.tare(one, two, "--fail-on=worse")
            self.assertEqual(status, 4)
            self.assertIn(said, err)
        # A unit that a later column has nowhere, where columns are no files; a new one is no loss.
        both = lines("A/of=a", noisy(1, 100)) + lines("A/of=b", noisy(2, 100))
        for has, status_of_it in (("a", 4), ("b", 0)):
            one = self.write("one", both + lines(f"A/of={has}", [3], "allocs/op"))
            _, err, status = self.tare(one, "--col=/of", "--fail-on=worse")
            self.assertEqual(status, status_of_it, err)
            self.assertEqual("A in 'b': allocs/op: the unit is gone" in err, status_of_it == 4)
        # What is worse does not hide what could not be judged.
        one = self.write("one", lines("A", noisy(1, 100)) + lines("B", noisy(2, 100)))
        two = self.write("two", lines("A", noisy(3, 200)))
        _, err, status = self.tare(one, two, "--fail-on=worse")
        self.assertEqual(status, 4)
        self.assertIn("worse: A in 'two'", err)

    def test_rows_that_vanished_are_counted(self):
        old = self.write("old", lines("A", noisy(1, 100)) + lines("B", [1]) + lines("C", [1]))
        new = self.write("new", lines("A", noisy(2, 100)) + lines("D", [1]))
        self.assertRegex(self.tare(old, new)[0], r"\n0 changed \(0 worse\), .* 2 gone, 1 new\. ")
        report = json.loads(self.tare(old, new, "--format=json")[0])
        jsonschema.validate(report, SCHEMA)
        self.assertEqual((report["gone"], report["new"]), (2, 1))
        self.assertNotIn("gone", self.tare(old, old)[0])
        # A unit that a file has nowhere is missing as much.
        old = self.write("old", lines("A", noisy(1, 100)) + lines("A", [3], "allocs/op"))
        new = self.write("new", lines("A", noisy(2, 100)))
        out, err, status = self.tare(old, new, "--fail-on=worse")
        self.assertEqual(status, 4)
        self.assertRegex(out, r"A +3 +- +not in new\n")
        self.assertIn("A in 'new': allocs/op: the row is gone", err)

    def test_numbers_are_written_as_people_write_them(self):
        old = self.write("old", lines("A", [1], "allocs/op") + lines("A", [0.00001234] * 9))
        new = self.write("new", lines("A", [2500000], "allocs/op") + lines("A", [0.00001234] * 9))
        out, _, _ = self.tare(old, new)
        self.assertIn("+2499999 (+249999900 %)", out)
        self.assertIn(" 0.0000123 ", out)
        one, two = (self.write(name, lines("A", noisy(name, 9))) for name in ("one", "two"))
        self.assertIn(". 1 test; called", self.tare(one, two)[0])
        self.assertNotRegex(re.sub(r"\d+e-\d+ \(", "", out), r"\de[+-]\d")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
