# SPDX-License-Identifier: Apache-2.0
# What the scripts that measure against other programs share: medians, and running a server.
import contextlib
import math
import socket
import subprocess
import sys

CONFIDENCE = 0.95


def median(values):
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def interval(values):
    """Two of the values, between which the median lies with at least that confidence, whatever the
    distribution is; None where there are too few for that."""
    values = sorted(values)
    count, below, rank = len(values), 0, -1
    while 2 * (below + math.comb(count, rank + 1)) <= (1 - CONFIDENCE) * 2 ** count:
        rank += 1
        below += math.comb(count, rank)
    return (values[rank], values[count - 1 - rank]) if rank >= 0 else None


def shown(values, digits=3):
    between = interval(values)
    words = f" [{between[0]:.{digits}f}, {between[1]:.{digits}f}]" if between else ""
    return f"{median(values):.{digits}f}{words}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextlib.contextmanager
def running(command, port, **options):
    """A server for as long as the block lasts, from when it accepts at 127.0.0.1:port on."""
    with subprocess.Popen(command, **options) as server:
        try:
            while True:
                if server.poll() is not None:
                    sys.exit(f"{command[0]}: ended with status {server.returncode}")
                with contextlib.suppress(ConnectionRefusedError), \
                        socket.create_connection(("127.0.0.1", port)):
                    break
            yield server
        finally:
            server.terminate()
