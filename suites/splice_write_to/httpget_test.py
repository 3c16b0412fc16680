# SPDX-License-Identifier: Apache-2.0
# tare-httpget by its options, against servers good and bad, into outputs of every kind.
"""usage: httpget_test.py TARE_HTTPGET BACKEND... [-- UNITTEST ARGUMENT...]"""

import contextlib
import functools
import http.server
import os
import pathlib
import re
import resource
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import figures
from httpget_bed import (CHUNKED, HTTPGET, NOISE, OK, SECONDS, at_once, by_length, chunk,
                         commands_of, digest, get, in_chunks, main, reset, serving, until_close,
                         ways)

PATIENCE = 3  # seconds for which a server is waited for, where it is to be given up
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/splice.md"


class HttpGet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "copy"

    def wrong(self, url, body, *options, file=None):
        """What is wrong with a copy of it, which is to be `body`; "" if nothing is."""
        file = file or self.file
        ended = get(url, "--output", file, *options)
        if (ended.returncode, ended.stderr) != (0, b""):
            return f"status {ended.returncode}: {ended.stderr.decode()}"
        if ended.stdout != b"copied bytes: %d\n" % len(body):
            return f"'{ended.stdout.decode()}' instead of {len(body)}"
        return "" if digest(file.read_bytes()) == digest(body) else "another body"

    def check(self, url, body, *options):
        self.assertEqual(self.wrong(url, body, *options), "", (url, options))

    def check_bad(self, answer, words, *options, variants=("reference", "baseline")):
        """That it fails with these words, and has a status of 1."""
        with serving(lambda _: answer) as url:
            for way, ended in at_once(
                    lambda way: get(url + "/x", "--output", self.file, *way, *options),
                    ways(variants)):
                said = f"tare-httpget: {url}/x: {words}\n"
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr.decode()),
                                 (1, b"", said), way)

    def test_bodies_by_every_framing(self):
        framings = {"length": by_length, "close": until_close,
                    "chunks": functools.partial(in_chunks, size=32768),
                    "one": functools.partial(in_chunks, size=len(NOISE))}

        def answer(asked):
            _, framing, size = asked.split("/")
            return framings[framing](NOISE[:int(size)])

        with serving(answer) as url:
            for way in ways():
                for framing in framings:
                    for size in (0, 1, 65537, 3 << 20):
                        self.check(f"{url}/{framing}/{size}", NOISE[:size], *way)

    def test_a_wrong_body_is_seen(self):
        with serving(lambda _: by_length(b"abc")) as url:
            self.assertEqual(self.wrong(url, b"abd"), "another body")
            self.assertEqual(self.wrong(url, b"ab"), "'copied bytes: 3\n' instead of 2")

    def test_chunks_of_every_size(self):
        # Around what is read with a size at once, and what buffers and pipes hold.
        sizes = [*range(1, 1100), 4095, 4096, 4097, 32767, 32768, 32769, 65535, 65536, 65537,
                 1 << 20]
        parts, at = [], 0
        for number, size in enumerate(sizes):
            extension = b"" if number % 3 else b" ;name=\"v;\""
            parts.append(chunk(NOISE[at:at + size], extension))
            at += size
        whole = CHUNKED + b"".join(parts) + b"000;last\r\nTrailer: t\r\n\r\n"
        with serving(lambda _: whole) as url:
            for way in ways():
                self.check(url, NOISE[:at], *way)

    def test_heads_in_pieces(self):
        body = NOISE[:3000]

        def bytewise(peer):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            whole = b"HTTP/1.1 100 Continue\r\n\r\n" + in_chunks(body, 700)
            for at in range(len(whole)):
                peer.sendall(whole[at:at + 1])

        with serving(lambda _: bytewise) as url:
            for way in ways(("reference", "baseline")):
                self.check(url, body, *way)

    def test_what_comes_behind_the_body_is_ignored(self):
        behind = b"HTTP/1.1 200 OK\r\n\r\n" + NOISE[:70000]
        with serving(lambda asked: by_length(b"abc") + behind if asked == "/length"
                     else in_chunks(b"abc", 2) + behind) as url:
            for way in ways():
                for framing in ("/length", "/chunks"):
                    self.check(url + framing, b"abc", *way)
                    ended = get(url + framing, *way, "--verbose")
                    self.assertEqual((ended.returncode, ended.stdout), (0, b"abc"), ended)
                    self.assertRegex(ended.stderr.decode(), r"\d bytes behind the body are ignored")

    def test_servers_that_send_less(self):
        self.check_bad(OK + b"Content-Length: 10\r\n\r\nhello",
                       "the server ended the connection in the middle of the body, after 5 of 10 "
                       "bytes")
        self.check_bad(OK + b"Content-Length: 9223372036854775807\r\n\r\n" + NOISE[:70000],
                       "the server ended the connection in the middle of the body, after 70000 of "
                       "9223372036854775807 bytes", variants=("reference", "baseline", "published"))
        for rest, count in ((b"", 0), (b"5", 0), (b"5\r\n", 0), (b"5\r\nhel", 3),
                            (b"5\r\nhello", 5), (chunk(b"hello"), 5),
                            (chunk(b"hello") + b"0\r\n", 5),
                            (b"7fffffffffffffff\r\nhello", 5)):
            self.check_bad(CHUNKED + rest, "the server ended the connection in the middle of the "
                           f"body, after {count} bytes")
        self.check_bad(b"", "the server ended the connection in the head")
        self.check_bad(OK + b"A: b\r\n", "the server ended the connection in the head")

    def test_servers_that_reset(self):
        def tear(sent):
            def answer(peer):
                peer.sendall(sent)
                reset(peer)
            return answer

        lost = "the connection failed (Connection reset by peer) in the "
        self.check_bad(tear(b""), lost + "head")
        for framing, count in ((b"Content-Length: 10\r\n\r\nhello", "5 of 10"),
                               (b"\r\nhello", "5"),
                               (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", "2")):
            self.check_bad(tear(OK + framing), lost + f"middle of the body, after {count} bytes")

    def test_servers_that_are_malformed(self):
        wrong = "the response makes no sense: "
        for answer, words in (
                (b"nonsense\r\n\r\n", "it does not begin with a status line of HTTP/1"),
                (OK + b"Content-Length: x\r\n\r\n", "its Content-Length is no number"),
                (OK + b"Content-Length: 9223372036854775808\r\n\r\n",
                 "its Content-Length is 2^63 or more"),
                (OK + b"Transfer-Encoding: gzip\r\n\r\n",
                 "its Transfer-Encoding is none that is known here, which is 'chunked'"),
                (CHUNKED + b"8000000000000000\r\n",
                 "the size of a chunk is 2^63 or more, after 0 bytes"),
                (CHUNKED + chunk(b"hello") + b"x\r\n",
                 "the size of a chunk is no number, after 5 bytes"),
                (CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
                 "a chunk is longer than its size says, after 3 bytes")):
            self.check_bad(answer, wrong + words)

        def endless(begin):
            def answer(peer):
                peer.sendall(begin)
                with contextlib.suppress(ConnectionError):
                    while True:
                        peer.sendall(b"A: b\r\n" * 1000)
            return answer

        self.check_bad(endless(OK), wrong + "its head has no end within 65536 bytes")
        self.check_bad(endless(CHUNKED + b"0\r\n"), wrong + "the lines behind its last chunk are "
                       "longer than 65536 bytes, after 0 bytes")

    def test_other_answers_than_2xx_leave_the_file_alone(self):
        self.file.write_text("before")
        for head, words in (
                (b"HTTP/1.1 404 Not \x1b Found", None),
                (b"HTTP/1.1 404 Not Found", "404 Not Found"),
                (b"HTTP/1.1 500", "500 "),
                (b"HTTP/1.1 302 Found\r\nLocation: /a\xFF",
                 "302 Found, and is at /a\\xFF, which is not followed")):
            answer = head + b"\r\nContent-Length: 3\r\n\r\nabc"
            self.check_bad(answer, f"the server answered {words}" if words else
                           "the response makes no sense: its head holds a control character")
            self.assertEqual(self.file.read_text(), "before")
        with serving(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n") as url:
            self.check(url, b"")

    def test_servers_that_are_silent(self):
        done = threading.Event()

        def silent(sent):
            def answer(peer):
                peer.sendall(sent)
                peer.recv(1)  # until the client leaves
            return answer

        def trickle(peer):
            peer.sendall(OK)
            with contextlib.suppress(ConnectionError):
                while not done.wait(0.1):
                    peer.sendall(b"A: b\r\n")

        self.addCleanup(done.set)
        late = f"nothing came from the server for {PATIENCE} s, which is --timeout, in the "
        at_once(lambda case: self.check_bad(case[0], late + case[1], f"--timeout={PATIENCE}"), (
            (silent(b""), "head"), (silent(OK), "head"), (trickle, "head"),
            (silent(OK + b"Content-Length: 10\r\n\r\nhello"),
             "middle of the body, after 5 of 10 bytes"),
            (silent(until_close(b"hello")), "middle of the body, after 5 bytes"),
            (silent(CHUNKED + chunk(b"hello")), "middle of the body, after 5 bytes")))

        # But one that says something in time may take longer than that.
        def slowly(peer):
            peer.sendall(OK + b"Content-Length: 6\r\n\r\n")
            for _ in range(6):
                time.sleep(PATIENCE / 4)
                peer.sendall(b"x")

        with serving(lambda _: slowly) as url:
            for way, wrong in at_once(
                    lambda way: self.wrong(url, b"xxxxxx", *way, f"--timeout={PATIENCE}",
                                           file=self.folder / "-".join(way)),
                    ways(("reference", "baseline"))):
                self.assertEqual(wrong, "", way)

    def test_connections_that_are_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        for way in ways():
            ended = get(f"http://127.0.0.1:{port}/", *way)
            self.assertEqual((ended.returncode, ended.stderr.decode()), (
                1, f"tare-httpget: http://127.0.0.1:{port}/: cannot connect to 127.0.0.1:{port}: "
                   "Connection refused: is the server running, and the port right?\n"))

    def test_names_and_ipv6(self):
        with serving(lambda _: by_length(b"abc")) as url:
            for way in ways():
                self.check(url.replace("127.0.0.1", "localhost"), b"abc", *way)
        try:
            with serving(lambda _: by_length(b"abc"), "::1") as url:
                self.check(url + "/", b"abc")
        except OSError as error:
            print(f"not applicable: no ::1 here: {error}")

    def test_outputs(self):
        body = NOISE[:200000]
        said = b"copied bytes: 200000\n"
        with serving(lambda _: by_length(body)) as url:
            for way in ways():
                self.file.write_bytes(NOISE[:300000])  # longer
                self.check(url, body, *way)
                ended = get(url, "--output", "/dev/null", *way)
                self.assertEqual((ended.returncode, ended.stdout), (0, said))
            # What fills a pipe, the published design does not wait for.
            for way in ways(("reference", "baseline")):
                for options in ([], ["--output", "/dev/stdout"]):
                    ended = get(url, *options, *way)
                    self.assertEqual((ended.returncode, ended.stderr), (0, said))
                    self.assertEqual(digest(ended.stdout), digest(body), way)
                with self.file.open("wb") as file:
                    ended = subprocess.run([HTTPGET, url, *way], stdout=file, check=False,
                                           stderr=subprocess.PIPE, timeout=SECONDS)
                self.assertEqual((ended.returncode, ended.stderr), (0, said))
                self.assertEqual(digest(self.file.read_bytes()), digest(body), way)

    def test_outputs_that_fail(self):
        body = NOISE[:200000]
        advice = ": make room, or choose another --output\n"

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

        os.mkfifo(self.folder / "fifo")
        with serving(lambda _: by_length(body)) as url:
            begin = f"tare-httpget: {url}: "
            for way in ways(("reference", "baseline")):
                ended = get(url, "--output", "/dev/full", *way)
                self.assertEqual((ended.returncode, ended.stderr.decode()), (
                    1, f"{begin}/dev/full: cannot be written to, after 0 of 200000 bytes: No space "
                       f"left on device{advice}"))
                ended = get(url, "--output", self.file, *way, preexec_fn=limit)
                self.assertEqual((ended.returncode, ended.stderr.decode()), (
                    1, f"{begin}{self.file}: cannot be written to, after 100000 of 200000 bytes: "
                       f"File too large{advice}"))
                self.assertEqual(self.file.read_bytes(), body[:100000])
                for output, words in ((self.folder, "Is a directory"),
                                      (self.folder / "no" / "file", "No such file or directory"),
                                      (self.folder / "fifo", "No such device or address")):
                    ended = get(url, "--output", output, *way)
                    self.assertEqual((ended.returncode, ended.stderr.decode()), (
                        1, f"{begin}{output}: cannot be opened: {words}\n"))
                reader, writer = os.pipe()
                os.close(reader)
                ended = subprocess.run([HTTPGET, url, *way], stdout=writer, check=False,
                                       stderr=subprocess.PIPE, timeout=SECONDS)
                os.close(writer)
                self.assertEqual((ended.returncode, ended.stderr.decode()), (
                    1, f"{begin}standard output: cannot be written to, after 0 of 200000 bytes: "
                       f"Broken pipe{advice}"))
            with socket.socket() as one:
                ended = subprocess.run([HTTPGET, url], stdout=one, stderr=subprocess.PIPE,
                                       check=False, timeout=SECONDS)
                self.assertIn(b"standard output: is no file, pipe or terminal", ended.stderr)

    def test_an_output_that_stalls_is_waited_for(self):
        def stall(way):
            with subprocess.Popen([HTTPGET, url, *way, f"--timeout={PATIENCE}"], bufsize=0,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
                begin = client.stdout.read(1)
                time.sleep(1.5 * PATIENCE)
                rest, said = client.communicate(timeout=SECONDS)
            return client.returncode, said, digest(begin + rest)

        with serving(lambda _: by_length(NOISE)) as url:
            for way, found in at_once(stall, ways(("reference", "baseline"))):
                self.assertEqual(found, (0, b"copied bytes: 3145728\n", digest(NOISE)), way)

    def test_a_server_that_is_not_ours(self):
        (self.folder / "blob").write_bytes(NOISE)
        handler = functools.partial(QuietHandler, directory=str(self.folder))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                at = f"127.0.0.1:{server.server_address[1]}"
                for way in ways():
                    self.check(f"http://{at}/blob", NOISE, *way)
                # As docs/splice.md has it.
                commands = commands_of(PAGE, "splice_write_to_httpget")
                self.assertGreaterEqual(len(commands), 3)
                for command in commands:
                    words = shlex.split(command.replace("127.0.0.1:8000", at))
                    self.assertEqual(words.pop(0), "build/release/bin/tare-httpget")
                    ended = get(*words, cwd=self.folder)
                    self.assertEqual(ended.returncode, 0, ended)
                    if "--output" in words:
                        copy = self.folder / words[words.index("--output") + 1]
                        self.assertEqual(digest(copy.read_bytes()), digest(NOISE))
            finally:
                server.shutdown()
                thread.join()

    def test_the_reference_splices_and_the_baseline_does_not(self):
        if shutil.which("strace") is None:
            print("not applicable: strace is not installed")
            return
        calls = self.folder / "calls"
        with serving(lambda _: in_chunks(NOISE, 1 << 20)) as url:
            # Into a file it is a call of the program, whatever the backend.
            for way in ways():
                ended = subprocess.run(
                    ["strace", "-f", "-o", calls, "-e", "trace=splice,read,recvfrom,write", HTTPGET,
                     url, "--output", self.file, *way], check=False, capture_output=True,
                    timeout=SECONDS)
                if b"ptrace" in ended.stderr:
                    print(f"not applicable: {ended.stderr.decode()}")
                    return
                self.assertEqual((ended.returncode, ended.stderr), (0, b""))
                said = calls.read_text()
                spliced = sum(map(int, re.findall(
                    rf" splice\(\d+, NULL, {self.output_of(said)}, NULL, .*\) = (\d+)", said)))
                if "baseline" in way:
                    self.assertNotIn("splice(", said)
                else:
                    # All but what was read with the head and the lines: a head's room, and 3 lines.
                    self.assertGreaterEqual(spliced, len(NOISE) - 65536 - 3 * 512, way)

    def output_of(self, said):
        """Which descriptor most was spliced into."""
        into = re.findall(r" splice\(\d+, NULL, (\d+),", said)
        return max(set(into), key=into.count) if into else "none"

    def test_the_figures_script(self):
        self.assertEqual(figures.median([3, 1, 2, 4]), 2.5)
        # Tables of the sign test: of 20 values the 6th and the 15th, of 6 the ends, of 5 none.
        self.assertEqual(figures.interval(range(20, 0, -1)), (6, 15))
        self.assertEqual(figures.interval(range(6)), (0, 5))
        self.assertIsNone(figures.interval(range(5)))

    def test_options(self):
        for arguments, status, words in (
                ([], 2, "a URL must be given"),
                (["http://h/", "http://h/"], 2, "http://h/: one argument too many"),
                ([""], 2, "empty"),
                (["-o"], 2, "-o: no such option"),
                (["--nonsense=1"], 2, "no such option"),
                (["http://h/", "--output"], 2, "--output: needs a value"),
                (["http://h/", "--output="], 2, "--output: empty"),
                (["http://h/", "--variant=best"], 2, "neither reference, baseline nor published"),
                (["http://h/", "--measure", "--variant=baseline"], 2, "has no choice"),
                (["http://h/", "--timeout=0"], 2, "is no number from 1 to 86400"),
                (["https://h/"], 2, "TLS is not spoken here"),
                (["h"], 2, "is no URL that begins with http://"),
                (["http://127.0.0.1.1/"], 1, "no address of '127.0.0.1.1' is known"),
                (["http://127.0.0.1/", "--backend=none"], 3, "there is none of that name")):
            ended = get(*arguments)
            self.assertEqual(ended.returncode, status, ended)
            self.assertIn(words, ended.stderr.decode())
        ended = get("--help")
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        self.assertIn(b"usage: tare-httpget URL", ended.stdout)

    def test_what_is_said_with_verbose(self):
        with serving(lambda _: by_length(b"abc")) as url:
            ended = get(url, "--verbose", "--output", self.file)
            at = url.partition("//")[2]
            self.assertEqual(ended.stderr.decode(), (
                f"tare-httpget: {url}: connected to {at}\n"
                f"tare-httpget: {url}: answered 200 OK, a body of 3 bytes\n"))

    def test_small_chunks_are_copied_where_that_was_measured_to_be_faster(self):
        with serving(lambda _: in_chunks(NOISE[:300_000], size=1000)) as url:
            for way in ways(("reference",)):
                ended = get(url, "--measure", "--verbose", "--output", self.file, *way)
                self.assertEqual(ended.returncode, 0, ended)
                self.assertRegex(ended.stderr.decode().splitlines()[0],
                                 r"^tare-httpget: copying is faster up to \d+ bytes$")
                self.assertEqual(digest(self.file.read_bytes()), digest(NOISE[:300_000]), way)

    def test_the_request(self):
        asked = []

        def keep(peer):
            peer.sendall(by_length(b""))

        with serving(lambda what: asked.append(what) or keep) as url:
            self.check(url + "/a%20b?c=d#e", b"")
            self.check(url + "?c", b"")
        self.assertEqual(asked, ["/a%20b?c=d", "/?c"])


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


if __name__ == "__main__":
    main()
