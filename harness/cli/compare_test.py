# SPDX-License-Identifier: Apache-2.0
# `tare compare` as a user runs it: verdicts, columns, forms, and what it refuses to compare.
"""usage: compare_test.py TARE FAKE_BENCH"""

import csv
import io
import pathlib
import random
import re
import subprocess
import sys
import unittest

from compare_case import CompareCase, FAKE_BENCH, TARE, UNITS, lines, noisy


class CompareTest(CompareCase):


    def test_changed_same_and_cannot_tell(self):
        old = self.write("old", lines("Slow", noisy(1, 100)) + lines("Same", noisy(2, 100, 20))
                         + lines("Noisy", noisy(3, 100, 9, 0.3)) + lines("Few", [100, 101]))
        new = self.write("new", lines("Slow", noisy(4, 130)) + lines("Same", noisy(5, 100, 20))
                         + lines("Noisy", noisy(6, 100, 9, 0.3)) + lines("Few", [103, 104]))
        cells = self.cells(old, new)
        slow = cells["Slow", "new", "ns/op"]
        self.assertEqual((slow["verdict"], slow["better"], slow["base"]), ("changed", False, "old"))
        self.assertAlmostEqual(slow["ratio"], 1.3, delta=0.03)
        self.assertLess(slow["ratio_low"], 1.3)
        same = cells["Same", "new", "ns/op"]
        self.assertEqual(same["verdict"], "same")
        self.assertLess(same["same_within"], 0.05)
        noise = cells["Noisy", "new", "ns/op"]
        self.assertEqual(noise["verdict"], "cannot_tell")
        self.assertGreater(noise["detectable"], 0.1)
        few = cells["Few", "new", "ns/op"]
        # Four tests: alpha / 4 = 0.0125 needs 5 values a side (2 / 252), for 2 / 70 is above it.
        self.assertEqual((few["verdict"], few["least_n"]), ("cannot_tell", 5))
        out, _, _ = self.tare(old, new)
        for text in ("changed: worse", "same within", "could see no change, 5 a side could",
                     "1 changed (1 worse), 1 same, 2 cannot be told. 3 tests"):
            self.assertIn(text, out)

    def test_p_that_benchstat_gets_wrong(self):
        old = self.write("old", lines("A", [1, 1, 1, 1, 1, 1, 0, 1, 1, 1], "hits"))
        new = self.write("new", lines("A", [1, 0], "hits"))
        self.assertAlmostEqual(self.cells(old, new)["A", "new", "hits"]["p"], 0.636, places=3)
        out, _, _ = self.tare("--compat=benchstat", old, new)
        self.assertIn("-50.00% (n=10+2)", out)

    def test_holm_over_the_report(self):
        def sides(rows):
            # Samples of 4 that do not overlap: p = 2/70 each, which no report of several bears.
            return ([self.write("old", "".join(lines(f"R{i}", [1, 2, 3, 4]) for i in range(rows))),
                     self.write("new", "".join(lines(f"R{i}", [5, 6, 7, 8]) for i in range(rows)))])
        self.assertEqual(self.cells(*sides(1))["R0", "new", "ns/op"]["verdict"], "changed")
        two = self.cells(*sides(2))["R0", "new", "ns/op"]
        self.assertEqual(two["verdict"], "cannot_tell")
        self.assertAlmostEqual(two["p_holm"], 4 / 70)

    def test_what_cannot_be_called_is_not_corrected_for(self):
        def side(shift):
            return "".join(lines(f"R{i}", [shift + k for k in range(1, 6)])
                           + lines(f"R{i}", [40 + i], "syscalls/op")
                           + lines(f"S{i}", [shift]) for i in range(6))
        old, new = self.write("old", side(0)), self.write("new", side(5))
        cells = self.cells(old, new)
        time, calls, single = (cells[key] for key in (
            ("R0", "new", "ns/op"), ("R0", "new", "syscalls/op"), ("S0", "new", "ns/op")))
        self.assertEqual(time["verdict"], "changed")
        self.assertAlmostEqual(time["p_holm"], 6 * 2 / 252)
        self.assertEqual((calls["verdict"], "p" in calls), ("counted_once", False))
        self.assertEqual((single["verdict"], single["least_n"]), ("cannot_tell", 6))
        self.assertIn(" 6 tests;", self.tare(old, new)[0])

    def test_large_samples(self):
        old = self.write("old", lines("A", noisy(1, 100, 1500)) + lines("B", noisy(2, 100, 200)))
        new = self.write("new", lines("A", noisy(3, 200, 1500)) + lines("B", noisy(4, 100, 200)))
        cells = self.cells(old, new)
        changed, same = cells["A", "new", "ns/op"], cells["B", "new", "ns/op"]
        self.assertEqual((changed["verdict"], changed["p"], changed["approximate"]),
                         ("changed", 1e-300, True))
        self.assertLess(changed["ratio_high"], 2.01)
        self.assertEqual((same["verdict"], same["approximate"]), ("same", True))
        self.assertRegex(self.tare(old, new)[0], r"<1e-290 \(<1e-290\) approx\.")

    def test_an_interval_does_not_contradict_its_verdict(self):
        old = self.write("old", lines("A", [1] * 5))
        new = self.write("new", lines("A", [1, 2, 2, 2, 2]))
        self.assertRegex(self.tare(old, new)[0], r"\(\+0\.0, \+100\.0\] +0\.0476 .*changed: worse")
        pairs = "".join(lines("A/x=1", [v]) + lines("A/x=2", [w])
                        for v, w in zip([100] * 9, [100] * 3 + [101, 102, 103, 104, 105, 106]))
        one = self.write("one", pairs)
        self.assertRegex(self.tare(one, "--col=/x")[0],
                         r"\(\+0\.0, \+\d.*\] +0\.0312 .*changed: worse")

    def test_a_refused_line_leaves_a_hole_in_its_round(self):
        chance = random.Random(3)
        moods = [chance.uniform(1, 20) for _ in range(12)]
        def text(a_hole, b_hole, bad):
            return "".join(
                lines("S/T/variant=floor", [90 * mood if k != b_hole else bad])
                + lines("S/T/variant=a", [100 * mood if k != a_hole else bad])
                + lines("S/T/variant=b", [101 * mood if k != b_hole else bad])
                for k, mood in enumerate(moods))
        for bad in ("NaN", "x"):
            one = self.write("one", text(1, 8, bad))
            cells = self.cells(one, "--col=variant@(a b)", status=4)
            self.assertEqual([cells["S/T", v, "ns/op"]["n"] for v in "ab"], [11, 11])
            b = cells["S/T", "b", "ns/op"]
            self.assertEqual((b["paired"], round(b["ratio"], 6), round(b["ratio_low"], 6)),
                             (True, 1.01, 1.01))
        # Which rounds are missing is not known: no pairs.
        one = self.write("one", "".join(text(20, 20, 0).splitlines(True)[:-1]))
        cells = self.cells(one, "--col=variant")
        b = cells["S/T", "b", "ns/op"]
        self.assertEqual((b["paired"], b["weighed_in_rounds"]), (False, False))
        self.assertTrue(cells["S/T", "a", "ns/op"]["weighed_in_rounds"])
        self.assertRegex(self.tare(one, "--col=variant")[0], r"1\.\d+ unpaired")

    def test_false_alarms_on_1000_null_comparisons(self):
        chance, alarmed, told_same = random.Random(7), 0, 0
        for _ in range(20):
            rows = [(f"R{i}", chance.random()) for i in range(50)]
            old, new = (
                self.write(side, "".join(lines(name, noisy(f"{side}{seed}", 100, 9, 0.05))
                                         for name, seed in rows)) for side in ("old", "new"))
            verdicts = [c["verdict"] for c in self.cells(old, new, "--margin=0.1").values()
                        if "verdict" in c]
            self.assertEqual(len(verdicts), 50)
            alarmed += "changed" in verdicts
            told_same += verdicts.count("same")
        print(f"null comparisons: {alarmed} of 20 reports of 50 call a change, "
              f"{told_same} of 1000 are shown to be the same within 10 %")
        # At most one in 20 expected; five has a probability below 0.003.
        self.assertLess(alarmed, 5)
        self.assertGreater(told_same, 500)

    def test_values_that_are_not_positive_have_no_ratio(self):
        old = self.write("old", lines("A", [0, 1] * 6, "hits") + lines("B", [-1], "hits"))
        new = self.write("new", lines("A", [1, 0, 1, 1] * 3, "hits") + lines("B", [1], "hits"))
        cells = self.cells(old, new)
        a, b = cells["A", "new", "hits"], cells["B", "new", "hits"]
        self.assertEqual((a["verdict"], a["detectable_difference"]), ("cannot_tell", 1))
        self.assertNotIn("ratio", a)
        self.assertEqual((b["verdict"], b["difference"], b["least_n"]), ("cannot_tell", 2, 5))
        self.assertIn("n=12 could see a difference of 1.00", self.tare(old, new)[0])

    def test_a_file_that_says_nothing(self):
        old = self.write("old", lines("A", noisy(1, 100)) + "PASS\nok  \tx\t1.2s\n")
        empty = self.write("empty", "PASS\n", head="")
        _, err, status = self.tare(old, empty)
        self.assertEqual((err.splitlines()[0], status), ("tare: no result in 'empty'", 4))
        self.assertEqual(self.tare(empty, empty)[1:], (
            "tare: no result in 'empty#0'\ntare: no result in 'empty#1'\n"
            "tare: nothing was compared: there is no result\n", 4))
        new = self.write("new", lines("B", noisy(1, 100)))
        _, err, status = self.tare(old, new, "--filter=.name:A")
        self.assertEqual((err.splitlines()[0], status),
                         ("tare: no result in 'new' that matches the filter", 4))
        cut = self.write("cut", lines("A", noisy(1, 100))[:-4])
        _, err, status = self.tare(old, cut)
        self.assertEqual((err, status),
                         ("cut:14: the last line has no end: the file is truncated\n", 4))

    def test_exact_units(self):
        old = self.write("old", lines("Up", [3, 3], "allocs/op") + lines("Eq", [0], "allocs/op")
                         + lines("Var", [1, 2], "allocs/op") + lines("New", [0], "allocs/op"))
        new = self.write("new", lines("Up", [2, 2], "allocs/op") + lines("Eq", [0], "allocs/op")
                         + lines("Var", [1, 1], "allocs/op") + lines("New", [4], "allocs/op"))
        cells = self.cells(old, new, status=4)  # for Var
        got = {row: cells[row, "new", "allocs/op"] for row in ("Up", "Eq", "Var", "New")}
        self.assertEqual([got[row]["verdict"] for row in got],
                         ["changed", "same", "unstable", "changed"])
        self.assertTrue(got["Up"]["better"])
        self.assertEqual(got["New"]["difference"], 4)
        self.assertNotIn("p", got["Up"])
        out, _, _ = self.tare(old, new)
        self.assertIn("unstable: exact values range from 1 to 2", out)

    def test_backends_side_by_side_with_pairs_floor_and_reasons(self):
        chance = random.Random(9)
        rounds = [chance.uniform(1, 3) for _ in range(9)]  # the machine's mood
        text = "".join(
            lines("S/T/variant=floor/size=8", [1000 * mood])
            + lines("S/T/variant=reference/backend=epoll/size=8", [1250 * mood + i])
            + lines("S/T/variant=reference/backend=io_uring/size=8", [1100 * mood + 2 * i])
            for i, mood in enumerate(rounds))
        text += "# absent S/T/variant=reference/backend=kqueue/size=8: not on this system\n"
        one = self.write("one", text)
        cells = self.cells(one, "--col", "backend")
        reference = "S/T/variant=reference/size=8"
        ring = cells[reference, "io_uring", "ns/op"]
        self.assertEqual((ring["base"], ring["paired"], ring["verdict"]),
                         ("epoll", True, "changed"))
        self.assertAlmostEqual(ring["ratio"], 0.88, delta=0.01)
        self.assertAlmostEqual(ring["floor_ratio"], 1.1, delta=0.01)
        self.assertGreater(ring["tare"], 100)
        self.assertEqual(cells[reference, "kqueue", "ns/op"]["empty_because"],
                         "not on this system")
        # Taken apart, the mood hides it.
        apart = self.cells(one, "--col", "backend", "--pairs=never")[reference, "io_uring", "ns/op"]
        self.assertEqual((apart["paired"], apart["verdict"]), (False, "cannot_tell"))
        out, _, _ = self.tare(one, "--col", "backend")
        self.assertIn("not in kqueue: not on this system", out)
        self.assertRegex(out, r"vs floor +tare")

    def test_unlike_machines_are_refused(self):
        counts = lines("A", [1], "allocs/op") + lines("A", noisy(1, 100))
        old = self.write("old", counts)
        new = self.write("new", counts, "os: linux\ncpu: B\nkernel: 6\n" + UNITS)
        out, err, status = self.tare(old, new)
        self.assertEqual(status, 4)
        self.assertIn("times are not compared: the results differ in cpu: 'A', 'B'", err)
        self.assertIn("allocs/op", out)  # exact counts are
        self.assertNotIn("ns/op", out)
        other = self.write("other", counts, "os: windows\ncpu: A\nkernel: 6\n" + UNITS)
        out, err, status = self.tare(old, other)
        self.assertEqual((out, status), ("", 4))
        self.assertIn("not compared: the results differ in os: 'linux', 'windows'", err)
        for flags in (("--force",), ("--ignore=cpu",), ("--col=cpu",)):
            self.assertEqual(self.tare(old, new, *flags)[2], 0, flags)

    def test_what_one_cell_must_not_take_together(self):
        rows = "".join(lines(f"S/T/variant=v/backend={b}", noisy(b, center))
                       for b, center in (("epoll", 100), ("poll", 130)))
        one, two = self.write("one", rows), self.write("two", rows)
        self.assertEqual(self.cells(one, "--col=backend")
                         ["S/T/variant=v", "poll", "ns/op"]["verdict"], "changed")
        for arguments, what in (((one, two, "--col=backend"), ".file"),
                                ((one, "--row=.name", "--col=variant"), ".fullname")):
            cells = self.cells(*arguments, status=4)
            self.assertFalse({c.get("verdict") for c in cells.values()} - {"mixed", None}, cells)
            self.assertFalse([c for c in cells.values() if "p" in c or "ratio" in c])
            self.assertIn(f"results together that differ in {what}, first 'S", self.tare(
                *arguments)[1])
        # Asked for, they are; but the k-th values of two files are no round.
        cell = self.cells(one, two, "--col=backend", "--ignore=.file")[
            "S/T/variant=v", "poll", "ns/op"]
        self.assertEqual((cell["n"], cell["paired"]), (18, False))
        self.assertEqual(self.tare("two=one", "two")[1:],
                         ("tare: two files are called 'two': give each a label of its own\n", 2))

    def test_unmatched_rows_are_listed(self):
        old = self.write("old", lines("A", [1]) + lines("B", [1]))
        new = self.write("new", lines("B", [1]) + lines("C", [1]))
        out, _, _ = self.tare(old, new, "--only-changed")
        self.assertRegex(out, r"A .* not in new\n")
        self.assertRegex(out, r"C .* not in old\n")
        self.assertNotRegex(out, r"\nB ")

    def test_order_by_effect(self):
        old = self.write("old", "".join(lines(r, [100, 101, 102, 103, 104, 105]) for r in "ABC"))
        new = self.write("new", lines("A", [110, 111, 112, 113, 114, 115])
                         + lines("B", [50, 51, 52, 53, 54, 55])
                         + lines("C", [100, 101, 102, 103, 104, 105]))
        out, _, _ = self.tare(old, new, "--sort=effect")
        self.assertEqual(re.findall(r"^([ABC]) ", out, re.MULTILINE), ["B", "A", "C"])

    def test_forms(self):
        old = self.write("old", lines("A|b", noisy(1, 100)))
        new = self.write("new", lines("A|b", noisy(2, 50)))
        out, _, _ = self.tare(old, new, "--format=markdown")
        self.assertIn("| A\\|b |", out)
        self.assertIn("changed: better |\n", out)
        rows = list(csv.DictReader(io.StringIO(self.tare(old, new, "--format=csv")[0])))
        self.assertEqual([row["column"] for row in rows], ["old", "new"])
        self.assertEqual((rows[0]["table"], rows[0]["unit"]), ("", "ns/op"))
        self.assertEqual((rows[0]["verdict"], rows[1]["verdict"]), ("", "changed"))
        self.assertIn("\x1b[32m", self.tare(old, new, "--color=always")[0])
        self.assertNotIn("\x1b", self.tare(old, new)[0])

    def test_rows_that_failed_or_were_unstable_are_not_passed_over(self):
        old = self.write("old", "BenchmarkA 10 3 allocs/op\nBenchmarkB 10 3 allocs/op\n")
        new = self.write("new", "BenchmarkB 10 3 allocs/op\n# unstable A: 3/10 then 4/10\n"
                                "# error C: died\n")
        _, err, status = self.tare(old, new)
        self.assertEqual(status, 4)
        self.assertIn("A is unstable in 'new': 3/10 then 4/10", err)
        self.assertIn("C failed in 'new': died", err)
        self.assertEqual(self.tare(old, new, "--filter=.fullname:B")[2], 0)

    def test_parts_of_columns_and_names_of_keys(self):
        text = "".join(lines(f"S/T/variant={name}/size=8", values) for name, values in (
            ("floor", [100] * 9), ("a/mode=x", [250] * 9), ("b/mode=x", [300] * 9)))
        one = self.write("one", text)
        out, err, status = self.tare(one, "--col=mode", "--row=variant,size",
                                     "--show=value,floor,tare", "--format=markdown", "--force")
        # Each stands alone in its row, but is weighed against its floor, which was asked for.
        self.assertEqual((err, status), ("", 0))
        _, err, status = self.tare(one, "--col=mode", "--row=variant,size", "--force")
        self.assertEqual(status, 4)
        self.assertIn("nothing was compared", err)
        header, rule, floor, first, second = out.splitlines()
        self.assertEqual(header, "| ns/op | no mode: median \u00b7 vs floor \u00b7 tare | "
                                 "x: median \u00b7 vs floor \u00b7 tare |")
        self.assertEqual(rule, "| --- | ---: | ---: |")
        self.assertEqual([floor, first, second], [
            "| floor size=8 | 100 \u00b10.0 % \u00b7 1.000 \u00b7 0.00 | - |",
            "| a size=8 | - | 250 \u00b10.0 % \u00b7 2.500 \u00b7 +150 |",
            "| b size=8 | - | 300 \u00b10.0 % \u00b7 3.000 \u00b7 +200 |"])
        _, err, status = self.tare(one, "--show=colour")
        self.assertEqual(status, 2)
        self.assertIn("colour not in", err)

    def test_what_tare_writes_is_better_where_it_is_less(self):
        old = self.write("old", lines("A", noisy(1, 100)) + lines("A", noisy(2, 100), "apples"), "")
        new = self.write("new", lines("A", noisy(3, 200)) + lines("A", noisy(4, 200), "apples"), "")
        cells = self.cells(old, new)
        self.assertFalse(cells["A", "new", "ns/op"]["better"])
        self.assertNotIn("better", cells["A", "new", "apples"])

    def test_exact_without_a_unit_line(self):
        old = self.write("old", lines("A", [3], "allocs/op") + lines("A", [100, 101], "B/op"), "")
        new = self.write("new", lines("A", [5], "allocs/op") + lines("A", [100, 102], "B/op"), "")
        cells = self.cells(old, new)
        allocs, size = cells["A", "new", "allocs/op"], cells["A", "new", "B/op"]
        self.assertEqual((allocs["verdict"], allocs["better"]), ("changed", False))
        self.assertEqual(size["verdict"], "cannot_tell")  # of others' programs bytes may vary

    def test_what_a_file_says_does_not_drive_the_terminal(self):
        old = self.write("old", lines("A\x1b[31m", noisy(1, 100)))
        new = self.write("new", lines("A\x1b[31m", noisy(2, 100)))
        out, _, status = self.tare(old, new, "--color=never")
        self.assertEqual((status, "\x1b" in out), (0, False))
        self.assertIn("A\\x1b[31m", out)
        self.assertIn("A\x1b[31m", self.tare(old, new, "--format=csv")[0])

    def test_flags_that_make_no_sense(self):
        old = self.write("old", lines("A", noisy(1, 100)))
        new = self.write("new", lines("A", noisy(2, 100)))
        for flag, said in (("--alpha=nan", "'nan' is no number from 1e-9 to 0.49"),
                           ("--confidence=NaN", "'NaN' is no number from 0.01 to 0.999999"),
                           ("--margin=nan", "'nan' is no number from 0 to 10"),
                           ("--margin=-1", "'-1' is no number from 0 to 10")):
            out, err, status = self.tare(old, new, "--format=json", flag)
            self.assertEqual((out, status), ("", 2), flag)
            self.assertIn(said, err)
        for flag in ("--only-changed", "--sort=effect", "--show=value"):
            for form in ("csv", "json"):
                out, err, status = self.tare(old, new, flag, f"--format={form}")
                self.assertEqual((out, status), ("", 2))
                self.assertIn(f"are for text and markdown: {form} has every cell", err)

    def test_exit_statuses_are_the_commands_own(self):
        old = self.write("old", lines("A", noisy(1, 100)))
        self.assertIn("0    everything was compared, whatever came out", self.tare("--help")[0])
        worse = self.write("worse", lines("A", noisy(1, 200)))
        # Whatever else holds, a report that nobody got is a fault; but for a command misused.
        for arguments in ((old, old), ("--compat=benchstat", old), (old,),
                          (old, worse, "--fail-on=worse")):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([TARE, "compare", *arguments], cwd=self.folder.name,
                                      stdout=full, stderr=subprocess.PIPE, timeout=100, text=True)
            self.assertEqual((done.returncode, done.stderr.splitlines()[-1]),
                             (5, "tare: standard output could not be written"))
        for command, statuses in (("compare", "01245"), ("list", "025"), ("run", "0245"),
                                  ("gate", "012345"), ("explain", "0245"), ("budget", "01245"),
                                  ("budget explain", "0245"), ("budget update", "0125")):
            done = subprocess.run([TARE, *command.split(), "--help"], capture_output=True,
                                  check=True, timeout=100, text=True)
            listed = re.findall(r"^  (\d)    ", done.stdout.split("Exit status")[1], re.MULTILINE)
            self.assertEqual("".join(listed), statuses, command)
        self.assertEqual(self.tare("--compat=benchstat", "gone")[2], 0)  # as in the original

    def test_an_interrupted_run(self):
        old = self.write("old", lines("A", noisy(1, 100)))
        new = self.write("new", lines("A", noisy(2, 100)) + "# partial: interrupted by signal 2\n")
        _, err, status = self.tare(old, new)
        self.assertEqual((err, status), (
            "tare: the run of 'new' was interrupted: partial: interrupted by signal 2\n", 4))

    def test_from_two_runs_to_a_decision(self):
        bin_dir = pathlib.Path(self.folder.name) / "bin"
        bin_dir.mkdir()
        (bin_dir / "bench_good").symlink_to(FAKE_BENCH)
        for side in ("before", "after"):
            subprocess.run([TARE, "run", "--suite", "good", "-o", side, "--bin-dir", bin_dir],
                           cwd=self.folder.name, check=True, capture_output=True, timeout=100)
        out, err, status = self.tare("before/good.txt", "after/good.txt")
        self.assertEqual((err, status), ("", 0))
        self.assertIn("allocs/op", out)
        self.assertRegex(out, r"variant=reference/backend=epoll/size=64 .* equal\n")
        self.assertRegex(out, r"\d+ changed \(\d+ worse\)")

    def test_bad_input_is_named_and_judged(self):
        old = self.write("old", lines("A", [1]) + "BenchmarkB x 1 ns/op\nsome log\n"
                         "BenchmarkC 1 NaN ns/op\n", head="")
        new = self.write("new", lines("A", [1]))
        _, err, status = self.tare("--force", old, new)
        self.assertEqual(status, 4)
        self.assertIn("old:2: parsing iteration count: invalid syntax", err)
        self.assertIn("old:3: ignored", err)
        self.assertIn("old:4: ns/op is NaN, which is no measurement", err)
        for arguments, said in ((("gone", new), "open gone: no such file or directory"),
                                ((new, "--filter=x"), "expected key:value"),
                                ((new, "--filter=size:9"), "no result matches"),
                                ((new, "--col=a@b"), "unknown order"),
                                ((new, "--compat=benchstat"), "must be the first argument"),
                                ((), "files is required")):
            _, err, status = self.tare(*arguments)
            self.assertEqual(status, 2, arguments)
            self.assertIn(said, err)
        _, err, status = self.tare(new)
        self.assertEqual(status, 4)
        self.assertIn("nothing was compared", err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
