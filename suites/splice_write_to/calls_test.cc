// SPDX-License-Identifier: Apache-2.0
// The calls that a transfer makes: none of them blocks, none is made in vain over and over, and
// whatever error any of them ends with, once and for good, no byte is lost.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class CallsTest : public TransferTest<B> {};
TYPED_TEST_SUITE(CallsTest, AllBackends, BackendNames);

// A splice that is not told otherwise waits for room in a pipe, and the whole loop with it.
SPLICE_TEST(CallsTest, RG_08_NoSpliceMayBlock) {
  Place<B> place;
  for (const char* destination :
       {"memory", "disk", "offset", "pipe", "fifo", "terminal", "tcp", "unix", "null", "full"}) {
    Scene<B> scene(place, destination);
    CallFaults::Clear();
    scene.Begin();
    ASSERT_TRUE(scene.Finish(300'000)) << destination;
    EXPECT_GT(CallFaults::Count(Call::kSpliceIn), 0) << destination;
    EXPECT_GT(CallFaults::Count(Call::kSpliceOut), 0) << destination;
    EXPECT_EQ(CallFaults::Blocking(), 0) << destination;
  }
}

TEST(CallFaultsTest, RG_08_ASpliceThatMayBlockIsSeen) {
  int pipe_ends[2];
  ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  CallFaults::Clear();
  std::string why;
  const auto file = NewDestination("memory", why);
  EXPECT_EQ(::splice(pipe_ends[0], nullptr, file->handle(), nullptr, 10, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(CallFaults::Blocking(), 1);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

SPLICE_TEST(CallsTest, RG_08_APipeThatIsFullHoldsUpNobodyElse) {
  Place<B> place;
  for (const char* destination : {"pipe", "fifo"}) {
    Scene<B> stalled(place, destination), other(place, "memory");
    stalled.Begin();
    stalled.Stall();
    other.Begin();
    ASSERT_TRUE(other.Finish(50'000)) << destination;
    EXPECT_EQ(Text(other.result), "50000 ok");
    EXPECT_EQ(stalled.ended, 0);
  }
}

// How often the loop comes back while nothing should happen. Whoever spins does so thousands of
// times; some few are the system's, which moves what is under way in its own time.
constexpr int kFew = 20;
template <class B>
int Turns(Place<B>& place) {
  int turns = 0;
  for (const io::Deadline end = io::Now().Plus(20 * kMillisecond); !io::HasPassed(end); ++turns) {
    place.loop.Turn(end);
  }
  return turns;
}

// Between the notice that bytes have come and the call, somebody else takes them.
SPLICE_TEST(CallsTest, RG_18_AStaleNoticeFromTheSourceIsWaitedOutAndDoesNotSpin) {
  constexpr int kRounds = 10;
  constexpr uint64_t kStolen = 100;  // a round
  Place<B> place;
  Scene<B> scene(place, "memory");
  scene.Begin();
  place.InVain();
  for (uint64_t i = 1; i <= kRounds; ++i) {
    CallFaults::Clear();
    scene.far.Send(i * kStolen, kStolen);
    ASSERT_EQ(scene.far.Unread().size(), kStolen);
    EXPECT_LE(Turns(place), kFew);
    EXPECT_LE(CallFaults::Count(Call::kSpliceIn), kFew);
    EXPECT_EQ(scene.ended, 0);
  }
  ASSERT_TRUE(scene.Finish(kRounds * kStolen + 5000));
  EXPECT_EQ(Text(scene.result), "5000 ok");
  EXPECT_TRUE(IsSent(scene.Arrived(), kRounds * kStolen));
}

// And between the notice that there is room and the call, somebody else fills it.
SPLICE_TEST(CallsTest, RG_18_AStaleNoticeFromTheDestinationIsWaitedOutAndDoesNotSpin) {
  constexpr uint64_t kTotal = uint64_t{32} << 20;
  Place<B> place;
  for (const char* destination : {"tcp", "unix"}) {
    Scene<B> scene(place, destination);
    const io::Handle other = dup(scene.to.handle());
    const std::vector<std::byte> junk(1 << 20);
    // Past call_faults.cc, as whoever else writes there would.
    const auto fill = [&] {
      while (syscall(SYS_sendto, other, junk.data(), junk.size(), MSG_DONTWAIT, nullptr, 0) > 0) {
      }
    };
    scene.Begin();
    scene.Stall(kTotal);
    for (int round = 0; round < 5; ++round) {
      scene.there->Drain();
      fill();
      place.loop.Turn(io::Deadline::Past());
      fill();
      CallFaults::Clear();
      EXPECT_LE(Turns(place), kFew) << destination;
      EXPECT_LE(CallFaults::Count(Call::kSpliceOut), kFew) << destination;
      EXPECT_EQ(scene.ended, 0);
    }
    // With room that stays it goes on.
    const uint64_t taken = scene.transfer.taken();
    ASSERT_TRUE(
        place.Until([&] { return scene.transfer.taken() > taken; }, [&] { scene.there->Drain(); }))
        << destination;
    scene.transfer.Cancel();
    ASSERT_TRUE(scene.Ends());
    EXPECT_EQ(scene.result.err, io::Errc::kCanceled);
    scene.ExpectNothingLost();
    close(other);
  }
}

struct Strike {
  Call call;
  int error;
  int64_t times;
};

// What would wait for ever is canceled.
template <class B>
void EverythingIsAccountedFor(const Strike& strike, std::string_view destination) {
  constexpr uint64_t kTotal = 100'000;
  SCOPED_TRACE(std::string(destination) + ", call " +
               std::to_string(static_cast<int>(strike.call)) + ", code " +
               std::to_string(strike.error) + (strike.times == kForGood ? " for good" : ""));
  Place<B> place;
  Scene<B> scene(place, destination);
  splice::Plan plan;
  plan.copies =
      strike.call == Call::kWrite || strike.call == Call::kRecv || strike.call == Call::kSend;
  CallFaults::Clear();
  // The pipe is read where it cannot be spliced from.
  if (strike.call == Call::kReadPipe) CallFaults::Fail(Call::kSpliceOut, EINVAL, 0, kForGood);
  // Of pipes there is one.
  const bool first = strike.call == Call::kMakePipe || strike.call == Call::kSizePipe;
  CallFaults::Fail(strike.call, strike.error, first ? 0 : 1, strike.times);
  scene.Begin(plan);
  int turns = 0;
  EXPECT_TRUE(place.Until([&] { return scene.ended > 0; },
                          [&] {
                            if (scene.far.sent() < kTotal) scene.far.Send(kTotal, 30'000);
                            if (scene.far.sent() >= kTotal) scene.far.Finish();
                            scene.there->Drain();
                            if (++turns == 100) scene.transfer.Cancel();
                          }));
  CallFaults::Clear();
  const auto delivered = static_cast<uint64_t>(scene.result.n);
  const std::vector<std::byte> held = scene.Held();
  EXPECT_EQ(delivered + held.size(), scene.transfer.taken());
  EXPECT_TRUE(IsSent(held, delivered));
  const std::vector<std::byte> arrived = scene.Arrived();
  EXPECT_EQ(arrived.size(), delivered);
  EXPECT_TRUE(IsSent(arrived, 0));
  const std::vector<std::byte> unread = scene.far.Unread();
  EXPECT_EQ(scene.transfer.taken() + unread.size(), scene.far.sent());
  if (scene.result.ok()) {
    EXPECT_EQ(delivered, kTotal);
  }
  if (strike.error == EINTR || first) {
    EXPECT_TRUE(scene.result.ok()) << Text(scene.result);
  }
}

SPLICE_TEST(CallsTest, SP_09_SP_10_WhateverCallFailsOnceAndForGoodNothingIsLost) {
  for (const Call call : {Call::kSpliceIn, Call::kSpliceOut, Call::kWrite, Call::kReadPipe,
                          Call::kMakePipe, Call::kSizePipe, Call::kRecv, Call::kSend}) {
    for (const int error : {EINVAL, ENOSYS, EPERM, EAGAIN, EINTR, EIO}) {
      for (const char* destination : {"memory", "append", "pipe", "tcp"}) {
        EverythingIsAccountedFor<B>({call, error, 1}, destination);
        // Interruptions for good are a system that does nothing any more.
        if (error == EINTR) continue;
        EverythingIsAccountedFor<B>({call, error, kForGood}, destination);
      }
    }
  }
}

}  // namespace
}  // namespace tare::suites
