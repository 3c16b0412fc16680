// SPDX-License-Identifier: Apache-2.0
// Reads /proc/loadavg, the first line of /proc/stat and the first of /proc/pressure/cpu.
#include "cli/machine_load.h"

#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tare::cli {
namespace {

std::vector<std::string> FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

// user, nice, system, idle, iowait, irq, softirq, steal: what follows is part of these.
constexpr size_t kKinds = 8;

}  // namespace

MachineLoad MachineLoad::Now(const std::string& proc) {
  MachineLoad now;
  now.at = std::chrono::steady_clock::now();
  const std::vector<std::string> average = FirstLine(proc + "/loadavg");
  double load = 0;
  if (!average.empty() && absl::SimpleAtod(average[0], &load)) now.load = load;

  const std::vector<std::string> stat = FirstLine(proc + "/stat");
  if (stat.size() > kKinds && stat[0] == "cpu") {
    uint64_t sum = 0, ticks = 0;
    bool all = true;
    for (size_t i = 1; i <= kKinds; ++i) {
      all = all && absl::SimpleAtoi(stat[i], &ticks);
      sum += ticks;
    }
    if (all) {
      now.ticks = sum;
      now.stolen = ticks;
    }
  }

  for (const std::string& word : FirstLine(proc + "/pressure/cpu")) {
    absl::string_view total = word;
    uint64_t us = 0;
    if (absl::ConsumePrefix(&total, "total=") && absl::SimpleAtoi(total, &us)) now.waited_us = us;
  }
  return now;
}

std::optional<double> StolenBetween(const MachineLoad& before, const MachineLoad& after) {
  if (!before.ticks.has_value() || !after.ticks.has_value()) return std::nullopt;
  // Totals of a virtual machine that moves to another host may fall.
  if (*after.ticks <= *before.ticks || *after.stolen < *before.stolen) return std::nullopt;
  return static_cast<double>(*after.stolen - *before.stolen) /
         static_cast<double>(*after.ticks - *before.ticks);
}

std::string LoadInWords(const MachineLoad& before, const MachineLoad& after) {
  std::vector<std::string> parts;
  if (before.load.has_value() && after.load.has_value()) {
    parts.push_back(absl::StrFormat("load %.2f before, %.2f after", *before.load, *after.load));
  }
  if (const std::optional<double> stolen = StolenBetween(before, after)) {
    parts.push_back(absl::StrFormat("%.1f %% of the CPU time stolen", 100 * *stolen));
  }
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(after.at - before.at);
  if (before.waited_us.has_value() && after.waited_us.has_value() && us.count() > 0 &&
      *after.waited_us >= *before.waited_us) {
    parts.push_back(
        absl::StrFormat("some task waited for a CPU %.0f %% of the time",
                        100 * static_cast<double>(*after.waited_us - *before.waited_us) /
                            static_cast<double>(us.count())));
  }
  return parts.empty() ? "not known" : absl::StrJoin(parts, " \u00B7 ");
}

}  // namespace tare::cli
