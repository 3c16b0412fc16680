// SPDX-License-Identifier: Apache-2.0
// On which CPUs rows are measured: by their names, where the user says, or anywhere.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command_line.h"

namespace tare::cli {

struct Placement {
  enum class Rule {
    kByName,    // rows with threads= on all of `cpus`, others pinned to the last of them
    kThese,     // every row on all of `cpus`
    kAnywhere,  // no row is pinned
  };
  Rule rule = Rule::kByName;
  std::vector<int> cpus;  // that this process may run on, or the user's choice of them; ascending

  // As Command::cpus takes them.
  std::vector<int> Of(const std::string& row) const;
  // Such as "pinned to cpu 3, rows with threads= to cpus 0-3", for rows of these names.
  std::string InWords(const std::vector<std::string>& rows) const;
};

// Rows by their names, on the CPUs that this process may run on.
Placement PlacementByName();

// What --cpus and --no-pin say.
struct PlacementOptions {
  std::string cpus;  // "0-3,8"; empty: not given
  bool no_pin = false;

  // An error names the flag, and the CPU that is none of this process's.
  absl::StatusOr<Placement> Get() const;
};

// Adds both to `command`; `options` must outlive the parsing. They are refused without `needed`
// where it is not null.
void AddPlacementOptions(Subcommand command, PlacementOptions& options,
                         const Option* needed = nullptr);

}  // namespace tare::cli
