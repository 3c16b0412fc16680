# SPDX-License-Identifier: Apache-2.0
# What the reference says of made streams, against Debian's ws.
"""usage: differential_test.py WS_PRINT_EVENTS STREAMS"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from interop_test import NOT_APPLICABLE  # the same status
from programs_bed import ENVIRONMENT  # the same node

PRINT_EVENTS = ""
STREAMS = 0
PARSER = pathlib.Path(__file__).with_name("node_parser.js")


def printed(first, count):
    return subprocess.run([PRINT_EVENTS, str(first), str(count)], check=True, capture_output=True,
                          text=True).stdout


def parse(lines):
    return subprocess.run(["node", str(PARSER)], input=lines, capture_output=True, text=True,
                          env=ENVIRONMENT)


class Differential(unittest.TestCase):
    def setUp(self):
        why = "" if shutil.which("node") else "node is not installed"
        if not why:
            ended = parse("")
            why = ended.stdout.strip() if ended.returncode == NOT_APPLICABLE else ""
        self.applies = not why
        if why:
            print(f"not applicable: {why}")

    def test_ws_says_the_same(self):
        if not self.applies:
            return
        met = {}
        batch = 20_000  # some 40 MB of hexadecimal
        for first in range(0, STREAMS, batch):
            count = min(batch, STREAMS - first)
            ended = parse(printed(first, count))
            self.assertEqual(ended.returncode, 0, ended.stdout[-5000:] + ended.stderr)
            self.assertIn(f"{count} streams, 0 differ", ended.stdout)
            for what, times in re.findall(r"^(ws .*): (\d+)$", ended.stdout, re.MULTILINE):
                met[what] = met.get(what, 0) + int(times)
        print(f"{STREAMS} streams; {met}")
        self.assertTrue(met)
        # A difference that is excused and does not occur is no excuse any more; the last one takes
        # some 20,000 streams.
        if STREAMS > 100_000:
            self.assertTrue(all(met.values()), met)

    def test_a_difference_is_seen(self):
        if not self.applies:
            return
        lines = printed(0, 50).splitlines()
        for i, kind in enumerate(("message", "control", "closed", "failed")):
            for at, line in enumerate(lines):
                made = json.loads(line)
                wrong = next((e for e in made["events"] if e[0] == kind), None)
                if wrong is None:
                    continue
                with self.subTest(kind):
                    wrong[1] += 1
                    ended = parse("\n".join([*lines[:at], json.dumps(made), *lines[at + 1:]]))
                    self.assertEqual(ended.returncode, 1, ended)
                    self.assertIn(f"seed {made['seed']}, event ", ended.stdout)
                    self.assertIn("50 streams, 1 differ", ended.stdout)
                break
            else:
                self.fail(f"no stream has an event of kind {kind} ({i})")


if __name__ == "__main__":
    PRINT_EVENTS, STREAMS = sys.argv[1], int(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
