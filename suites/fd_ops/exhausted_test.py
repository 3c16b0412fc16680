# SPDX-License-Identifier: Apache-2.0
# Where descriptors, ports or locked memory run out, rows are absent, with what to do.
"""usage: exhausted_test.py BENCH_FD_OPS TARE [UNITTEST ARGUMENT...]"""

import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

BENCH = TARE = ""
FLOOR = "FdOps/TCP4Persistent/variant=floor/size=512"
REFERENCE = "FdOps/TCP4Persistent/variant=reference/backend=epoll/size=512"
MANY = "/conns=1000/active=1"
NEEDED = 2064  # descriptors of 1,000 connections, and what is to spare
PORTS = 200

# Runs the rest of its arguments where there are few ports, in a network of its own.
WITH_FEW_PORTS = f"""
import fcntl, os, socket, struct, sys
with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as ports:
    ports.write("40000 {40000 + PORTS - 1}")
with socket.socket() as any_socket:  # SIOCSIFFLAGS: up
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x49))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def run(*command, descriptors=None, locked=None):
    def limit():
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        if locked:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (locked, locked))
    return subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=limit)


def counts_here():
    """Whether BENCH counts; under a sanitizer all its counts are absent for that reason."""
    shown = run(BENCH, "--counts-only", f"--benchmark_filter=^{FLOOR}/process").stdout
    return f"Benchmark{FLOOR} " in shown


def tare(filter_, prefix=(), **limits):
    """How `tare run` ended, and what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        ended = run(*prefix, TARE, "run", "--suite", "fd_ops", "--rounds", "2", "--min-time",
                    "0.001", "-o", folder, "--filter", filter_, **limits)
        written = pathlib.Path(folder, "fd_ops.txt")
        return ended, written.read_text() if written.exists() else ""


class Test(unittest.TestCase):
    def wants_absent(self, ended, written, reason):
        """The rows with many connections are, in table and file; the others are whole."""
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(ended.stdout.count(f"absent: {reason}"), 2, ended.stdout)
        self.assertIn("2 rows measured, 2 absent, 0 failed", ended.stderr)
        for row in FLOOR, REFERENCE:
            self.assertIn(f"# absent {row}{MANY}: {reason}", written)
            self.assertNotIn(f"Benchmark{row}{MANY} ", written)
            # Two times, and a count where allocations are counted.
            self.assertEqual(written.count(f"Benchmark{row} "), 2 + counts_here(), written)


class Descriptors(Test):
    ROWS = f"^({FLOOR}|{REFERENCE})({MANY})?$"

    def test_the_row_says_which_limit_and_how_much_it_needs(self):
        ended, written = tare(self.ROWS, descriptors=256)
        self.wants_absent(ended, written, f"needs {NEEDED} open descriptors and may have 256: "
                                          "raise the hard limit (ulimit -Hn)")

    def test_the_program_counts_and_times_nothing_of_it_and_is_content(self):
        for counts in [], ["--counts-only"]:
            if counts and not counts_here():
                print("not applicable: allocations are not counted here")
                continue
            ended = run(BENCH, *counts, f"--benchmark_filter=^{FLOOR}{MANY}/", descriptors=256)
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIn(f"# absent {FLOOR}{MANY}: needs {NEEDED} open descriptors", ended.stdout)

    def test_one_less_than_enough_is_too_few(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard != resource.RLIM_INFINITY and hard < NEEDED:
            print(f"not applicable: this machine allows {hard} descriptors")
            return
        if not counts_here():
            print("not applicable: allocations are not counted here")
            return
        only = f"--benchmark_filter=^{FLOOR}{MANY}/"
        for enough, descriptors in (False, NEEDED - 1), (True, NEEDED):
            ended = run(BENCH, "--counts-only", only, descriptors=descriptors)
            self.assertEqual(ended.returncode, 0, ended)
            self.assertEqual(f"Benchmark{FLOOR}{MANY} " in ended.stdout, enough, ended)

    def test_a_suite_of_which_nothing_can_run_is_nothing_to_judge(self):
        ended, written = tare(f"^({FLOOR}|{REFERENCE}){MANY}$", descriptors=256)
        self.assertEqual(ended.returncode, 4, ended)
        self.assertEqual(written, "")


class Ports(Test):
    def test_the_row_says_that_ports_ran_out(self):
        prefix = ("unshare", "--net", "--map-root-user", sys.executable, "-c", WITH_FEW_PORTS)
        why = "unshare is not installed"
        if shutil.which("unshare"):
            allowed = run(*prefix, "true")
            why = allowed.stderr.strip() if allowed.returncode else ""
        if why:
            print(f"not applicable: no network of its own here: {why}")
            return
        ended, written = tare(Descriptors.ROWS, prefix)
        self.wants_absent(ended, written, "no port is left for 1000 connections: widen "
                                          "net.ipv4.ip_local_port_range (sysctl)")


class LockedMemory(Test):
    ROW = "FdOps/TCP4Persistent/variant=reference/backend=io_uring/mode=registered/size=512"

    def test_the_row_says_that_its_buffers_may_not_be_locked(self):
        listed = run(BENCH, "--tare_list").stdout.splitlines()
        here = [line.split("\t") for line in listed if f"\t{self.ROW}\t" in line]
        if not here or here[0][-1]:
            print(f"not applicable: io_uring does not run here: {here}")
            return
        # Whoever is root elsewhere may lock as much as he likes.
        prefix = ("unshare", "--user", "--map-root-user")
        allowed = run(*prefix, "true")
        if allowed.returncode:
            print(f"not applicable: no users of one's own here: {allowed.stderr.strip()}")
            return
        ended, written = tare(f"^{self.ROW}(/conns=1000)?$", prefix, locked=4 << 20)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertIn("1 row measured, 1 absent, 0 failed", ended.stderr)
        self.assertIn(f"# absent {self.ROW}/conns=1000: no memory is left for 1000 connections, or "
                      "too little may be locked: raise the limit (ulimit -l)", written)


if __name__ == "__main__":
    BENCH, TARE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
