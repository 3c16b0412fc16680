# SPDX-License-Identifier: Apache-2.0
# Counted calls are those that strace sees, and a trip of the reference makes no more than it must.
"""usage: syscalls_test.py BENCH_FD_OPS [UNITTEST ARGUMENT...]"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BENCH = ""
ROWS = ("variant=floor", "variant=reference/backend=epoll", "variant=reference/backend=io_uring")

# The calls of one trip of the reference, by kind of connection and backend: two messages, each sent
# once, waited for once and received once. A datagram may have another behind it, so that readiness
# asks once more, in vain; io_uring submits all of it with the wait.
READINESS = {"sendto": 2, "recvfrom": 2, "wait": 2}
CALLS = {
    "TCP4Persistent": {"epoll": READINESS, "poll": READINESS, "io_uring": {"wait": 2}},
    "UnixPersistent": {"epoll": READINESS, "poll": READINESS, "io_uring": {"wait": 2}},
    "UDP4SendRecv": {"epoll": READINESS | {"recvfrom": 4}, "poll": READINESS | {"recvfrom": 4},
                     "io_uring": {"wait": 2}},
}
WAITS = re.compile(r"epoll_p?wait2?|p?poll|io_uring_enter")

# What --counts-only does with a row whose number of operations is fixed: a warm-up and two runs,
# each over that many after the body has checked its answer with two trips.
RUNS = 3
CHECKS = 2


def counts_only(row, prefix=(), scenario="TCP4Persistent"):
    name = f"FdOps/{scenario}/{row}/size=512"
    only = f"--benchmark_filter=^{name}/process_time/real_time$"
    ended = subprocess.run([*prefix, BENCH, "--counts-only", only], capture_output=True, text=True,
                           timeout=60)
    return name, ended


def calls_of(summary, operations):
    """The calls per operation of a summary of strace -c, by name. What is called less than once in
    two operations belongs to the set-up."""
    calls = {}
    for line in summary.splitlines():
        # % time, seconds, usecs/call, calls, perhaps errors, name
        if match := re.fullmatch(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z]\w+)", line):
            if match[2] != "total":
                calls[match[2]] = int(match[1])
    return {name: n / operations for name, n in calls.items() if n >= operations / 2}


def per_operation(summary, operations):
    return sum(calls_of(summary, operations).values())


def why_no_strace():
    if shutil.which("strace") is None:
        return "strace is not installed"
    traced = subprocess.run(["strace", "-c", "-f", "-o", "/dev/null", "true"], capture_output=True,
                            text=True, timeout=60)
    return traced.stderr.strip() if traced.returncode else ""


class CallsOfATrip(unittest.TestCase):
    """A fault that changes no result may still cost a call: each is counted by its name."""

    def test_each_is_made_as_often_as_it_must_be(self):
        if why := why_no_strace():
            print(f"not applicable: {why}")
            return
        for scenario, backends in CALLS.items():
            for backend, wanted in backends.items():
                with self.subTest(scenario=scenario, backend=backend):
                    self.judge(scenario, backend, wanted)

    def judge(self, scenario, backend, wanted):
        with tempfile.NamedTemporaryFile("r") as summary:
            name, ended = counts_only(f"variant=reference/backend={backend}",
                                      ("strace", "-c", "-f", "-o", summary.name), scenario)
            self.assertEqual(ended.returncode, 0, ended)
            if absent := re.search(rf"# absent {re.escape(name)}: (.*)", ended.stdout):
                print(f"not applicable: {name}: {absent[1]}")
                return
            line = re.search(rf"Benchmark{re.escape(name)} (\d+) ", ended.stdout)
            self.assertIsNotNone(line, ended.stdout)
            seen = {}
            for call, n in calls_of(summary.read(), RUNS * (int(line[1]) + CHECKS)).items():
                kind = "wait" if WAITS.fullmatch(call) else call
                seen[kind] = seen.get(kind, 0) + n
        print(name, {kind: round(n, 3) for kind, n in seen.items()})
        self.assertEqual(seen.keys(), wanted.keys())
        for kind, n in wanted.items():
            self.assertAlmostEqual(seen[kind], n, delta=0.05, msg=f"{name}: {kind}")


class AgreesWithStrace(unittest.TestCase):
    def applies(self):
        """Whether this machine allows both; says why if not."""
        why = why_no_strace()
        if refused := re.search(r"# not applicable: (syscalls/op: .*)",
                                counts_only("variant=floor")[1].stdout):
            why = refused[1]
        if why:
            print(f"not applicable: {why}")
        return not why

    def test_rows(self):
        if not self.applies():
            return
        for row in ROWS:
            with self.subTest(row), tempfile.NamedTemporaryFile("r") as summary:
                name, ended = counts_only(row, ("strace", "-c", "-f", "-o", summary.name))
                self.assertEqual(ended.returncode, 0, ended)
                if absent := re.search(rf"# absent {re.escape(name)}: (.*)", ended.stdout):
                    print(f"not applicable: {name}: {absent[1]}")
                    continue
                line = re.search(rf"Benchmark{re.escape(name)} (\d+) .* ([\d.]+) syscalls/op",
                                 ended.stdout)
                self.assertIsNotNone(line, ended.stdout)
                operations = RUNS * (int(line[1]) + CHECKS)
                seen = per_operation(summary.read(), operations)
                print(f"{name}: counted {line[2]}, strace {seen:.4f}")
                # What the set-up does with the same calls weighs next to nothing.
                self.assertAlmostEqual(float(line[2]), seen, delta=0.02)

    def test_a_wrong_count_would_be_seen(self):
        summary = ("% time     seconds  usecs/call     calls    errors syscall\n"
                   "------ ----------- ----------- --------- --------- ----------------\n"
                   " 60.00    0.030000           5      6012           sendto\n"
                   " 39.00    0.020000           3      6015         1 recvfrom\n"
                   "  1.00    0.000100           1       100           mmap\n"
                   "------ ----------- ----------- --------- --------- ----------------\n"
                   "100.00    0.050100           4     12127         1 total\n")
        self.assertEqual(calls_of(summary, 3006).keys(), {"sendto", "recvfrom"})
        self.assertAlmostEqual(per_operation(summary, 3006), 4.0, delta=0.02)
        self.assertNotAlmostEqual(per_operation(summary, 3006), 3.0, delta=0.02)


if __name__ == "__main__":
    BENCH = sys.argv.pop(1)
    unittest.main(verbosity=2)
