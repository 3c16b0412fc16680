// SPDX-License-Identifier: Apache-2.0
// Which of our errors a system's code is.
#include "impl/base/errc.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

namespace tare::io {
namespace {

TEST(ErrcTest, OfEveryCode) {
  const std::pair<int, Errc> table[] = {
      {0, Errc::kOk},
      {ECANCELED, Errc::kCanceled},
      {ECONNREFUSED, Errc::kRefused},
      {ECONNRESET, Errc::kReset},
      {ECONNABORTED, Errc::kReset},
      {ENETUNREACH, Errc::kUnreachable},
      {EHOSTUNREACH, Errc::kUnreachable},
      {ENETDOWN, Errc::kUnreachable},
      {EHOSTDOWN, Errc::kUnreachable},
      {ETIMEDOUT, Errc::kUnreachable},  // the system's, not a deadline of ours
      {EADDRINUSE, Errc::kInUse},
      {EADDRNOTAVAIL, Errc::kNotAvailable},
      {EPIPE, Errc::kShutdown},
      {ESHUTDOWN, Errc::kShutdown},
      {EMFILE, Errc::kResource},
      {ENFILE, Errc::kResource},
      {ENOMEM, Errc::kResource},
      {ENOBUFS, Errc::kResource},
      {EOPNOTSUPP, Errc::kUnsupported},
      {ENOSYS, Errc::kUnsupported},
      {EAFNOSUPPORT, Errc::kUnsupported},
      {EPROTONOSUPPORT, Errc::kUnsupported},
      {EINVAL, Errc::kInvalid},
      {EBADF, Errc::kInvalid},
      {ENOTSOCK, Errc::kInvalid},
      {ENOTCONN, Errc::kInvalid},
      {EISCONN, Errc::kInvalid},
      {EALREADY, Errc::kInvalid},
      {EFAULT, Errc::kInvalid},
      {EDESTADDRREQ, Errc::kInvalid},
      {EMSGSIZE, Errc::kInvalid},
      {EPERM, Errc::kOther},
      {EIO, Errc::kOther},
  };
  for (const auto& [code, expected] : table) EXPECT_EQ(FromErrno(code), expected) << code;
}

TEST(ErrcTest, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int e = 0; e <= static_cast<int>(Errc::kOther); ++e) {
    const std::string name(Name(static_cast<Errc>(e)));
    EXPECT_NE(name, "?") << e;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace tare::io
