// SPDX-License-Identifier: Apache-2.0
// Discovery in a directory, and the dialect of flags and lists that tare::benchmem_main speaks.
#include "cli/bench_program.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/printable.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kPrefix = "bench_";

// Google Benchmark takes filters as POSIX extended expressions.
std::string ExactFilter(const std::vector<ListedRow>& rows) {
  std::string pattern;
  for (const ListedRow& row : rows) {
    if (!pattern.empty()) pattern += '|';
    for (const char c : row.gbench_name) {
      if (absl::string_view(".[\\()*+?{|^$").find(c) != absl::string_view::npos) pattern += '\\';
      pattern += c;
    }
  }
  return absl::StrCat("--benchmark_filter=^", rows.size() == 1 ? pattern : "(" + pattern + ")",
                      "$");
}

// Takes back what --tare_list writes for characters that would end a field or a line.
std::string Unescaped(absl::string_view field) {
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    const char next = field[i] == '\\' && i + 1 < field.size() ? field[i + 1] : '\0';
    if (next == 't' || next == 'n' || next == '\\') {
      text += next == 't' ? '\t' : next == 'n' ? '\n' : '\\';
      ++i;
    } else {
      text += field[i];
    }
  }
  return text;
}

// The flags that select `rows` and nothing else: several only if none shares its name.
std::vector<std::string> Selecting(const std::vector<ListedRow>& rows) {
  std::vector<std::string> flags = {ExactFilter(rows)};
  // Programs of older versions do not know the flag, and can run all other rows.
  if (rows[0].shares_gbench_name) flags.push_back("--tare_row=" + rows[0].name);
  return flags;
}

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

// What the program is, where it is none that --tare_list can be asked of; empty where it is one.
std::string WhatElseItIs(const BenchProgram& program, std::chrono::milliseconds timeout,
                         const Interrupt* interrupt) {
  Command command;
  command.argv = {program.path, "--help"};
  command.timeout = timeout;
  const ProcessEnd end = RunProcess(command, interrupt);
  const std::string help = end.out + end.err_tail;
  if (absl::StrContains(help, "--tare_list")) return "";
  if (absl::StrContains(help, "--benchmark_list_tests")) {
    return "a Google Benchmark program that is not linked with tare::benchmem_main; link it in "
           "place of benchmark::benchmark_main";
  }
  return "no Google Benchmark program: its --help knows no --benchmark_filter";
}

bool IsOneWord(absl::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), absl::ascii_isspace);
}

}  // namespace

size_t ListedRow::Repetitions() const {
  for (absl::string_view part : absl::StrSplit(gbench_name, '/')) {
    size_t repetitions = 0;
    if (absl::ConsumePrefix(&part, "repeats:") && absl::SimpleAtoi(part, &repetitions)) {
      return std::max<size_t>(repetitions, 1);
    }
  }
  return 1;
}

std::string OwnDirectory() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

absl::StatusOr<std::vector<BenchProgram>> FindBenchPrograms(const std::string& directory) {
  std::vector<BenchProgram> programs;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    absl::string_view suite = file;
    if (!absl::ConsumePrefix(&suite, kPrefix) || suite.empty()) continue;
    // bench_x.pdb, bench_x.log and the like lie beside programs.
    if (suite.find('.') != absl::string_view::npos) continue;
    if (!IsProgram(it->path())) continue;
    programs.push_back({std::string(suite), it->path().string()});
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat("cannot read the directory of bench programs ",
                                            directory, ": ", error.message(),
                                            "; name another with --bin-dir"));
  }
  if (programs.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no bench programs (bench_<suite>) in ", directory,
                     "; build them, name their directory with --bin-dir, or a program of your own "
                     "with --exe"));
  }
  std::sort(programs.begin(), programs.end(),
            [](const BenchProgram& a, const BenchProgram& b) { return a.suite < b.suite; });
  return programs;
}

absl::StatusOr<std::vector<BenchProgram>> SelectSuites(const std::vector<BenchProgram>& programs,
                                                       const std::vector<std::string>& suites) {
  for (const std::string& suite : suites) {
    if (std::none_of(programs.begin(), programs.end(),
                     [&](const BenchProgram& p) { return p.suite == suite; })) {
      const std::string known = absl::StrJoin(
          programs, ", ",
          [](std::string* out, const BenchProgram& p) { absl::StrAppend(out, p.suite); });
      return absl::NotFoundError(absl::StrCat("unknown suite '", suite, "'; known: ", known));
    }
  }
  std::vector<BenchProgram> selected;
  for (const BenchProgram& program : programs) {
    if (suites.empty() || std::find(suites.begin(), suites.end(), program.suite) != suites.end()) {
      selected.push_back(program);
    }
  }
  return selected;
}

absl::StatusOr<BenchProgram> ProgramInFile(const std::string& path, const std::string& flag) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(flag, " ", path, ": no such file"));
  }
  if (!IsProgram(path)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " ", path, ": not a file to execute"));
  }
  const fs::path absolute = fs::absolute(path).lexically_normal();
  const std::string file = absolute.filename().string();
  absl::string_view suite = file;
  if (suite != kPrefix) absl::ConsumePrefix(&suite, kPrefix);
  return BenchProgram{Printable(suite), absolute.string()};
}

absl::StatusOr<std::vector<ListedRow>> ParseList(absl::string_view text,
                                                 const std::string& program) {
  std::vector<ListedRow> rows;
  absl::flat_hash_set<std::string> names;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const auto bad = [&](absl::string_view why) {
      return absl::DataLossError(
          absl::StrCat(program, " --tare_list:", number, ": ", why, ": ", Quoted(line)));
    };
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits('\t', 3));
    if (fields.size() < 3 || fields[0].empty() || (fields[2] != "quick" && fields[2] != "full")) {
      return bad(
          "not a row (name, row name, quick or full, reason, separated by tabs; what else a "
          "program has to say belongs on standard error)");
    }
    if (!IsOneWord(fields[1])) return bad("a row's name is one word");
    if (std::any_of(fields[1].begin(), fields[1].end(),
                    [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
      return bad("a row's name holds a control character");
    }
    if (!names.insert(fields[1]).second) {
      return bad("a second row of this name; each benchmark needs a name of its own");
    }
    rows.push_back({Unescaped(fields[0]), fields[1], fields[2] == "quick",
                    fields.size() < 4 ? "" : Printable(fields[3])});
  }
  absl::flat_hash_map<std::string, int> sharers;
  for (const ListedRow& row : rows) ++sharers[row.gbench_name];
  for (ListedRow& row : rows) row.shares_gbench_name = sharers[row.gbench_name] > 1;
  if (rows.empty()) return absl::DataLossError(absl::StrCat(program, " lists no rows"));
  return rows;
}

absl::StatusOr<std::vector<ListedRow>> ListRows(const BenchProgram& program,
                                                std::chrono::milliseconds timeout,
                                                const Interrupt* interrupt,
                                                std::chrono::nanoseconds* start) {
  Command command;
  // The second flag is for programs that do not know the first, and disregard it: they list their
  // benchmarks too, rather than run them all.
  command.argv = {program.path, "--tare_list", "--benchmark_list_tests=true"};
  command.timeout = timeout;
  const ProcessEnd end = RunProcess(command, interrupt);
  if (start != nullptr) *start = end.lifetime;
  if (end.how == ProcessEnd::How::kInterrupted) return absl::CancelledError(end.Describe());
  absl::StatusOr<std::vector<ListedRow>> rows;
  if (end.Succeeded()) {
    rows = ParseList(end.out, program.FileName());
  } else {
    rows = absl::InternalError(absl::StrCat(program.FileName(), " --tare_list ", end.Describe(),
                                            "\n", LastWords(end.err_tail)));
  }
  if (rows.ok() || end.how != ProcessEnd::How::kExited) return rows;
  if (const std::string what = WhatElseItIs(program, timeout, interrupt); !what.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(program.path), " is ", what));
  }
  return rows;
}

std::vector<std::string> TimesCommand(const BenchProgram& program,
                                      const std::vector<ListedRow>& rows, double min_time_seconds) {
  std::vector<std::string> argv = Selecting(rows);
  argv.insert(argv.begin(), program.path);
  argv.push_back(absl::StrCat("--benchmark_min_time=", min_time_seconds));
  return argv;
}

std::vector<std::string> CountsCommand(const BenchProgram& program,
                                       const std::vector<ListedRow>& rows,
                                       const CountsFlags& flags) {
  std::vector<std::string> argv = Selecting(rows);
  argv.insert(argv.begin(), program.path);
  argv.push_back("--counts-only");
  if (flags.iterations != 0) argv.push_back(absl::StrCat("--tare_iterations=", flags.iterations));
  if (!flags.plants.empty()) argv.push_back("--tare_plant=" + flags.plants);
  if (flags.peak) argv.push_back("--tare_peak");
  if (flags.sites) argv.push_back("--tare_sites");
  return argv;
}

std::vector<std::string> TimesCommand(const BenchProgram& program, const ListedRow& row,
                                      double min_time_seconds) {
  return TimesCommand(program, std::vector<ListedRow>{row}, min_time_seconds);
}

std::vector<std::string> CountsCommand(const BenchProgram& program, const ListedRow& row,
                                       const CountsFlags& flags) {
  return CountsCommand(program, std::vector<ListedRow>{row}, flags);
}

}  // namespace tare::cli
