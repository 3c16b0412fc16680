# SPDX-License-Identifier: Apache-2.0
# tare-ws-echo and tare-ws-client against independent peers: Debian's ws and undici under node.
"""usage: interop_test.py TARE_WS_ECHO TARE_WS_CLIENT BACKEND... [-- UNITTEST ARGUMENT...]"""

import contextlib
import itertools
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import unittest

ECHO = CLIENT = ""
BACKENDS = []
PEER = pathlib.Path(__file__).with_name("node_peer.js")
SECONDS = 200
NOT_APPLICABLE = 4  # exit status of node_peer.js without its library
NO_BACKEND = 3  # of the programs, where the backend does not run

# Node has had a WebSocket of its own since version 20.10, behind this until 22.
NODE_OPTIONS = ["--experimental-websocket"]
# Debian's place for packages of node.
ENVIRONMENT = {**os.environ, "NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
SIZES = "0,1,125,126,127,1000,8192,65535,65536,65537,1048576"


def node(*arguments):
    return ["node", *NODE_OPTIONS, str(PEER), *arguments]


@contextlib.contextmanager
def listening(command):
    """Runs a server for as long as the block lasts: (process, port, or None and what it said)."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=ENVIRONMENT) as server:
        try:
            line = server.stdout.readline()
            port = re.fullmatch(r"listening on [\d.]+:(\d+)\n", line)
            yield (server, port[1], line) if port else (server, None, line)
        finally:
            server.kill()


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                          env=ENVIRONMENT)


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


class Programs(unittest.TestCase):
    def test_what_they_cannot_do_they_say(self):
        for command, status, words in (
                ([ECHO, "--nonsense", "1"], 2, "no such option"),
                ([ECHO, "--port"], 2, "needs a value"),
                ([ECHO, "--backend", "none"], 3, "there is none of that name; there are:"),
                ([ECHO, "--host", "nowhere"], 1, "cannot listen at nowhere:0"),
                ([ECHO, "--port", "x"], 2, "--port x: 'x' is no number from 0 to 65535"),
                ([ECHO, "--port", "65536"], 2, "is no number from 0 to 65535"),
                ([ECHO, "--limit", "-1"], 2, "--limit -1: '-1' is no number from 0 to"),
                ([CLIENT, "--sizes", "1"], 2, "must be given"),
                ([CLIENT, "--port", "1", "--sizes", "1,,2"], 2, "--sizes 1,,2: '' is no number"),
                ([CLIENT, "--port", "1", "--agent", "a", "--cases", "1,x"], 2, "'x' is no number"),
                ([CLIENT, "--port", "1", "--sizes", "1", "--fragment", "-1"], 2, "--fragment -1"),
                ([CLIENT, "--port", "1", "--sizes", "1", "--type", "json"], 2,
                 "--type json: neither text nor binary"),
                ([CLIENT, "--port", "1", "--sizes", "1"], 1, "cannot connect to 127.0.0.1:1")):
            ended = run(command)
            self.assertEqual(ended.returncode, status, ended)
            self.assertIn(words, ended.stderr)
            self.assertEqual(ended.stdout, "")

    def test_a_port_that_is_in_use(self):
        with listening([ECHO]) as (_, port, _):
            ended = run([ECHO, "--port", port])
            self.assertEqual(ended.returncode, 1, ended)
            self.assertIn(f"cannot listen at 127.0.0.1:{port}: ", ended.stderr)

    def test_servers_that_die(self):
        wrong_key = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\nSec-WebSocket-Accept: "
                     b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        for answer in (None, b"", b"HTTP/1.1 101 Swi", wrong_key):
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as server:
                def serve(server=server, answer=answer):
                    peer, _ = server.accept()
                    with peer:
                        if answer is not None:
                            peer.recv(4096)
                            peer.sendall(answer)

                thread = threading.Thread(target=serve)
                thread.start()
                ended = run([CLIENT, "--port", str(server.getsockname()[1]), "--sizes", "10"])
                thread.join()
                self.assertEqual(ended.returncode, 1, ended)
                self.assertIn("closed with 1006", ended.stdout)

    def test_clients_that_die(self):
        head = (b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        ping = b"\x89\xFD\0\0\0\0" + 125 * b"p"
        with listening([ECHO]) as (server, port, _):
            for said in (b"", b"GET / HT", head, head + b"\x82\xFE", head + b"\x82\x81\0\0\0\0x",
                         head + b"\xFF\xFF", head + 20000 * ping):
                with self.subTest(said[-200:][:20]):
                    peer = socket.create_connection(("127.0.0.1", int(port)))
                    # Reset, and not an end of the stream.
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    peer.setblocking(False)
                    with peer, contextlib.suppress(BlockingIOError):
                        peer.send(said)
            ended = run([CLIENT, "--port", port, "--sizes", "10,100000"])
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIsNone(server.poll())


if __name__ == "__main__":
    ARGUMENTS = sys.argv[1:]
    REST = []
    if "--" in ARGUMENTS:
        ARGUMENTS, REST = (ARGUMENTS[:ARGUMENTS.index("--")],
                           ARGUMENTS[ARGUMENTS.index("--") + 1:])
    ECHO, CLIENT, *BACKENDS = ARGUMENTS
    unittest.main(argv=[sys.argv[0], *REST], verbosity=2)
