# SPDX-License-Identifier: Apache-2.0
# Plants every way in which a document's commands can be wrong, and sees scripts/docs.py catch it.
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import docs


def block(mark, *lines, language="sh"):
    comment = [f"<!-- test: {mark} -->"] if mark else []
    return "\n".join(["Do this:", "", *comment, f"```{language}", *lines, "```", ""])


class DocsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tare docs ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.build = self.root / "elsewhere"
        for path in [".ci", "docs/adr", "elsewhere/bin"]:
            (self.root / path).mkdir(parents=True)
        (self.root / ".ci/run").write_text("#!/bin/sh\n./scripts/bench --quick || status=$?\n")
        (self.build / "CTestTestfile.cmake").write_text(
            f"add_test(named {shutil.which('true')})\n")

    def wrong(self, text, path="README.md"):
        (self.root / path).write_text(text)
        return docs.check(self.root, self.build)[1]

    def assert_wrong(self, text, *words, path="README.md"):
        problems = self.wrong(text, path)
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_what_is_right_passes(self):
        text = block("run", "true", "# a comment", "cat .ci/run")
        text += block("ci", "./scripts/bench --quick")
        text += block("named", "anything at all")
        text += block("run", "$ echo a; echo b; echo c", "a", "...", "$ true", language="console")
        text += block("", "not a command", language="cpp") + block("", "nor this", language="")
        self.assertEqual(self.wrong(text), [])
        self.assertEqual(docs.check(self.root, self.build)[0], 4)

    def test_a_block_without_a_mark(self):
        for language in ["sh", "console", "bash"]:
            self.assert_wrong(block("", "$ true", language=language), "README.md:3: no test runs")
        (self.root / "README.md").unlink()
        self.assert_wrong(block("", "true"), "docs/adr/a.md:3", path="docs/adr/a.md")

    def test_a_mark_must_be_on_the_line_before(self):
        self.assert_wrong("<!-- test: run -->\n\n```sh\ntrue\n```\n", "no test runs")

    def test_a_command_that_fails(self):
        self.assert_wrong(block("run", "echo why; false"), "ended with status 1", "why")
        self.assert_wrong(block("run", "false", "true"), "ended with status 1")
        self.assert_wrong(block("run", "$ false", "$ true", language="console"), "'false' ended")

    def test_output_that_differs(self):
        self.assert_wrong(block("run", "$ echo one", "two", language="console"), "but:\none")
        self.assert_wrong(block("run", "$ echo one", language="console"), "but:\none")

    def test_a_command_that_hangs_is_ended_with_its_children(self):
        seconds, docs.SECONDS_A_COMMAND = docs.SECONDS_A_COMMAND, 0.2
        try:
            self.assert_wrong(block("run", "sleep 1000 | cat"), "still ran after 0.2 s")
        finally:
            docs.SECONDS_A_COMMAND = seconds

    def test_the_build_directory_stands_in_for_the_one_shown(self):
        program = self.build / "bin/tare"
        program.write_text("#!/bin/sh\necho here\n")
        program.chmod(0o755)
        self.assertEqual(self.wrong(block("run", "$ build/release/bin/tare", "here",
                                          language="console")), [])

    def test_a_command_that_ci_does_not_run(self):
        self.assert_wrong(block("ci", "./scripts/bench"), "'./scripts/bench' is not a line")

    def test_a_ctest_that_does_not_exist(self):
        self.assert_wrong(block("nam", "true"), "no ctest 'nam'")

    def test_a_listing_is_the_file(self):
        (self.root / "a.cc").write_text("// SPDX-License-Identifier: x\n// a\nint a;\n")
        command = block("run", "true")

        def listing(*lines, name="a.cc"):
            return command + f"<!-- file: {name} -->\n" + block("", *lines, language="cpp")[10:]

        self.assertEqual(self.wrong(listing("// a", "int a;")), [])
        self.assert_wrong(listing("// a", "int b;"), "README.md:8: line 2 of the listing is not")
        self.assert_wrong(listing("// a"), "line 2 of the listing is not a.cc's")
        self.assert_wrong(listing("// a", "int a;", ""), "line 3 of the listing is not a.cc's")
        self.assert_wrong(listing("// a", name="b.cc"), "there is no file 'b.cc'")

    def test_blocks_and_documents_without_commands(self):
        self.assert_wrong(block("run", "# nothing"), "a block of commands without one")
        for lines in [["true"], ["true", "$ true"]]:
            self.assert_wrong(block("run", *lines, language="console"), "without one")
        self.assert_wrong("No commands.\n", "no command shown anywhere")

    def test_the_command_prints_and_fails(self):
        (self.root / "README.md").write_text(block("run", "exit 7"))
        result = subprocess.run([sys.executable, "-B", docs.__file__, "--root", str(self.root),
                                 "--build-dir", str(self.build)], capture_output=True, text=True,
                                check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("README.md:4: 'exit 7' ended with status 7", result.stdout)
        self.assertIn("1 blocks of commands, 1 wrong", result.stdout)


if __name__ == "__main__":
    unittest.main()
