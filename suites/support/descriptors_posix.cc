// SPDX-License-Identifier: Apache-2.0
// The limits of descriptors, ports and locked memory on POSIX systems.
#include <sys/resource.h>

#include <cerrno>

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

std::string WhyExhausted(io::Transport t, size_t connections, const io::Result& r) {
  const std::string wanted = " for " + std::to_string(connections) + " connections";
  switch (r.os) {
    case EMFILE:
      return "no open descriptor is left" + wanted +
             ": raise the limit (ulimit -n), or close what this process inherits";
    case ENFILE:
      return "the system has no open file left" + wanted + ": raise fs.file-max (sysctl)";
    case ENOMEM:
      return "no memory is left" + wanted +
             ", or too little may be locked: raise the limit (ulimit -l)";
    case EADDRINUSE:  // of a bind to whichever port is free
      break;
    case EADDRNOTAVAIL: {  // of a connect; of a bind it is the address that is not there
      io::Address at = io::Loopback(t);
      const io::Result bound = io::Listen(t, at);
      if (bound.ok()) (void)io::CloseHandle(static_cast<io::Handle>(bound.n));
      if (bound.os == EADDRNOTAVAIL) return "";
      break;
    }
    default:
      return "";
  }
  return "no port is left" + wanted +
         ": widen net.ipv4.ip_local_port_range (sysctl), or wait until earlier ones are gone";
}

}  // namespace tare::suites
