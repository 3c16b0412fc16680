# SPDX-License-Identifier: Apache-2.0
# What the tests of tare-ws-echo and tare-ws-client share: running them, and peers made by hand.
import base64
import contextlib
import hashlib
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading
import unittest

SECONDS = 200
NO_BACKEND = 3  # of the programs, where the backend does not run

# Debian's place for packages of node.
ENVIRONMENT = {**os.environ, "NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}


# TARE_WS_ECHO TARE_WS_CLIENT BACKEND... [-- UNITTEST ARGUMENT...]
_AT = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
_REST = sys.argv[_AT + 1:]
ECHO, CLIENT, *BACKENDS = sys.argv[1:_AT]


def main():
    unittest.main(argv=[sys.argv[0], *_REST], verbosity=2)


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


def memory(pid, which):
    """Bytes of memory that a process has (VmRSS), or has had at most (VmHWM)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"^{which}:\s+(\d+) kB", status, re.MULTILINE)[1]) << 10


def cpu_seconds(pid):
    """Of a process, in its own code and in the system's."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")
