# SPDX-License-Identifier: Apache-2.0
# Plants every way in which the catalogue and the tests can differ, and sees catalogue.py catch it.
import pathlib
import subprocess
import sys
import tempfile
import unittest

import catalogue

DOCUMENT = """# Ids

## DL: deadlines

| id | promise |
| --- | --- |
| DL-01 | past fails at once |
| DL-02a | past fails an accept |

## SD-1: defects

| id | promise |
| --- | --- |
| SD-1.08 | one direction only |
"""
ROWS = """constexpr Row kRows[] = {
    {"DL-01",
     "past fails "
     "at once",
     Past},
};
"""
TEST = """// DL-02a: accepts too.
FD_TEST(SeedTest, SD_1_08_DL_01_OneDirectionOnly) {}
"""


class CatalogueTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tare catalogue ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("docs/catalogue.md", DOCUMENT)
        self.write("suites/kit/rows/deadline.cc", ROWS)
        self.write("suites/fd/seed_test.cc", TEST)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def assert_wrong(self, *words):
        problems = catalogue.check(self.root)[1]
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_what_is_right_passes(self):
        self.assertEqual(catalogue.check(self.root), (3, []))

    def test_an_id_of_a_row_without_a_line(self):
        self.write("suites/kit/rows/io.cc", '{"IO-01", "arrives", Arrives},\n')
        self.assert_wrong("suites/kit/rows/io.cc:1: IO-01", "add '| IO-01 | arrives |'")

    def test_an_id_in_the_name_of_a_test_without_a_line(self):
        self.write("suites/fd/eof_test.cc", "\nTEST(EofTest, EOF_01_DL_01_Stays) {}\n")
        self.assert_wrong("suites/fd/eof_test.cc:2: EOF-01 has no line")

    def test_a_property_of_a_test_without_a_line(self):
        self.write("suites/fd/test.cc", 'RecordProperty("row", "ER-06");\n')
        self.assert_wrong("suites/fd/test.cc:1: ER-06 has no line")

    def test_a_line_that_nothing_names(self):
        self.write("docs/catalogue.md", DOCUMENT + "| SD-1.09 | closes |\n")
        self.assert_wrong("docs/catalogue.md:15: SD-1.09 is named by no row and no test")

    def test_what_is_neither_row_nor_test_names_nothing(self):
        self.write("suites/kit/options.cc", "// as DL-99 does\n")
        self.assertEqual(catalogue.check(self.root), (3, []))

    def test_other_words_than_the_row(self):
        self.write("docs/catalogue.md", DOCUMENT.replace("at once", "soon"))
        self.assert_wrong("DL-01", "write: past fails at once")

    def test_a_line_that_stands_twice(self):
        self.write("docs/catalogue.md", DOCUMENT + "| DL-01 | past fails at once |\n")
        self.assert_wrong("DL-01 has a line already")

    def test_a_line_below_another_heading(self):
        self.write("docs/catalogue.md", DOCUMENT + "| IO-01 | arrives |\n")
        self.write("suites/kit/rows/io.cc", '{"IO-01", "arrives", Arrives},\n')
        self.assert_wrong("IO-01 stands below the heading 'SD-1'")

    def test_lines_out_of_order(self):
        lines = DOCUMENT.replace("DL-02a", "DL-03")
        self.write("docs/catalogue.md", lines.replace("## SD", "| DL-02a | accepts |\n## SD"))
        self.write("suites/fd/more_test.cc", "// DL-03\n")
        self.assert_wrong("DL-02a comes before DL-03")

    def test_a_folder_without_ids_is_not_right(self):
        for path in ("suites/kit/rows/deadline.cc", "suites/fd/seed_test.cc"):
            self.write(path, "")
        self.assert_wrong("is this the repository?")

    def run_it(self, *arguments):
        return subprocess.run([sys.executable, "-B", catalogue.__file__, "--root", self.root,
                               *arguments], capture_output=True, text=True, check=False)

    def test_the_exit_status_says_so(self):
        self.assertEqual(self.run_it().returncode, 0)
        self.write("suites/kit/rows/io.cc", '{"IO-01", "arrives", Arrives},\n')
        self.assertEqual(self.run_it().returncode, 1)

    def test_where(self):
        where = self.run_it("--where", "DL-01")
        self.assertEqual((where.returncode, where.stdout),
                         (0, "suites/fd/seed_test.cc:2\nsuites/kit/rows/deadline.cc:2\n"))
        where = self.run_it("--where", "DL-98")
        self.assertEqual(where.returncode, 1)
        self.assertIn("names 'DL-98'", where.stdout)


if __name__ == "__main__":
    unittest.main()
