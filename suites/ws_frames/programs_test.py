# SPDX-License-Identifier: Apache-2.0
# tare-ws-echo and tare-ws-client by their options, and against peers that do what none should.
"""usage: programs_test.py TARE_WS_ECHO TARE_WS_CLIENT BACKEND... [-- UNITTEST ARGUMENT...]"""

import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from programs_bed import (BACKENDS, CLIENT, CLOSE, ECHO, HEAD, NO_BACKEND, SECONDS, cpu_seconds,
                          drain, driver, frame, listening, main, memory, reset, run, serving,
                          shake_hands)


class Programs(unittest.TestCase):
    def test_how_the_page_builds_them(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))
        for kind in ("configurePresets", "buildPresets"):
            self.assertIn("release", [preset["name"] for preset in presets[kind]])
        # Dry: by now they are built.
        build = pathlib.Path(ECHO).parents[1]
        ended = run(["cmake", "--build", str(build), "--target", "tare-ws-echo", "tare-ws-client",
                     "--", "-n"])
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual([pathlib.Path(program).parent for program in (ECHO, CLIENT)],
                         2 * [build / "bin"])

    def test_what_they_cannot_do_they_say(self):
        for command, status, words in (
                ([ECHO, "--nonsense", "1"], 2, "no such option"),
                ([ECHO, "--port"], 2, "--port: needs a value"),
                ([ECHO, "-p", "1"], 2, "-p: no such option"),
                ([ECHO, "--nonsense=1"], 2, "--nonsense=1: no such option"),
                ([ECHO, "--port=x"], 2, "--port x: 'x' is no number from 0 to 65535"),
                ([ECHO, "--port="], 2, "'' is no number"),
                ([ECHO, "--port=1", "--port", "2"], 2, "--port: given twice"),
                ([ECHO, "--verbose=yes"], 2, "--verbose=yes: takes no value"),
                ([ECHO, "--patience=0"], 2, "--patience 0: '0' is no number from 1 to 86400"),
                ([CLIENT, "--port=1", "--sizes=1", "--agent=a"], 2, "one of --agent and --sizes"),
                ([CLIENT, "--port=1", "--sizes=1", "--cases=all"], 2,
                 "--cases says something about --agent only"),
                ([CLIENT, "--port=1", "--agent=a", "--fragment=0"], 2,
                 "--fragment says something about --sizes only"),
                ([CLIENT, "--port=1", "--agent=a", "--type=text"], 2,
                 "--type says something about --sizes only"),
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
        for program, flag in itertools.product((ECHO, CLIENT), ("--help", "-h")):
            ended = run([program, flag])
            self.assertEqual(ended.returncode, 0, ended)
            for option in ("--backend", "--verbose", "-h, --help", "--port=9001"):
                self.assertIn(option, ended.stdout)
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

        def saying(answer):
            def say(peer):
                peer.recv(4096)
                peer.sendall(answer)
            return say

        for serve, words, patience in (
                (refuse, "refused with 404 Not Found", []),
                (saying(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 503 \x1b[31m\r\n\r\n"),
                 "refused with 503 \\x1B[31m", []),
                (saying(b"HTTP/1.1 302\r\nLocation: /x\r\n\r\n"), "refused with 302", []),
                (saying(b"HTTP/1.1 101 Go\r\n\r\n"),
                 "invalid (the answer is no upgrade to WebSocket: no Upgrade: websocket)", []),
                (saying(b"220 mail ready\r\n\r\n"),
                 "invalid (the answer is no upgrade to WebSocket: no status line of HTTP 1)", []),
                (saying(b"HTTP/1.1 200 OK\r\nX: " + 9000 * b"x"),
                 "resource (a head that is longer than this end has room for: 8192 bytes, this "
                 "end's limit)", []),
                (tear, "reset", []),
                (lambda peer: peer.recv(4096), "reset (the stream ended)", []),
                (drain, "timeout (the handshake was not over within 1 s, this end's limit)",
                 ["--patience", "1"])):
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

    def test_an_interim_answer(self):
        def hint_and_echo(peer):
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
                         b"Link: </a>\r\n\r\n")
            serve(peer)

        serve = driver(frame(0x81, b"1"))
        with serving(hint_and_echo) as port:
            ended = run([CLIENT, "--port", port, "--agent", "a"])
            self.assertEqual((ended.returncode, ended.stdout), (0, "case 1: run\n"), ended)

    def test_what_is_said_with_verbose(self):
        with tempfile.NamedTemporaryFile() as errors, \
                listening([ECHO, "--verbose", "--limit=100"], errors) as (_, port, _):
            def talk(said, until_the_end=True):
                with socket.create_connection(("127.0.0.1", int(port))) as peer:
                    peer.sendall(said)
                    return drain(peer) if until_the_end else None

            talk(HEAD.replace(b"13", b"12"))
            talk(b"\r\n" + HEAD.replace(b"Host: h\r\n", b""))
            self.assertTrue(talk(b"GET / HTTP/1.1\r\nX: " + 9000 * b"x").startswith(
                b"HTTP/1.1 431 "))
            talk(b"\r\n" + HEAD + b"\x88\x82\0\0\0\0\x03\xE8")
            talk(HEAD + b"\x82\xE5\0\0\0\0" + 101 * b"x")
            talk(HEAD + b"\x83\x80\0\0\0\0")
            talk(HEAD + b"\x88\x82\0\0\0\0\x03\xF1")
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                peer.sendall(HEAD)
                peer.shutdown(socket.SHUT_WR)
                drain(peer)
            ended = run([CLIENT, "--port=" + port, "--sizes=10", "--verbose"])
            self.assertEqual(ended.returncode, 0, ended)
            expected = (
                "handshake refused: answered 426 (another Sec-WebSocket-Version than 13)",
                "handshake refused: answered 400 (no Host)",
                "handshake refused: answered 431 (a head that is longer than this end has room "
                "for: 8192 bytes, this end's limit)",
                "closed with 1000, as the peer said",
                "closed with 1009: a message was longer than 100 bytes, this end's --limit",
                "closed with 1002: the peer broke the protocol",
                "closed with 1009, as the peer said: a message was longer than its limit",
                "closed with 1006: reset (the stream ended)",
                "closed with 1000, as the peer said")
            end = time.monotonic() + SECONDS
            while (said := text_of(errors)).count(": closed with ") < 6:
                self.assertLess(time.monotonic(), end, said)
                time.sleep(0.01)
            lines = said.splitlines()
            for number, words in enumerate(expected, 1):
                own = [line.partition(f"tare-ws-echo: #{number}: ")[2] for line in lines
                       if f" #{number}: " in line]
                self.assertRegex(own[0], r"^connected from 127\.0\.0\.1:\d+$")
                if "refused" not in words:
                    self.assertEqual(own.pop(1), "handshake: answered 101")
                self.assertEqual(own[1:], [words])
            self.assertRegex(ended.stderr, (
                r"\A(tare-ws-client: 127\.0\.0\.1:\d+: /: )connected from [\d.:]+\n"
                r"\1handshake: answered 101 Switching Protocols\n"
                r"\1closed with 1000, as this end said\n\Z"))
            # Nothing of it without the flag.
            self.assertEqual(run([CLIENT, "--port", port, "--sizes", "10"]).stderr, "")

    def test_a_client_that_writes_all_before_it_reads(self):
        piece = 65536
        one = b"\x82\xFF" + struct.pack("!QI", piece, 0) + bytes(piece)
        total = 64 << 20  # more than any buffers of the system's

        def serve(backend):
            """What is wrong; None where the backend does not run."""
            with tempfile.NamedTemporaryFile() as errors, listening(
                    [ECHO, "--backend", backend, "--patience=3", "--verbose"], errors) as (
                        server, port, _):
                if port is None:
                    return None if server.wait(SECONDS) == NO_BACKEND else "does not serve"
                # What the buffers take comes back.
                with socket.create_connection(("127.0.0.1", int(port))) as peer:
                    peer.sendall(HEAD + 2 * one + b"\x88\x82\0\0\0\0\x03\xE8")
                    echoed = drain(peer).partition(b"\r\n\r\n")[2]
                    if len(echoed) != 2 * (10 + piece) + 4:
                        return f"{len(echoed)} bytes came back"
                # Of more, the server reads no more than it can send; in the end it gives up.
                before = memory(server.pid, "VmRSS")
                with socket.create_connection(("127.0.0.1", int(port))) as peer:
                    peer.sendall(HEAD)
                    peer.settimeout(0.5)
                    taken = 0
                    with contextlib.suppress(TimeoutError):
                        while taken < total:
                            taken += peer.send(one[taken % len(one):])
                    if taken > total / 2:
                        return f"{taken} bytes were taken"
                    end = time.monotonic() + SECONDS
                    while "#2: given up" not in text_of(errors):
                        if time.monotonic() > end:
                            return "is not given up"
                        time.sleep(0.01)
                    echoed = 0
                    with contextlib.suppress(ConnectionError):
                        while n := len(peer.recv(1 << 20)):
                            echoed += n
                    if not 0 < echoed < taken:
                        return f"{echoed} of {taken} bytes came back"
                if (more := memory(server.pid, "VmHWM") - before) > 4 << 20:
                    return f"{more} bytes of memory more"
                ended = run([CLIENT, "--port", port, "--sizes", "10,100000"])
                said = text_of(errors)
                given_up = "#2: given up: it took nothing for 3 s, this end's --patience\n"
                return "" if ended.returncode == 0 and given_up in said else f"{ended} {said}"

        with concurrent.futures.ThreadPoolExecutor(len(BACKENDS)) as pool:
            for backend, wrong in zip(BACKENDS, pool.map(serve, BACKENDS)):
                with self.subTest(backend):
                    if wrong is None:
                        print(f"not applicable: {backend} does not run here")
                    else:
                        self.assertEqual(wrong, "")

    def test_patience(self):
        # A server that pauses for as long as the clients' patience lasts, on a machine that does
        # not let it run, proves nothing: then once more with twice the patience.
        for patience in (2, 4, 8, 16):
            wrong, pause = self.clients_that_wait_for(patience)
            if not wrong or pause < 0.75 * patience:
                break
            print(f"once more: a server paused for {pause:.1f} s of {patience}")
        self.assertEqual(wrong, [])

    def clients_that_wait_for(self, patience):
        """What was wrong, each with the client's arguments; and the longest time in seconds for
        which a server kept a client waiting that was not meant to."""
        over = threading.Event()
        begin = time.monotonic()
        pauses = [0]

        def shake_and_wait(peer):
            shake_hands(peer)
            pauses.append(time.monotonic() - begin)
            over.wait(SECONDS)

        def shake_and_listen(peer):
            shake_hands(peer)
            pauses.append(time.monotonic() - begin)
            drain(peer)

        def at_intervals(action):
            last = time.monotonic()
            for _ in range(12):
                action()
                now = time.monotonic()
                pauses.append(now - last)
                last = now
                time.sleep(patience / 8)

        def ping(peer):
            at_intervals(lambda: peer.sendall(frame(0x89)))

        def listen_slowly(peer):
            shake_hands(peer)
            at_intervals(lambda: peer.recv(1 << 20))
            peer.sendall(CLOSE)
            drain(peer)

        def tasks():
            given_up = f"nothing from the server for {patience} s\n"
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
                        [CLIENT, "--backend", backend, "--port", port, "--patience", str(patience),
                         *task], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
                    stack.callback(client.kill)
                    clients.append((client, expected))
            stack.callback(over.set)
            wrong = []
            for client, expected in clients:
                stdout, stderr = client.communicate(timeout=SECONDS)
                if client.returncode == NO_BACKEND:
                    print(f"not applicable: {stderr.strip()}")
                    continue
                found = [client.returncode, stdout, stderr.partition(": ")[2].partition(": ")[2]]
                if found != expected:
                    wrong.append((client.args, expected, found, stderr))
            return wrong, max(pauses)


def text_of(file):
    """What others have written there; their place in it stays as it is."""
    return pathlib.Path(file.name).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
