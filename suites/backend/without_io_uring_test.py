# SPDX-License-Identifier: Apache-2.0
# Where io_uring is refused, its rows stay in every table with the reason, and all else runs.
"""usage: without_io_uring_test.py WITHOUT_IO_URING BENCH_FD_OPS TARE [UNITTEST ARGUMENT...]"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

WITHOUT = BENCH = TARE = ""
FORBIDDEN = "io_uring is forbidden here (seccomp, or kernel.io_uring_disabled)"
MISSING = "this kernel has no io_uring"
MUST_REGISTER = {"recv_many": "lending buffers is forbidden here (seccomp)",
                 "registered": "registering buffers is forbidden here (seccomp)",
                 "send_zc": "what this kernel's io_uring can do may not be asked (seccomp)"}
ROW = "FdOps/TCP4Persistent/variant=reference/backend=%s/size=512"


def without(*command):
    return subprocess.run([WITHOUT, *command], capture_output=True, text=True, timeout=60)


def runs_here():
    """Whether io_uring does when nobody refuses it: only then does the filter change anything."""
    listed = subprocess.run([BENCH, "--tare_list"], capture_output=True, text=True, timeout=60)
    rows = [line for line in listed.stdout.splitlines() if ROW % "io_uring" in line]
    return bool(rows) and rows[0].endswith("\t")


def counts_here():
    """Whether BENCH counts; under a sanitizer all its counts are absent for that reason."""
    shown = subprocess.run([BENCH, "--counts-only", "--benchmark_filter=/variant=floor/size=64/"],
                           capture_output=True, text=True, timeout=60).stdout
    return "allocs/op" in shown.replace("not applicable: allocs/op", "")


class Bench(unittest.TestCase):
    def test_the_list_keeps_the_rows_with_the_reason(self):
        for option, reason in ([], FORBIDDEN), (["--enosys"], MISSING):
            ended = without(*option, BENCH, "--tare_list")
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            rows = [line.split("\t") for line in ended.stdout.splitlines()]
            refused = [row for row in rows if "/backend=io_uring" in row[0]]
            self.assertGreater(len(refused), 10)
            for row in refused:
                self.assertIn(reason, row[-1], row)
            for row in rows:
                if row not in refused:
                    self.assertNotIn(reason, row[-1], row)

    def test_a_row_is_absent_and_others_run(self):
        for option, reason in ([], FORBIDDEN), (["--enosys"], MISSING):
            for counts in [], ["--counts-only"]:
                if counts and not counts_here():
                    print("not applicable: allocations are not counted here")
                    continue
                ended = without(*option, BENCH, *counts, "--benchmark_min_time=0.001",
                                "--benchmark_filter=/TCP4Persistent/variant=reference/"
                                "backend=(epoll|io_uring)/size=512/process")
                self.assertEqual(ended.returncode, 0, ended)
                self.assertIn("# absent %s: %s" % (ROW % "io_uring", reason), ended.stdout)
                self.assertIn("Benchmark" + ROW % "epoll", ended.stdout)

    def test_only_the_modes_that_must_register_are_absent(self):
        if not runs_here():
            print("not applicable: io_uring does not run here anyway")
            return
        ended = without("--registering", BENCH, "--tare_list")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        rows = [line.split("\t")[1:] for line in ended.stdout.splitlines()]
        for name, *_, reason in rows:
            wanted = [why for mode, why in MUST_REGISTER.items() if "/mode=%s/" % mode in name]
            self.assertEqual(reason if "(seccomp)" in reason else "", "".join(wanted), name)
        row = ROW % "io_uring/mode=registered"
        self.assertIn(row, [name for name, *_ in rows])
        ended = without("--registering", BENCH, "--benchmark_min_time=0.001",
                        "--benchmark_filter=/TCP4Persistent/variant=reference/"
                        "backend=io_uring(/mode=registered)?/size=512/process")
        self.assertEqual(ended.returncode, 0, ended)
        self.assertIn("Benchmark" + ROW % "io_uring", ended.stdout)
        self.assertIn("# absent %s: %s" % (row, MUST_REGISTER["registered"]), ended.stdout)

    def test_the_filter_is_what_refuses(self):
        if not runs_here():
            print("not applicable: io_uring does not run here anyway")
            return
        ended = subprocess.run([BENCH, "--benchmark_min_time=0.001",
                                "--benchmark_filter=^" + ROW % "io_uring" + "/process"],
                               capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertNotIn("# absent", ended.stdout)


class Tare(unittest.TestCase):
    def test_run_shows_the_row_with_the_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            ended = without(TARE, "run", "--suite", "fd_ops", "--rounds", "1", "-o", folder,
                            "--filter", "^" + ROW % "(epoll|io_uring)" + "$")
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIn(FORBIDDEN, ended.stdout)
            written = pathlib.Path(folder, "fd_ops.txt").read_text()
        self.assertIn("# absent %s: %s" % (ROW % "io_uring", FORBIDDEN), written)
        self.assertIn("Benchmark" + ROW % "epoll", written)


class Helper(unittest.TestCase):
    def test_usage(self):
        ended = without()
        self.assertEqual(ended.returncode, 2)
        self.assertIn("usage: without_io_uring", ended.stderr)
        self.assertEqual(without("--enosyss", "true").returncode, 2)
        self.assertEqual(without("--help").returncode, 0)

    def test_ends_as_the_program_does(self):
        self.assertEqual(without("true").returncode, 0)
        self.assertEqual(without("--enosys", "false").returncode, 1)
        ended = without("/no/such/program")
        self.assertEqual(ended.returncode, 127)
        self.assertIn("/no/such/program: No such file", ended.stderr)


if __name__ == "__main__":
    WITHOUT, BENCH, TARE = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
