// SPDX-License-Identifier: Apache-2.0
// CountedResource: what a container asks for goes upstream, and into the account.

#include "tare/counted_resource.h"

#include <cstdio>
#include <cstdlib>

namespace tare {

using std::memory_order_relaxed;

CountedResource::CountedResource(std::string_view name, std::pmr::memory_resource* upstream)
    : name_(name), upstream_(upstream) {
  if (upstream_ != nullptr) return;
  std::fprintf(stderr, "tare::CountedResource %s: its upstream is null\n", name_.c_str());
  std::abort();
}

CountedResource* CountedResource::Default() {
  // Never destroyed: containers of static storage duration may use it to the end.
  static CountedResource* const account = new CountedResource("default");
  return account;
}

ResourceCount CountedResource::Count() const noexcept {
  return {.allocs = allocs_.load(memory_order_relaxed),
          .frees = frees_.load(memory_order_relaxed),
          .bytes_requested = bytes_requested_.load(memory_order_relaxed),
          .bytes_live = bytes_live_.load(memory_order_relaxed),
          .bytes_peak = bytes_peak_.load(memory_order_relaxed)};
}

void CountedResource::ResetPeak() noexcept {
  bytes_peak_.store(bytes_live_.load(memory_order_relaxed), memory_order_relaxed);
}

void* CountedResource::do_allocate(size_t bytes, size_t alignment) {
  void* const p = upstream_->allocate(bytes, alignment);
  allocs_.fetch_add(1, memory_order_relaxed);
  bytes_requested_.fetch_add(bytes, memory_order_relaxed);
  const uint64_t live = bytes_live_.fetch_add(bytes, memory_order_relaxed) + bytes;
  uint64_t peak = bytes_peak_.load(memory_order_relaxed);
  while (peak < live && !bytes_peak_.compare_exchange_weak(peak, live, memory_order_relaxed)) {
  }
  return p;
}

// Counted out before the memory can be counted in again elsewhere: what is alive is never too much.
void CountedResource::do_deallocate(void* p, size_t bytes, size_t alignment) {
  frees_.fetch_add(1, memory_order_relaxed);
  bytes_live_.fetch_sub(bytes, memory_order_relaxed);
  upstream_->deallocate(p, bytes, alignment);
}

bool CountedResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace tare
