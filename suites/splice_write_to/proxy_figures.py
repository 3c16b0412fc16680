# SPDX-License-Identifier: Apache-2.0
# What a proxy of TCP costs: tare-proxy beside HAProxy with splicing and nginx's stream proxy.
"""usage: proxy_figures.py TARE_PROXY BACKEND... [--rounds N] [--size BYTES] [--sender WAY]

Pushes BYTES (4 GiB) over loopback through tare-proxy, by the reference and the baseline on each
backend, and through HAProxy and nginx where they are installed, in turn, N rounds (9). Prints the
medians with their intervals of the CPU time, user and system, that the proxy's process took for a
GiB, of the wall time, and of the ratios within a round. The sender sends a file in memory, by
sendfile or, with --sender=send, by a copy as a program does that makes its bytes; the sink drops
what arrives, which TCP does without a copy. HAProxy and nginx run on one thread, each with the size
of its pipes or buffers that takes the least CPU here, which is tried out first.
"""

import argparse
import contextlib
import multiprocessing
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from figures import CONFIDENCE, free_port, median, running, shown

GIB = 1 << 30
PORTION = 1 << 20  # bytes of a call of the sender and the sink
SIZES = (16 << 10, 64 << 10, 256 << 10, 1 << 20)  # of pipes and buffers, to be tried out
_HAPROXY = """global
  nbthread 1
  maxconn 64
  tune.pipesize {2}
defaults
  mode tcp
  option splice-auto
  option splice-request
  option splice-response
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen proxy
  bind 127.0.0.1:{0}
  server target 127.0.0.1:{1}
"""
_NGINX = """{3}daemon off; master_process off; pid {4}/nginx.pid; error_log {4}/nginx.log;
worker_processes 1;
events {{ worker_connections 64; }}
stream {{
  server {{ listen 127.0.0.1:{0}; proxy_pass 127.0.0.1:{1}; proxy_buffer_size {2}; }}
}}
"""
_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"


def path_of(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")


def cpu_seconds(pid):
    """Of all threads of a process, in its own code and in the system's, once it sleeps."""
    while True:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks]
        if all(state == "S" for state in states):
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def send(to, size, way):
    """What the sender's process does."""
    file = os.memfd_create("bytes")
    os.truncate(file, 16 * PORTION)
    portion = memoryview(bytes(PORTION))
    sent = 0
    with socket.create_connection(to) as connection:
        while sent < size:
            most = min(PORTION, size - sent)
            if way == "send":
                sent += connection.send(portion[:most])
            else:
                sent += os.sendfile(connection.fileno(), file, sent % (15 * PORTION), most)


class Way:
    """A proxy that runs, and where its target listens."""

    def __init__(self, stack, command_for, folder):
        self.target = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = free_port()
        command = command_for(self.port, self.target.getsockname()[1], folder)
        with open(folder / "said", "ab") as said:
            self.server = stack.enter_context(
                running(command, self.port, stdout=said, stderr=said))
        self.target.accept()[0].close()  # of whoever asked whether it runs

    def push(self, size, sender):
        """Pushes so many bytes through; CPU seconds of the proxy for a GiB, and wall seconds."""
        before = cpu_seconds(self.server.pid)
        process = multiprocessing.get_context("fork").Process(
            target=send, args=(("127.0.0.1", self.port), size, sender))
        begin = time.monotonic()
        process.start()
        room = bytearray(PORTION)
        arrived = 0
        with self.target.accept()[0] as sink:
            while (n := sink.recv_into(room, PORTION, socket.MSG_TRUNC)) > 0:
                arrived += n
        wall = time.monotonic() - begin
        process.join()
        if arrived != size:
            sys.exit(f"{self.server.args}: {arrived} bytes arrived of {size}")
        return (cpu_seconds(self.server.pid) - before) * GIB / size, wall


def tare(program, variant, backend):
    return lambda port, target, folder: [
        program, f"127.0.0.1:{port}", f"127.0.0.1:{target}", "--variant", variant, "--backend",
        backend]


def haproxy(program, pipe):
    def command(port, target, folder):
        file = folder / f"haproxy-{pipe}.cfg"
        file.write_text(_HAPROXY.format(port, target, pipe), encoding="ascii")
        return [program, "-db", "-f", str(file)]
    return command


def nginx(program, buffer):
    module = f"load_module {_STREAM};\n" if os.path.exists(_STREAM) else ""

    def command(port, target, folder):
        file = folder / f"nginx-{buffer}.conf"
        file.write_text(_NGINX.format(port, target, buffer, module, folder), encoding="ascii")
        return [program, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(file)]
    return command


def version(program):
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    found = re.search(r"[ /](\d+\.[\d.]+)", said.stdout + said.stderr)
    return found[1] if found else "of an unknown version"


def others():
    """Name: (what makes a command of a size, its path, what the size is of, why it is absent)."""
    why = None if os.path.exists(_STREAM) else f"{_STREAM} is not there (libnginx-mod-stream)"
    return {"haproxy": (haproxy, path_of("haproxy"), "pipes", None),
            "nginx": (nginx, path_of("nginx"), "buffers", why)}


def best_of(make, program, asked, folder):
    """Which of the sizes takes the least CPU, as the median of three."""
    taken = {}
    for size in SIZES:
        with contextlib.ExitStack() as stack:
            way = Way(stack, make(program, size), folder)
            part = max(asked.size // 4, 1)
            taken[size] = median([way.push(part, asked.sender)[0] for _ in range(3)])
    return min(taken, key=taken.get)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("proxy")
    parser.add_argument("backends", nargs="+")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--size", type=int, default=4 * GIB)
    parser.add_argument("--sender", choices=("sendfile", "send"), default="sendfile")
    asked = parser.parse_args()
    ways, third_party = {}, []
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        for backend in asked.backends:
            check = subprocess.run([asked.proxy, "h", "h", "--backend", backend],
                                   capture_output=True, text=True, check=False)
            if check.returncode == 3:  # before it looks at the rest
                print(f"absent: {check.stderr}", end="")
                continue
            for variant in ("reference", "baseline"):
                ways[f"{variant}, {backend}"] = Way(stack, tare(asked.proxy, variant, backend),
                                                    folder)
        for other, (make, program, of, why) in others().items():
            if program is None or why is not None:
                print(f"absent: {other}: {why or 'it is not installed'}; ./scripts/setup full")
                continue
            size = best_of(make, program, asked, folder)
            third_party.append(f"{other} {version(program)}, {of} of {size >> 10} KiB")
            ways[third_party[-1]] = Way(stack, make(program, size), folder)
        runs = {way: [] for way in ways}
        for number in range(asked.rounds):
            # None of them always runs behind the same other one.
            for way in list(ways)[::1 if number % 2 == 0 else -1]:
                runs[way].append(ways[way].push(asked.size, asked.sender))
    report(asked, runs, third_party)


def report(asked, runs, third_party):
    print(f"{asked.rounds} rounds of {asked.size} bytes by {asked.sender}; medians "
          f"[{CONFIDENCE:.0%} intervals]")
    width = max(map(len, runs)) + 1
    for way, values in runs.items():
        cpu, wall = zip(*values)
        print(f"{way + ':':<{width}} CPU {shown(cpu)} s/GiB, wall {shown(wall)} s")
    rival = min(third_party, key=lambda way: median([cpu for cpu, _ in runs[way]]), default=None)
    for way in runs:
        if rival is not None and way not in third_party:
            ratios = [mine[0] / its[0] for mine, its in zip(runs[way], runs[rival])]
            print(f"CPU of {way} to {rival.partition(',')[0]}: {shown(ratios)}")


if __name__ == "__main__":
    main()
