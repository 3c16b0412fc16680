# SPDX-License-Identifier: Apache-2.0
# What the installed package cannot count is refused in words, and what it can is counted:
# sanitizers, an operator new of the program's own, static linking, another malloc.
"""usage: refused_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES
"""

import os
import pathlib
import shutil
import subprocess
import sys

from page import Failure, main

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(refused LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(tare REQUIRED COMPONENTS count count_next count_malloc count_next_malloc benchmem_main)
file(WRITE ${CMAKE_BINARY_DIR}/program.cc [[
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include "tare/alloc_scope.h"
#ifdef OWN_NEW
void* operator new(size_t n) {
  void* const p = std::malloc(n + 16);
  if (p == nullptr) throw std::bad_alloc();
  return static_cast<char*>(p) + 16;
}
void operator delete(void* p) noexcept { if (p != nullptr) std::free(static_cast<char*>(p) - 16); }
void operator delete(void* p, size_t) noexcept { ::operator delete(p); }
#endif
int main() {
  const tare::AllocScope scope;
  char* volatile text = new char[100];
  const tare::AllocCount cost = scope.Delta();
  delete[] text;
  std::printf("%d allocs, %d bytes, %s\\n", static_cast<int>(cost.allocs),
              static_cast<int>(cost.bytes_requested), tare::AllocScope::Allocator().data());
}
]])
file(WRITE ${CMAKE_BINARY_DIR}/bench.cc [[
#include <benchmark/benchmark.h>
static void New(benchmark::State& state) {
  for (auto _ : state) {
    char* text = new char[100];
    benchmark::DoNotOptimize(text);
    delete[] text;
  }
}
BENCHMARK(New);
]])
# PROGRAMS: "<name>|<target>|<options>", one a program.
foreach(program IN LISTS PROGRAMS)
  string(REPLACE "|" ";" parts "${program}")
  list(GET parts 0 name)
  list(GET parts 1 target)
  list(SUBLIST parts 2 -1 rest)
  separate_arguments(options UNIX_COMMAND "${rest}")
  if(target MATCHES "benchmem")
    add_executable(${name} ${CMAKE_BINARY_DIR}/bench.cc)
    string(REGEX REPLACE ".*/" "" counter ${target})
    set_target_properties(${name} PROPERTIES TARE_COUNTER "${counter}")
    target_link_libraries(${name} PRIVATE tare::benchmem_main)
  else()
    add_executable(${name} ${CMAKE_BINARY_DIR}/program.cc)
    target_link_libraries(${name} PRIVATE tare::${target})
  endif()
  target_compile_options(${name} PRIVATE -fno-builtin ${options})
  target_link_options(${name} PRIVATE ${options})
endforeach()
"""

OWN_NEW = "this program defines operator new or delete itself"


def owned(name):
    return f"-fsanitize={name}, which owns malloc"


# Name, target, options, exit status, what is printed. A status of None: ended by SIGABRT.
COMMON = [
    ("plain", "count", "", 0, "1 allocs, 100 bytes, jemalloc-"),
    ("next", "count_next", "", 0, "1 allocs, 100 bytes, glibc-"),
    ("own_new", "count", "-DOWN_NEW", None, OWN_NEW),
    ("own_new_next", "count_next", "-DOWN_NEW", None, OWN_NEW),
    ("own_new_malloc", "count_malloc", "-DOWN_NEW", 0, "1 allocs, 116 bytes, jemalloc-"),
    ("own_new_next_malloc", "count_next_malloc", "-DOWN_NEW", 0, "1 allocs, 116 bytes, glibc-"),
    ("malloc_alone", "count_malloc", "", 0, "1 allocs, 100 bytes, jemalloc-"),
    ("bench_next", "benchmem_main/count_next", "", 0, "BenchmarkNew 1000  1 allocs/op  100 B/op"),
    ("bench_asan", "benchmem_main/", "-fsanitize=address", None, owned("address")),
    ("asan", "count", "-fsanitize=address", None, owned("address")),
    ("asan_next", "count_next", "-fsanitize=address", None, owned("address")),
    ("asan_malloc", "count_malloc", "-fsanitize=address", None, owned("address")),
    ("tsan", "count", "-fsanitize=thread", None, owned("thread")),
    ("tsan_next", "count_next", "-fsanitize=thread", None, owned("thread")),
    ("lsan", "count", "-fsanitize=leak", None, owned("leak")),
    ("ubsan", "count", "-fsanitize=undefined", 0, "1 allocs, 100 bytes, jemalloc-"),
    ("static_next", "count_next", "-static", None, "this program is linked statically"),
]
CLANG = [("msan", "count", "-fsanitize=memory", None, owned("memory"))]


def run(*command):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", check=False)
    return result.returncode, result.stdout


def demand(*command):
    status, output = run(*command)
    if status != 0:
        raise Failure(f"'{' '.join(map(str, command))}' ended with status {status}:\n{output}")


def has_runtime(compiler, options, folder):
    """Whether the compiler links programs with these options here."""
    probe = folder / "probe.cc"
    probe.write_text("int main() { return 0; }\n", encoding="utf-8")
    return run(compiler, *options.split(), probe, "-o", folder / "probe")[0] == 0


def check(name, program, status, words, folder):
    command = [program]
    if name.startswith("bench"):
        command += ["--counts-only"]
    got, output = run(*command)
    if got != (-6 if status is None else status) or words not in output:
        raise Failure(f"{folder.name} {name}: status {got}, '{words}' expected in:\n{output}")
    print(f"refused: {folder.name} {name}: {output.strip().splitlines()[-1][:120]}")


def test(arguments):
    os.environ.pop("LD_PRELOAD", None)
    folder = arguments.build_dir.resolve() / "refused"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "project").mkdir(parents=True)
    (folder / "project/CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
    demand("cmake", "--install", arguments.build_dir, "--prefix", folder / "prefix")
    compilers = [("g++", COMMON), ("clang++", COMMON + CLANG)]
    for family, programs in compilers:
        compiler = shutil.which(family)
        if compiler is None:
            print(f"refused: {family}: not applicable: it is not installed")
            continue
        kept = []
        for program in programs:
            if program[2].startswith("-f") and not has_runtime(compiler, program[2], folder):
                print(f"refused: {family} {program[0]}: not applicable: no runtime of {program[2]}")
            else:
                kept.append(program)
        out = folder / family
        names = ";".join("|".join(program[:3]) for program in kept)
        demand("cmake", "-S", folder / "project", "-B", out, "-G", arguments.generator,
               f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}",
               f"-DPROGRAMS={names}")
        demand("cmake", "--build", out)
        for name, _, _, status, words in kept:
            check(name, out / name, status, words, out)
    return folder


if __name__ == "__main__":
    sys.exit(main("refused", __doc__.splitlines()[0], test, "all of it is as it should be"))
