// SPDX-License-Identifier: Apache-2.0
// What else the machine did while rows were measured: its load, what the hypervisor took, waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tare::cli {

// Running totals at one moment; nothing where the kernel does not tell.
struct MachineLoad {
  std::optional<double> load;             // the average over a minute
  std::optional<uint64_t> ticks, stolen;  // CPU time of the machine, and what was stolen of it
  std::optional<uint64_t> waited_us;      // in which some task waited for a CPU (PSI)
  std::chrono::steady_clock::time_point at{};

  // `proc` is where the files of /proc are.
  static MachineLoad Now(const std::string& proc = "/proc");
};

// The share of CPU time, 0 to 1, that a hypervisor took in between.
std::optional<double> StolenBetween(const MachineLoad& before, const MachineLoad& after);

// Such as "load 0.52 before, 1.03 after · 0.3 % of the CPU time stolen · some task waited for a CPU
// 12 % of the time". What the kernel does not tell is left out; all of it: "not known".
std::string LoadInWords(const MachineLoad& before, const MachineLoad& after);

}  // namespace tare::cli
