# SPDX-License-Identifier: Apache-2.0
# tare-proxy by its options, between clients and targets that end, fail and stall in every way.
"""usage: proxy_programs_test.py TARE_PROXY BACKEND... [-- UNITTEST ARGUMENT...]"""

import concurrent.futures
import contextlib
import functools
import os
import pathlib
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from httpget_bed import (NOISE, PROGRAM, SECONDS, at_once, commands_of, digest, listening, main,
                         reset)
from proxy_bed import (accept, backends, drain, echo, fill, finish, met, proxy, proxying,
                       silent_target, target_at, through, wait_until, ways)
from proxy_figures import cpu_seconds

PATIENCE = 2  # seconds of --timeout, where a silent pair is to be given up
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/splice.md"


class TareProxy(unittest.TestCase):
    def each_way(self, run):
        """run(way) for all of them at once, which returns what is wrong, or None or ""."""
        for way, wrong in at_once(run, ways()):
            self.assertFalse(wrong, way)

    def test_an_echo_comes_back(self):
        def run(way):
            with listening(echo) as at, proxying(at, *way) as running:
                with running.connect() as client, concurrent.futures.ThreadPoolExecutor() as pool:
                    sending = pool.submit(finish, client, NOISE)
                    got = drain(client)
                    sending.result()
                if digest(got) != digest(NOISE):
                    return f"{len(got)} bytes, or other ones"
                wait_until(lambda: running.sockets() == 1)
                if running.stop() != 0 or running.errors != "":
                    return f"status {running.process.returncode}: {running.errors}"
                if running.served != (1, len(NOISE), len(NOISE)):
                    return running.served
            return None

        self.each_way(run)

    def test_both_ways_at_once(self):
        up, down = NOISE[:2_000_000], NOISE[1_000_000:]

        def run(way):
            with through(way) as (_, client, server), \
                    concurrent.futures.ThreadPoolExecutor(4) as pool:
                sending = [pool.submit(finish, client, up), pool.submit(finish, server, down)]
                at_server, at_client = pool.map(drain, (server, client))
                for one in sending:
                    one.result()
            return "" if (at_server, at_client) == (up, down) else "other bytes"

        self.each_way(run)

    def test_one_side_finishes_and_the_other_goes_on(self):
        def run(way):
            for first, second in ((1, 2), (2, 1)):
                with through(way) as ends:
                    one, other = ends[first], ends[second]
                    finish(one, b"question")
                    if drain(other) != b"question":
                        return "no question"
                    for part in (b"an", b" ans", b"wer"):
                        other.sendall(part)
                        if one.recv(100) != part:
                            return "no answer"
                    finish(other)
                    if drain(one) != b"":
                        return "something behind the answer"
                    wait_until(lambda proxy=ends[0]: proxy.sockets() == 1)
                    if ends[0].stop() != 0 or ends[0].errors:
                        return ends[0].errors or "another status"
            return None

        self.each_way(run)

    def test_what_is_behind_a_stalled_side_arrives_before_its_end(self):
        def run(way):
            with through(way) as (_, client, server):
                sent = fill(client)
                finish(client)
                got = drain(server)
                wanted = NOISE * (sent // len(NOISE)) + NOISE[:sent % len(NOISE)]
                return "" if digest(got) == digest(wanted) else f"{len(got)} bytes of {sent}"

        self.each_way(run)

    def test_a_reset_is_a_reset_for_the_other_side(self):
        def run(way):
            for first, second in ((1, 2), (2, 1)):
                with through(way, "--verbose") as ends:
                    one, other = ends[first], ends[second]
                    one.sendall(b"hello")
                    if other.recv(100) != b"hello":
                        return "no hello"
                    reset(one)
                    one.close()
                    if drain(other) != b" and a reset":
                        return "no reset"
                    wait_until(lambda proxy=ends[0]: proxy.sockets() == 1)
                    counts = (5, 0) if first == 1 else (0, 5)
                    if ends[0].stop() != 0 or ends[0].served != (1, *counts):
                        return ends[0].served
                    name = "client" if first == 1 else "target"
                    said = (f"tare-proxy: #1: the {name}: Connection reset by peer, after "
                            "{} bytes to the target and {} from it\n".format(*counts))
                    if not ends[0].errors.endswith(said):
                        return ends[0].errors
            return None

        self.each_way(run)

    def test_a_side_that_goes_without_taking_is_a_reset_for_the_other(self):
        def run(way):
            with through(way) as (_, client, server):
                fill(client)
                reset(server)
                server.close()
                return "" if drain(client).endswith(b" and a reset") else "no reset"

        self.each_way(run)

    def test_a_target_that_refuses(self):
        def run(way):
            with target_at() as target:
                port = target.getsockname()[1]
                at = f"127.0.0.1:{port}"
            with proxying(at, *way) as running:
                for _ in range(2):
                    if met(running) != b" and a reset":
                        return "no reset"
                with socket.create_server(("127.0.0.1", port)) as target, \
                        running.connect() as client, accept(target) as server:
                    finish(client, b"now")
                    if drain(server) != b"now":
                        return "no connection afterwards"
                running.stop()
                said = "".join(f"tare-proxy: #{number}: cannot connect to {at}: Connection "
                               "refused, after 0 bytes to the target and 0 from it\n"
                               for number in (1, 2))
                return "" if running.errors == said else running.errors

        self.each_way(run)

    def test_a_target_that_does_not_answer(self):
        with silent_target() as target:

            def run(way):
                with proxying(target, *way, "--connect-timeout=1") as running:
                    if met(running) != b" and a reset":
                        return "no reset"
                    running.stop()
                    return "" if "it does not answer" in running.errors else running.errors

            self.each_way(run)

    def test_pairs_in_which_nothing_moves(self):
        def run(way):
            with target_at() as target, proxying(target, *way, f"--timeout={PATIENCE}",
                                                 "--verbose") as running:
                # One is silent, one is stalled, and one says something in time.
                with running.connect() as silent, accept(target) as one, \
                        running.connect() as stalled, accept(target) as two, \
                        running.connect() as slow, accept(target) as three:
                    fill(stalled)
                    begin = time.monotonic()
                    for _ in range(8):
                        slow.sendall(b"x")
                        if three.recv(1) != b"x":
                            return "the slow one was cut off"
                        time.sleep(PATIENCE / 4)
                    for peer in (silent, one, stalled, two):
                        if not drain(peer).endswith(b" and a reset"):
                            return "no reset"
                    if time.monotonic() - begin < PATIENCE:
                        return "too early"
                    running.stop()
                    said = "no byte has moved for as long as --timeout says"
                    return "" if running.errors.count(said) == 2 else running.errors

        self.each_way(run)

    def test_waiting_costs_nothing(self):
        span = 10 if os.environ.get("TARE_LONG") else 2

        def run(way):
            with target_at() as target, proxying(target, *way) as running, \
                    running.connect(), accept(target), \
                    running.connect() as stalled, accept(target), \
                    running.connect() as half, accept(target) as other:
                fill(stalled)
                finish(half)
                drain(other)
                before = cpu_seconds(running.process.pid)
                time.sleep(span)
                share = (cpu_seconds(running.process.pid) - before) / span
                return "" if share < 0.05 else f"{share:.0%} of a CPU"

        self.each_way(run)

    def test_many_at_once_and_one_after_the_other(self):
        def client_of(running, number):
            data = NOISE[number * 1000:][:70_000]
            with running.connect() as client:
                client.sendall(data[:40_000])
                finish(client, data[40_000:])
                return drain(client) == data

        def run(way):
            with listening(echo) as at, proxying(at, *way) as running:
                with concurrent.futures.ThreadPoolExecutor(50) as pool:
                    good = list(pool.map(functools.partial(client_of, running), range(300)))
                wait_until(lambda: running.sockets() == 1)
                running.stop()
                if not all(good) or running.served != (300, 21_000_000, 21_000_000):
                    return f"{good.count(False)} went wrong: {running.served}"
                return running.errors

        for way in ways():
            self.assertFalse(run(way), way)

    def test_no_more_than_may_be(self):
        def run(way):
            with target_at() as target, proxying(target, *way, "--connections=2") as running, \
                    contextlib.ExitStack() as stack:
                clients = [stack.enter_context(running.connect()) for _ in range(4)]
                servers = [stack.enter_context(accept(target)) for _ in range(2)]
                if select.select([target], [], [], 0.3)[0] or running.sockets() != 1 + 2 * 2:
                    return "a third one"
                for client, server in zip(clients, servers):
                    finish(client)
                    finish(server)
                for client in clients[2:]:
                    server = stack.enter_context(accept(target))
                    finish(client, b"late")
                    if drain(server) != b"late":
                        return "no place became free"
            return None

        self.each_way(run)

    def test_no_descriptor_to_accept_with(self):
        def run(way):
            with target_at() as target, proxying(target, *way) as running, \
                    running.connect() as early, accept(target) as server:
                used = len(os.listdir(f"/proc/{running.process.pid}/fd"))
                limits = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
                resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (used, limits[1]))
                if "io_uring" in way:  # goes by the limit of when it began to wait
                    met(running)
                    line = running.process.stderr.readline()
                    if "Too many open files" not in line:
                        return line
                with running.connect() as late:
                    line = running.process.stderr.readline()
                    if line != ("tare-proxy: cannot accept: Too many open files; trying again "
                                "until it goes\n"):
                        return line
                    # What was there goes on; and it does not try as fast as it can.
                    before = cpu_seconds(running.process.pid)
                    early.sendall(b"still")
                    if server.recv(100) != b"still":
                        return "the early one is dead"
                    time.sleep(0.5)
                    if cpu_seconds(running.process.pid) - before > 0.05:
                        return "it spins"
                    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, limits)
                    with accept(target) as other:
                        finish(late, b"late")
                        if drain(other) != b"late":
                            return "the late one was not served"
                running.stop()
                return running.errors

        self.each_way(run)

    def test_no_descriptor_for_a_pipe(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        for backend in backends():
            with listening(echo) as at, proxying(at, "--backend", backend,
                                                 preexec_fn=limit) as running:
                used = len(os.listdir(f"/proc/{running.process.pid}/fd"))
                # Two sockets and one pipe have room, and the other way is copied.
                resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (used + 4, 64))
                with running.connect() as client, concurrent.futures.ThreadPoolExecutor() as pool:
                    sending = pool.submit(finish, client, NOISE)
                    self.assertEqual(digest(drain(client)), digest(NOISE), backend)
                    sending.result()
                self.assertEqual(running.stop(), 0)
                self.assertRegex(running.errors, r"\Atare-proxy: at most \d connections at a time: "
                                 r"they need 6 descriptors each, and 64 are allowed \(ulimit -n\)"
                                 r"\n\Z")

    def test_it_ends_when_it_is_asked_to(self):
        def run(way):
            for number in (signal.SIGTERM, signal.SIGINT):
                with target_at() as target, proxying(target, *way) as running, \
                        running.connect() as silent, accept(target) as one, \
                        running.connect() as stalled, accept(target) as two:
                    fill(stalled)
                    if running.stop(number) != 0 or running.errors or running.served[0] != 2:
                        return f"{running.process.returncode}: {running.errors} {running.served}"
                    for peer in (silent, one, stalled, two):
                        if not drain(peer).endswith(b" and a reset"):
                            return "no reset"
                    with contextlib.suppress(ConnectionRefusedError):
                        running.connect().close()
                        return "somebody listens there"
            return None

        self.each_way(run)

    def test_it_ends_while_it_connects_and_when_it_has_nothing_to_do(self):
        for way in ways():
            with target_at() as target, proxying(target, *way) as running:
                self.assertEqual(running.stop(), 0, way)
                self.assertEqual(running.served, (0, 0, 0))
            with silent_target() as target, \
                    proxying(target, *way, stdin=subprocess.DEVNULL) as running, \
                    running.connect():
                self.assertEqual(running.stop(), 0, way)

    def test_the_reference_splices_and_the_baseline_does_not(self):
        if shutil.which("strace") is None:
            print("not applicable: strace is not installed")
            return
        with tempfile.TemporaryDirectory() as folder, listening(echo) as at:
            calls = pathlib.Path(folder) / "calls"
            for way in ways():
                traced = ["strace", "-f", "-o", str(calls), "-e", "trace=splice", PROGRAM,
                          "127.0.0.1:0", at, *way]
                with subprocess.Popen(traced, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True) as process:
                    line = process.stdout.readline()
                    if "listening" not in line:
                        print(f"not applicable: {process.communicate()[1]}")
                        return
                    place = ("127.0.0.1", int(line.rpartition(":")[2]))
                    with socket.create_connection(place) as client, \
                            concurrent.futures.ThreadPoolExecutor() as pool:
                        sending = pool.submit(finish, client, NOISE)
                        self.assertEqual(digest(drain(client)), digest(NOISE))
                        sending.result()
                    # strace passes on what is sent to its child.
                    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
                    os.kill(int(children.read_text().split()[0]), signal.SIGTERM)
                    process.communicate(timeout=SECONDS)
                moved = sum(map(int, re.findall(r" splice\(.*\) = (\d+)", calls.read_text())))
                wanted = 0 if "baseline" in way else 4 * len(NOISE)
                self.assertEqual(moved, wanted, way)  # two hops each way

    def test_names_and_ipv6(self):
        try:
            with listening(echo, "::1") as at, proxying(at, listen="[::1]:0") as running, \
                    running.connect() as client:
                finish(client, b"six")
                self.assertEqual(drain(client), b"six")
        except OSError as error:
            print(f"not applicable: no ::1 here: {error}")
        # 'localhost' may be ::1 first, where nobody listens: then the next address is tried.
        with listening(echo) as at, proxying(at.replace("127.0.0.1", "localhost"), "--verbose",
                                             listen="localhost:0") as running, \
                running.connect() as client:
            finish(client, b"name")
            self.assertEqual(drain(client), b"name")
            running.stop()
            self.assertIn(f"tare-proxy: #1: connected to {at}\n", running.errors)
            self.assertIn("tare-proxy: #1: ended, after 4 bytes to the target and 4 from it\n",
                          running.errors)

    def test_options(self):
        with target_at() as target:
            taken = "{}:{}".format(*target.getsockname())
            for arguments, status, words in (
                    ([], 2, "LISTEN and TARGET must be given"),
                    (["127.0.0.1:0"], 2, "LISTEN and TARGET must be given"),
                    (["h:1", "h:2", "h:3"], 2, "h:3: one argument too many"),
                    (["", "h:1"], 2, "empty"),
                    (["127.0.0.1", "h:1"], 2, "127.0.0.1: has no port from 0 to 65535"),
                    (["127.0.0.1:0", "127.0.0.1:0"], 2, "127.0.0.1:0: has no port from 1 to 65535"),
                    (["127.0.0.1:65536", "h:1"], 2, "has no port from 0 to 65535"),
                    ([":0", "h:1"], 2, ":0: names no host"),
                    (["[::1:0", "h:1"], 2, "has an IPv6 address without its ']'"),
                    (["[::1]0", "h:1"], 2, "has something between ']' and the port"),
                    (["127.0.0.1:0", "127.0.0.1.1:1"], 1, "no address of '127.0.0.1.1' is known"),
                    ([taken, "h:1"], 1, "no address of 'h' is known"),
                    ([taken, "127.0.0.1:1"], 1, f"cannot listen at {taken}: Address already"),
                    (["h:1", "h:1", "--variant=published"], 2, "neither reference nor baseline"),
                    (["h:1", "h:1", "--pipe=4095"], 2, "is no number from 4096 to 1073741824"),
                    (["h:1", "h:1", "--connections=0"], 2, "is no number from 1 to 1000000"),
                    (["h:1", "h:1", "--timeout=-1"], 2, "is no number from 1 to 86400"),
                    (["h:1", "h:1", "--connect-timeout=1e3"], 2, "is no number from 1 to 86400"),
                    (["h:1", "h:1", "--once"], 2, "--once: no such option"),
                    (["h:1", "h:1", "--backend=none"], 3, "there is none of that name")):
                ended = proxy(*arguments)
                self.assertEqual((ended.returncode, ended.stdout), (status, ""), arguments)
                self.assertIn(words, ended.stderr)
        ended = proxy("--help")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("usage: tare-proxy LISTEN TARGET", ended.stdout)

    def test_the_page(self):
        commands = commands_of(PAGE, "splice_write_to_proxy_programs")
        self.assertGreaterEqual(len(commands), 2)
        with listening(echo) as at:
            for command in commands:
                name, listen, target, *options = shlex.split(command)
                self.assertEqual((name, listen, target), (
                    "build/release/bin/tare-proxy", "127.0.0.1:8080", "127.0.0.1:8000"))
                if "--backend" in options and \
                        options[options.index("--backend") + 1] not in backends():
                    continue  # which has been said
                with proxying(at, *options) as running, running.connect() as client:
                    finish(client, b"abc")
                    self.assertEqual(drain(client), b"abc")


if __name__ == "__main__":
    main()
