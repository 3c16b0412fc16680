# SPDX-License-Identifier: Apache-2.0
# tare-ws-echo and tare-ws-client against independent peers: Debian's ws and undici under node.
"""usage: interop_test.py TARE_WS_ECHO TARE_WS_CLIENT BACKEND... [-- UNITTEST ARGUMENT...]"""

import itertools
import pathlib
import shutil
import unittest

from programs_bed import BACKENDS, CLIENT, ECHO, NO_BACKEND, SECONDS, listening, main, run

PEER = pathlib.Path(__file__).with_name("node_peer.js")
NOT_APPLICABLE = 4  # exit status of node_peer.js and node_parser.js without their library

# Node has had a WebSocket of its own since version 20.10, behind this until 22.
NODE_OPTIONS = ["--experimental-websocket"]
SIZES = "0,1,125,126,127,1000,8192,65535,65536,65537,1048576"


def node(*arguments):
    return ["node", *NODE_OPTIONS, str(PEER), *arguments]


class Interop(unittest.TestCase):
    def setUp(self):
        self.applies = shutil.which("node") is not None
        if not self.applies:
            print("not applicable: node is not installed")
        elif run(["node", *NODE_OPTIONS, "--version"]).returncode != 0:
            NODE_OPTIONS.clear()  # a node that is older, and does not know it

    def check(self, ended):
        """Whether it went well; says so if it does not apply."""
        if ended.returncode in (NOT_APPLICABLE, NO_BACKEND):
            print((ended.stdout + ended.stderr).strip())
            return
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertNotIn("WRONG", ended.stdout)
        print(f"{len(ended.stdout.splitlines())} checks")

    def test_their_clients_and_our_server(self):
        for backend, library in self.each("ws", "undici", "node"):
            with self.subTest(f"{library} on {backend}"), \
                    listening([ECHO, "--backend", backend]) as (server, port, said):
                if port is None:
                    self.assertEqual(server.wait(SECONDS), NO_BACKEND, said)
                    print(f"not applicable: {said.strip()}")
                    continue
                self.check(run(node("client", library, port)))

    def test_their_server_and_our_client(self):
        for backend, kind in self.each("text", "binary"):
            with self.subTest(f"{kind} on {backend}"), \
                    listening(node("server", "ws")) as (_, port, said):
                if port is None:
                    print(said.strip())
                    continue
                for fragment in ("0", "1000"):
                    self.check(run([CLIENT, "--backend", backend, "--port", port, "--sizes",
                                    SIZES, "--fragment", fragment, "--type", kind]))

    def test_their_driver_and_our_client(self):
        for backend, library in self.each("ws"):
            with self.subTest(backend), listening(node("driver", library)) as (driver, port, said):
                if port is None:
                    print(said.strip())
                    continue
                self.check(run([CLIENT, "--backend", backend, "--port", port, "--agent", "tare"]))
                found, _ = driver.communicate(timeout=SECONDS)
                self.assertEqual(driver.returncode, 0, found)
                self.assertNotIn("WRONG", found)
                print(f"{len(found.splitlines())} checks of the driver")

    def each(self, *values):
        return itertools.product(BACKENDS if self.applies else [], values)

    def test_ours_and_ours_across_backends(self):
        for server in BACKENDS:
            for client in BACKENDS:
                with self.subTest(f"{client} to {server}"), \
                        listening([ECHO, "--backend", server]) as (_, port, said):
                    if port is None:
                        print(f"not applicable: {said.strip()}")
                        continue
                    self.check(run([CLIENT, "--backend", client, "--port", port, "--sizes", SIZES]))

    def test_a_peer_that_answers_wrongly_is_seen(self):
        if not self.applies:
            return
        # A server of another protocol: the client says so and fails.
        with listening(node("driver", "ws")) as (_, port, said):
            if port is None:
                print(said.strip())
                return
            ended = run([CLIENT, "--port", port, "--sizes", "10"])
            self.assertEqual(ended.returncode, 1, ended.stdout)


if __name__ == "__main__":
    main()
