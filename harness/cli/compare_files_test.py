# SPDX-License-Identifier: Apache-2.0
# Files of Google Benchmark's users, through `tare compare`, `tare gate` and `tare budget`.
"""usage: compare_files_test.py TARE TESTDATA"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TARE, TESTDATA = (pathlib.Path(path).resolve() for path in sys.argv[1:3])

BUDGETS = ('version = 1\n[recorded]\nhost_name = "lap*"\n[gate]\nbudgets = [\n'
           '  { benchmark = "A", allocs = 1, bytes = 8 },\n]\n')


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text, encoding="utf-8"):
        (pathlib.Path(self.folder.name) / name).write_bytes(
            text if isinstance(text, bytes) else text.encode(encoding))
        return name

    def tare(self, *arguments):
        done = subprocess.run([TARE, *(TESTDATA / a if (TESTDATA / a).is_file() else a
                                       for a in arguments)],
                              cwd=self.folder.name, capture_output=True, timeout=100, text=True)
        return done.stdout, done.stderr, done.returncode

    def columns(self, *arguments, status=0):
        """The rows of a comparison with what each column has, of ns/op."""
        out, err, got = self.tare("compare", "--format=json", *arguments)
        self.assertEqual(got, status, err)
        rows = {}
        for cell in json.loads(out)["cells"]:
            if cell["unit"] == "ns/op":
                rows.setdefault(cell["row"], []).append(cell.get("center"))
        return rows

    def with_context(self, name, **context):
        text = json.loads((TESTDATA / "laptop.json").read_text("utf-8"))
        text["context"].update(context)
        text["benchmarks"][0].update({"allocs/op": 1, "B/op": 8})
        return self.write(name, json.dumps(text))

    def test_skipped_is_absent_and_no_change(self):
        self.assertEqual(self.columns("ran.json", "skipped.json"),
                         {"Gpu": [102, None], "Cpu": [102, 102]})
        out, _, _ = self.tare("compare", "ran.json", "skipped.json")
        self.assertRegex(out, r"Gpu .*no GPU here\n")
        budgets = self.write("b.toml", 'version = 1\n[gate]\nbudgets = [\n'
                             '  { benchmark = "Gpu", allocs = 0, bytes = 0 },\n'
                             '  { benchmark = "Cpu", unbudgeted = "times" },\n]\n')
        out, _, status = self.tare("gate", "skipped.json", "--budgets", budgets)
        self.assertEqual(status, 4)
        self.assertIn("Gpu: absent here: no GPU here; it has a budget", out)

    def test_how_it_is_run_tells_rows_apart(self):
        for name, rows in (("iterations.json",
                            {"Work/iterations:10": [500], "Work/iterations:100000": [100]}),
                           ("min-time.json",
                            {"Work/min_time:0.010": [120], "Work/min_time:2.000": [100]})):
            self.assertEqual(self.columns(name, status=4), rows)

    def test_unlike_machines_are_refused(self):
        _, err, status = self.tare("compare", "laptop.json", "server.json")
        self.assertEqual(status, 4)
        for said in ("times are not compared", "host_name: ", "num_cpus: '2', '64'",
                     "mhz_per_cpu: '1200', '3900'", "cpu_scaling_enabled: 'true', 'false'",
                     "--ignore KEY", "--force"):
            self.assertIn(said, err)
        self.assertEqual(self.columns("laptop.json", "server.json", "--force"), {"A": [200, 100]})
        self.assertEqual(
            self.columns("laptop.json", "server.json",
                         "--ignore=host_name,num_cpus,mhz_per_cpu,cpu_scaling_enabled"),
            {"A": [200, 100]})

    def test_two_runs_of_one_machine_compare(self):
        self.assertEqual(self.columns(self.with_context("a", mhz_per_cpu=2399),
                                      self.with_context("b", mhz_per_cpu=2401)), {"A": [200, 200]})
        _, err, status = self.tare("compare", "a", self.with_context("c", Flavour="two"))
        self.assertEqual(status, 4)
        self.assertIn("flavour: (not said), 'two'", err)

    def test_recorded_budgets_hold_for_json(self):
        budgets = self.write("b.toml", BUDGETS)
        _, err, status = self.tare("gate", self.with_context("a"), "--budgets", budgets)
        self.assertEqual((err, status), ("", 0))
        out, _, status = self.tare("gate", self.with_context("b", host_name="server"),
                                   "--budgets", budgets)
        self.assertEqual(status, 4)
        self.assertIn("it holds for host_name 'lap*', these results are of 'server'", out)

    def test_a_nan_counter_costs_itself(self):
        said = ("nan-counter.json:20: A: hit_rate is NaN, which is no measurement: left out, "
                "the row is kept")
        text = (TESTDATA / "nan-counter.json").read_text("utf-8")
        old = self.write("old", text.replace("NaN", "0.25"))
        self.assertEqual(self.columns(old, "nan-counter.json"), {"A": [102, 102], "B": [102, 102]})
        out, err, status = self.tare("compare", old, "nan-counter.json")
        self.assertEqual((err.count("\n"), status), (1, 0))
        self.assertIn(said, err)
        self.assertRegex(out, r"\nA +0\.25 +- .*hit_rate is NaN, which is no measurement\n")
        budgets = self.write("b.toml", 'version = 1\n[gate]\nbudgets = [\n'
                             '  { benchmark = "*", unbudgeted = "times" },\n]\n')
        _, err, _ = self.tare("gate", "nan-counter.json", "--budgets", budgets)
        self.assertIn(said, err)

    def test_byte_order_marks(self):
        self.assertEqual(self.columns("bom.txt", status=4), {"First-8": [10.5], "A-8": [10.5]})
        self.assertEqual(self.columns("bom.json", status=4), {"A": [102]})
        plain = self.write("plain", "cpu: Other CPU\nBenchmarkA-8 1000 10.5 ns/op\n")
        _, err, status = self.tare("compare", "bom-key.txt", plain)
        self.assertEqual(status, 4)
        self.assertIn("cpu: 'Some CPU', 'Other CPU'", err)
        budgets = self.write("b.toml", "\ufeff" + BUDGETS)
        for results in ("bom.txt", "bom.json"):
            out, _, _ = self.tare("gate", results, "--budgets", budgets)
            self.assertNotIn("truncated", out)
            self.assertNotIn("no line of the result format", out)
        _, err, status = self.tare("budget", "update", self.with_context("a"), "--budgets", budgets)
        self.assertEqual((err, status), ("", 0))

    def test_utf_16_is_named_everywhere(self):
        text = "BenchmarkA 1000 10.5 ns/op\n"
        for encoding, name in (("utf-16", "UTF-16LE"), ("utf-16-le", "UTF-16LE"),
                               ("utf-16-be", "UTF-16BE")):
            said = f"f:1: the file is {name}"
            self.write("f", text, encoding)
            _, err, status = self.tare("compare", "f", "f")
            self.assertEqual(status, 4)
            self.assertIn(said, err)
            self.write("b.toml", BUDGETS)
            out, _, status = self.tare("gate", "f", "--budgets", "b.toml")
            self.assertEqual(status, 4)
            self.assertIn(f"the file is {name}", out)
            self.assertIn("[f:1]", out)
            self.write("f", BUDGETS, encoding)
            for command in (("gate", "laptop.json"), ("budget", "explain", "A"),
                            ("budget", "update", "laptop.json")):
                _, err, status = self.tare(*command, "--budgets", "f")
                self.assertEqual(status, 2, command)
                self.assertIn(said, err)

    def test_files_with_former_names_are_pointed_at(self):
        old = self.write("old", "BenchmarkA/size=8/threads=2 1000 10 ns/op\n")
        new = self.write("new", "BenchmarkA/size=8/real_time/threads=2 1000 10 ns/op\n")
        _, err, _ = self.tare("compare", old, new)
        self.assertIn("1 row is called otherwise, for names say how a benchmark is run now: "
                      "'A/size=8/threads=2' in 'old' is 'A/size=8/real_time/threads=2' in 'new'",
                      err)
        both = self.write("both", "BenchmarkA 1 1 ns/op\nBenchmarkA/real_time 1 1 ns/op\n")
        self.assertNotIn("called otherwise", self.tare("compare", both, old)[1])

    def test_a_budget_for_a_former_name_is_pointed_at(self):
        budgets = self.write("b.toml", 'version = 1\n[gate]\nbudgets = [\n'
                             '  { benchmark = "Work", allocs = 0, bytes = 0 },\n]\n')
        out, _, status = self.tare("gate", "iterations.json", "--budgets", budgets)
        self.assertEqual(status, 4)
        self.assertIn("so the one in b.toml:4 for Work is to be for Work/iterations:10", out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
