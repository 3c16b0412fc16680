// SPDX-License-Identifier: Apache-2.0
// Reads what Google Benchmark writes with --benchmark_format=json, as rows like any others.
#pragma once

#include <string>
#include <string_view>

#include "result/read_text.h"

namespace tare::result {

// One row a run, in order; aggregates are none, for they can be made of the rows. real_time becomes
// ns/op and cpu_time cpu-ns/op, whatever their unit was; every other number is a value under its
// own name, white space in it replaced by "_". What Google Benchmark's MemoryManager has counted
// stays under its names (allocs_per_iter, ...): it is not what allocs/op means here.
//
// A row's name is the one that tare::benchmem_main gives it: see RowNameOfGbench. A run with an
// error becomes a note, "error <name>: <message>", or "absent <name>: <reason>" where the message
// begins with "not applicable: ". The build of the library is the key gbench-build.
//
// Errors are "<file>:<line>: <what>"; iterations are read as an integer.
ReadOutcome ReadGbenchJson(std::string_view text, const std::string& file);

// Google Benchmark's name of a run without what only says how it was run (min_time, iterations,
// repeats, real_time, threads:1, ...), "<name>:<number>" as "<name>=<number>".
std::string RowNameOfGbench(std::string_view name);

// Either format: JSON where the text begins with '{', Go's text otherwise.
ReadOutcome ReadResults(std::string_view text, const std::string& file);

}  // namespace tare::result
