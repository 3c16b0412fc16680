// SPDX-License-Identifier: Apache-2.0
// Counts descriptors by the directory that the kernel shows, bytes by the allocation counters.
#include "bench/left_behind.h"

#include <dirent.h>

#include "count/counters.h"
#include "tare/alloc_scope.h"

namespace tare::bench {
namespace {

constexpr char kDirectory[] = "/proc/self/fd";

// The descriptor of the directory itself is among them each time, and so in no difference.
int64_t Descriptors() {
  DIR* const directory = opendir(kDirectory);
  if (directory == nullptr) return 0;
  int64_t entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries;
}

}  // namespace

Holdings Holdings::Now() {
  const int64_t descriptors = Descriptors();
  return {descriptors, count::ReadProcess().BytesLive()};
}

std::string_view WhyNoDescriptors() {
  return Descriptors() > 0 ? "" : "/proc/self/fd cannot be read";
}

std::string_view WhyNoBytes() {
  return AllocScope::WhyNot();
}

}  // namespace tare::bench
