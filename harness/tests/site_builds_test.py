# SPDX-License-Identifier: Apache-2.0
# The guilty line is named however the program was built: by clang, with LTO, with split or separate
# debug files.
"""usage: site_builds_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES
"""

import pathlib
import re
import shutil
import subprocess
import sys

from page import ROOT, Failure, main

SOURCE = ROOT / "harness/bench/plants/reader.cc"
# What is inlined into what, the innermost first, and the words in the comment of its line.
INLINED = [("Parse", "planted: a copy"), ("ReadMessage", "return Parse"),
           ("Read", "DoNotOptimize(ReadMessage")]

# By compiler: name, options. The first is what others are made of, and needs nothing special.
BUILDS = {
    "g++": [("gcc", "-O2 -g"), ("gcc_lto", "-O2 -g -flto"), ("gcc_split", "-O2 -g -gsplit-dwarf"),
            ("gcc_split_four", "-O2 -g -gdwarf-4 -gsplit-dwarf"), ("gcc_lines", "-O2 -g1"),
            ("gcc_without", "-O2")],
    "clang++": [("clang", "-O2 -g"), ("clang_lto", "-O2 -g -flto"),
                ("clang_thinlto", "-O2 -g -flto=thin"),
                ("clang_split", "-O2 -g -gsplit-dwarf"), ("clang_lines", "-O2 -gline-tables-only"),
                ("clang_without", "-O2")],
}


def run(*command, check=True):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if check and result.returncode != 0:
        raise Failure(f"'{' '.join(map(str, command))}' ended with status {result.returncode}:\n"
                      f"{result.stdout}")
    return result.stdout


def not_applicable(name, reason):
    print(f"site_builds: {name}: not applicable: {reason}")


def line_of(words):
    for number, line in enumerate(SOURCE.read_text(encoding="utf-8").splitlines(), 1):
        if words in line:
            return number
    raise Failure(f"'{words}' is not in {SOURCE}")


def lto_options(compiler, folder):
    """What clang's LTO needs of a linker, or None: lld, or gold or bfd with LLVM's plugin."""
    probe = folder / "probe.cc"
    probe.write_text("int main() { return 0; }\n", encoding="utf-8")
    for option in ("-fuse-ld=lld", "-fuse-ld=gold", ""):
        result = subprocess.run([compiler, "-flto=thin", *option.split(), probe, "-o",
                                 folder / "probe"], capture_output=True, check=False)
        if result.returncode == 0:
            return option
    return None


class Tester:
    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = arguments.build_dir.resolve() / "site_builds"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.prefix = self.folder / "prefix"
        self.tare = self.prefix / "bin/tare"
        self.seen = 0

    def build(self, family, compiler):
        """Builds all programs of a compiler; where each lies, by name."""
        builds = BUILDS[family]
        if family == "clang++":
            option = lto_options(compiler, self.folder)
            if option is None:
                not_applicable("clang's LTO", "no linker here takes it (Debian: lld)")
                builds = [build for build in builds if "lto" not in build[0]]
            else:
                builds = [(name, f"{flags} {option}" if "lto" in name else flags)
                          for name, flags in builds]
        out = self.folder / family
        names = ";".join(f"{name}={flags}" for name, flags in builds)
        run("cmake", "-S", ROOT / "harness/tests/site_builds", "-B", out, "-G",
            self.arguments.generator, f"-DCMAKE_CXX_COMPILER={compiler}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DSOURCE={SOURCE}", f"-DBUILDS={names}")
        run("cmake", "--build", out)
        return {name: out / name for name, _ in builds}

    def explain(self, program):
        output = run(self.tare, "explain", "--exe", program, "Reader/Read")
        if "sites: " in output and "not applicable" in output:
            raise Failure(output)
        return output

    def check_lines(self, name, program, inlined=True):
        """The injected allocation has its function, file and line, and so have its callers."""
        output = self.explain(program)
        place = f"reader.cc:{line_of(INLINED[0][1])}"
        if not re.search(rf"^1 allocs/op, 62 B/op at \S*{place}$", output, re.MULTILINE):
            raise Failure(f"{name}: {place} is not named:\n{output}")
        if inlined:
            frames = "\n    ".join(rf"\S*{function}  \S*reader.cc:{line_of(words)}"
                                   for function, words in INLINED)
            if not re.search("^  > " + frames + "$", output, re.MULTILINE):
                raise Failure(f"{name}: inlined frames are missing:\n{output}")
        print(f"site_builds: {name}: {re.search('at .*', output).group()}")
        self.seen += 1

    def check_without(self, name, program, words):
        """No line can be had: the function is named, and what to do."""
        output = self.explain(program)
        for wanted in ("ReadMessage", *words):
            if wanted not in output:
                raise Failure(f"{name}: '{wanted}' is missing:\n{output}")
        print(f"site_builds: {name}: {output.splitlines()[-1]}")
        self.seen += 1

    def check_separate(self, name, program, objcopy):
        """Debug information in another file: found beside it; said where it is gone."""
        debug = program.parent / f"{name}_link.debug"
        linked = program.parent / f"{name}_link"
        run(objcopy, "--only-keep-debug", program, debug)
        shutil.copy(program, linked)
        run(objcopy, "--strip-debug", f"--add-gnu-debuglink={debug}",
            "--remove-section=.note.gnu.build-id", linked)
        self.check_lines(f"{name}, .gnu_debuglink", linked)
        hidden = debug.parent / ".debug"
        hidden.mkdir(exist_ok=True)
        debug.rename(hidden / debug.name)
        self.check_lines(f"{name}, .gnu_debuglink in .debug/", linked)
        (hidden / debug.name).unlink()
        self.check_without(f"{name}, its debug file gone", linked,
                           [f"its debug information, {debug.name}, is not found"])
        stripped = program.parent / f"{name}_stripped"
        shutil.copy(program, stripped)
        run(objcopy, "--strip-debug", stripped)
        self.check_without(f"{name}, stripped", stripped, ["build with -g"])

    @staticmethod
    def pack(program, package):
        """Packs the .dwo files of `program`. Of GCC 12's DWARF 5 binutils' dwp 2.40 dies, and
        LLVM's 14 comes to no end."""
        for tool in ("dwp", "llvm-dwp"):
            found = shutil.which(tool)
            package.unlink(missing_ok=True)
            if found is None:
                continue
            try:
                subprocess.run([found, "-e", program, "-o", package], capture_output=True,
                               check=True, timeout=20)
                return True
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                continue
        return False

    def check_split(self, name, program):
        """Units are found in a package; without it they have no functions, and that is said."""
        package = pathlib.Path(f"{program}.dwp")
        packed = self.pack(program, package)
        if not packed:
            not_applicable(f"{name}, .dwp", "no dwp here packs it (Debian: binutils, llvm)")
        for dwo in program.parent.rglob("*.dwo"):
            if f"{name}.dir" in str(dwo):
                dwo.unlink()
        if packed:
            self.check_lines(f"{name}, .dwp", program)
            package.unlink()
        self.check_without(f"{name}, its .dwo gone", program,
                           ["compiled with -gsplit-dwarf, and ", ".dwo is not found"])


def test(arguments):
    tester = Tester(arguments)
    run("cmake", "--install", arguments.build_dir, "--prefix", tester.prefix)
    objcopy = shutil.which("objcopy")
    for family, found in BUILDS.items():
        compiler = shutil.which(family)
        if compiler is None:
            not_applicable(f"{len(found)} builds", f"there is no {family} (Debian: clang)")
            continue
        programs = tester.build(family, compiler)
        for name, program in programs.items():
            if name.endswith("_without"):
                tester.check_without(name, program, ["build with -g"])
            else:
                tester.check_lines(name, program)
        plain = next(iter(programs))
        if objcopy is None:
            not_applicable(".gnu_debuglink", "there is no objcopy (Debian: binutils)")
        else:
            tester.check_separate(plain, programs[plain], objcopy)
        for split in [name for name in programs if "_split" in name]:
            tester.check_split(split, programs[split])
    if tester.seen == 0:
        raise Failure("no program was built")
    return tester.folder


if __name__ == "__main__":
    sys.exit(main("site_builds", __doc__.splitlines()[0], test, "all of it is as it should be"))
