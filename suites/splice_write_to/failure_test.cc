// SPDX-License-Identifier: Apache-2.0
// A transfer that something strikes: what was taken is delivered or held, and said to the byte.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <map>

#include "impl/base/blocking.h"
#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class FailureTest : public TransferTest<B> {};
TYPED_TEST_SUITE(FailureTest, AllBackends, BackendNames);

SPLICE_TEST(FailureTest, SP_09_RG_17_WhatAFailedDestinationLeavesIsHeldInOrder) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EIO}) {
    Place<B> place;
    Scene<B> scene(place, "memory");
    CallFaults::Fail(Call::kSpliceOut, error, 1, kForGood);
    CallFaults::Shorten(1000);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(20'000));
    EXPECT_EQ(scene.result.n, 1000);
    EXPECT_EQ(scene.result.os, error);
    EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
    EXPECT_GT(scene.transfer.held(), 0u);
    EXPECT_EQ(scene.Arrived().size(), 1000u);
    scene.ExpectNothingLost();
  }
}

SPLICE_TEST(FailureTest, SP_09_RealFullFileSystemsAndLimitsLoseNothing) {
  for (const char* destination : {"small", "limited"}) {
    std::string why;
    if (NewDestination(destination, why) == nullptr) {
      std::cout << "not applicable: " << why << '\n';
      continue;
    }
    Place<B> place;
    Scene<B> scene(place, destination);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(600'000)) << destination;
    EXPECT_FALSE(scene.result.ok()) << destination;
    EXPECT_EQ(scene.Arrived().size(), static_cast<size_t>(scene.result.n));
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
    scene.ExpectNothingLost();
  }
}

SPLICE_TEST(FailureTest, SP_11_ASecondHopThatIsRefusedIsDoneByCopying) {
  for (const int error : {EINVAL, ENOSYS, EPERM, EOPNOTSUPP}) {
    for (const char* destination : {"memory", "tcp", "pipe"}) {
      Place<B> place;
      Scene<B> scene(place, destination);
      CallFaults::Fail(Call::kSpliceOut, error, 0, kForGood);
      scene.Begin();
      ASSERT_TRUE(scene.Finish(300'000)) << destination;
      EXPECT_EQ(Text(scene.result), "300000 ok") << destination << " " << error;
      EXPECT_TRUE(IsSent(scene.Arrived(), 0));
      CallFaults::Clear();
    }
  }
}

SPLICE_TEST(FailureTest, SP_29_SP_30_AFirstHopThatIsRefusedHasTakenNothing) {
  for (const int error : {EINVAL, ENOSYS, EPERM, EOPNOTSUPP}) {
    for (const int64_t after : {0, 2}) {
      Place<B> place;
      Scene<B> scene(place, "memory");
      CallFaults::Fail(Call::kSpliceIn, error, after, kForGood);
      scene.Begin();
      ASSERT_TRUE(scene.Finish(300'000));
      EXPECT_EQ(Text(scene.result), "300000 ok") << error;
      EXPECT_TRUE(IsSent(scene.Arrived(), 0));
      CallFaults::Clear();
    }
  }
}

SPLICE_TEST(FailureTest, RG_06_AFirstHopThatSaysWouldBlockWhereNothingBlocksDoesNotHang) {
  for (const bool at_the_end : {false, true}) {
    for (const int64_t times : {int64_t{1}, kForGood}) {
      Place<B> place;
      Scene<B> scene(place, "memory");
      const uint64_t size = at_the_end ? 0 : 5000;
      scene.far.Send(size, size);
      scene.far.Finish();
      CallFaults::Fail(Call::kSpliceIn, EAGAIN, 0, times);
      scene.Begin();
      ASSERT_TRUE(scene.Ends()) << at_the_end << times;
      EXPECT_EQ(Text(scene.result), std::to_string(size) + " ok");
      CallFaults::Clear();
    }
  }
}

SPLICE_TEST(FailureTest, SP_12_RG_11_AFileThatIsAppendedToIsCopiedToWhenever) {
  for (const char* destination : {"append", "append-later"}) {
    Place<B> place;
    Scene<B> scene(place, destination);
    scene.Begin();
    scene.far.Send(50'000, 50'000);
    ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 50'000; }));
    scene.there->Change();
    ASSERT_TRUE(scene.Finish(200'000));
    EXPECT_EQ(Text(scene.result), "200000 ok") << destination;
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

SPLICE_TEST(FailureTest, SP_13_RG_13_OddDestinationsEndAsACopyDoes) {
  const std::map<std::string_view, std::string> endings = {
      {"null", "3000 ok"}, {"full", "0 other"}, {"proc", "3000 ok"}};
  for (const auto& [destination, ending] : endings) {
    for (const bool copies : {false, true}) {
      Place<B> place;
      Scene<B> scene(place, destination);
      splice::Plan plan;
      plan.copies = copies;
      scene.Begin(plan);
      ASSERT_TRUE(scene.Finish(3000)) << destination;
      EXPECT_EQ(Text(scene.result), ending) << destination << copies;
      scene.ExpectNothingLost();
    }
  }
  // What cannot be written to is said before a byte is taken.
  for (const char* destination : {"read-only", "directory"}) {
    Place<B> place;
    Scene<B> scene(place, destination);
    EXPECT_EQ(scene.opened.err, io::Errc::kInvalid) << destination;
    scene.Begin();
    ASSERT_TRUE(scene.Finish(100));
    EXPECT_EQ(Text(scene.result), "0 closed");
    EXPECT_EQ(scene.transfer.taken(), 0u);
  }
}

SPLICE_TEST(FailureTest, SP_13_ASealedFileHoldsWhatItRefuses) {
  Place<B> place;
  Scene<B> scene(place, "sealed");
  scene.Begin();
  scene.far.Send(10'000, 10'000);
  ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 10'000; }));
  scene.there->Change();
  ASSERT_TRUE(scene.Finish(20'000));
  EXPECT_EQ(scene.result.os, EPERM);
  EXPECT_EQ(scene.result.n, 10'000);
  scene.ExpectNothingLost();
}

SPLICE_TEST(FailureTest, SP_14_RG_10_AStalledDestinationSleeps) {
#ifdef TARE_LONG
  constexpr int64_t kTime = 10 * kSecond;
#else
  constexpr int64_t kTime = kSecond / 2;
#endif
  const auto cpu = [] {
    timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * kSecond + at.tv_nsec;
  };
  for (const char* destination : {"pipe", "tcp", "terminal"}) {
    Place<B> place;
    Scene<B> scene(place, destination);
    scene.Begin();
    scene.Stall();
    const int64_t before = cpu();
    for (const io::Deadline end = io::Now().Plus(kTime); !io::HasPassed(end);) place.loop.Turn(end);
    EXPECT_LT(cpu() - before, kTime / 20) << destination;
    EXPECT_EQ(scene.ended, 0);
    scene.transfer.Cancel();
    ASSERT_TRUE(scene.Ends());
    EXPECT_EQ(scene.result.err, io::Errc::kCanceled);
    EXPECT_EQ(static_cast<uint64_t>(scene.result.n) + scene.transfer.held(),
              scene.transfer.taken());
  }
}

SPLICE_TEST(FailureTest, SP_19_AfterADeadlineTheRestIsDeliveredAndNothingElse) {
  Place<B> place;
  for (const char* destination : {"memory", "tcp", "pipe"}) {
    Scene<B> scene(place, destination);
    scene.Begin();
    scene.far.Send(1000, 1000);
    ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 1000; }));
    EXPECT_EQ(scene.from.SetReadDeadline(io::Deadline::Past()), io::Errc::kOk);
    ASSERT_TRUE(scene.Ends());
    EXPECT_EQ(scene.result.err, io::Errc::kTimeout);
    EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
    const auto before = static_cast<uint64_t>(scene.result.n);
    EXPECT_EQ(scene.from.SetReadDeadline(io::Deadline::Never()), io::Errc::kOk);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(9000));
    EXPECT_EQ(before + static_cast<uint64_t>(scene.result.n), 9000u);
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

SPLICE_TEST(FailureTest, SP_19_WhatIsHeldGoesFirstIntoTheNextTransfer) {
  Place<B> place;
  Scene<B> scene(place, "tcp");
  scene.Begin();
  scene.Stall();
  EXPECT_EQ(scene.to.SetWriteDeadline(io::Deadline::Past()), io::Errc::kOk);
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(scene.result.err, io::Errc::kTimeout);
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
  EXPECT_GT(scene.transfer.held(), 0u);
  EXPECT_EQ(scene.to.SetWriteDeadline(io::Deadline::Never()), io::Errc::kOk);
  const uint64_t taken = scene.transfer.taken();
  const auto before = static_cast<uint64_t>(scene.result.n);
  scene.Begin(scene.Limit(0));  // nothing more than what is held
  ASSERT_TRUE(scene.Finish());
  EXPECT_TRUE(scene.result.ok());
  EXPECT_EQ(scene.transfer.taken(), taken);
  EXPECT_EQ(before + static_cast<uint64_t>(scene.result.n), taken);
  EXPECT_EQ(scene.Arrived().size(), taken);
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

SPLICE_TEST(FailureTest, SP_20_RG_12_ADeadlineThatHasPassedIsAnErrorAndNoEnd) {
  Place<B> place;
  Scene<B> scene(place, "tcp");
  scene.far.Send(1000, 1000);
  EXPECT_EQ(scene.to.SetWriteDeadline(io::Deadline::Past()), io::Errc::kOk);
  scene.Begin();
  ASSERT_TRUE(scene.Finish(1000));
  EXPECT_EQ(Text(scene.result), "0 timeout");
  scene.ExpectNothingLost();
}

SPLICE_TEST(FailureTest, SP_21_CloseOfEitherEndIsPrompt) {
  for (const char* destination : {"memory", "pipe", "tcp"}) {
    Place<B> place;
    {
      Scene<B> scene(place, destination);
      scene.Begin();
      place.InVain();
      scene.from.BeginClose();
      ASSERT_TRUE(scene.Ends());
      EXPECT_EQ(Text(scene.result), "0 closed") << destination;
    }
    Scene<B> scene(place, destination);
    scene.Begin();
    scene.Stall(uint64_t{16} << 20);
    if (scene.there->is_socket()) {
      scene.to.BeginClose();
    } else {
      EXPECT_EQ(scene.target.Close([](splice::Target<B>&) noexcept {}), io::Errc::kOk);
    }
    ASSERT_TRUE(scene.Ends()) << destination;
    EXPECT_EQ(scene.result.err, io::Errc::kClosed) << destination;
    scene.ExpectNothingLost();
  }
}

SPLICE_TEST(FailureTest, SP_22_AResetComesAfterWhatWasTaken) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  scene.Begin();
  scene.far.Send(5000, 5000);
  ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == 5000; }));
  scene.far.Reset();
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "5000 reset");
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
}

SPLICE_TEST(FailureTest, SP_23_InterruptionsOfBothHopsAreRepeated) {
  for (const Call call : {Call::kSpliceIn, Call::kSpliceOut, Call::kWrite, Call::kReadPipe}) {
    Place<B> place;
    Scene<B> scene(place, "memory");
    splice::Plan plan;
    plan.copies = call == Call::kWrite;
    if (call == Call::kReadPipe) CallFaults::Fail(Call::kSpliceOut, EINVAL, 0, kForGood);
    CallFaults::Fail(call, EINTR, 0, 3);
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(100'000));
    EXPECT_EQ(Text(scene.result), "100000 ok") << static_cast<int>(call);
    EXPECT_EQ(CallFaults::Failed(call), 3) << static_cast<int>(call);
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
    CallFaults::Clear();
  }
}

SPLICE_TEST(FailureTest, SP_24_RG_09_NobodysBlockingModeIsFlipped) {
  Place<B> place;
  for (const char* destination : {"pipe", "fifo", "terminal"}) {
    Scene<B> scene(place, destination);
    const auto blocking = [&] { return io::IsBlocking(scene.there->handle()).n != 0; };
    ASSERT_TRUE(blocking()) << destination;
    scene.Begin();
    for (int i = 0; i < 100; ++i) {
      scene.far.Send(1 << 20, 1 << 20);
      place.loop.Turn(io::Now().Plus(100'000));
      ASSERT_TRUE(blocking()) << destination;
    }
    scene.transfer.Cancel();
    ASSERT_TRUE(scene.Ends());
    EXPECT_TRUE(blocking()) << destination;
  }
}

SPLICE_TEST(FailureTest, SP_26_WithoutPipesBytesAreCopied) {
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    Place<B> place;
    Scene<B> scene(place, "memory");
    CallFaults::Fail(Call::kMakePipe, error, 0, kForGood);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(100'000));
    EXPECT_EQ(Text(scene.result), "100000 ok");
    EXPECT_EQ(CallFaults::Count(Call::kSpliceIn), 0);
    CallFaults::Clear();
  }
  for (const int error : {EPERM, EBUSY}) {
    Place<B> place;
    Scene<B> scene(place, "memory");
    CallFaults::Fail(Call::kSizePipe, error, 0, kForGood);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(300'000));
    EXPECT_EQ(Text(scene.result), "300000 ok");
    EXPECT_EQ(CallFaults::Count(Call::kWrite), 0);
    CallFaults::Clear();
  }
}

SPLICE_TEST(FailureTest, SP_32_OneAtATimeFromASourceAndIntoAFile) {
  Place<B> place;
  Scene<B> first(place, "memory");
  first.Begin();
  place.InVain();
  Scene<B> second(place, "tcp");
  second.BeginBetween(first.from, second.to);
  ASSERT_TRUE(second.Ends());
  EXPECT_EQ(Text(second.result), "0 in-use");
  EXPECT_EQ(second.transfer.failed(), splice::Transfer<B>::Side::kSource);
  // The same file by another handle.
  splice::Target<B> again(place.loop);
  const io::Handle twin = dup(first.there->handle());
  ASSERT_TRUE(again.Open(twin).ok());
  second.BeginBetween(second.from, again);
  ASSERT_TRUE(second.Ends());
  EXPECT_EQ(Text(second.result), "0 in-use");
  EXPECT_EQ(second.transfer.failed(), splice::Transfer<B>::Side::kDestination);
  ASSERT_TRUE(first.Finish(1000));
  EXPECT_EQ(Text(first.result), "1000 ok");
  // And afterwards it is free.
  second.BeginBetween(second.from, again, second.Limit(0));
  ASSERT_TRUE(second.Ends());
  EXPECT_EQ(Text(second.result), "0 ok");
  EXPECT_EQ(again.Close([](splice::Target<B>&) noexcept {}), io::Errc::kOk);
  close(twin);
}

SPLICE_TEST(FailureTest, SP_38_NoSignalKills) {
  Place<B> place;
  for (const char* destination : {"pipe", "tcp", "unix"}) {
    Scene<B> scene(place, destination);
    scene.Begin();
    place.InVain();
    scene.there->Hang();
    ASSERT_TRUE(scene.Finish(1 << 20)) << destination;
    EXPECT_FALSE(scene.result.ok());
    scene.ExpectNothingLost();
  }
  Scene<B> scene(place, "limited");
  scene.Begin();
  ASSERT_TRUE(scene.Finish(300'000));
  EXPECT_EQ(scene.result.os, EFBIG);
  EXPECT_EQ(scene.result.n, 100'000);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGXFSZ), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

SPLICE_TEST(FailureTest, ATransferMayBeStartedAnewInsideItsEnd) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  int left = 3;
  scene.then = [&] {
    if (--left > 0) scene.Begin(scene.Limit(1000));
  };
  scene.Begin(scene.Limit(1000));
  ASSERT_TRUE(place.Until([&] { return left == 0; }, [&] { scene.far.Send(3000, 3000); }));
  EXPECT_EQ(scene.Arrived().size(), 3000u);
}

}  // namespace
}  // namespace tare::suites
