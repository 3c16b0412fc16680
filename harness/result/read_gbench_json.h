// SPDX-License-Identifier: Apache-2.0
// Reads what Google Benchmark writes with --benchmark_format=json, as rows like any others.
#pragma once

#include <string>
#include <string_view>

#include "result/read_text.h"

namespace tare::result {

// One row a run, in order; aggregates and complexities are none, for they can be made of the rows.
// real_time becomes ns/op and cpu_time cpu-ns/op, whatever their unit was; every other number is a
// value under its own name, white space in it replaced by "_". What Google Benchmark's
// MemoryManager has counted stays under its names (allocs_per_iter, ...): it is not what allocs/op
// means here.
//
// A row's name is RowNameOfGbench of its own (result/row_names.h), the one that
// tare::benchmem_main gives it; of several benchmarks of one name, which their indices tell apart,
// the second has "#01" behind it. Repetitions are rows of one name.
//
// A run with an error becomes a note, "error <name>: <message>", or "absent <name>: <reason>" where
// the message begins with "not applicable: "; one that was skipped, "absent <name>: <message>", and
// so does a benchmark of which there are aggregates alone.
//
// A counter that is no finite number, or has the name of another value of its row, is left out: a
// note of the row, and one of the remarks with file and line. A value of a unit that tare knows
// stays, for FindFaults to name.
//
// host_name, num_cpus, mhz_per_cpu, cpu_scaling_enabled, aslr_enabled and what the program has
// added to the context become keys, in small letters; the build of the library is gbench-build.
//
// Errors are "<file>:<line>: <what>"; iterations are read as an integer.
ReadOutcome ReadGbenchJson(std::string_view text, const std::string& file);

// Whether a text is to be read as JSON: it begins with '{', behind a byte-order mark perhaps.
bool IsGbenchJson(std::string_view text);

// Either format: JSON, or Go's text.
ReadOutcome ReadResults(std::string_view text, const std::string& file);

}  // namespace tare::result
