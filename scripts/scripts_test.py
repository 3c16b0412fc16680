# SPDX-License-Identifier: Apache-2.0
# Tests the scripts and .ci/run without root or network: what they call is a fake.
"""Each test copies the scripts into a folder with a space in its name and runs them with a PATH
that holds only fakes, which write their arguments to a log, and links to a few harmless tools."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent
HARMLESS = ["bash", "cat", "dirname", "env", "grep", "mkdir", "nproc", "sed"]

# What the fakes do besides writing to the log. A fake dpkg-query knows what $INSTALLED names.
BODIES = {
    "dpkg-query": 'for p in $INSTALLED; do echo "installed $p"; done; exit 1',
    "id": 'echo "${FAKE_UID:-0}"',
    "sudo": '[ "$1" != --non-interactive ] || shift; exec "$@"',
    "apt-get": 'case "$*" in *install*) exit "${APT_STATUS:-0}" ;; esac',
    "cmake": 'exit "${CMAKE_STATUS:-0}"',
    "ninja": 'case "$*" in *targets*) printf "%s\\n" '
             '"bin/tare: LINK" "bin/bench_fd_ops: LINK" "bin/test_stat: LINK" '
             '"tare_count: phony" "tare_benchmem_main: phony" '
             '"harness/stat/bench_x.o: CXX" ;; esac',
    "ctest": 'exit "${CTEST_STATUS:-0}"',
    "g++": "",
    "rmdir": "",
}


def packages(tier):
    """The list of a tier as scripts/setup has it: the one place where packages are named."""
    text = (SCRIPTS / "setup").read_text(encoding="utf-8")
    return re.search(rf"^{tier}_packages=\((.*?)\)", text, re.DOTALL | re.MULTILINE)[1].split()


PACKAGE = packages("package")
BENCH = PACKAGE + packages("bench")
TEST = BENCH + packages("test")
FULL = TEST + packages("full")
TIERS = [("package", PACKAGE), ("bench", BENCH), ("test", TEST), ("full", FULL)]


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tare scripts ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "a clone"
        self.bin = self.root.parent / "bin"
        self.log = self.root.parent / "log"
        self.os_release = self.root.parent / "os-release"
        (self.root / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        (self.root / ".ci").mkdir()
        for name in ["scripts/setup", "scripts/bench", "scripts/test", "scripts/quota", ".ci/run"]:
            shutil.copy(SCRIPTS.parent / name, self.root / name)
        for name in HARMLESS:
            (self.bin / name).symlink_to(shutil.which(name))
        for name, body in BODIES.items():
            self.fake(self.bin / name, body)
        self.os_release.write_text('VERSION_ID="12"\nID=debian\n')

    def fake(self, path, body):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/usr/bin/env bash\necho "' + path.name + ' $*" >>"$LOG"\n' + body + "\n")
        path.chmod(0o755)

    def run_script(self, name, *arguments, **settings):
        self.log.write_text("")
        env = {"PATH": str(self.bin), "LOG": str(self.log), "INSTALLED": " ".join(FULL),
               "TARE_OS_RELEASE": str(self.os_release)}
        env.update(settings)
        path = self.root / (name if "/" in name else f"scripts/{name}")
        return subprocess.run([str(path), *arguments], env=env, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)

    def calls(self, program):
        """What the fake `program` was called with, one string a call."""
        lines = self.log.read_text().splitlines()
        return [line.partition(" ")[2] for line in lines if line.partition(" ")[0] == program]

    def assert_fails(self, result, *words):
        self.assertNotEqual(result.returncode, 0, result.stdout)
        for word in words:
            self.assertIn(word, result.stderr)

    # setup: packages

    def test_nothing_missing_installs_nothing(self):
        result = self.run_script("setup", "full")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("apt-get"), [])
        self.assertEqual(len(self.calls("cmake")), 1)

    def test_each_tier_installs_exactly_what_is_missing_and_says_so_before(self):
        for tier, needed in TIERS:
            with self.subTest(tier=tier):
                here = " ".join(p for p in FULL if p not in ("ninja-build", needed[-1]))
                result = self.run_script("setup", tier, INSTALLED=here)
                self.assertEqual(result.returncode, 0, result.stderr)
                missing = [p for p in needed if p in ("ninja-build", needed[-1])]
                update, install = self.calls("apt-get")
                self.assertTrue(update.endswith(" update"), update)
                self.assertEqual(install.partition("--no-install-recommends ")[2].split(), missing)
                self.assertIn("installing: " + " ".join(missing), result.stdout)

    def test_a_fresh_machine_lacks_every_package_of_the_tier(self):
        for tier, needed in TIERS:
            result = self.run_script("setup", tier, INSTALLED="")
            self.assertIn("installing: " + " ".join(needed) + "\n", result.stdout)

    def test_installs_through_sudo_when_not_root(self):
        result = self.run_script("setup", INSTALLED="", FAKE_UID="1000")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.calls("sudo")), 2)
        for call in self.calls("sudo"):  # no terminal here: sudo must not wait for a password
            self.assertIn("--non-interactive env DEBIAN_FRONTEND=noninteractive apt-get", call)

    def test_neither_root_nor_sudo(self):
        (self.bin / "sudo").unlink()
        result = self.run_script("setup", "bench", INSTALLED="g++", FAKE_UID="1000")
        self.assert_fails(result, "neither root nor sudo",
                          "apt-get install --no-install-recommends " + " ".join(BENCH[1:]),
                          "scripts/setup bench again")
        self.assertEqual(self.calls("cmake"), [])

    def test_no_apt(self):
        (self.bin / "apt-get").unlink()
        result = self.run_script("setup", "bench", INSTALLED="")
        self.assert_fails(result, "no apt-get", " ".join(BENCH))

    def test_apt_fails_as_without_network(self):
        result = self.run_script("setup", "bench", INSTALLED="", APT_STATUS="100")
        self.assert_fails(result, "could not install: " + " ".join(BENCH), "apt-get update &&",
                          "scripts/setup bench again")
        self.assertEqual(self.calls("cmake"), [])

    def test_another_distribution_gets_the_list_and_a_try(self):
        self.os_release.write_text('ID=fedora\nID_LIKE="rhel"\n')
        result = self.run_script("setup", "bench")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not Debian", result.stdout)
        self.assertIn(" ".join(BENCH), result.stdout)
        self.assertEqual(self.calls("dpkg-query"), [])
        (self.bin / "ninja").unlink()
        self.assert_fails(self.run_script("setup", "bench"), "ninja is missing")

    def test_a_relative_of_debian_counts_as_debian(self):
        self.os_release.write_text('ID=ubuntu\nID_LIKE=debian\n')
        self.assertNotIn("not Debian", self.run_script("setup", "bench").stdout)

    def test_both_releases_of_debian_get_the_same_packages_and_no_other_goes_without_a_word(self):
        note = "tested on Debian 12 and 13"
        for os_release, wanted in [('VERSION_ID="12"\nID=debian\n', False),
                                   ('VERSION_ID="13"\nID=debian\n', False),
                                   ('VERSION_ID="11"\nID=debian\n', True),
                                   ('VERSION_ID="112"\nID=debian\n', True),
                                   ('ID=debian\n', True),  # testing
                                   ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="13"\n', True)]:
            with self.subTest(os_release=os_release):
                self.os_release.write_text(os_release)
                result = self.run_script("setup", "full", INSTALLED="")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn("installing: " + " ".join(FULL) + "\n", result.stdout)
                self.assertEqual(note in result.stderr, wanted, result.stderr)

    def test_no_package_is_that_of_one_release(self):
        """What has its version in its name is gone in the next release: clang-14, g++-12."""
        for package in FULL:
            self.assertNotRegex(package, r"-\d+(-dev)?$")

    # setup: the build

    def test_bench_builds_only_what_it_runs_and_leaves_out_the_tests_of_a_new_build(self):
        self.run_script("setup", "bench")
        self.assertIn("-DTARE_BUILD_TESTS=OFF", self.calls("cmake")[0])
        self.assertTrue(self.calls("ninja")[-1].endswith("build/release bin/tare bin/bench_fd_ops"))
        (self.root / "build/release").mkdir(parents=True)
        (self.root / "build/release/CMakeCache.txt").touch()
        self.run_script("setup", "bench")
        self.assertNotIn("TARE_BUILD_TESTS", self.calls("cmake")[0])

    def test_the_package_alone_is_built_without_suites_and_tests(self):
        self.run_script("setup", "package")
        self.assertIn("-DTARE_BUILD_SUITES=OFF -DTARE_BUILD_TESTS=OFF", self.calls("cmake")[0])
        self.assertTrue(self.calls("ninja")[-1].endswith(
            "build/release bin/tare tare_count tare_benchmem_main"))
        # In a build directory that is there it changes nothing, and the other tiers add theirs.
        (self.root / "build/release").mkdir(parents=True)
        (self.root / "build/release/CMakeCache.txt").touch()
        self.run_script("setup", "package")
        self.assertNotIn("TARE_BUILD", self.calls("cmake")[0])
        for tier in ("bench", "test", "full"):
            self.run_script("setup", tier)
            self.assertIn("-DTARE_BUILD_SUITES=ON", self.calls("cmake")[0])

    def test_the_other_tiers_build_everything(self):
        self.run_script("setup", "test", "--preset", "asan")
        self.assertIn("--preset asan", self.calls("cmake")[0])
        self.assertIn("-DTARE_BUILD_TESTS=ON -DTARE_BUILD_LONG_TESTS=OFF", self.calls("cmake")[0])
        self.assertEqual(self.calls("ninja"), [f"-C {self.root}/build/asan"])

    def test_a_configuration_that_fails_names_the_packages(self):
        result = self.run_script("setup", "bench", CMAKE_STATUS="1")
        self.assert_fails(result, "could not configure preset release", " ".join(BENCH))
        self.assertEqual(self.calls("ninja"), [])

    def test_a_build_that_fails(self):
        self.fake(self.bin / "ninja", "exit 3")
        self.assert_fails(self.run_script("setup", "test"), "build of preset release failed")

    def test_a_build_without_programs_to_run(self):
        self.fake(self.bin / "ninja", "")
        self.assert_fails(self.run_script("setup", "bench"),
                          "knows none of the targets bin/(tare|bench_")

    def test_unknown_arguments(self):
        for script, arguments in [("setup", ["all"]), ("setup", ["--preset"]),
                                  ("test", ["--preset"])]:
            result = self.run_script(script, *arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn("usage:", result.stderr)

    # bench and test

    def test_bench_passes_arguments_and_status_on(self):
        self.fake(self.root / "build/release/bin/tare", "exit 5")
        result = self.run_script("bench", "--quick", "--filter", "a b")
        self.assertEqual(self.calls("tare"), ["run --quick --filter a b"])
        self.assertEqual(result.returncode, 5)

    def test_help_of_bench_builds_nothing(self):
        for arguments in (["--help"], ["-h"], ["--quick", "--help"]):
            result = self.run_script("bench", *arguments, INSTALLED="")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("usage: scripts/bench", result.stdout)
            self.assertEqual(self.log.read_text(), "")

    def test_bench_names_options_that_tare_run_has(self):
        tare = SCRIPTS.parent / "build/release/bin/tare"
        if not tare.exists():
            print("not applicable: nothing is built in build/release")
            return
        has = subprocess.run([tare, "run", "--help"], capture_output=True, text=True, check=True)
        for option in re.findall(r"--[a-z-]+", self.run_script("bench", "--help").stdout):
            if option != "--help":
                self.assertIn(option, has.stdout)

    def test_test_leaves_out_long_tests_unless_asked(self):
        self.run_script("test")
        self.assertIn("--label-exclude ^long$", self.calls("ctest")[0])
        self.assertIn("-DTARE_BUILD_LONG_TESTS=OFF", self.calls("cmake")[0])
        self.run_script("test", "--long", "-R", "stat")
        self.assertNotIn("--label-exclude", self.calls("ctest")[0])
        self.assertIn("-DTARE_BUILD_LONG_TESTS=ON", self.calls("cmake")[0])
        self.assertTrue(self.calls("ctest")[0].endswith(" -R stat"))

    def test_test_runs_the_preset_asked_for(self):
        self.run_script("test", "--preset", "tsan")
        self.assertIn(f"--test-dir {self.root}/build/tsan ", self.calls("ctest")[0])

    def test_the_clang_preset_needs_clang(self):
        result = self.run_script("test", "--preset", "clang", INSTALLED=" ".join(TEST))
        self.assertRegex(result.stdout, r"installing: .*\bclang ")

    def test_test_fails_as_ctest_does_or_without_a_build(self):
        self.assertEqual(self.run_script("test", CTEST_STATUS="8").returncode, 8)
        self.fake(self.bin / "ninja", "exit 1")
        self.assertNotEqual(self.run_script("test").returncode, 0)
        self.assertEqual(self.calls("ctest"), [])

    def test_no_test_found_is_a_failure(self):
        (self.bin / "ctest").unlink()
        (self.bin / "ctest").symlink_to(shutil.which("ctest"))
        build = self.root / "build/release"
        build.mkdir(parents=True)
        (build / "CTestTestfile.cmake").write_text(f"add_test(one {shutil.which('true')})\n")
        self.assertNotEqual(self.run_script("test", "-R", "two").returncode, 0)
        self.assertEqual(self.run_script("test").returncode, 0)

    # quota

    def cgroups(self, version):
        """A folder that looks like the cgroups of a machine, and the settings that name it."""
        folder = self.root.parent / f"cgroups of version {version}"
        (folder / "cpu").mkdir(parents=True)
        if version == 2:
            (folder / "cgroup.controllers").write_text("cpuset cpu io memory\n")
        else:
            (folder / "cpu/cgroup.procs").write_text("1\n")
        return folder, {"TARE_CGROUPS": str(folder)}

    def test_a_quota_is_set_for_the_command_and_its_group_removed(self):
        for version, parent, file, text in [(2, ".", "cpu.max", "50000 100000\n"),
                                            (1, "cpu", "cpu.cfs_quota_us", "50000\n")]:
            folder, settings = self.cgroups(version)
            result = self.run_script("quota", "50", "bash", "-c", 'echo "$$ $1"; exit 7', "bash",
                                     "an argument", **settings)
            self.assertEqual(result.returncode, 7, result.stderr)
            [group] = (folder / parent).glob("tare-quota-*")
            self.assertEqual((group / file).read_text(), text)
            pid = (group / "cgroup.procs").read_text().strip()
            self.assertEqual(result.stdout, f"{pid} an argument\n")
            self.assertEqual(self.calls("rmdir"), [str(group)])
        self.assertEqual((self.root.parent / "cgroups of version 2/cgroup.subtree_control")
                         .read_text(), "+cpu\n")

    def test_a_quota_ends_what_the_command_has_left_running(self):
        # As the system has it: a group cannot be removed while one of its processes is there.
        self.fake(self.bin / "rmdir", 'grep -qs "^State:.[^Z]" '
                  '"/proc/$(tail -n 1 "$1/cgroup.procs")/status" && exit 1 || exit 0')
        for tool in "sleep", "tail":
            (self.bin / tool).symlink_to(shutil.which(tool))
        folder, settings = self.cgroups(1)
        result = self.run_script(
            "quota", "50", "bash", "-c", 'sleep 1000 >/dev/null 2>&1 & '
            'echo "$!" >>"$(echo "$0"/cpu/tare-quota-*)/cgroup.procs"; echo "$!"; exit 7', folder,
            **settings)
        self.assertEqual((result.returncode, result.stderr), (7, ""))
        self.assertGreater(len(self.calls("rmdir")), 1)
        status = pathlib.Path(f"/proc/{int(result.stdout)}/status")
        self.assertTrue(not status.exists() or "State:\tZ" in status.read_text("utf-8"))

    def test_a_quota_needs_root_cgroups_and_a_number(self):
        folder, settings = self.cgroups(1)
        result = self.run_script("quota", "20", "bash", "-c", "true", FAKE_UID="1000", **settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.calls("sudo")), 4)
        (self.bin / "sudo").unlink()
        result = self.run_script("quota", "20", "bash", FAKE_UID="1000", **settings)
        self.assert_fails(result, "a cgroup is made by root")
        result = self.run_script("quota", "20", "bash", TARE_CGROUPS=str(folder / "cpu/none"))
        self.assertEqual(result.returncode, 3)
        self.assert_fails(result, "no cgroups with a controller of CPU time in ")
        for wrong in [], ["50"], ["0", "bash"], ["half", "bash"], ["-1", "bash"], ["99999", "bash"]:
            result = self.run_script("quota", *wrong, **settings)
            self.assertEqual(result.returncode, 2, wrong)
            self.assert_fails(result, "usage: scripts/quota PERCENT COMMAND")

    def test_test_runs_under_a_quota_but_builds_without(self):
        folder, settings = self.cgroups(1)
        settings["CTEST_STATUS"] = "8"
        result = self.run_script("test", "--quota", "50", "-R", "stat", **settings)
        self.assertEqual(result.returncode, 8, result.stderr)
        [group] = (folder / "cpu").glob("tare-quota-*")
        self.assertEqual((group / "cpu.cfs_quota_us").read_text(), "50000\n")
        self.assertTrue(self.calls("ctest")[0].endswith(" -R stat"))
        for wrong in [], ["0"], ["fifty"]:
            result = self.run_script("test", "--quota", *wrong, **settings)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(self.calls("cmake"), [])

    # .ci/run

    def test_ci_runs_all_commands_the_tests_last_and_fails_if_one_fails(self):
        self.fake(self.root / "build/release/bin/tare", 'exit "${TARE_STATUS:-0}"')
        self.fake(self.bin / "ctest", 'echo "CI=$CI"; cat; exit "${CTEST_STATUS:-0}"')
        for settings, status in [({}, 0), ({"TARE_STATUS": "3"}, 3), ({"CTEST_STATUS": "8"}, 8)]:
            result = self.run_script(".ci/run", **settings)
            self.assertEqual(result.returncode, status)
            self.assertEqual(self.calls("tare"), ["run --quick", "gate --self-test --allow-absent"])
            self.assertEqual(result.stdout.splitlines()[-1], "CI=true")  # ctest has the last word

    # scripts/cmake

    def test_a_warning_is_an_error_in_every_preset_and_nowhere_else(self):
        presets = json.loads((SCRIPTS.parent / "CMakePresets.json").read_text(encoding="utf-8"))
        known = {preset["name"]: preset for preset in presets["configurePresets"]}
        for name in known:
            werror, at = None, name
            while werror is None and at is not None:
                werror = known[at].get("cacheVariables", {}).get("TARE_WERROR")
                at = known[at].get("inherits")
            self.assertEqual(werror, "ON", name)
        flags = (SCRIPTS / "cmake/TareFlags.cmake").read_text(encoding="utf-8")
        self.assertIn('option(TARE_WERROR "Treat warnings as errors" OFF)', flags)

    def test_a_second_label_is_refused(self):
        script = self.root / "two_labels.cmake"
        script.write_text(f'set(TARE_BUILD_TESTS ON)\ninclude("{SCRIPTS}/cmake/TareTest.cmake")\n'
                          "tare_test(x SOURCES x.cc LABELS long slow)\n")
        result = subprocess.run(["cmake", "-P", str(script)], capture_output=True, text=True,
                                check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn('one label, not "long;slow"', result.stderr)


if __name__ == "__main__":
    unittest.main()
