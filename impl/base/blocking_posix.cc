// SPDX-License-Identifier: Apache-2.0
// Blocking mode and kind of a handle on POSIX systems.
#include "impl/base/blocking.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace tare::io {
namespace {

Result Failed() noexcept {
  return {0, FromErrno(errno), errno};
}

}  // namespace

Result IsBlocking(Handle h) noexcept {
  const int flags = fcntl(h, F_GETFL);
  if (flags < 0) return Failed();
  return {(flags & O_NONBLOCK) == 0};
}

Result SetBlocking(Handle h, bool blocking) noexcept {
  const int flags = fcntl(h, F_GETFL);
  if (flags < 0) return Failed();
  const int want = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (want != flags && fcntl(h, F_SETFL, want) < 0) return Failed();
  return {};
}

bool IsByteStream(Handle h) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(h, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

}  // namespace tare::io
