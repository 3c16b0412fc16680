// SPDX-License-Identifier: Apache-2.0
// The same by POSIX.
#include <fcntl.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "suites/splice_write_to/programs/system.h"

namespace tare::suites::splice_write_to {

std::string Resolve(const std::string& host, const std::string& port, std::vector<Place>& places) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list)) {
    return error == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(error);
  }
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    if (one->ai_addrlen > io::Address::kRoom) continue;
    Place& place = places.emplace_back();
    if (one->ai_family == AF_INET6) place.transport = io::Transport::kTcp6;
    std::memcpy(place.address.bytes, one->ai_addr, one->ai_addrlen);
    place.address.size = one->ai_addrlen;
  }
  freeaddrinfo(list);
  return places.empty() ? "it has no address of TCP" : "";
}

io::Result OpenOutput(const std::string& path) {
  constexpr int kReadWriteAll = 0666;  // what the umask leaves of it
  // Not to block is for the opening alone: afterwards a full pipe may be waited for.
  const int h =
      path.empty()
          ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
          : open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                 kReadWriteAll);
  if (h < 0) return {0, io::FromErrno(errno), errno};
  const int flags = path.empty() ? 0 : fcntl(h, F_GETFL);
  if ((flags & O_NONBLOCK) != 0) (void)fcntl(h, F_SETFL, flags & ~O_NONBLOCK);
  return {h};
}

bool IsStandardOutput(io::Handle h) {
  struct stat one {};
  struct stat other {};
  return fstat(h, &one) == 0 && fstat(STDOUT_FILENO, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

uint64_t AllowDescriptors(uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < wanted) {
    rlimit higher = limit;
    higher.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) limit = higher;
  }
  return limit.rlim_cur;
}

std::string Words(io::Result result) {
  return result.os != 0 ? std::generic_category().message(result.os)
                        : std::string(Name(result.err));
}

}  // namespace tare::suites::splice_write_to
