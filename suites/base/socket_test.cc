// SPDX-License-Identifier: Apache-2.0
// Connected pairs: all or none, whatever fails where, and only with each other.
#include "impl/base/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "suites/support/faulty_calls.h"

namespace tare::io {
namespace {

using suites::FaultyCalls;
using suites::SystemCall;

// The numbers of the descriptors that are open.
std::vector<int> OpenDescriptors() {
  std::vector<int> open;
  for (int i = 0; i < 256; ++i) {
    if (fcntl(i, F_GETFD) >= 0) open.push_back(i);
  }
  return open;
}

// While it lives, `room` more descriptors can be opened: the system gives the lowest number that is
// free, and none from the limit on.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int room) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit less = before_;
    less.rlim_cur = 0;
    while (room > 0 || fcntl(static_cast<int>(less.rlim_cur), F_GETFD) >= 0) {
      room -= fcntl(static_cast<int>(less.rlim_cur), F_GETFD) < 0;
      ++less.rlim_cur;
    }
    setrlimit(RLIMIT_NOFILE, &less);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

constexpr Transport kAll[] = {Transport::kTcp4, Transport::kTcp6, Transport::kUnix,
                              Transport::kUdp4, Transport::kUnixgram};

// Three pairs need up to seven descriptors; so many are there as there may be.
TEST(PairsTest, RS_08_APairThatFailsHalfWayLeavesNothingOpen) {
  for (const Transport t : kAll) {
    const std::vector<int> before = OpenDescriptors();
    int failed = 0;
    for (int room = 0; room < 7; ++room) {
      std::array<Pair, 3> pairs;
      Result r;
      {
        const DescriptorLimit limit(room);
        r = Pairs(t, pairs);
      }
      if (r.err == Errc::kUnreachable || r.err == Errc::kNotAvailable) break;  // no IPv6 here
      failed += !r.ok();
      if (r.ok()) {
        CloseAll(pairs);
      } else {
        EXPECT_EQ(r.err, Errc::kResource);
        EXPECT_EQ(r.os, EMFILE);
      }
      EXPECT_EQ(OpenDescriptors(), before) << "with room for " << room;
    }
    if (failed == 0) std::printf("not applicable: no pair of transport %d\n", static_cast<int>(t));
  }
}

TEST(PairsTest, RS_08_APairThatCannotBeSetUpLeavesNothingOpen) {
  const std::vector<int> before = OpenDescriptors();
  // Of one pair: the listener's option, the dialler's, and three of the pair's.
  for (size_t option = 0; option < 5; ++option) {
    std::vector<int> errors(option, 0);
    errors.push_back(ENOBUFS);
    const FaultyCalls faulty(SystemCall::kSetSockOpt, errors);
    Pair pair;
    const Result r = TcpPairs({&pair, 1});
    EXPECT_EQ(r.err, Errc::kResource) << option;
    EXPECT_EQ(r.os, ENOBUFS) << option;
    EXPECT_EQ(faulty.left(), 0u);
    EXPECT_EQ(OpenDescriptors(), before) << option;
  }
}

TEST(PairsTest, AnInterruptedConnectIsWaitedForAndAnAbortedAcceptPassedOver) {
  const std::vector<int> before = OpenDescriptors();
  Pair pair;
  {
    const FaultyCalls faulty(SystemCall::kConnect, {EINTR});
    ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
    EXPECT_EQ(faulty.left(), 0u);
    CloseAll({&pair, 1});
  }
  {
    const FaultyCalls faulty(SystemCall::kAccept4, {EINTR, ECONNABORTED});
    ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
    EXPECT_EQ(faulty.left(), 0u);
    CloseAll({&pair, 1});
  }
  {
    const FaultyCalls faulty(SystemCall::kAccept4, {EMFILE});
    EXPECT_EQ(TcpPairs({&pair, 1}).os, EMFILE);
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

// On loopback anybody may dial; whoever was first is not the other end.
TEST(PairsTest, AnotherWhoDialsIsNotTakenAndIsClosed) {
  const std::vector<int> before = OpenDescriptors();
  int third_party = -1;
  Pair pair;
  {
    FaultyCalls faulty(SystemCall::kConnect, {});
    faulty.before = [&](int, const void* address, size_t size) {
      if (third_party >= 0) return;
      third_party = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_EQ(syscall(SYS_connect, third_party, address, size), 0);
    };
    ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  }
  EXPECT_EQ(ToString(RemoteAddress(pair.server)), ToString(LocalAddress(pair.client)));
  EXPECT_EQ(ToString(RemoteAddress(pair.client)), ToString(LocalAddress(pair.server)));
  CloseAll({&pair, 1});
  char byte;
  EXPECT_LE(recv(third_party, &byte, 1, 0), 0);  // it was closed
  close(third_party);
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace tare::io
