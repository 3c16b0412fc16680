// SPDX-License-Identifier: Apache-2.0
// Interposes nothing: under a sanitizer, which owns malloc. Counts are not applicable and say so.

#include "count/slot.h"

namespace tare::count {

const char kCovers[] = "";
const char tare_count_interposer = 1;
const char kWhyNot[] = "a sanitizer owns malloc, so allocations are not counted";

void StartAllocator(Slot&) noexcept {}
bool OperatorsAreOurs() noexcept {
  return true;
}
void BindUsable(Slot&) noexcept {}
const char* AllocatorName() noexcept {
  return "sanitizer";
}

}  // namespace tare::count
