# SPDX-License-Identifier: Apache-2.0
# Words of the command: what it prints on a terminal, what it lists, what it does not overwrite.
"""usage: words_test.py TARE FAKE_BENCH COUNTER_BENCH OUTCOME_BENCH"""

import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

TARE, FAKE_BENCH, COUNTER_BENCH, OUTCOME_BENCH = (
    pathlib.Path(path).resolve() for path in sys.argv[1:5])


def lines(name, values, unit="ns/op"):
    return "".join(f"Benchmark{name} 1000 {value} {unit}\n" for value in values)


class WordsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        (self.bin / "bench_good").symlink_to(FAKE_BENCH)

    def run_tare(self, *arguments):
        done = subprocess.run([TARE, *arguments], cwd=self.folder, capture_output=True,
                              timeout=100, text=True)
        return done.stdout, done.stderr, done.returncode

    def on_terminal(self, program, *arguments, columns=80, **environment):
        """What the program prints on a terminal that wide; standard error goes elsewhere."""
        terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
        process = subprocess.Popen([program, *arguments], cwd=self.folder, stdout=end,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**env, "TERM": "xterm", **environment})
        os.close(end)
        out = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # what Linux says when the last writer is gone
                piece = b""
            if not piece:
                break
            out += piece
        os.close(terminal)
        self.assertIn(process.wait(timeout=100), (0, 4))
        return out.decode().replace("\r\n", "\n")

    def two_files(self):
        for name, base in (("old", 100), ("new", 200)):
            text = "".join(
                lines(f"Suite/Scenario/variant=floor/size={size}", [base / 2 + i for i in range(9)])
                + lines(f"Suite/Scenario/variant=reference/backend=epoll/size={size}",
                        [base + i for i in range(9)]) for size in (64, 4096))
            (self.folder / name).write_text(text)

    def test_colours_are_for_terminals_that_want_them(self):
        self.two_files()
        compare = ("compare", "old", "new")
        self.assertIn("\x1b[31mchanged: worse\x1b[0m", self.on_terminal(TARE, *compare))
        self.assertIn("\x1b[31m", self.on_terminal(TARE, *compare, NO_COLOR=""))
        for settings in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", self.on_terminal(TARE, *compare, **settings))
            self.assertIn("\x1b[31m",
                          self.on_terminal(TARE, *compare, "--color=always", **settings))
        self.assertNotIn("\x1b", self.run_tare(*compare)[0])

    def test_tables_fit_the_terminal(self):
        self.two_files()
        self.run_tare("run", "--bin-dir", "bin", "-o", "one", "--rounds", "9")
        for arguments in (("compare", "old", "new"), ("compare", "one", "--col=backend"),
                          ("list", "--bin-dir", "bin"),
                          ("run", "--bin-dir", "bin", "--rounds", "9")):
            for columns in (80, 60):
                out = self.on_terminal(TARE, *arguments, columns=columns)
                wide = [line for line in re.sub("\x1b\\[\\d*m", "", out).splitlines()
                        if len(line) > columns and " " in line.strip()]
                self.assertEqual(wide, [], out)
        wide = self.on_terminal(TARE, "compare", "old", "new", "--color=never", columns=400)
        self.assertEqual(wide, self.run_tare("compare", "old", "new")[0])
        # Nothing that matters is left out.
        self.assertEqual(self.on_terminal(TARE, "compare", "old", "new").count("worse\x1b"), 4)

    def test_list_as_json_and_by_filter(self):
        out, err, status = self.run_tare("list", "--bin-dir", "bin", "--json")
        self.assertEqual((err, status), ("", 0))
        listed = json.loads(out)
        (suite,) = listed["suites"]
        self.assertEqual((listed["schema_version"], suite["suite"], len(suite["rows"])),
                         (1, "good", 6))
        self.assertEqual(suite["rows"][0],
                         {"name": "Fake/Echo/variant=floor/size=64", "quick": True})
        (absent,) = [row for row in suite["rows"] if "absent" in row]
        self.assertEqual(absent["absent"], "kqueue is not on Linux")
        out, _, _ = self.run_tare("list", "--bin-dir", "bin", "--json", "--filter", "variant=floor")
        self.assertEqual(len(json.loads(out)["suites"][0]["rows"]), 2)
        out, _, _ = self.run_tare("list", "--bin-dir", "bin", "--filter", "hand_loop")
        self.assertEqual(out.splitlines()[0], "good: 1 row, 1 quick, 0 absent")
        for bad, said in (("none", "no row matches --filter 'none'"),
                          ("(", "--filter '(' is no regular expression")):
            out, err, status = self.run_tare("list", "--bin-dir", "bin", "--filter", bad)
            self.assertEqual((out, status), ("", 2))
            self.assertIn(said, err)

    def test_results_are_not_overwritten_unasked(self):
        run = ("run", "--bin-dir", "bin", "--counts-only", "-o", "results")
        self.assertEqual(self.run_tare(*run)[2], 0)
        file = self.folder / "results/good.txt"
        file.write_text("mine\n")
        out, err, status = self.run_tare(*run)
        self.assertEqual((out, status), ("", 2))
        self.assertEqual(err, "tare: results/good.txt holds the results of another run: name "
                              "another directory, or give --force to overwrite them\n")
        self.assertEqual(file.read_text(), "mine\n")
        (self.bin / "bench_other").symlink_to(FAKE_BENCH)
        self.assertEqual(self.run_tare(*run, "--suite", "other")[2], 0)  # a file of its own
        self.assertEqual(self.run_tare(*run, "--suite", "good", "--force")[2], 0)
        self.assertIn("BenchmarkFake", file.read_text())

    def test_counters_of_a_program_are_columns(self):
        out, err, status = self.run_tare("run", "--exe", COUNTER_BENCH, "-o", "results",
                                         "--filter", "Counters", "--rounds", "2",
                                         "--min-time", "0.001")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"B/op +bytes_per_second +hits\n")
        self.assertRegex(out, r"Counters/8 .* [0-9.]+[MGT]? +12\.5\n")
        file = next((self.folder / "results").glob("*.txt")).read_text()
        self.assertEqual(len(re.findall(r" 12\.5 hits", file)), 2)

    def test_the_most_bytes_alive_at_once(self):
        run = ("run", "--exe", COUNTER_BENCH, "--counts-only", "--filter", "Holds")
        self.run_tare(*run, "-o", "without")
        (file,) = (self.folder / "without").glob("*.txt")
        self.assertNotIn("peak-live-B", file.read_text())  # off unless it is asked for
        _, err, status = self.run_tare(*run, "--peak", "-o", "with")
        self.assertEqual(status, 0, err)
        text = (self.folder / "with" / file.name).read_text()
        self.assertIn("Unit peak-live-B assume=nothing better=lower\n", text)
        (row,) = re.findall(r"BenchmarkHolds 1000 .*", text)
        peak = int(re.search(r" (\d+) peak-live-B", row)[1])
        self.assertTrue(4000 <= peak < 4500, row)  # in usable bytes
        self.assertIn(" 3 allocs/op ", row)
        # Budgeted, it is counted unasked, and a block more that is alive is a regression.
        update = ("budget", "update", "--exe", COUNTER_BENCH, "--budgets", "b.toml")
        gate = ("gate", "--exe", COUNTER_BENCH, "--budgets", "b.toml", "--self-test")
        self.assertEqual(self.run_tare(*update, "--peak")[2], 0)
        budgets = (self.folder / "b.toml").read_text()
        self.assertIn(f"peak_bytes = {peak}", budgets)
        out, err, status = self.run_tare(*gate)
        self.assertEqual(status, 0, out + err)
        self.assertRegex(out, r"self-test: (\d+) faults injected, \1 caught, 0 gates blind, 0 gate")
        self.assertIn(": 0 rows changed, 0 refused", self.run_tare(*update)[0])
        (self.folder / "b.toml").write_text(
            budgets.replace(f"peak_bytes = {peak}", f"peak_bytes = {peak - 1}"))
        out, _, status = self.run_tare(*gate)
        self.assertEqual(status, 1)
        self.assertIn(f"Holds: peak-live-B: {peak}, the ceiling is {peak - 1} (+1, +0.0", out)
        # A gate that is too loose does not see the block that is injected.
        (self.folder / "b.toml").write_text(
            budgets.replace(f"peak_bytes = {peak}", f"peak_bytes = {peak + 99}"))
        out, _, status = self.run_tare(*gate)
        self.assertEqual(status, 4)
        self.assertIn("Holds: blind: it did not see 'peak'", out)

    def test_a_count_that_varies_is_held_against_its_range(self):
        def gate(allocs, *arguments):
            (self.folder / "b.toml").write_text(
                "version = 1\n[gate]\nbudgets = [\n"
                f'{{ benchmark = "Unstable", allocs = {allocs}, fds_left = 0, '
                'bytes = { most = 99, why = "as allocs" } },\n'
                '{ benchmark = "*", unbudgeted = "other outcomes" },\n]\n')
            out, err, status = self.run_tare("gate", "--exe", OUTCOME_BENCH, "--filter",
                                             "^Unstable$", "--budgets", "b.toml", *arguments)
            return out + err, status
        # It allocates once an operation, and once more in a run with each run.
        out, status = gate('{ least = 1, most = 2, why = "each run adds one" }', "--self-test")
        self.assertEqual(status, 0, out)
        self.assertIn("self-test: 1 fault injected, 1 caught, 0 gates blind, 3 gates", out)
        self.assertIn("from 1 to 2: allocations per operation; a range: each run adds one\n",
                      self.run_tare("budget", "explain", "Unstable", "--budgets", "b.toml")[0])
        out, status = gate('{ most = "1001/1000", why = "each run adds one" }')
        self.assertEqual(status, 1, out)
        self.assertIn("the range is 0 to 1.001 = 1001/1000 (+0.00", out)
        self.assertEqual(gate('{ least = "3/2", most = 2, why = "each run adds one" }')[1], 3)
        out, status = gate("1")
        self.assertEqual(status, 4, out)
        self.assertRegex(out, r"is unstable: .*; if scheduling moves it, say allocs = \{ least = ")

    def test_a_program_on_a_terminal_prints_the_table_for_people(self):
        arguments = ("--benchmark_filter=Counters", "--benchmark_min_time=0.001")
        out = re.sub("\x1b\\[[0-9;]*m", "", self.on_terminal(COUNTER_BENCH, *arguments))
        self.assertRegex(out, r"Benchmark +Time +CPU +Iterations UserCounters\.\.\.\n")
        self.assertRegex(out, r"Counters/8 .* allocs/op=0")
        go = r"(?m)^BenchmarkCounters/8 \d+ +.* ns/op"
        self.assertNotRegex(out, go)
        self.assertRegex(self.on_terminal(COUNTER_BENCH, *arguments, "--tare_format=go"), go)
        self.assertRegex(self.on_terminal(COUNTER_BENCH, *arguments, "--counts-only"),
                         r"(?m)^BenchmarkCounters/8 \d+ +0 allocs/op")
        piped = subprocess.run([COUNTER_BENCH, *arguments], capture_output=True, check=True,
                               timeout=100, text=True)
        self.assertRegex(piped.stdout, go)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
