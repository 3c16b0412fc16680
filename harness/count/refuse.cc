// SPDX-License-Identifier: Apache-2.0
// Looks, before the first call is counted, whether somebody else owns malloc or operator new.

#include <cstddef>

#include "count/slot.h"

// What the runtime of each sanitizer that owns malloc defines; null in every other program.
extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __hwasan_init();
[[gnu::weak]] void __lsan_init();
[[gnu::weak]] void __msan_init();
[[gnu::weak]] void __tsan_init();
}

namespace tare::count {
namespace {

#define TARE_OWNED_BY(name)                                                                   \
  "tare::count: this program is built with -fsanitize=" name                                  \
  ", which owns malloc: its "                                                                 \
  "allocations cannot be counted. Build without it; or link a tare that was configured with " \
  "-DTARE_SANITIZE=" name ", which counts nothing and says so\n"

}  // namespace

void RefuseWhatCannotBeCounted() noexcept {
  if (&__asan_init != nullptr) Die(TARE_OWNED_BY("address"));
  if (&__hwasan_init != nullptr) Die(TARE_OWNED_BY("hwaddress"));
  if (&__msan_init != nullptr) Die(TARE_OWNED_BY("memory"));
  if (&__tsan_init != nullptr) Die(TARE_OWNED_BY("thread"));
  if (&__lsan_init != nullptr) Die(TARE_OWNED_BY("leak"));
  if (!OperatorsAreOurs()) {
    Die("tare::count: this program defines operator new or delete itself, and tare::count does "
        "too. Link tare::count_malloc in its place (find_package(tare COMPONENTS count_malloc); "
        "under tare::benchmem_main set the target's property TARE_COUNTER to count_malloc): it "
        "counts the malloc that yours calls\n");
  }
}

}  // namespace tare::count
