// SPDX-License-Identifier: Apache-2.0
// Blocking mode and kind of a handle on POSIX systems.
#include "impl/base/blocking.h"

#include <fcntl.h>
#include <sys/ioctl.h>
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
  // One call, where fcntl takes two.
  int at_once = blocking ? 0 : 1;
  if (ioctl(h, FIONBIO, &at_once) < 0) return Failed();
  return {};
}

bool IsByteStream(Handle h) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(h, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

}  // namespace tare::io
