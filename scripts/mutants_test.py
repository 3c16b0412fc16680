# SPDX-License-Identifier: Apache-2.0
# Tests of mutants.py, on a project of its own: what is caught, what is not, and what is broken.
import pathlib
import subprocess
import sys
import tempfile
import unittest

import mutants

SCRIPT = pathlib.Path(__file__).resolve().parent / "mutants.py"

FILES = {
    "CMakeLists.txt": """cmake_minimum_required(VERSION 3.25)
project(toy CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
enable_testing()
find_package(GTest REQUIRED)
add_library(toy harness/toy/toy.cc)
target_include_directories(toy PUBLIC harness)
add_library(scaled harness/toy/scaled.cc)
add_executable(print harness/toy/print.cc)
target_link_libraries(print PRIVATE toy scaled)
add_executable(test_toy harness/toy/toy_test.cc)
target_compile_definitions(test_toy PRIVATE PRINT="$<TARGET_FILE:print>")
target_link_libraries(test_toy PRIVATE toy GTest::gtest_main)
add_dependencies(test_toy print)
add_test(NAME script
         COMMAND python3 ${PROJECT_SOURCE_DIR}/harness/toy/script.py $<TARGET_FILE:print>)
""",
    "docs/catalogue.md": "| XX-01 | one |\n| XX-02 | two |\n",
    "harness/toy/limit.h": """#pragma once
constexpr int kLimit = 10;
inline bool AtLimit(int n) { return n >= kLimit; }
""",
    "harness/toy/toy.h": """#pragma once
int Sum(int n);
int Never(int n);
constexpr bool IsSmall(int n) { return n > 0 && n < 5; }
static_assert(IsSmall(4) && !IsSmall(5));
struct Range {
  int low = 1;
  int high = 5;
};
inline int Clamped(int n, Range range = {}) {
  if (n < range.low || n > range.high) [[unlikely]] {
    const int end = n < range.low ? range.low : range.high;
    return end;  // a comment; with a semicolon
  }
  return n;
}
""",
    "harness/toy/toy.cc": """#include "toy/toy.h"
#include "toy/limit.h"
int Sum(int n) {
  int sum = 0;
  for (int i = 1; i <= n; ++i) {
    if (AtLimit(i)) return -1;
    sum += i;
  }
  return sum;
}
int Never(int n) { return n + 1; }
""",
    "harness/toy/print.cc": """#include <cstdio>
#include "toy/toy.h"
extern const int kScale = 1;
int Scaled(int n);
int main() { std::printf("%d\\n", Scaled(Sum(3))); }
""",
    # No test program could link it.
    "harness/toy/scaled.cc": "extern const int kScale;\nint Scaled(int n) { return kScale * n; }\n",
    "harness/toy/toy_test.cc": """#include <gtest/gtest.h>
#include <cstdio>
#include <cstdlib>
#include "toy/limit.h"
#include "toy/toy.h"
TEST(Toy, XX_01_Sums) { EXPECT_EQ(Sum(3), 6); }
TEST(Toy, Limit) { EXPECT_EQ(Sum(kLimit), -1); }
TEST(Toy, AtLimit) { EXPECT_TRUE(AtLimit(10)); }
TEST(Toy, Small) { EXPECT_TRUE(IsSmall(1) && IsSmall(4) && !IsSmall(0) && !IsSmall(5)); }
TEST(Toy, Clamped) {
  EXPECT_EQ(Clamped(0), 1);
  EXPECT_EQ(Clamped(3), 3);
  EXPECT_EQ(Clamped(9), 5);
}
TEST(Toy, OfAProgram) {
  FILE* said = popen(PRINT, "r");
  int n = 0;
  ASSERT_EQ(fscanf(said, "%d", &n), 1);
  pclose(said);
  EXPECT_EQ(n, 6);
}
""",
    "harness/toy/script.py": """import subprocess
import sys
sys.exit(subprocess.run([sys.argv[1]], capture_output=True).stdout != b"6\\n")
""",
}
SUM = 'file = "toy.cc"\nwhat = "adds twice"\nold = "sum += i;"\nnew = "sum += 2 * i;"\n'


class MutantsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mutants_test_")
        cls.root = pathlib.Path(cls.folder.name).resolve()
        for name, text in FILES.items():
            path = cls.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for command in (["cmake", "-S", ".", "-B", "build", "-G", "Ninja"],
                        ["ninja", "-C", "build"]):
            subprocess.run(command, cwd=cls.root, check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def judge(self, entries, *words, head=""):
        """(exit status, what it printed) for these entries."""
        text = head + "".join(f"[[mutant]]\n{entry}" for entry in entries)
        (self.root / "harness/toy/mutants.toml").write_text(text)
        said = subprocess.run([sys.executable, "-B", SCRIPT, "build", "--root", ".", *words],
                              cwd=self.root, capture_output=True, text=True, check=False)
        return said.returncode, said.stdout + said.stderr

    def expect(self, status, words, entries, *options, head=""):
        got, said = self.judge(entries, *options, head=head)
        self.assertEqual(got, status, said)
        for word in words:
            self.assertIn(word, said)

    def test_each_way_to_switch_is_caught_by_the_test_it_names(self):
        self.expect(0, ["mutants: 4, caught: 4, survived: 0, broken: 0", "Toy.XX_01_Sums",
                        "    4 harness/toy"], [
            SUM + 'tests = ["toy XX-01"]\n',
            'file = "toy.cc"\nwhat = "one too few"\nold = "i <= n"\nnew = "i < n"\n'
            'tests = ["toy Toy.XX_01_Sums"]\n',
            # A constant of a header: built alone, and with all that includes it.
            'file = "limit.h"\nwhat = "higher"\nold = "kLimit = 10;"\nnew = "kLimit = 11;"\n'
            'how = "alone"\ntests = ["toy Toy.AtLimit"]\n',
            'file = "limit.h"\nwhat = "above"\nold = "n >= kLimit"\nnew = "n > kLimit"\n'
            'tests = ["toy Toy.Limit", "toy Toy.AtLimit"]\n'])

    # What stands around a piece is switched: so all of these are one build, though some are inside
    # others, and the compiler evaluates one of the functions.
    def test_pieces_of_expressions_are_built_together(self):
        clamped = 'tests = ["toy Toy.Clamped"]\n'
        entries = [f'file = "toy.h"\nwhat = "{i}"\nold = {old}\nnew = {new}\n' for i, (old, new) in
                   enumerate([('"n > 0 &&"', '"n > 1 &&"'), ('"n < 5;"', '"n < 4;"'),
                              ('"n > 0 && n"', '"n"'), ('"n < range.low ||"', '"n < 0 ||"'),
                              ('"n > range.high)"', '"n > range.high + 9)"'),
                              ('"? range.low : range.high"', '"? range.low : range.low"'),
                              ('"end;  // a"', '"end + 1;  // a"'), ('"high = 5"', '"high = 6"'),
                              ('"  return n;\\n"', '"  ++n;\\n  return n;\\n"')])]
        entries = [e + ('tests = ["toy Toy.Small"]\n' if i < 3 else clamped)
                   for i, e in enumerate(entries)]
        self.expect(0, ["mutants: 9, caught: 9, survived: 0, broken: 0"], entries)
        _, read = mutants.mutants_list.read(self.root, [])
        self.assertEqual([len(together) for _, together in mutants.batches(read)], [9])

    def test_programs_that_tests_run_are_mutated_too(self):
        entry = SUM + 'tests = ["toy Toy.OfAProgram", "ctest script"]\n'
        scaled = 'file = "scaled.cc"\nwhat = "x"\nold = "kScale * n"\nnew = "n - kScale"\n' \
                 'tests = ["toy Toy.OfAProgram"]\n'
        self.expect(0, ["caught: 2"], [entry, scaled])

    def test_a_survivor_is_named(self):
        self.expect(1, ["survived: 1", "SURVIVED toy Toy.Limit: passed", "adds twice"],
                    [SUM + 'tests = ["toy Toy.Limit"]\n'])

    def test_every_test_that_is_named_must_fail(self):
        self.expect(1, ["survived: 1"], [SUM + 'tests = ["toy XX-01", "toy Toy.Limit"]\n'])

    def test_a_hang_counts_only_where_the_entry_says_so(self):
        entry = ('file = "toy.cc"\nwhat = "no end"\nold = "return sum;"\n'
                 'new = "for (volatile int forever = 1; forever;) {}"\ntests = ["toy XX-01"]\n')
        self.expect(1, ["SURVIVED toy XX-01: hung, no end after"], [entry])
        self.expect(0, ["caught   toy XX-01: hung"], [entry + "hangs = true\n"])

    def test_what_is_broken_is_not_caught(self):
        never = 'file = "toy.cc"\nwhat = "x"\nold = "n + 1"\nnew = "n + 2"\ntests = ["toy XX-01"]\n'
        self.expect(2, ["broken: 1", "does not come to this piece"], [never])
        self.expect(2, ["broken: 1", "does not compile", "forgotten"],
                    [SUM.replace("2 * i", "forgotten") + 'tests = ["toy XX-01"]\n'])
        # The others of its batch are judged all the same.
        self.expect(2, ["caught: 1, survived: 0, broken: 1",
                        "does not compile: harness/toy/toy.cc: x"],
                    [SUM + 'tests = ["toy XX-01"]\n', never.replace("n + 2", "forgotten")])
        self.expect(2, ["has this 0 times, not once"],
                    [SUM.replace("sum += i", "sum -= i") + 'tests = ["toy XX-01"]\n'])
        self.expect(2, ["no test is named NoSuch"], [SUM + 'tests = ["toy NoSuch"]\n'])
        self.expect(2, ["has no program test_nothing"], [SUM + 'tests = ["nothing XX-01"]\n'])
        self.expect(2, ["ctest knows no test 'nothing'"], [SUM + 'tests = ["ctest nothing"]\n'])
        self.expect(2, ["names no test"], [SUM + "tests = []\n"])
        self.expect(2, ["unknown or missing keys: rows, tests"], [SUM + 'rows = ["toy XX-01"]\n'])
        self.expect(2, ["changes nothing"], [SUM.replace("2 * ", "") + 'tests = ["toy XX-01"]\n'])

    def test_nothing_selected_is_no_success(self):
        caught = SUM + 'tests = ["toy XX-01"]\n'
        self.expect(2, ["no mutant is selected"], [caught], "--only", "nothing like it")
        self.expect(2, ["no mutant is selected"], [caught], "--quick")
        self.expect(2, ["no mutant is selected"], [caught], "harness/elsewhere")
        self.expect(0, ["caught: 1"], [caught + "quick = true\n"], "--quick", "harness/toy")

    def test_a_test_that_fails_anyway_judges_nothing(self):
        head = '[[overlay]]\nfile = "harness/toy/toy.cc"\npattern = "int sum = 0"\n' \
               'replacement = "int sum = 1"\n'
        self.expect(2, ["toy XX-01 without a mutant: failed, Toy.XX_01_Sums"],
                    [SUM + 'tests = ["toy XX-01"]\n'], head=head)

    def test_promises_have_a_mutant_or_a_reason(self):
        caught = SUM + 'tests = ["toy XX-01"]\n'
        head = 'promises = ["XX"]\n'
        self.expect(1, ["XX-02: no mutant, and no reason why not"], [caught], head=head)
        reason = 'without = {"XX-02" = "it is elsewhere"}\n'
        self.expect(0, ["caught: 1"], [caught], head=head + reason)


if __name__ == "__main__":
    unittest.main()
