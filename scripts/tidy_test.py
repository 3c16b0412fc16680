# SPDX-License-Identifier: Apache-2.0
# Plants every breach that scripts/tidy.py forbids in a small clean tree, and sees each one caught.
import contextlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import tidy
import tidy_includes

CC = "// SPDX-License-Identifier: Apache-2.0\n// A file of the test.\n"
HEADER = CC + "#pragma once\n"
CMAKE = "# SPDX-License-Identifier: Apache-2.0\n# A folder of the test.\n"

CLEAN = {
    "CMakeLists.txt": CMAKE,
    "impl/base/CMakeLists.txt": CMAKE + "add_library(base errc.cc socket_${system}.cc)\n",
    "impl/base/errc.h": HEADER + "#include <cstdint>\n",
    "impl/base/errc.cc": CC + '#include "impl/base/errc.h"\n#include <sys/socket.h>\n',
    "impl/base/socket_windows.cc": CC + "#include <winsock2.h>\n",  # listed, not built here
    "impl/backend/CMakeLists.txt": CMAKE,
    "impl/backend/backend.h": HEADER + '#include "impl/base/errc.h"\n',
    "impl/loop/CMakeLists.txt": CMAKE,
    "impl/loop/loop.h": HEADER + '#include "impl/backend/backend.h"\n',
    "impl/note_io/CMakeLists.txt": CMAKE,
    "impl/note_io/floor.h": HEADER + '#include "impl/loop/loop.h"\n',
    "harness/include/tare/meter.h": HEADER,
    "harness/cli/command_line.cc": CC + "#include <CLI/CLI.hpp>\n",
    "harness/cli/main.cc": CC + '#include <tare/meter.h>\n#include "absl/strings/str_cat.h"\n',
    "harness/stat/median_test.cc": CC + "#include <gtest/gtest.h>\n",
    "suites/note_io/CMakeLists.txt": CMAKE,
    "suites/note_io/bench.cc": CC + '#include "impl/note_io/floor.h"\n#include "tare/meter.h"\n'
                                    "// Not code: GTEST_SKIP std::format\n"
                                    'const char* s = "DISABLED_x"; int n = 1\'000\'000;\n',
    "scripts/run": "#!/bin/sh\n" + CMAKE,
}
SOURCES_BUILT = [path for path in CLEAN if path.endswith(".cc") and "windows" not in path]

ONE_MACHINE = "/ro" "ot/somebody"  # in two pieces: this file is held to the rules as well
BESIDE = ".." "/shared/DESIGN.md"

# What is added to the clean tree (path, text), the rule it breaks, and where it must be found.
PLANTS = [
    # Arrows.
    ("impl/base/a.cc", CC + '#include "impl/loop/loop.h"\n', "arrow", 3),
    ("impl/base/a.cc", CC + '#include "../loop/loop.h"\n', "arrow", 3),
    ("impl/base/a.cc", CC + '\n#  include "tare/meter.h"\n', "arrow", 4),
    ("impl/base/a.cc", CC + "#include <tare/meter.h>\n", "arrow", 3),
    ("impl/backend/a.cc", CC + '#include "impl/loop/loop.h"\n', "arrow", 3),
    ("impl/loop/a.cc", CC + '#include "impl/backend/epoll.h"\n', "arrow", 3),
    ("impl/fd_ops/a.cc", CC + '#include "impl/note_io/floor.h"\n', "arrow", 3),
    ("impl/ws_frames/a.cc", CC + '#include "impl/note_io/floor.h"\n', "arrow", 3),
    ("impl/note_io/a.cc", CC + '#include "suites/note_io/bench.h"\n', "arrow", 3),
    ("harness/count/a.cc", CC + '#include "impl/base/errc.h"\n', "arrow", 3),
    ("harness/count/a.cc", CC + '#include "harness/stat/median.h"\n', "arrow", 3),
    ("harness/count/a.cc", CC + '#include "harness/bench/main.h"\n', "arrow", 3),
    ("harness/bench/a.cc", CC + '#include "harness/cli/run.h"\n', "arrow", 3),
    ("harness/cli/a.cc", CC + '#include "harness/count/slot.h"\n', "arrow", 3),
    ("harness/table/a.cc", CC + '#include "harness/bench/main.h"\n', "arrow", 3),
    ("harness/stat/a.cc", CC + '#include "harness/result/unit.h"\n', "arrow", 3),
    ("harness/stat/a.cc", CC + '#include "tare/meter.h"\n', "arrow", 3),
    ("harness/include/tare/a.cc", CC + '#include "harness/count/slot.h"\n', "arrow", 3),
    ("harness/cellar/a.cc", CC, "arrow", 1),
    ("tools/a.cc", CC, "arrow", 1),
    ("suites/conformance/a.cc", CC + '#include "impl/base/errc.h"\n', "arrow", 3),
    ("suites/fd_ops/a.cc", CC + '#include "suites/note_io/bench.h"\n', "arrow", 3),
    ("suites/support/a.cc", CC + '#include "suites/note_io/bench.h"\n', "arrow", 3),
    ("suites/fd_ops/a.cc", CC + '#include "harness/stat/median.h"\n', "arrow", 3),
    ("suites/subjects/a.cc", CC + '#include "suites/support/suite.h"\n', "arrow", 3),
    # Headers of the system, libraries.
    ("impl/base/a.h", HEADER + "#include <sys/socket.h>\n", "os-header", 4),
    ("impl/base/a.h", HEADER + "#include <unistd.h>\n", "os-header", 4),
    ("impl/base/a.h", HEADER + "#include <windows.h>\n", "os-header", 4),
    ("impl/base/a_posix.h", HEADER + "#include <poll.h>\n", "os-header", 4),
    ("harness/include/tare/a.h", HEADER + "#include <linux/perf_event.h>\n", "os-header", 4),
    ("impl/base/a.cc", CC + "#include <absl/strings/str_cat.h>\n", "library", 3),
    ("harness/count/a.cc", CC + '#include "absl/strings/str_cat.h"\n', "library", 3),
    ("harness/bench/a.cc", CC + "#include <CLI/CLI.hpp>\n", "library", 3),
    ("suites/fd_ops/a.cc", CC + "#include <nlohmann/json.hpp>\n", "library", 3),
    ("harness/count/a.cc", CC + "#include <toml++/toml.h>\n", "library", 3),
    ("suites/support/a.cc", CC + "#include <re2/re2.h>\n", "library", 3),
    ("harness/cli/a.cc", CC + "#include <CLI/CLI.hpp>\n", "one-file", 3),
    ("harness/cli/a_test.cc", CC + "#include <CLI/App.hpp>\n", "one-file", 3),
    ("harness/cli/command_line.h", HEADER + "#include <CLI/CLI.hpp>\n", "one-file", 4),
    ("harness/gate/a.h", HEADER + '#include "toml++/toml.h"\n', "one-file", 4),
    ("harness/stat/a.cc", CC + "#include <boost/math/distributions.hpp>\n", "library", 3),
    ("harness/result/a.cc", CC + "#include <unistd.h>\n", "library", 3),
    ("harness/result/a.cc", CC + "#include <gtest/gtest.h>\n", "library", 3),
    # Door plates.
    ("impl/base/a.cc", "// The purpose comes second.\n", "door-plate", 1),
    ("impl/base/a.cc", CC.splitlines()[0] + "\n#include <vector>\n", "door-plate", 2),
    ("impl/base/a.cc", CC.splitlines()[0] + "\n// Stuff.\n", "door-plate", 2),
    ("impl/base/a.cc", "", "door-plate", 1),
    ("impl/base/a.S", "nop\n", "door-plate", 1),
    ("impl/fd_ops/CMakeLists.txt", "add_library(x)\n", "door-plate", 1),
    ("scripts/cmake/a.cmake", "function(x)\n", "door-plate", 1),
    ("scripts/a.py", "import os\n", "door-plate", 1),
    ("scripts/a", "#!/usr/bin/env bash\n# What it is for.\n", "door-plate", 2),
    # Size and form.
    ("impl/base/a.cc", CC + "int a;\n" * 499, "size", 501),
    ("scripts/a.py", CMAKE + "a = 1\n" * 499, "size", 501),
    ("impl/base/a.cc", CC + "// " + "x" * 98 + "\n", "columns", 3),
    ("scripts/a.py", CMAKE + "# " + "x" * 99 + "\n", "columns", 3),
    ("impl/base/a.cc", CC + "int a; \n", "whitespace", 3),
    ("impl/base/a.cc", CC + "\tint a;\n", "whitespace", 3),
    ("impl/fd_ops/CMakeLists.txt", CMAKE + "\tset(a)\n", "whitespace", 3),
    ("docs/a.md", "A line that ends in spaces  \n", "whitespace", 1),
    ("impl/base/a.h", CC + "int a();\n", "pragma-once", 1),
    # Words.
    ("impl/base/a.cc", CC + "#include <format>\n", "banned", 3),
    ("impl/base/a.cc", CC + "auto s = std::format(x);\n", "banned", 3),
    ("impl/base/a.cc", CC + "std::expected<int, int> f();\n", "banned", 3),
    ("impl/base/a.cc", CC + "#include <source_location>\n", "banned", 3),
    ("impl/base/a.cc", CC + "auto v = x | std::views::filter(f);\n", "banned", 3),
    ("impl/base/a.cc", CC + "auto v = std::ranges::views::all(x);\n", "banned", 3),
    ("impl/base/a.cc", CC + "TEST(A, B) { GTEST_SKIP(); }\n", "banned", 3),
    ("impl/base/a.cc", CC + "/* two\nlines */ TEST(A, DISABLED_B) {}\n", "banned", 4),
    ("suites/note_io/CMakeLists.txt", CMAKE + "include(tests.cmake OPTIONAL)\n", "optional", 3),
    ("scripts/cmake/a.cmake", CMAKE + "\ninclude(a.cmake\n        OPTIONAL RESULT_VARIABLE r)\n",
     "optional", 4),
    ("docs/a.md", f"Look into {ONE_MACHINE}.\n", "machine-path", 1),
    ("impl/base/a.cc", CC + f'const char* p = "{ONE_MACHINE}";\n', "machine-path", 3),
    ("docs/a.md", f"\nAs {BESIDE} says.\n", "machine-path", 2),
    # Files nobody builds or includes.
    ("harness/stat/a.cc", CC, "dead-file", 1),
    ("impl/base/a.S", CC, "dead-file", 1),
    ("impl/base/a.h", HEADER, "dead-file", 1),
]


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "clone"
        self.root.mkdir()
        self.build = self.root.parent / "build"
        self.build.mkdir()
        for path, text in CLEAN.items():
            self.write(path, text)
        self.write_commands(SOURCES_BUILT)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def write_commands(self, sources):
        entries = [{"directory": str(self.build), "file": str(self.root / source)}
                   for source in sources]
        (self.build / "compile_commands.json").write_text(json.dumps(entries))

    def findings(self, exceptions=None):
        with contextlib.redirect_stdout(io.StringIO()):
            return tidy.check(self.root, self.build, exceptions or {})[1]

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.findings(), [])

    def test_every_plant_is_caught_at_its_line(self):
        for path, text, rule, line in PLANTS:
            with self.subTest(path=path, text=text[-60:], rule=rule):
                before = (self.root / path).read_text() if (self.root / path).exists() else None
                self.write(path, text)
                self.assertIn((path, line, rule), [finding[:3] for finding in self.findings()])
                (self.root / path).unlink()
                if before is not None:
                    self.write(path, before)

    def test_every_rule_has_a_test(self):
        sources = [pathlib.Path(module.__file__).read_text() for module in (tidy, tidy_includes)]
        rules = set(re.findall(r'(?:\d|number), "([a-z-]+)", ', "".join(sources)))
        tested = {rule for _, _, rule, _ in PLANTS} | {"generated", "stale", "empty"}
        self.assertEqual(rules, tested)

    def test_a_folder_without_cmake_lists_is_caught(self):
        built = list(SOURCES_BUILT)
        for folder in ["impl/ws_frames", "suites/ws_frames"]:
            self.write(f"{folder}/a.cc", CC)
            built.append(f"{folder}/a.cc")
            self.write_commands(built)
            self.assertEqual([finding[:3] for finding in self.findings()],
                             [(folder, 1, "dead-file")])
            self.write(f"{folder}/CMakeLists.txt", CMAKE)

    def test_a_source_that_is_no_longer_built_is_caught(self):
        self.write_commands(SOURCES_BUILT[1:])
        self.write("impl/base/CMakeLists.txt",
                   CMAKE + "# errc.cc\nadd_library(b xerrc.cc ${x}.cc)\n")
        self.assertIn(("impl/base/errc.cc", 1, "dead-file"), [f[:3] for f in self.findings()])

    def test_sources_that_cmake_puts_together_are_built(self):
        unity = self.build / "CMakeFiles/t.dir/Unity/unity_0_cxx.cxx"
        unity.parent.mkdir(parents=True)
        includes = [f'#include "{self.root / source}"\n' for source in SOURCES_BUILT]
        unity.write_text("/* NOLINTNEXTLINE */\n".join(includes), encoding="utf-8")
        entries = [{"directory": str(self.build), "file": str(unity)}]
        (self.build / "compile_commands.json").write_text(json.dumps(entries))
        self.assertEqual(self.findings(), [])
        unity.write_text("".join(includes[1:]), encoding="utf-8")
        self.write("impl/base/CMakeLists.txt",
                   CMAKE + "# errc.cc\nadd_library(b xerrc.cc ${x}.cc)\n")
        self.assertIn(("impl/base/errc.cc", 1, "dead-file"), [f[:3] for f in self.findings()])

    def test_a_build_directory_that_is_not_configured_is_a_finding(self):
        (self.build / "compile_commands.json").unlink()
        self.assertIn("configure the build directory", self.findings()[0].message)

    def test_an_empty_tree_fails(self):
        self.root = self.root.parent / "empty"
        self.root.mkdir()
        self.assertEqual([finding.rule for finding in self.findings()], ["empty"])

    def test_generated_files_under_git(self):
        self.write(".gitignore", "build/\n")
        self.write("build/release/build.ninja", "")
        git = ["git", "-C", str(self.root)]
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        self.assertEqual(self.findings(), [])
        subprocess.run([*git, "add", "--force", "build"], check=True)
        self.assertEqual([finding[:3] for finding in self.findings()],
                         [("build/release/build.ninja", 1, "generated")])

    def test_an_exception_excuses_one_rule_of_one_file_and_goes_stale(self):
        self.write("impl/base/a.h", HEADER + "#include <poll.h>\n")
        exceptions = {("os-header", "impl/base/a.h"): "a reason"}
        self.assertEqual([f.rule for f in self.findings(exceptions)], ["dead-file"])
        self.write("impl/base/a.h", HEADER)
        self.assertEqual([f.rule for f in self.findings(exceptions)], ["dead-file", "stale"])

    def test_the_command_prints_file_and_line_and_its_status(self):
        command = [sys.executable, "-B", tidy.__file__, "--root", str(self.root), "--build-dir",
                   str(self.build)]
        self.write("impl/base/errc.h", HEADER + "#include <poll.h>\n")
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertIn("impl/base/errc.h:4: [os-header] <poll.h>", result.stdout)
        # Beside that, the house's own exceptions are stale here.
        self.assertIn(f"{1 + len(tidy.EXCEPTIONS)} findings", result.stdout)
        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main()
