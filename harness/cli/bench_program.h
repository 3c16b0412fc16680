// SPDX-License-Identifier: Apache-2.0
// Bench programs: where they are, what rows they list, how one row is asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/interrupt.h"
#include "cli/process.h"

namespace tare::cli {

// A program that speaks as tare::benchmem_main does: one of ours, or a stranger's.
struct BenchProgram {
  std::string suite;  // its file name without "bench_" in front: what tables and results call it
  std::string path;   // holds a slash

  std::string FileName() const { return path.substr(path.rfind('/') + 1); }
};

// One line of a bench program's --tare_list.
struct ListedRow {
  std::string gbench_name;  // what --benchmark_filter is matched against
  std::string name;         // in results
  bool quick = false;
  std::string absent;               // why it cannot run on this machine; empty: it can
  bool shares_gbench_name = false;  // with another row: it must be asked for by `name`
  // It shares it there or in the build that it is measured in turn with: in both it has a process
  // of its own then.
  bool apart = false;

  // How many rows of times a process prints that runs it: the N of "/repeats:N".
  size_t Repetitions() const;
};

// The directory that the running program lies in.
std::string OwnDirectory();

// The bench programs in `directory`, by name. An error where it cannot be read or holds none.
absl::StatusOr<std::vector<BenchProgram>> FindBenchPrograms(const std::string& directory);

// Those of `programs` that `suites` names, in the order of `programs`; all where it names none. An
// error that lists the known ones where a name is not among them.
absl::StatusOr<std::vector<BenchProgram>> SelectSuites(const std::vector<BenchProgram>& programs,
                                                       const std::vector<std::string>& suites);

// The program in the file `path`, which `flag` has named, wherever it lies. An error where it is
// not there (kNotFound) or no file to execute.
absl::StatusOr<BenchProgram> ProgramInFile(const std::string& path,
                                           const std::string& flag = "--exe");

// Parses the output of --tare_list; `program` is the name that errors begin with.
absl::StatusOr<std::vector<ListedRow>> ParseList(absl::string_view text,
                                                 const std::string& program);

// Asks the program. Errors say how the program ended, or quote the line that is no row, and whether
// it is a program that can be asked at all; an interrupt is absl::StatusCode::kCancelled.
// `start`, where given, gets how long the program took to come to its list and to end.
absl::StatusOr<std::vector<ListedRow>> ListRows(const BenchProgram& program,
                                                std::chrono::milliseconds timeout,
                                                const Interrupt* interrupt,
                                                std::chrono::nanoseconds* start = nullptr);

// What tare/benchmem.h offers beside the counts of a row.
struct CountsFlags {
  int64_t iterations = 0;  // to count over; 0: the program's choice
  std::string plants;      // faults to be planted; empty: none
  bool sites = false;      // where memory is allocated
  bool peak = false;       // the most bytes alive at once
};

// The command lines that run these rows, in the order of the list, for their times and counts.
std::vector<std::string> TimesCommand(const BenchProgram& program,
                                      const std::vector<ListedRow>& rows, double min_time_seconds);
std::vector<std::string> CountsCommand(const BenchProgram& program,
                                       const std::vector<ListedRow>& rows,
                                       const CountsFlags& flags = {});
// The same for one row.
std::vector<std::string> TimesCommand(const BenchProgram& program, const ListedRow& row,
                                      double min_time_seconds);
std::vector<std::string> CountsCommand(const BenchProgram& program, const ListedRow& row,
                                       const CountsFlags& flags = {});

}  // namespace tare::cli
