// SPDX-License-Identifier: Apache-2.0
// Planted faults of a measured program: what `tare gate --self-test` demands to see caught.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::bench {

enum class Plant {
  kNone,
  kAlloc,       // one allocation of 16 bytes, freed at once, in each run of a benchmark
  kAllocPerOp,  // one in each counted iteration of each thread
  kBytes,       // 16 bytes more are read of what was allocated, without an allocation more
  kDescriptor,  // one descriptor is left open by each run
  kBlock,       // one block of 16 bytes is left alive by each run
  kLibrary,     // one allocation of 16 bytes on a library's account in each run, freed at once
  kPeak,        // one block of 16 bytes is alive from the first timed iteration to the last
};

inline constexpr int64_t kPlantedBytes = 16;

// For every benchmark that runs from now on; not while one does.
void SetPlant(Plant plant);
Plant ThePlant() noexcept;

// The plant that a flag calls `name`; false if there is none of that name.
bool ParsePlant(std::string_view name, Plant* plant);
// The other way. `plant` is not kNone.
std::string_view NameOf(Plant plant);

// What the plant does while the window counts, in each thread; `leads` in one of them. Aborts where
// the plant cannot be made: a fault that was not planted must not pass for one that was not seen.
void PlantInWindow(int64_t iterations, bool leads) noexcept;
// What it does when the window has opened; `leads` in one of the threads.
void PlantWhileOpen(bool leads) noexcept;
// What it does once the window of the leading thread is closed.
void PlantAfterWindow() noexcept;

}  // namespace tare::bench
