# SPDX-License-Identifier: Apache-2.0
# Counted allocations of peers agree with what counters of another make see of the same code.
"""usage: peer_allocs_test.py COUNTED PLAIN [UNITTEST ARGUMENT...]

PLAIN keeps its own malloc, which heaptrack (preloaded) and valgrind replace by theirs. What the
second life of a peer allocates is what two lives do more than one: the rest is the process's own,
and what a library makes once."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

COUNTED = PLAIN = ""
PEERS = ("libevent_bufferevent", "asio_coro")
TRIPS = 100


def run(*command):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    if ended.returncode != 0:
        raise AssertionError(f"{command} ended with {ended.returncode}: {ended}")
    return ended.stdout, ended.stderr


def heaptrack(*command):
    """Allocations, and no bytes: it tells of the peak only."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = run("heaptrack", "-o", os.path.join(folder, "out"), *command)
    return int(re.search(r"^\s*allocations:\s+(\d+)", out + err, re.M)[1]), None


def valgrind(*command):
    _, err = run("valgrind", *command)
    found = re.search(r"total heap usage: ([\d,]+) allocs, [\d,]+ frees, ([\d,]+) bytes", err)
    return tuple(int(n.replace(",", "")) for n in found.groups())


class AgreesWithOtherCounters(unittest.TestCase):
    def counted(self, peer):
        """Allocations and bytes of one life; None where that does not apply, with the reason."""
        out, _ = run(COUNTED, peer, "2", str(TRIPS))
        found = re.fullmatch(r"(\d+) allocs, (\d+) frees, (\d+) bytes\n", out)
        if not found:
            self.assertIn("not applicable: ", out)
            print(out.strip())
            return None
        self.assertEqual(found[1], found[2], "allocations and frees of a life that has ended")
        return int(found[1]), int(found[3])

    def seen(self, counter, peer, *plant):
        one, two = (counter(PLAIN, peer, lives, str(TRIPS), *plant) for lives in ("1", "2"))
        return [b - a for a, b in zip(one, two) if a is not None]

    def test_peers(self):
        for counter in (heaptrack, valgrind):
            if shutil.which(counter.__name__) is None:
                print(f"not applicable: {counter.__name__} is not installed")
                continue
            for peer in PEERS:
                with self.subTest(counter=counter.__name__, peer=peer):
                    ours = self.counted(peer)
                    if ours is None:
                        continue
                    theirs = self.seen(counter, peer)
                    print(f"{peer}: counted {ours}, {counter.__name__} {theirs}")
                    self.assertEqual(list(ours)[:len(theirs)], theirs)
                    self.assertGreater(ours[0], 0)

    def test_an_allocation_that_is_not_counted_would_be_seen(self):
        counter = next((c for c in (heaptrack, valgrind) if shutil.which(c.__name__)), None)
        if counter is None:
            print("not applicable: neither heaptrack nor valgrind is installed")
            return
        ours = self.counted(PEERS[0])
        if ours is not None:
            self.assertEqual(self.seen(counter, PEERS[0], "plant")[0], ours[0] + TRIPS)


if __name__ == "__main__":
    COUNTED, PLAIN = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
