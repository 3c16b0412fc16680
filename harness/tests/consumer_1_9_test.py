# SPDX-License-Identifier: Apache-2.0
# Does what consumer_test.py does, with an installed tare and a Google Benchmark that is newer.
"""usage: consumer_1_9_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES

The library is Debian 13's: its source package is fetched by apt-get from the mirror that this
machine uses, with a configuration of its own, and built in <build dir>/google_benchmark_1_9, where
the next run finds it. The libraries of tare are built there as well, against it; the command `tare`
is that of the build directory, which needs no Google Benchmark.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys

import consumer_test
from page import ROOT, Failure, NotApplicable, main

RELEASE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(command, where, env=None):
    """The output of `command`, run in the folder `where`; an exception if it fails."""
    result = subprocess.run(command, cwd=where, env=env, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise Failure(f"{shlex.join(map(str, command))} ended with status {result.returncode} "
                      f"and printed:\n{result.stdout}")
    return result.stdout


def own_version(build_dir):
    """The version of the library that the build directory uses."""
    cache = (build_dir / "CMakeCache.txt").read_text(encoding="utf-8")
    folder = re.search(r"^benchmark_DIR:PATH=(.*)$", cache, re.MULTILINE)[1]
    with open(f"{folder}/benchmarkConfigVersion.cmake", encoding="utf-8") as file:
        return re.search(r'set\(PACKAGE_VERSION "([\d.]+)"', file.read())[1]


class Apt:
    """apt-get with lists, cache and sources of its own: the system's are not touched."""

    def __init__(self, folder):
        if shutil.which("apt-get") is None or not os.path.exists(KEYRING):
            raise NotApplicable("there is no apt-get here, or not the keys of Debian")
        mirror = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian",
                      "Created-By: Packages", "Component: main"], "/").split()
        if not mirror:
            raise NotApplicable("apt-get has no lists of Debian's packages here")
        self.folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "parts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(
            f"deb-src [signed-by={KEYRING}] {mirror[0]} {RELEASE} main\n")
        settings = {"Dir::Etc::SourceList": folder / "sources.list",
                    "Dir::Etc::SourceParts": folder / "parts", "Dir::State": folder / "state",
                    "Dir::Cache": folder / "cache", "APT::Sandbox::User": "root",
                    "APT::Update::Error-Mode": "any", "Acquire::Retries": 1,
                    "Acquire::http::Timeout": 15, "Acquire::https::Timeout": 15}
        self.command = ["apt-get", "-q"]
        for key, value in settings.items():
            self.command += ["-o", f"{key}={value}"]

    def run(self, *arguments):
        try:
            run([*self.command, *arguments], self.folder)
        except Failure as failure:
            words = re.search(r"^E: (.*)|\Z", str(failure), re.MULTILINE)[1] or "apt-get failed"
            raise NotApplicable(f"Debian 13's source package cannot be had: {words}") from failure


def build_library(folder, arguments):
    """Builds Debian 13's Google Benchmark, if it is not there yet, in folder/prefix."""
    if (folder / "built").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "source").mkdir(parents=True)
    apt = Apt(folder / "apt")
    apt.run("update")
    apt.run("source", "--download-only", "benchmark")
    archives = list(apt.folder.glob("benchmark_*.orig.tar.*"))
    if len(archives) != 1:
        raise Failure(f"apt-get source has brought {len(archives)} archives of the library, not 1")
    run(["tar", "-xf", archives[0], "--strip-components=1"], folder / "source")
    # The library would take its version from a tag of the repository around it.
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder)}
    run(["cmake", "-S", "source", "-B", "build", "-G", arguments.generator,
         f"-DCMAKE_CXX_COMPILER={arguments.compiler}", "-DCMAKE_BUILD_TYPE=Release",
         "-DBENCHMARK_ENABLE_TESTING=OFF", "-DBENCHMARK_ENABLE_WERROR=OFF",
         "-DBENCHMARK_ENABLE_LIBPFM=OFF", "-DBENCHMARK_INSTALL_DOCS=OFF",
         "-DCMAKE_UNITY_BUILD=ON",  # two thirds of the time
         f"-DCMAKE_INSTALL_PREFIX={folder}/prefix"], folder, env)
    run(["cmake", "--build", "build", "--target", "install"], folder)
    (folder / "built").touch()


def build_tare(folder, arguments):
    """Builds the libraries of tare against it; returns where. A warning is an error."""
    run(["cmake", "-S", ROOT, "-B", "tare", "-G", arguments.generator,
         f"-DCMAKE_CXX_COMPILER={arguments.compiler}", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
         f"-DCMAKE_PREFIX_PATH={folder}/prefix", "-DTARE_BUILD_TESTS=OFF", "-DTARE_WERROR=ON",
         "-DTARE_BUILD_SUITES=OFF", "-DTARE_BUILD_COMMAND=OFF"], folder)
    run(["cmake", "--build", "tare"], folder)
    return folder / "tare"


def follow(arguments):
    version = own_version(arguments.build_dir)
    if tuple(map(int, version.split("."))) >= (1, 9):
        raise NotApplicable(f"the library here is {version}: the test `consumer` runs against it")
    folder = arguments.build_dir.resolve() / "google_benchmark_1_9"
    build_library(folder, arguments)
    consumer = consumer_test.Consumer(
        argparse.Namespace(**{**vars(arguments), "build_dir": build_tare(folder, arguments)}))
    consumer.env["CMAKE_PREFIX_PATH"] = f"{folder}/prefix"
    (consumer.folder / "prefix/bin").mkdir(parents=True)
    (consumer.folder / "prefix/bin/tare").symlink_to(arguments.build_dir.resolve() / "bin/tare")
    # A checkout would compile a third time what is compiled against 1.9 above.
    consumer.check_installed(without="TARE_CHECKOUT")
    output = consumer.shell("words/build/bench_words --benchmark_format=json "
                            "--benchmark_filter=FirstLine --benchmark_min_time=0.01")
    if not re.search(r'"library_version": "v?1\.9\.', output):
        raise Failure(f"the consumer's program is not linked with 1.9:\n{output}")
    return consumer.folder


if __name__ == "__main__":
    sys.exit(main("consumer_1_9", __doc__.splitlines()[0], follow))
