// SPDX-License-Identifier: Apache-2.0
// A pair of tare-proxy on a loop of the test's: how it ends, and that it can be used again.
#include "suites/splice_write_to/programs/proxy_pair.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "impl/base/blocking.h"
#include "suites/splice_write_to/transfer_fixture.h"
#include "tare/alloc_scope.h"

namespace tare::suites {
namespace {

namespace programs = splice_write_to;

template <class B>
class ProxyPairTest : public TransferTest<B> {};
TYPED_TEST_SUITE(ProxyPairTest, AllBackends, BackendNames);

// A target that listens, and a pair between it and a client.
template <class B>
class Bed {
 public:
  Bed() {
    io::Address at = io::Loopback4();
    listener_ = static_cast<io::Handle>(io::Listen(at).n);
    EXPECT_TRUE(io::SetBlocking(listener_, false).ok());
    plan.targets.push_back({io::Transport::kTcp4, at});
    plan.connect_patience = plan.patience = 60 * kSecond;
  }
  ~Bed() {
    if (pair.in_use()) pair.Stop();
    EXPECT_TRUE(IsOver());
    End();
    close(listener_);
  }

  // A client connects.
  void Begin() {
    std::array<io::Pair, 1> ends;
    EXPECT_TRUE(io::TcpPairs(ends).ok());
    client = ends[0].client;
    over_ = 0;
    EXPECT_TRUE(pair.Begin(ends[0].server, 1).ok());
  }
  // And the target accepts.
  void Connect() {
    Begin();
    Accept();
  }
  void Accept() {
    EXPECT_TRUE(Until([&] {
      if (server < 0) server = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      return server >= 0;
    }));
  }
  // Both sides are gone.
  void End() {
    for (io::Handle* end : {&client, &server}) {
      if (*end != io::kNoHandle) close(std::exchange(*end, io::kNoHandle));
    }
  }
  void Reset(io::Handle& end) {
    EXPECT_TRUE(io::ResetOnClose(end).ok());
    close(std::exchange(end, io::kNoHandle));
  }

  // Whether the pair is over, within its time, and has said so once.
  bool IsOver() {
    return Until([&] { return over_ > 0; }) && over_ == 1 && !pair.in_use();
  }

  // So many bytes from one side to the other, in pieces.
  void Move(io::Handle from, io::Handle to, size_t size) {
    size_t sent = 0, got = 0;
    EXPECT_TRUE(Until([&] {
      const size_t most = std::min(size - sent, room_.size());
      const ssize_t n = most == 0 ? 0 : send(from, room_.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0) sent += static_cast<size_t>(n);
      const ssize_t arrived = got == size ? 0 : recv(to, room_.data(), room_.size(), MSG_DONTWAIT);
      if (arrived > 0) got += static_cast<size_t>(arrived);
      return got == size;
    }));
  }
  // What a side finds next: "end", "reset", a number of bytes, or "nothing" within its time.
  std::string Finds(io::Handle end) {
    ssize_t n = -1;
    int error = EAGAIN;
    (void)Until([&] {
      if (error == EAGAIN) n = recv(end, room_.data(), room_.size(), MSG_DONTWAIT);
      error = n < 0 ? errno : 0;
      return error != EAGAIN;
    });
    if (n >= 0) return n == 0 ? "end" : std::to_string(n);
    return error == ECONNRESET ? "reset" : "nothing";
  }
  std::string Counts() const {
    return std::to_string(pair.counts().up) + " " + std::to_string(pair.counts().down);
  }

  programs::ProxyPlan plan;
  io::Handle client = io::kNoHandle;
  io::Handle server = io::kNoHandle;

 private:
  // Turns until `done()`, within the time of a test. No closure of its own, which would allocate.
  template <class Done>
  bool Until(Done done) {
    Allowance allowance(Scaled(10 * kSecond));
    while (!done() && !allowance.Spent()) place_.loop.Turn(io::Now().Plus(kMillisecond));
    return done();
  }

  Place<B> place_;
  io::Handle listener_;
  int over_ = 0;
  std::array<std::byte, 4096> room_{};

 public:
  programs::ProxyPair<B> pair{
      place_.loop, place_.pool, plan, this,
      [](programs::ProxyPair<B>&, void* owner) noexcept { ++static_cast<Bed*>(owner)->over_; }};
};

SPLICE_TEST(ProxyPairTest, NothingIsAllocatedAfterTheFirstConnection) {
  for (const bool copies : {false, true}) {
    Bed<B> bed;
    bed.plan.copies = copies;
    for (int i = 0; i < 3; ++i) {
      const AllocScope scope;
      bed.Connect();
      bed.Move(bed.client, bed.server, 200'000);
      bed.Move(bed.server, bed.client, 300'000);
      shutdown(bed.client, SHUT_WR);
      shutdown(bed.server, SHUT_WR);
      ASSERT_TRUE(bed.IsOver());
      bed.End();
      if (i > 0) {
        EXPECT_EQ(scope.Delta().allocs, 0) << copies;
      }
      EXPECT_EQ(bed.Counts(), "200000 300000");
    }
  }
}

SPLICE_TEST(ProxyPairTest, SP_06_TheEndOfOneSideIsPassedOnAndTheOtherWayGoesOn) {
  Bed<B> bed;
  for (const auto& [one, other] :
       {std::pair{&bed.client, &bed.server}, {&bed.server, &bed.client}}) {
    bed.Connect();
    bed.Move(*one, *other, 5000);
    shutdown(*one, SHUT_WR);
    EXPECT_EQ(bed.Finds(*other), "end");
    bed.Move(*other, *one, 7000);
    shutdown(*other, SHUT_WR);
    EXPECT_EQ(bed.Finds(*one), "end");
    EXPECT_TRUE(bed.IsOver());
    bed.End();
  }
  EXPECT_EQ(bed.Counts(), "7000 5000");
}

SPLICE_TEST(ProxyPairTest, SP_06_AResetOfOneSideIsAResetForTheOther) {
  Bed<B> bed;
  for (const auto& [one, other] :
       {std::pair{&bed.client, &bed.server}, {&bed.server, &bed.client}}) {
    bed.Connect();
    bed.Move(*one, *other, 5000);
    bed.Reset(*one);
    EXPECT_EQ(bed.Finds(*other), "reset");
    EXPECT_TRUE(bed.IsOver());
    bed.End();
  }
}

SPLICE_TEST(ProxyPairTest, APairThatIsStoppedResetsBothSides) {
  Bed<B> bed;
  bed.Connect();
  bed.Move(bed.client, bed.server, 5000);
  bed.pair.Stop();
  EXPECT_EQ(bed.Finds(bed.client), "reset");
  EXPECT_EQ(bed.Finds(bed.server), "reset");
  EXPECT_TRUE(bed.IsOver());
}

SPLICE_TEST(ProxyPairTest, APairInWhichNothingMovesIsGivenUpAndNotBefore) {
  Bed<B> bed;
  bed.plan.patience = 200 * kMillisecond;
  bed.Connect();
  const io::Deadline then = io::Now().Plus(300 * kMillisecond);
  while (!io::HasPassed(then)) bed.Move(bed.server, bed.client, 1);
  const io::Deadline last = io::Now();
  EXPECT_EQ(bed.Finds(bed.client), "reset");
  EXPECT_TRUE(io::HasPassed(last.Plus(140 * kMillisecond)));
  EXPECT_TRUE(bed.IsOver());
}

SPLICE_TEST(ProxyPairTest, WhereTheFirstAddressRefusesTheNextIsTried) {
  Bed<B> bed;
  // One that was bound, and on which nobody listens.
  io::Address nobody = io::Loopback4();
  const io::Result bound = io::Bind(io::Transport::kTcp4, nobody);
  ASSERT_TRUE(bound.ok());
  bed.plan.targets.insert(bed.plan.targets.begin(), {io::Transport::kTcp4, nobody});
  bed.Connect();
  bed.Move(bed.client, bed.server, 5000);
  bed.Move(bed.server, bed.client, 5000);
  bed.pair.Stop();
  ASSERT_TRUE(bed.IsOver());
  bed.End();
  bed.plan.targets.pop_back();
  bed.Begin();
  EXPECT_EQ(bed.Finds(bed.client), "reset");
  EXPECT_TRUE(bed.IsOver());
  close(static_cast<io::Handle>(bound.n));
}

SPLICE_TEST(ProxyPairTest, ATargetThatDoesNotAnswerIsGivenUp) {
  // Linux leaves unanswered whoever does not fit into the line, which is one longer than it says.
  io::Address full = io::Loopback4();
  const io::Result listening = io::Listen(full, /*backlog=*/0);
  const io::Result first = io::Dial(full);
  ASSERT_TRUE(listening.ok() && first.ok());
  Bed<B> bed;
  bed.plan.targets = {{io::Transport::kTcp4, full}};
  bed.plan.connect_patience = 50 * kMillisecond;
  bed.Begin();
  EXPECT_EQ(bed.Finds(bed.client), "reset");
  EXPECT_TRUE(bed.IsOver());
  close(static_cast<io::Handle>(first.n));
  close(static_cast<io::Handle>(listening.n));
}

SPLICE_TEST(ProxyPairTest, WhatConnectsInTimeMayLastLonger) {
  Bed<B> bed;
  bed.plan.connect_patience = 50 * kMillisecond;
  bed.Connect();
  bed.Move(bed.server, bed.client, 5000);
  const io::Deadline then = io::Now().Plus(60 * kMillisecond);
  while (!io::HasPassed(then)) bed.Move(bed.server, bed.client, 1);
  bed.Move(bed.client, bed.server, 5000);
  EXPECT_TRUE(bed.pair.in_use());
}

}  // namespace
}  // namespace tare::suites
