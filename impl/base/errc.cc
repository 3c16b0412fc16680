// SPDX-License-Identifier: Apache-2.0
// Names of errors, and the map from errno to them.
#include "impl/base/errc.h"

#include <cerrno>

#include "impl/base/check.h"

namespace tare::io {

std::string_view Name(Errc e) noexcept {
  switch (e) {
    case Errc::kOk:
      return "ok";
    case Errc::kEof:
      return "eof";
    case Errc::kTimeout:
      return "timeout";
    case Errc::kCanceled:
      return "canceled";
    case Errc::kClosed:
      return "closed";
    case Errc::kRefused:
      return "refused";
    case Errc::kReset:
      return "reset";
    case Errc::kUnreachable:
      return "unreachable";
    case Errc::kInUse:
      return "in-use";
    case Errc::kNotAvailable:
      return "not-available";
    case Errc::kInvalid:
      return "invalid";
    case Errc::kUnsupported:
      return "unsupported";
    case Errc::kShutdown:
      return "shutdown";
    case Errc::kResource:
      return "resource";
    case Errc::kOther:
      return "other";
  }
  return "?";
}

Errc FromErrno(int error) noexcept {
  TARE_CHECK(error != EAGAIN && error != EINTR);
  switch (error) {
    case 0:
      return Errc::kOk;
    case ECANCELED:
      return Errc::kCanceled;
    case ECONNREFUSED:
      return Errc::kRefused;
    case ECONNRESET:
    case ECONNABORTED:
      return Errc::kReset;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ETIMEDOUT:
      return Errc::kUnreachable;
    case EADDRINUSE:
      return Errc::kInUse;
    case EADDRNOTAVAIL:
      return Errc::kNotAvailable;
    case EPIPE:
    case ESHUTDOWN:
      return Errc::kShutdown;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return Errc::kResource;
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return Errc::kUnsupported;
    case EINVAL:
    case EBADF:
    case ENOTSOCK:
    case ENOTCONN:
    case EISCONN:
    case EALREADY:
    case EFAULT:
    case EDESTADDRREQ:
    case EMSGSIZE:
      return Errc::kInvalid;
    default:
      return Errc::kOther;
  }
}

}  // namespace tare::io
