// SPDX-License-Identifier: Apache-2.0
// The system call of the floor that accepts.
#include "impl/fd_ops/accepting.h"

#include <sys/socket.h>

#include <cerrno>

namespace tare::io::fd_ops {

Result AcceptingFloor::Trip() noexcept {
  if (const Result dialed = dialed_.DialAll(); !dialed.ok()) return dialed;
  for (bool last = false; !last;) {
    const int got = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (got < 0) return {0, FromErrno(errno), errno};
    last = dialed_.Keep(got);
  }
  return {};
}

}  // namespace tare::io::fd_ops
