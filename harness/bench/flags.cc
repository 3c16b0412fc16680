// SPDX-License-Identifier: Apache-2.0
// Parses tare's flags and refuses combinations that contradict each other.
#include "bench/flags.h"

#include <string_view>

namespace tare::bench {

const char kFlagsHelp[] =
    "tare adds:\n"
    "          [--tare_format={go|gbench}]  Go's benchmark format (default), or as\n"
    "                                       --benchmark_format says\n"
    "          [--counts-only]              count over fixed iterations, twice; no times\n"
    "          [--tare_list]                list the rows that --benchmark_filter selects\n";

namespace {

constexpr std::string_view kFormat = "--tare_format=";
constexpr std::string_view kCountsOnly = "--counts-only";
constexpr std::string_view kList = "--tare_list";
constexpr std::string_view kGbenchFormat = "--benchmark_format=";
constexpr std::string_view kGbenchOut = "--benchmark_out=";

// Both given: what a user means by them cannot be done.
std::string Contradiction(std::string_view a, std::string_view b) {
  return std::string(a) + " and " + std::string(b) + " contradict each other; give one of them";
}

}  // namespace

std::string TakeFlags(int* argc, char** argv, Flags* flags) {
  std::string format, gbench_format, gbench_out;
  int left = 1;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == kCountsOnly) {
      flags->counts_only = true;
    } else if (arg == kList) {
      flags->list = true;
    } else if (arg.starts_with(kFormat)) {
      format = arg;
      const std::string_view value = arg.substr(kFormat.size());
      if (value != "go" && value != "gbench") {
        return format + ": unknown format; there are go and gbench";
      }
    } else {
      if (arg.starts_with(kGbenchFormat)) gbench_format = arg;
      if (arg.starts_with(kGbenchOut)) gbench_out = arg;
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
  flags->format = wants_gbench ? Flags::Format::kGbench : Flags::Format::kGo;
  return "";
}

}  // namespace tare::bench
