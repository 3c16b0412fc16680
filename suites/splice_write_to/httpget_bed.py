# SPDX-License-Identifier: Apache-2.0
# What the tests of tare-httpget and tare-proxy share: running them, and servers made by hand.
import concurrent.futures
import contextlib
import functools
import hashlib
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import unittest

SECONDS = 200
NO_BACKEND = 3  # of the program, where the backend does not run
VARIANTS = ("reference", "baseline", "published")
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NOISE = random.Random(1).randbytes(3 << 20)

# PROGRAM BACKEND... [-- UNITTEST ARGUMENT...]
_AT = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
_REST = sys.argv[_AT + 1:]
PROGRAM, *BACKENDS = sys.argv[1:_AT]
HTTPGET = PROGRAM = str(pathlib.Path(PROGRAM).resolve())


def main():
    unittest.main(argv=[sys.argv[0], *_REST], verbosity=2)


def get(*arguments, **options):
    return subprocess.run([HTTPGET, *map(str, arguments)], capture_output=True, timeout=SECONDS,
                          check=False, **options)


@functools.cache
def backends():
    """Those that run here."""
    run = []
    for backend in BACKENDS:
        # Nobody listens there, and the backend is asked first.
        if get("http://127.0.0.1:1/", "--backend", backend).returncode == NO_BACKEND:
            print(f"not applicable: {backend} does not run here")
        else:
            run.append(backend)
    return run


def ways(variants=VARIANTS):
    """The options of every backend that runs here with each variant."""
    return [["--backend", backend, "--variant", variant] for backend in backends()
            for variant in variants]


def at_once(run, each):
    """What run(one) returns for every one of them, with which: [(one, result)]."""
    with concurrent.futures.ThreadPoolExecutor(len(each)) as pool:
        return list(zip(each, pool.map(run, each)))


def digest(body):
    return hashlib.sha256(body).hexdigest()


def by_length(body):
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunk(data, extension=b""):
    return b"%X%b\r\n%b\r\n" % (len(data), extension, data)


def in_chunks(body, size):
    parts = [chunk(body[at:at + size]) for at in range(0, len(body), size)]
    return CHUNKED + b"".join(parts) + b"0\r\n\r\n"


def until_close(body):
    return OK + b"\r\n" + body


def request(peer):
    """Reads a request; the resource that is asked for."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += peer.recv(4096) or b"GET nothing\r\n\r\n"
    return head.split()[1].decode()


def reset(peer):
    """Lets the peer see a reset when it is closed, and not an end of the stream."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def listening(serve, host="127.0.0.1"):
    """Calls serve(peer) for each connection, on a thread of its own; HOST:PORT."""
    def attend(peer):
        with peer, contextlib.suppress(ConnectionError):
            serve(peer)

    def accept(server):
        threads = []
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                break  # shut down
            threads.append(threading.Thread(target=attend, args=(peer,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        thread = threading.Thread(target=accept, args=(server,))
        thread.start()
        try:
            shown = f"[{host}]" if ":" in host else host
            yield f"{shown}:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def serving(answer, host="127.0.0.1"):
    """Answers each request with answer(resource), which is bytes, or a function of the connection
    that sends some. The URL up to the resource."""
    def serve(peer):
        answered = answer(request(peer))
        if callable(answered):
            answered(peer)
        else:
            peer.sendall(answered)

    with listening(serve, host) as at:
        yield f"http://{at}"


def commands_of(page, test):
    """The commands of the page that this test runs."""
    blocks = re.findall(rf"<!-- test: {test} -->\n```sh\n(.*?)```",
                        page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]
