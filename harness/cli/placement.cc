// SPDX-License-Identifier: Apache-2.0
// Names decide unless a flag does: helper threads of a row on one CPU would take it from each
// other.
#include "cli/placement.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/cpus.h"
#include "cli/printable.h"
#include "cli/row_name.h"
#include "cli/suite_options.h"

namespace tare::cli {
namespace {

std::string Named(const std::vector<int>& cpus) {
  return absl::StrCat(cpus.size() == 1 ? "cpu " : "cpus ", FormatCpus(cpus));
}

}  // namespace

std::vector<int> Placement::Of(const std::string& row) const {
  if (rule == Rule::kAnywhere || cpus.empty()) return {};
  if (rule == Rule::kThese || RowName(row).has_threads) return cpus;
  return {cpus.back()};
}

std::string Placement::InWords(const std::vector<std::string>& rows) const {
  if (rule == Rule::kAnywhere || cpus.empty()) return "not pinned";
  if (rule == Rule::kThese) return absl::StrCat("pinned to ", Named(cpus), " (--cpus)");
  const std::string one = absl::StrCat("pinned to ", Named({cpus.back()}));
  const bool some_have_threads = std::any_of(
      rows.begin(), rows.end(), [](const std::string& row) { return RowName(row).has_threads; });
  return some_have_threads ? absl::StrCat(one, ", rows with threads= to ", Named(cpus)) : one;
}

Placement PlacementByName() {
  return {Placement::Rule::kByName, AllowedCpus()};
}

absl::StatusOr<Placement> PlacementOptions::Get() const {
  Placement placement = PlacementByName();
  if (no_pin) placement.rule = Placement::Rule::kAnywhere;
  if (cpus.empty()) return placement;
  const auto chosen = ParseCpus(cpus);
  if (!chosen.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--cpus ", Quoted(cpus), " is no list of CPUs such as 0-3,8"));
  }
  for (const int cpu : *chosen) {
    if (std::binary_search(placement.cpus.begin(), placement.cpus.end(), cpu)) continue;
    return absl::InvalidArgumentError(absl::StrCat("--cpus ", cpus, ": tare may not run on cpu ",
                                                   cpu, " here, but on ",
                                                   FormatCpus(placement.cpus)));
  }
  return Placement{Placement::Rule::kThese, *chosen};
}

void AddPlacementOptions(Subcommand command, PlacementOptions& options, const Option* needed) {
  Option cpus = command.AddOption("--cpus", options.cpus,
                                  "The CPUs that every row is timed on, such as 0-3,8 (default: "
                                  "all for rows with threads=, the last one for the others)");
  cpus.Must(IsNotEmpty()).Named("LIST");
  Option no_pin = command.AddFlag("--no-pin", options.no_pin, "Pin no row to a CPU");
  no_pin.Excludes(cpus);
  if (needed == nullptr) return;
  cpus.Needs(*needed);
  no_pin.Needs(*needed);
}

}  // namespace tare::cli
