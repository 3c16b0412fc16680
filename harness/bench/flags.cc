// SPDX-License-Identifier: Apache-2.0
// Parses tare's flags and refuses combinations that contradict each other.
#include "bench/flags.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>

#include "tare/google_benchmark.h"

namespace tare::bench {

const char kFlagsHelp[] =
    "tare adds:\n"
    "          [--tare_format={go|gbench}]  Go's benchmark format (default, but not on a\n"
    "                                       terminal), or as --benchmark_format says\n"
    "          [--counts-only]              count over fixed iterations, twice; no times\n"
    "          [--tare_list]                list the rows that --benchmark_filter selects\n"
    "          [--tare_row=NAME]            of these rows the one of this name, as listed\n"
    "          [--tare_iterations=N]        with --counts-only: count over N iterations\n"
    "          [--tare_plant={alloc|alloc-per-op|bytes|descriptor|block|library|peak},...]\n"
    "                                       with --counts-only: count once more with each of "
    "these\n"
    "                                       faults planted, for `tare gate --self-test`\n"
    "          [--tare_sites]               with --counts-only: record where memory is allocated,\n"
    "                                       for `tare explain`\n"
    "          [--tare_peak]                with --counts-only: also the most bytes alive at "
    "once\n";

namespace {

constexpr std::string_view kFormat = "--tare_format=";
constexpr std::string_view kCountsOnly = "--counts-only";
constexpr std::string_view kList = "--tare_list";
constexpr std::string_view kRow = "--tare_row=";
constexpr std::string_view kIterations = "--tare_iterations=";
constexpr std::string_view kPlant = "--tare_plant=";
constexpr std::string_view kSites = "--tare_sites";
constexpr std::string_view kPeak = "--tare_peak";
constexpr std::string_view kGbenchFormat = "--benchmark_format=";
constexpr std::string_view kGbenchOut = "--benchmark_out=";
constexpr std::string_view kGbenchOutFormat = "--benchmark_out_format=";
constexpr std::string_view kGbenchMinTime = "--benchmark_min_time=";

// Both given: what a user means by them cannot be done.
std::string Contradiction(std::string_view a, std::string_view b) {
  return std::string(a) + " and " + std::string(b) + " contradict each other; give one of them";
}

std::string OnlyWithCounts(std::string_view flag) {
  return std::string(flag) + " makes sense with --counts-only only";
}

template <class Number>
bool ParseWhole(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseIterations(std::string_view text, int64_t* iterations) {
  return ParseWhole(text, iterations) && *iterations > 0;
}

bool ParsePlants(std::string_view text, std::vector<Plant>* plants) {
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (!ParsePlant(text.substr(at, end - at), &plants->emplace_back())) return false;
    at = end + 1;
  }
  return true;
}

// Seconds, with or without "s", or iterations with "x", as Google Benchmark takes them; nothing if
// it does not. Left to itself it would say so when the first benchmark runs, and abort.
std::optional<std::string> MinTime(std::string_view value) {
  constexpr bool kHasSuffix = google_benchmark::MinTimeHasSuffix();
  if (value.ends_with('x')) {
    int64_t iterations = 0;
    value.remove_suffix(1);
    if (!kHasSuffix || !ParseIterations(value, &iterations)) return std::nullopt;
    return std::string(value) + 'x';
  }
  double seconds = 0;
  if (value.ends_with('s')) value.remove_suffix(1);
  if (!ParseWhole(value, &seconds) || !std::isfinite(seconds) || seconds < 0) return std::nullopt;
  return std::string(value) + (kHasSuffix ? "s" : "");
}

}  // namespace

std::string TakeFlags(int* argc, char** argv, Flags* flags) {
  std::string format, gbench_format, gbench_out, gbench_out_format;
  int left = 1, min_time_at = 0;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == kCountsOnly) {
      flags->counts_only = true;
    } else if (arg == kList) {
      flags->list = true;
    } else if (arg == kSites) {
      flags->sites = true;
    } else if (arg == kPeak) {
      flags->peak = true;
    } else if (arg.starts_with(kFormat)) {
      format = arg;
      const std::string_view value = arg.substr(kFormat.size());
      if (value != "go" && value != "gbench") {
        return format + ": unknown format; there are go and gbench";
      }
    } else if (arg.starts_with(kRow)) {
      flags->row = arg.substr(kRow.size());
      if (flags->row.empty()) return std::string(arg) + ": a row's name is expected";
    } else if (arg.starts_with(kIterations)) {
      if (!ParseIterations(arg.substr(kIterations.size()), &flags->counted_iterations)) {
        return std::string(arg) + ": a whole number above 0 is expected";
      }
    } else if (arg.starts_with(kPlant)) {
      if (!ParsePlants(arg.substr(kPlant.size()), &flags->plants)) {
        return std::string(arg) +
               ": unknown plant; there are alloc, alloc-per-op, bytes, descriptor, block, library "
               "and peak";
      }
    } else if (arg.starts_with(kGbenchMinTime)) {
      const std::optional<std::string> value = MinTime(arg.substr(kGbenchMinTime.size()));
      if (!value) {
        return std::string(arg) +
               ": seconds are expected, such as 0.5, or since Google Benchmark 1.8 iterations, "
               "such as 100x";
      }
      flags->min_time = std::string(kGbenchMinTime) + *value;
      if (min_time_at == 0) min_time_at = left++;  // the last one given holds
      argv[min_time_at] = flags->min_time.data();
    } else {
      if (arg.starts_with(kGbenchFormat)) gbench_format = arg;
      if (arg.starts_with(kGbenchOut)) gbench_out = arg;
      if (arg.starts_with(kGbenchOutFormat)) gbench_out_format = arg;
      argv[left++] = argv[i];
    }
  }
  if (left < *argc) argv[left] = nullptr;
  *argc = left;

  const bool wants_go = format == std::string(kFormat) + "go";
  const bool wants_gbench = !gbench_format.empty() || (!format.empty() && !wants_go);
  if (wants_go && wants_gbench) return Contradiction(format, gbench_format);
  if (flags->counts_only && flags->list) return Contradiction(kCountsOnly, kList);
  if (flags->counts_only && wants_gbench) {
    return Contradiction(kCountsOnly, gbench_format.empty() ? format : gbench_format);
  }
  if (flags->counts_only && !gbench_out.empty()) return Contradiction(kCountsOnly, gbench_out);
  if (!flags->counts_only) {
    if (flags->sites) return OnlyWithCounts(kSites);
    if (flags->peak) return OnlyWithCounts(kPeak);
    if (!flags->plants.empty()) return OnlyWithCounts(kPlant);
    if (flags->counted_iterations != 0) return OnlyWithCounts(kIterations);
  }
  flags->writes_json =
      !gbench_out.empty() && (gbench_out_format.empty() || gbench_out_format.ends_with("=json"));
  // Google Benchmark's own table is for people, Go's format for files and programs.
  const bool for_people = !wants_go && isatty(STDOUT_FILENO) != 0;
  flags->format = wants_gbench || for_people ? Flags::Format::kGbench : Flags::Format::kGo;
  return "";
}

}  // namespace tare::bench
