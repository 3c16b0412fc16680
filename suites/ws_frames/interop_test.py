# SPDX-License-Identifier: Apache-2.0
# tare-ws-echo and tare-ws-client against independent peers: Debian's ws and undici under node.
"""usage: interop_test.py TARE_WS_ECHO TARE_WS_CLIENT BACKEND... [-- UNITTEST ARGUMENT...]"""

import base64
import contextlib
import hashlib
import itertools
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ECHO = CLIENT = ""
BACKENDS = []
PEER = pathlib.Path(__file__).with_name("node_peer.js")
SECONDS = 200
NOT_APPLICABLE = 4  # exit status of node_peer.js and node_parser.js without their library
NO_BACKEND = 3  # of the programs, where the backend does not run

# Node has had a WebSocket of its own since version 20.10, behind this until 22.
NODE_OPTIONS = ["--experimental-websocket"]
# Debian's place for packages of node.
ENVIRONMENT = {**os.environ, "NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
SIZES = "0,1,125,126,127,1000,8192,65535,65536,65537,1048576"


def node(*arguments):
    return ["node", *NODE_OPTIONS, str(PEER), *arguments]


@contextlib.contextmanager
def listening(command, errors=subprocess.STDOUT):
    """Runs a server for as long as the block lasts: (process, port, or None and what it said)."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True,
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


# Servers by hand, for what no server should do.

def frame(first, payload=b""):
    size = len(payload)
    length = (bytes([size]) if size < 126 else
              struct.pack("!BH", 126, size) if size < 65536 else struct.pack("!BQ", 127, size))
    return bytes([first]) + length + payload


CLOSE = frame(0x88, b"\x03\xE8")
HEAD = (b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def shake_hands(peer, frames=b""):
    """The server's part, `frames` in the same breath; the resource that was asked for."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += peer.recv(4096) or b"GET nothing\r\nSec-WebSocket-Key: \r\n\r\n"
    key = re.search(rb"\r\nSec-WebSocket-Key: (.*)\r\n", head)[1]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade"
                 b"\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n" + frames)
    return head.split()[1].decode()


def drain(peer):
    """All that comes until the end of the stream."""
    return b"".join(iter(lambda: peer.recv(1 << 20), b""))


def reset(peer):
    """Lets the peer see a reset when it is closed, and not an end of the stream."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def serving(serve):
    """Calls serve(peer) for one connection after the other on a thread; their port."""
    def accept(server):
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return  # shut down
            with peer, contextlib.suppress(ConnectionError):
                serve(peer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, args=(server,))
        thread.start()
        try:
            yield str(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def driver(count, case=None):
    """For `serving`: says `count`, which is frames, and runs case(peer); asked: what was asked."""
    def serve(peer):
        resource = shake_hands(peer)
        serve.asked.append(resource)
        if resource == "/getCaseCount":
            peer.sendall(count)
        elif case is not None and resource.startswith("/runCase?"):
            case(peer)
        peer.sendall(CLOSE)
        drain(peer)

    serve.asked = []
    return serve


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
                ([ECHO, "--host", "localhost"], 1, "'localhost' is no IPv4 address; only dotted"),
                ([ECHO, "--port", "x"], 2, "--port x: 'x' is no number from 0 to 65535"),
                ([ECHO, "--port", "65536"], 2, "is no number from 0 to 65535"),
                ([ECHO, "--limit", "-1"], 2, "--limit -1: '-1' is no number from 0 to"),
                ([CLIENT, "--sizes", "1"], 2, "must be given"),
                ([CLIENT, "--port", "1", "--sizes", "1,,2"], 2, "--sizes 1,,2: '' is no number"),
                ([CLIENT, "--port", "1", "--agent", "a", "--cases", "1,x"], 2, "'x' is no number"),
                ([CLIENT, "--port", "1", "--sizes", "1", "--fragment", "-1"], 2, "--fragment -1"),
                ([CLIENT, "--port", "1", "--sizes", "1", "--type", "json"], 2,
                 "--type json: neither text nor binary"),
                ([CLIENT, "--port", "1", "--sizes", "1099511627776"], 2,
                 "'1099511627776' is no number from 0 to 1073741824"),
                ([CLIENT, "--port", "1", "--sizes", "1", "--patience", "0"], 2,
                 "--patience 0: '0' is no number from 1 to 86400"),
                ([CLIENT, "--port", "1", "--agent", 1025 * "a"], 2, "--agent: longer than 1024"),
                ([CLIENT, "--port", "1", "--host", "localhost", "--sizes", "1"], 1,
                 "cannot connect to localhost:1: 'localhost' is no IPv4 address; only dotted"),
                ([CLIENT, "--port", "1", "--sizes", "1"], 1, "cannot connect to 127.0.0.1:1")):
            ended = run(command)
            self.assertEqual(ended.returncode, status, ended)
            self.assertIn(words, ended.stderr)
            self.assertEqual(ended.stdout, "")

    def test_help(self):
        for program in (ECHO, CLIENT):
            ended = run([program, "--help"])
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIn("--backend", ended.stdout)
            self.assertEqual(ended.stderr, "")

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
        ping = b"\x89\xFD\0\0\0\0" + 125 * b"p"
        with listening([ECHO]) as (server, port, _):
            for said in (b"", b"GET / HT", HEAD, HEAD + b"\x82\xFE", HEAD + b"\x82\x81\0\0\0\0x",
                         HEAD + b"\xFF\xFF", HEAD + 20000 * ping):
                with self.subTest(said[-200:][:20]):
                    peer = socket.create_connection(("127.0.0.1", int(port)))
                    reset(peer)
                    peer.setblocking(False)
                    with peer, contextlib.suppress(BlockingIOError):
                        peer.send(said)
            ended = run([CLIENT, "--port", port, "--sizes", "10,100000"])
            self.assertEqual(ended.returncode, 0, ended)
            self.assertIsNone(server.poll())

    def test_no_more_descriptors(self):
        limit = 24
        for backend in BACKENDS:
            with self.subTest(backend), tempfile.TemporaryFile("w+") as errors, listening(
                    ["bash", "-c", f'ulimit -n {limit}; exec "$@"', "bash", ECHO, "--backend",
                     backend], errors) as (server, port, said), contextlib.ExitStack() as peers:
                if port is None:
                    self.assertEqual(server.wait(SECONDS), NO_BACKEND, said)
                    print(f"not applicable: {backend} does not run here")
                    continue
                for _ in range(limit + 10):
                    peer = peers.enter_context(socket.create_connection(("127.0.0.1", int(port))))
                    peer.sendall(HEAD)
                end = time.monotonic() + SECONDS
                while len(os.listdir(f"/proc/{server.pid}/fd")) < limit:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                used, begin = cpu_seconds(server.pid), time.monotonic()
                time.sleep(1)
                used = cpu_seconds(server.pid) - used
                self.assertLess(used, (time.monotonic() - begin) / 2)
                errors.seek(0)
                self.assertRegex(errors.read(), r"\Atare-ws-echo: cannot accept: resource .*\n\Z")
                peers.close()
                ended = run([CLIENT, "--port", port, "--sizes", "10,100000"])
                self.assertEqual(ended.returncode, 0, ended)

    def test_an_answer_before_the_message_is_sent(self):
        size = 30_000_000  # more than the sockets' buffers take
        for backend, n in itertools.product(BACKENDS, (size, 1_000_000)):
            heard = bytearray()

            def serve(peer, n=n, heard=heard):
                shake_hands(peer, frame(0x82))
                # Frames of n bytes, and a Close with a code behind the one that was being sent.
                while len(heard) % (14 + n) != 8 or heard[-8:-6] != b"\x88\x82":
                    got = peer.recv(1 << 20)
                    if not got:
                        return
                    heard += got
                peer.sendall(CLOSE)
                drain(peer)

            with self.subTest(f"{n} on {backend}"):
                with serving(serve) as port:
                    ended = run([CLIENT, "--backend", backend, "--port", port, "--sizes",
                                 f"{size},10,20", "--fragment", str(n)])
                if ended.returncode == NO_BACKEND:
                    print(f"not applicable: {ended.stderr.strip()}")
                    continue
                self.assertEqual((ended.returncode, ended.stdout), (
                    1, f"{size} bytes: WRONG: an answer came before the message was sent\n"
                       "closed with 1000\n"), ended)
                self.assertEqual(heard[:10],
                                 struct.pack("!BBQ", 0x82 if n == size else 0x02, 0xFF, n))
                self.assertEqual(len(heard) % (14 + n), 8)

    def test_drivers_that_say_no_number(self):
        for count, words in ((frame(0x81, b"nonsense"), "'nonsense'"), (b"", "''"),
                             (frame(0x81), "''"), (frame(0x81, b"0"), "'0'"),
                             (frame(0x81, b"-1"), "'-1'"), (frame(0x81, b"2 cases"), "'2 cases'"),
                             (frame(0x81, b"2\n"), "'2\\x0A'"),
                             (frame(0x81, 64 * b"0" + b"2"), "'000"),
                             (frame(0x81, b"18446744073709551616"), "'18446744073709551616'"),
                             (frame(0x01, 65536 * b"x") + frame(0x80, b"2"), "'xxx")):
            serve = driver(count)
            with self.subTest(words), serving(serve) as port:
                ended = run([CLIENT, "--port", port, "--agent", "a"])
                self.assertEqual(ended.returncode, 1, ended)
                self.assertIn(f"/getCaseCount: the driver said {words}", ended.stderr)
                self.assertIn("', which is no number of cases from 1 on\n", ended.stderr)
                self.assertEqual((ended.stdout, serve.asked), ("", ["/getCaseCount"]))

    def test_cases_that_the_driver_does_not_have(self):
        for cases, number in (("7", 7), ("1,3", 3), ("0", 0)):
            serve = driver(frame(0x81, b"2"))
            with self.subTest(cases), serving(serve) as port:
                ended = run([CLIENT, "--port", port, "--agent", "a", "--cases", cases])
                self.assertEqual(ended.returncode, 1, ended)
                self.assertIn(f"there is no case {number}, the driver said '2'\n", ended.stderr)
                self.assertEqual((ended.stdout, serve.asked), ("", ["/getCaseCount"]))

    def test_an_agent_of_any_characters(self):
        serve = driver(frame(0x81, b"2"))
        with serving(serve) as port:
            ended = run([CLIENT, "--port", port, "--agent", "my agent/\u00e9&x=%\r\n~a-B._9",
                         "--cases", "2"])
            self.assertEqual((ended.returncode, ended.stdout), (0, "case 2: run\n"), ended)
            agent = "agent=my%20agent%2F%C3%A9%26x%3D%25%0D%0A~a-B._9"
            self.assertEqual(serve.asked, ["/getCaseCount", f"/runCase?case=2&{agent}",
                                           f"/updateReports?{agent}"])

    def test_why_a_handshake_fails(self):
        def refuse(peer):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")

        def tear(peer):
            peer.recv(4096)
            reset(peer)

        for serve, words, patience in (
                (refuse, "invalid (the answer is no upgrade to WebSocket)", []),
                (tear, "reset", []),
                (lambda peer: peer.recv(4096), "reset (the stream ended)", []),
                (drain, "timeout", ["--patience", "1"])):
            for task in (["--sizes", "1"], ["--agent", "a"]):
                with self.subTest(f"{words} {task}"), serving(serve) as port:
                    ended = run([CLIENT, "--port", port, *patience, *task])
                    self.assertEqual(ended.returncode, 1, ended)
                    self.assertEqual(ended.stderr,
                                     f"tare-ws-client: 127.0.0.1:{port}: handshake: {words}\n")
        count = driver(frame(0x81, b"2"))
        with serving(lambda peer: refuse(peer) if count.asked else count(peer)) as port:
            ended = run([CLIENT, "--port", port, "--agent", "a"])
            self.assertEqual(ended.returncode, 1, ended)
            self.assertEqual(ended.stdout, "case 1: handshake failed\ncase 2: handshake failed\n")

    def test_patience(self):
        over = threading.Event()

        def shake_and_wait(peer):
            shake_hands(peer)
            over.wait(SECONDS)

        def shake_and_listen(peer):
            shake_hands(peer)
            drain(peer)

        def ping(peer):
            for _ in range(12):
                peer.sendall(frame(0x89))
                time.sleep(0.25)

        def listen_slowly(peer):
            shake_hands(peer)
            for _ in range(12):
                peer.recv(1 << 20)
                time.sleep(0.25)
            peer.sendall(CLOSE)
            drain(peer)

        def tasks():
            given_up = "nothing from the server for 2 s\n"
            return ((shake_and_listen, ["--agent", "a"], 1, "", given_up),
                    (driver(frame(0x81, b"3"), drain), ["--agent", "a"], 1, "case 1: given up\n",
                     given_up),
                    (shake_and_listen, ["--sizes", "10"], 1, "closed with 1006\n", given_up),
                    (shake_and_wait, ["--sizes", "30000000"], 1, "closed with 1006\n", given_up),
                    # Bytes that come, and bytes that go, for longer than that.
                    (driver(frame(0x81, b"1"), ping), ["--agent", "a"], 0, "case 1: run\n", ""),
                    (listen_slowly, ["--sizes", "30000000"], 1, "closed with 1000\n", ""))

        with contextlib.ExitStack() as stack:
            clients = []
            for backend in BACKENDS:
                for serve, task, *expected in tasks():
                    port = stack.enter_context(serving(serve))
                    client = stack.enter_context(subprocess.Popen(
                        [CLIENT, "--backend", backend, "--port", port, "--patience", "2", *task],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
                    stack.callback(client.kill)
                    clients.append((client, expected))
            stack.callback(over.set)
            for client, (status, said, why) in clients:
                with self.subTest(client.args):
                    stdout, stderr = client.communicate(timeout=SECONDS)
                    if client.returncode == NO_BACKEND:
                        print(f"not applicable: {stderr.strip()}")
                        continue
                    self.assertEqual((client.returncode, stdout), (status, said), stderr)
                    self.assertEqual(stderr.partition(": ")[2].partition(": ")[2], why)


def cpu_seconds(pid):
    """Of a process, in its own code and in the system's."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    ARGUMENTS = sys.argv[1:]
    REST = []
    if "--" in ARGUMENTS:
        ARGUMENTS, REST = (ARGUMENTS[:ARGUMENTS.index("--")],
                           ARGUMENTS[ARGUMENTS.index("--") + 1:])
    ECHO, CLIENT, *BACKENDS = ARGUMENTS
    unittest.main(argv=[sys.argv[0], *REST], verbosity=2)
