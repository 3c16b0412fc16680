# SPDX-License-Identifier: Apache-2.0
# Does what docs/own-benchmark.md says, as its reader would, and looks at what comes of it.
"""usage: consumer_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES
"""

import re
import subprocess
import sys

from page import ROOT, Failure, Follower, main

PAGE = "docs/own-benchmark.md"
# What the page's program allocates an operation: 8 words of 20 characters.
PLANTED = {
    "Split/variant=floor/words=8": (0, 0),
    # The words, and a vector of std::string that grows to 1, 2, 4 and 8 of them.
    "Split/variant=baseline/words=8": (8 + 4, 8 * 21 + (1 + 2 + 4 + 8) * 32),
    "Split/variant=reference/words=8": (0, 0),
    "Split/variant=reference/words=8/threads=2": (0, 0),
    # A vector of std::string_view that grows likewise, thrown away while the timer is paused.
    "FirstLine/variant=reference/words=8": (4, (1 + 2 + 4 + 8) * 16),
}


class Consumer(Follower):
    def __init__(self, arguments):
        super().__init__(arguments, PAGE, "consumer")

    def check_counts(self):
        """What `tare run --exe` wrote is what was planted; and every row was timed."""
        text = (self.folder / "results/words.txt").read_text(encoding="utf-8")
        rows = [line.split() for line in text.splitlines() if line.startswith("Benchmark")]
        for name, (allocs, size) in PLANTED.items():
            lines = [row for row in rows if row[0] == "Benchmark" + name]
            counted = [row for row in lines if "allocs/op" in row]
            timed = [row for row in lines if "ns/op" in row]
            if len(counted) != 1 or not timed:
                raise Failure(f"{name}: {len(counted)} lines of counts, {len(timed)} of times")
            got = tuple(float(counted[0][counted[0].index(unit) - 1])
                        for unit in ("allocs/op", "B/op"))
            if got != (allocs, size):
                raise Failure(f"{name}: planted {allocs} allocs/op and {size} B/op, counted {got}")
        if not re.search(r"^compiler: .* -O3$", text, re.MULTILINE):
            raise Failure("the results do not name the flags of the consumer's own build, -O3")

    def check_gate(self):
        """The page has broken words.h: the test says what allocates, and nothing else fails."""
        result = subprocess.run([self.folder / "words/build/words_test"], capture_output=True,
                                text=True, check=False)
        for wanted in ("which made 4000 allocs in 1000 runs (4 a run)",
                       "[  FAILED  ] WordsTest.ALineLikeTheLastAllocatesNothing", "1 FAILED TEST"):
            if result.returncode == 0 or wanted not in result.stdout:
                raise Failure(f"words_test does not say '{wanted}', but:\n{result.stdout}")

    def check_package(self):
        """The install tree stands alone, and says what it lacks."""
        for path in (self.folder / "prefix/lib").rglob("*.cmake"):
            text = path.read_text(encoding="utf-8")
            for folder in (str(ROOT), str(self.build_dir)):
                if folder in text:
                    raise Failure(f"{path} names {folder}, which is not installed")
        built = (self.folder / "words/build/build.ninja")
        if built.exists() and f"{self.build_dir}/harness" in built.read_text(encoding="utf-8"):
            raise Failure(f"{built} uses the build tree of tare")
        project = self.folder / "lacking"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(lacking LANGUAGES CXX)\n"
            "find_package(tare REQUIRED COMPONENTS count scales)\n")
        command = "! cmake -S lacking -B lacking/build -DCMAKE_PREFIX_PATH=$PWD/prefix"
        if "no component scales: this installation has" not in self.shell(command):
            raise Failure("find_package does not name the component that it lacks")

    def check_checkout(self):
        """Who adds the checkout to a project gets neither tests nor suites nor the command."""
        self.check_warnings_are_none_of_its_errors(self.folder / "words/build-checkout")
        tests = self.shell("ctest --test-dir words/build-checkout --show-only")
        if "Total Tests: 1\n" not in tests:
            raise Failure(f"the consumer's project has got tests of ours:\n{tests}")
        targets = self.shell("cmake --build words/build-checkout --target help")
        ours = r"\b(?:tare|test_\w+|bench_fd_ops|conform_\w+)(?=: (?:phony|CXX))"
        for name in re.findall(ours, targets):
            raise Failure(f"the consumer's project has got the target {name}")

    def check_installed(self, without=None):
        """All that the page does, but for blocks with `without`, and what comes of it."""
        self.follow_the_page(without)
        self.check_counts()
        self.check_gate()
        self.check_package()


def follow(arguments):
    consumer = Consumer(arguments)
    consumer.check_installed()
    consumer.check_checkout()
    return consumer.folder


if __name__ == "__main__":
    sys.exit(main("consumer", __doc__.splitlines()[0], follow))
