// SPDX-License-Identifier: Apache-2.0
// A measured suite as a result file: the layout of <suite>.txt.
//
//   # tare 1 · commit 1f2e3d4 · ...                 date, what is counted, rounds, where pinned
//   # partial: ...                                 only if the run was interrupted
//   # not applicable: syscalls/op: ...             a unit that cannot be counted here, and why
//   # machine: load 0.12 before, 1.02 after · ...  what else it did meanwhile
//   # in turn: 2026-11-21T10:00Z 4f2a              measured in turn with the file that says the
//   same os: linux                                      configuration and units, as the bench
//   program Unit allocs/op assume=exact better=lower       gives them Unit syscalls/op
//   assume=nothing better=lower BenchmarkA 1000  0 allocs/op  4 syscalls/op    counts: one line a
//   row, from the counting pass BenchmarkB 1000  2 allocs/op  6.01 syscalls/op BenchmarkA 108561
//   2401 ns/op                  times: round 1, in the order measured BenchmarkB 76251  2810 ns/op
//   BenchmarkB 76002  2822 ns/op                   round 2, backwards
//   BenchmarkA 108003  2411 ns/op
//   # absent C: ...                                rows without a measurement, and why
//   # error D: round 3 of 9: killed by signal 11 (SIGSEGV)
//   # unstable B: ...                              what the bench program said about rows
//
// A unit stands either in a row's line of counts or in its lines of times, never in both, so that
// the k-th value of a unit under a name is that of round k (of a benchmark with Repetitions(n), n
// values are), and tools that collect the values of a
// name unit by unit (benchstat) see one count and one time a round. A count that is not exact
// (assume=nothing) is a sample of one. A row that failed has no line: what was measured before it
// failed is not kept.
#pragma once

#include <string>

#include "cli/measurement.h"
#include "result/result.h"

namespace tare::cli {

// How the comment begins by which files of one run in turn (MeasureInTurn) know each other: the
// k-th values of their rows are pairs.
inline constexpr char kInTurn[] = "in turn: ";

// What the first line says beside the plan.
struct Provenance {
  std::string commit;  // "unknown" where there is none
  std::string date;    // UTC, such as "2026-11-21T10:00Z"
};

result::ResultFile SuiteResults(const SuiteRecord& suite, const Plan& plan,
                                const Provenance& provenance);

}  // namespace tare::cli
