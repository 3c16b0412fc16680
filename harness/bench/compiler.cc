// SPDX-License-Identifier: Apache-2.0
// Which compiler made the program, for the head of its results: part of every program that links
// tare::benchmem_main, for our archive knows only what it was compiled with itself.
//
// TARE_PROGRAM_FLAGS is of CMake's making: the flags of the program's project, each after a space,
// but for warnings, debug information and macros.

#ifndef TARE_PROGRAM_FLAGS
#define TARE_PROGRAM_FLAGS ""
#endif

#define TARE_TEXT_OF(x) #x
#define TARE_TEXT(x) TARE_TEXT_OF(x)

namespace tare::bench {

extern const char kProgramCompiler[];  // environment.cc reads it

#if defined(__clang__)
const char kProgramCompiler[] =
    "clang++-" TARE_TEXT(__clang_major__) "." TARE_TEXT(__clang_minor__) TARE_PROGRAM_FLAGS;
#elif defined(__GNUC__)
const char kProgramCompiler[] =
    "g++-" TARE_TEXT(__GNUC__) "." TARE_TEXT(__GNUC_MINOR__) TARE_PROGRAM_FLAGS;
#else
const char kProgramCompiler[] = "unknown" TARE_PROGRAM_FLAGS;
#endif

}  // namespace tare::bench
