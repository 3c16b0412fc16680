# SPDX-License-Identifier: Apache-2.0
# The seed's own measurement: a large file from nginx on loopback, by tare-httpget and by curl.
"""usage: seed_figures.py TARE_HTTPGET [--pairs N] [--size BYTES] [--folder DIR] [--keep-caches]

Downloads BYTES (1,048,576,000 as the seed) from nginx into a file in DIR, by the baseline, the
reference and, where it is installed, curl, in turn, N times each (20), with the file removed and,
as root, the page cache dropped before each. Prints the medians of user, system and wall time with
their intervals, and of the reference's CPU time to the baseline's in the same round. DIR needs room
for the file twice; the page cache of the whole machine is dropped unless --keep-caches is given.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from figures import CONFIDENCE, free_port, running, shown

SEED = ("seed, without: user 0.02 s, system 0.39 s, 94 % CPU, wall 0.436 s",
        "seed, with:    user 0.01 s, system 0.29 s, 74 % CPU, wall 0.403 s")
_NGINX = """daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/nginx.log;
events {{ }}
http {{
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path {0}; proxy_temp_path {0}; fastcgi_temp_path {0}; uwsgi_temp_path {0};
  scgi_temp_path {0};
  server {{ listen 127.0.0.1:{1}; root {0}; }}
}}
"""


def serve(nginx, folder, port):
    """The command of an nginx that serves the files of `folder`."""
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder, port), encoding="utf-8")
    return [nginx, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(configuration)]


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n", encoding="ascii")


def measure(command):
    """Runs it: user, system and wall time in seconds."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    if process.returncode != 0:
        sys.exit(f"{command}: status {process.returncode}")
    return used.ru_utime, used.ru_stime, wall


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fill(path, size):
    with path.open("wb") as file:
        while size > 0:
            size -= file.write(os.urandom(min(size, 1 << 20)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("httpget")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--size", type=int, default=1048576000)
    parser.add_argument("--folder")
    parser.add_argument("--keep-caches", action="store_true")
    parser.add_argument("--nginx", default=shutil.which("nginx", path=os.environ.get(
        "PATH", "") + ":/usr/sbin"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.nginx is None:
        print("absent: nginx is not installed (Debian: nginx-light, by ./scripts/setup full)")
        return
    drops = not asked.keep_caches and os.geteuid() == 0
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = pathlib.Path(name)
        source, copy = folder / "source", folder / "copy"
        fill(source, asked.size)
        wanted = digest(source)
        port = free_port()
        with running(serve(asked.nginx, folder, port), port):
            url = f"http://127.0.0.1:{port}/source"
            ways = {variant: [asked.httpget, url, "--output", str(copy), "--variant", variant]
                    for variant in ("baseline", "reference")}
            if (curl := shutil.which("curl")) is not None:
                ways["curl"] = [curl, "-s", "-S", "-o", str(copy), url]
            runs = {way: [] for way in ways}
            for pair in range(asked.pairs):
                # None of them always runs behind the same other one.
                for way in list(ways)[::1 if pair % 2 == 0 else -1]:
                    copy.unlink(missing_ok=True)
                    if drops:
                        drop_caches()
                    runs[way].append(measure(ways[way]))
                    if digest(copy) != wanted:
                        sys.exit(f"{way}: another file")
    print(f"{asked.pairs} downloads each of {asked.size} bytes, caches "
          f"{'dropped before each' if drops else 'kept'}; medians [{CONFIDENCE:.0%} intervals]")
    for way, times in runs.items():
        user, system, wall = zip(*times)
        share = [100 * (u + s) / w for u, s, w in times]
        print(f"{way + ':':<14} user {shown(user)} s, system {shown(system)} s, "
              f"{shown(share, 0)} % CPU, wall {shown(wall)} s")
    ratios = [sum(mine[:2]) / sum(base[:2])
              for mine, base in zip(runs["reference"], runs["baseline"]) if sum(base[:2]) > 0]
    if ratios:
        print(f"CPU time of the reference to the baseline's: {shown(ratios)}")
    print("\n".join(SEED))


if __name__ == "__main__":
    main()
