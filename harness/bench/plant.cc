// SPDX-License-Identifier: Apache-2.0
// Allocates, or leaves something behind, where a benchmark would.
#include "bench/plant.h"

#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "tare/account.h"

namespace tare::bench {
namespace {

constinit Plant g_plant = Plant::kNone;
constinit void* g_held = nullptr;  // of kPeak, by the leading thread

constexpr struct {
  std::string_view name;
  Plant plant;
} kNames[] = {
    {"alloc", Plant::kAlloc}, {"alloc-per-op", Plant::kAllocPerOp},
    {"bytes", Plant::kBytes}, {"descriptor", Plant::kDescriptor},
    {"block", Plant::kBlock}, {"library", Plant::kLibrary},
    {"peak", Plant::kPeak},
};

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();
}

// The compiler may take away a block that nobody looks at.
void* Allocate() {
  void* block = std::malloc(static_cast<size_t>(kPlantedBytes));
  asm volatile("" : "+r"(block) : : "memory");
  if (block == nullptr) Fail("tare: cannot plant an allocation");
  return block;
}

}  // namespace

void SetPlant(Plant plant) {
  g_plant = plant;
}

Plant ThePlant() noexcept {
  return g_plant;
}

bool ParsePlant(std::string_view name, Plant* plant) {
  for (const auto& entry : kNames) {
    if (entry.name != name) continue;
    *plant = entry.plant;
    return true;
  }
  return false;
}

std::string_view NameOf(Plant plant) {
  for (const auto& entry : kNames) {
    if (entry.plant == plant) return entry.name;
  }
  std::abort();
}

void PlantWhileOpen(bool leads) noexcept {
  const CallbackScope ours;  // the benchmark may have left a library's open
  if (g_plant == Plant::kPeak && leads) g_held = Allocate();
}

void PlantInWindow(int64_t iterations, bool leads) noexcept {
  if (g_plant == Plant::kLibrary && leads) {
    const LibraryScope library;
    std::free(Allocate());
  }
  const CallbackScope ours;  // the benchmark may have left a library's open
  if (g_plant == Plant::kPeak && leads) std::free(std::exchange(g_held, nullptr));
  int64_t blocks = 0;
  if (g_plant == Plant::kAllocPerOp) blocks = iterations;
  if (g_plant == Plant::kAlloc && leads) blocks = 1;
  for (int64_t i = 0; i < blocks; ++i) std::free(Allocate());
}

void PlantAfterWindow() noexcept {
  if (g_plant == Plant::kBlock) Allocate();
  if (g_plant == Plant::kDescriptor && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
    Fail("tare: cannot plant a descriptor: /dev/null");
  }
}

}  // namespace tare::bench
