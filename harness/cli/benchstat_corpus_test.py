# SPDX-License-Identifier: Apache-2.0
# Holds `tare compare --compat=benchstat` to what benchstat printed, case by case and byte for byte.
"""usage: benchstat_corpus_test.py TARE CORPUS"""

import json
import pathlib
import subprocess
import sys
import unittest

TARE, CORPUS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
FORMATS = ("text", "csv")


def golden(case, suffix):
    path = CORPUS / f"{case['name']}.{suffix}.golden"
    return path.read_bytes() if path.exists() else b""


def equal_field(got, wanted):
    if got == wanted:
        return True
    try:
        return abs(float(got) - float(wanted)) <= 1e-14 * abs(float(wanted))
    except ValueError:
        return False


def equal(got, wanted, is_csv):
    """Byte for byte, but for the numbers of the geomean rows of CSV: their last digits."""
    if got == wanted or not is_csv:
        return got == wanted
    lines = [text.decode("utf-8", "replace").split("\n") for text in (got, wanted)]
    return len(lines[0]) == len(lines[1]) and all(
        a == b or (a.startswith("geomean,") and len(a.split(",")) == len(b.split(","))
                   and all(map(equal_field, a.split(","), b.split(","))))
        for a, b in zip(*lines))


def differences(case, run):
    """What differs from the golden output; `run(arguments, stdin)` gives out, err and status."""
    wrong = []
    for name in FORMATS:
        arguments = case["args"]
        if "-format" not in arguments:
            arguments = ["-format", name, *arguments]
        out, err, status = run(arguments, case.get("stdin", "").encode())
        if not equal(out, golden(case, name), name == "csv"):
            wrong.append(f"{name}: {out.decode('utf-8', 'replace')}")
        if err != golden(case, name + ".err"):
            wrong.append(f"{name}, standard error: {err.decode('utf-8', 'replace')}")
        if status != case["exit"][name]:
            wrong.append(f"{name}: exit status {status}")
    return wrong


def tare(arguments, stdin):
    done = subprocess.run([TARE, "compare", "--compat=benchstat", *arguments], cwd=CORPUS,
                          input=stdin, capture_output=True, timeout=100)
    return done.stdout, done.stderr, done.returncode


class BenchstatCorpusTest(unittest.TestCase):
    cases = json.loads((CORPUS / "cases.json").read_text(encoding="utf-8"))

    def test_prints_what_benchstat_prints(self):
        self.assertGreater(len(self.cases), 30)
        for case in self.cases:
            with self.subTest(case["name"], what=case["what"]):
                self.assertEqual(differences(case, tare), [])

    def test_one_other_byte_is_caught(self):
        case = self.cases[0]

        def plant(arguments, stdin):
            out, err, status = tare(arguments, stdin)
            return out.replace(b"1", b"2", 1), err, status

        self.assertTrue(differences(case, plant))

    def test_flags_in_gos_form(self):
        file = self.cases[0]["args"][0]
        wanted = tare(["-format", "csv", "-col", ".name", file], b"")
        self.assertEqual(tare(["--format=csv", "-col=.name", "--", file], b""), wanted)
        self.assertEqual(wanted[2], 0)

    def test_standard_input(self):
        file = self.cases[0]["args"][0]
        text = (CORPUS / file).read_bytes()
        out, err, status = tare(["-"], text)
        self.assertEqual((err, status), (b"", 0))
        self.assertEqual(tare(["--", "-=" + file], b"")[0], out)  # the label is "-"

    def test_misuse(self):
        for arguments, said in (
                ([], b"Usage"),
                (["-nope", "x"], b"flag provided but not defined: -nope"),
                (["-alpha", "x", "f"], b'invalid value "x" for flag -alpha: parse error'),
                (["-alpha"], b"flag needs an argument: -alpha")):
            out, err, status = tare(arguments, b"")
            self.assertEqual((out, status), (b"", 2))
            self.assertIn(said, err)
        for arguments, said in (
                (["-alpha", "2", "f"], b"benchstat: -alpha must be in range [0, 1]\n"),
                (["-format", "x", "f"], b"benchstat: -format must be text or csv\n"),
                (["missing"], b"benchstat: open missing: no such file or directory\n")):
            self.assertEqual(tare(arguments, b""), (b"", said, 0))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
