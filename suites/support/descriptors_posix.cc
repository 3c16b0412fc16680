// SPDX-License-Identifier: Apache-2.0
// The limit of open descriptors on POSIX systems.
#include <sys/resource.h>

#include "suites/support/descriptors.h"

namespace tare::suites {

std::string EnsureDescriptors(size_t wanted) {
  // For what the process has open already, and for a few of the libraries'.
  constexpr size_t kSpare = 64;
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return "";
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted + kSpare) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted + kSpare) return "";
  return "needs " + std::to_string(wanted + kSpare) + " open descriptors and may have " +
         std::to_string(limit.rlim_cur) +
         ": raise the hard limit (ulimit -Hn) or leave such rows out with --filter";
}

}  // namespace tare::suites
