// SPDX-License-Identifier: Apache-2.0
// What a suite may say about its benchmarks to a program that links tare::benchmem_main.
//
// A Google Benchmark program needs none of this. Linked with tare::benchmem_main in place of
// benchmark::benchmark_main it counts every benchmark over exactly its timed iterations (see
// meter.h), whether its main is ours, BENCHMARK_MAIN() or its own, and understands beside Google
// Benchmark's flags:
//
//   --tare_format=go      results in Go's benchmark format: the default where standard output is no
//                         terminal
//   --tare_format=gbench  Google Benchmark's own reporters, as --benchmark_format says; giving
//                         --benchmark_format alone means the same. The default on a terminal: the
//                         table for people, with the counts as user counters
//   --counts-only         no times: a warm-up, then a fixed number of iterations, twice; system
//                         calls are counted as well, of the second time, and what that run left
//                         behind: fds-left, descriptors open after it and not before, and live-B,
//                         usable bytes of blocks alive after it and not before
//   --tare_iterations=N   with --counts-only, over N iterations of all threads together: a gate
//                         counts over as many as its budget did
//   --tare_plant=KIND,... with --counts-only, counts each row once more with each of these faults
//                         planted, for a gate to prove that it notices: `alloc` (one allocation in
//                         a run), `alloc-per-op`, `bytes` (16 more in a run), `descriptor` (one
//                         left open by a run), `block` (one left alive), `library` (an allocation
//                         in a run on the account of a library, see account.h), `peak` (a block
//                         alive while the window is open)
//   --tare_peak           with --counts-only, also peak-live-B: the most usable bytes that were
//                         alive at once between the first timed iteration and the last, over all
//                         threads, above those that were alive before. Pauses make no peak, but
//                         what they leave alive counts. Slows every allocation of the process down
//   --tare_sites          with --counts-only, counts each row once more and records from where it
//                         allocates (tare/sites.h); `tare explain` reads that
//   --tare_row=NAME       of the rows that --benchmark_filter selects the one of this name, also
//                         where Google Benchmark calls several alike
//   --tare_list           a line for each row that --benchmark_filter selects, and no run; tab
//                         separated: Google Benchmark's name (with "\t" for a tab and "\\" for a
//                         backslash), the row's name, `quick` or `full`, why the row is absent on
//                         this machine (or nothing)
//
// The row's name is Google Benchmark's, with "/<name>=<argument>" for an argument that has a name
// and "/threads=<n>" for several threads (nothing for one); white space becomes "_". What says how
// it is run stays: process_time, real_time, manual_time, iterations:<n>, min_time:<s>,
// min_warmup_time:<s>, repeats:<n>. Where two benchmarks would share a name, the second gets "#01",
// and so on in order of registration. A name with a line end in it is refused. Readers of Google
// Benchmark's JSON give the same names.
//
// Rows are "Benchmark<name> <iterations> <value> <unit>...": ns/op is wall time (or manual time)
// over the iterations of all threads, cpu-ns/op CPU time over the same, then the counts (for a
// benchmark that splits them by a Meter of its own the units of the split too, see meter.h), then
// the benchmark's own counters. The CPU time is the whole process's, whichever clock the benchmark
// asks for: of its own threads while their timers run, of all others from the first timed iteration
// to the last (with MeasureProcessCPUTime, as Google Benchmark measures it). What did not become a
// row is said in a comment; no name holds white space, so it ends at the first ": ".
//
//   # absent <name>: <reason>     skipped with a message that starts with kNotApplicable, or
//                                 nothing is counted here and --counts-only was asked for
//   # error <name>: <message>     skipped with any other message, or not counted although it should
//   # unstable <name>: <unit> <total>/<iterations> then <total>/<iterations>, <unit> ...
//                                 --counts-only: the two runs differ; every unit that is counted is
//                                 said, and those of a run without "/<iterations>"
//   # label <name>: <text>        what the benchmark gave to State::SetLabel
//   # note <name>: <text>         a value that was left out, and why
//   # planted <kind> <name>: <row>   --tare_plant: the row, counted with that fault
//   # module, # sites, # site     --tare_sites: harness/bench/site_lines.h says what they hold
//
// A unit that cannot be counted here at all has a comment in the head, "# not applicable: <unit>:
// <reason>", and is in no row.
//
// Exit status: 0; 1 where a row ended in an error or a result could not be written; 2 for flags
// that make no sense or a filter that selects nothing. Absent and unstable rows are outcomes, not
// errors.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tare/google_benchmark.h"

namespace tare {

// How a message to State::SkipWithError begins where the benchmark cannot apply on this machine.
inline constexpr std::string_view kNotApplicable = "not applicable: ";

// Marks the rows of `benchmark` as quick. Usable as BENCHMARK(f)->Apply(tare::MarkQuick).
void MarkQuick(RegisteredBenchmark* benchmark);

// Leaves process_time, real_time and manual_time out of the names of the rows of `benchmark`: for a
// suite that times all its rows alike, so that this tells none of them apart. Google Benchmark's
// own reporters leave it out as well.
void OmitTimeType(RegisteredBenchmark* benchmark);

// Fixes for --counts-only how many iterations each thread of `benchmark` counts over. Unless fixed
// here, or by Benchmark::Iterations, it is 1,000, or 100 or 8 where more would take more than 0.1
// s. Fix it for a row that is near a limit or waits for other threads: a busy machine may choose
// differently, and what is allocated once weighs more in fewer iterations.
void FixCountedIterations(RegisteredBenchmark* benchmark, int64_t iterations);

// Registers a benchmark that cannot run on this machine: it is listed with the reason, and when run
// it is reported absent.
RegisteredBenchmark* RegisterAbsent(const std::string& name, const std::string& reason);

}  // namespace tare
