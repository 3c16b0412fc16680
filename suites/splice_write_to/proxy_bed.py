# SPDX-License-Identifier: Apache-2.0
# What the tests of tare-proxy share: running it, and clients and targets made by hand.
import contextlib
import functools
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

from httpget_bed import BACKENDS, NOISE, NO_BACKEND, PROGRAM, SECONDS

VARIANTS = ("reference", "baseline")
SERVED = re.compile(r"connections: (\d+), bytes to the target: (\d+), from it: (\d+)\n")


@functools.cache
def backends():
    """Those that run here."""
    run = []
    for backend in BACKENDS:
        if proxy("h", "h", "--backend", backend).returncode == NO_BACKEND:
            print(f"not applicable: {backend} does not run here")
        else:
            run.append(backend)
    return run


def ways():
    return [["--backend", backend, "--variant", variant] for backend in backends()
            for variant in VARIANTS]


def proxy(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=SECONDS,
                          check=False)


class Proxy:
    """One that runs, and what it has said once it was stopped."""

    def __init__(self, process, place):
        self.process = process
        self.place = place
        self.served = self.errors = None

    def connect(self):
        return socket.create_connection(self.place, timeout=SECONDS)

    def sockets(self):
        """How many it has open."""
        folder = pathlib.Path(f"/proc/{self.process.pid}/fd")
        count = 0
        for entry in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(entry).startswith("socket:")
        return count

    def stop(self, number=signal.SIGTERM):
        """Its status. `served`: connections, bytes to the target, bytes from it."""
        self.process.send_signal(number)
        said, self.errors = self.process.communicate(timeout=SECONDS)
        served = SERVED.fullmatch(said)
        self.served = tuple(map(int, served.groups())) if served else said
        return self.process.returncode


@contextlib.contextmanager
def proxying(target, *options, listen="127.0.0.1:0", **started):
    """A proxy in front of `target`, a socket or HOST:PORT, for as long as the block lasts."""
    if not isinstance(target, str):
        target = "{}:{}".format(*target.getsockname())
    with subprocess.Popen([PROGRAM, listen, target, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **started) as process:
        try:
            line = process.stdout.readline()
            at = re.fullmatch(r"listening on \[?([\d.:]+?)\]?:(\d+)\n", line)
            if at is None:
                raise AssertionError(f"'{line}' and {process.stderr.read()}")
            yield Proxy(process, (at[1], int(at[2])))
        finally:
            process.kill()


@contextlib.contextmanager
def target_at(backlog=100):
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as target:
        target.settimeout(SECONDS)
        yield target


@contextlib.contextmanager
def silent_target():
    """One that does not answer: Linux leaves unanswered whoever does not fit into the line."""
    with target_at(backlog=0) as target, contextlib.ExitStack() as stack:
        while True:
            filling = stack.enter_context(socket.socket())
            filling.settimeout(0.3)
            try:
                filling.connect(target.getsockname())
            except TimeoutError:
                break
        yield target


def accept(target):
    peer, _ = target.accept()
    peer.settimeout(SECONDS)
    return peer


@contextlib.contextmanager
def through(way, *options):
    """A proxy and one connection by way of it: (proxy, client, server)."""
    with target_at() as target, proxying(target, *way, *options) as running, \
            running.connect() as client, accept(target) as server:
        yield running, client, server


def finish(peer, data=b""):
    if data:  # to send nothing, Python waits for room as well
        peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)


def drain(peer):
    """All that comes until the end of the stream; with a reset at its end, that in words."""
    received = b""
    try:
        while data := peer.recv(1 << 20):
            received += data
    except ConnectionResetError:
        received += b" and a reset"
    return received


def met(running):
    """What a client finds who only connects and drains."""
    try:
        with running.connect() as client:
            return drain(client)
    except ConnectionResetError:  # as early as that
        return b" and a reset"


def echo(peer):
    while data := peer.recv(1 << 20):
        peer.sendall(data)


def fill(peer):
    """Sends until nothing has fitted for a while: how many bytes of NOISE, over and over."""
    sent = 0
    peer.setblocking(False)
    while select.select([], [peer], [], 0.3)[1]:
        sent += peer.send(NOISE[sent % len(NOISE):][:65536])
    peer.settimeout(SECONDS)
    return sent


def wait_until(holds):
    """For what no descriptor tells of; the test's own timeout bounds it."""
    limit = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > limit:
            raise AssertionError("in vain")
        time.sleep(0.005)
