// SPDX-License-Identifier: Apache-2.0
// Deadlines of the reference descriptor (rows DL), on every backend.
#include <gtest/gtest.h>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

constexpr int64_t kHour = 3600 * kSecond;

template <class B>
class DeadlineTest : public FdTest<B> {
 protected:
  // Round trip of one byte: the connection still works, and nothing was left over on it.
  void ExpectUsable() {
    std::byte sent{0x42};
    std::byte got[2] = {};
    for (auto [from, to] : {std::pair(&this->a, &this->b), std::pair(&this->b, &this->a)}) {
      EXPECT_EQ(Text(from->WriteNow({&sent, 1})), "1 ok");
      EXPECT_EQ(Text(to->ReadNow(got)), "1 ok");
      EXPECT_EQ(got[0], sent);
    }
  }

  // Puts bytes of the stream where the peer's next read finds them.
  void Send(Probe<Fd<B>>& from, size_t count) {
    EXPECT_EQ(Text(from.WriteNow(StreamBytes(0, count))), std::to_string(count) + " ok");
  }

  // Begins a read of `a` and sets its deadline so far ahead that it had not passed when it was set:
  // on a busy machine not the first attempt.
  Deadline SetAhead(int64_t nanos) {
    for (;;) {
      this->a.BeginRead(this->buffer);
      const Deadline d = Now().Plus(nanos);
      EXPECT_EQ(this->a.SetReadDeadline(d), Errc::kOk);
      if (Now() < d) return d;
      EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
      EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
    }
  }

  // A write that the peer's not reading keeps from ending.
  void BeginBlockedWrite(Probe<Fd<B>>& probe) {
    probe.BeginWrite(TooMuch());
    TurnFor(this->loop, Scaled(5 * kMillisecond));
    ASSERT_FALSE(probe.written);
  }
};

FD_TEST(DeadlineTest, DL_01_PastReadDeadlineFailsAlthoughDataIsReady) {
  this->Send(this->b, 8);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(Drain(this->a, 8)), "8 ok");
}

FD_TEST(DeadlineTest, DL_02_PastWriteDeadlineFailsAlthoughThereIsRoom) {
  EXPECT_EQ(this->a.SetWriteDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "0 timeout");
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "0 timeout");
  EXPECT_EQ(this->a.SetWriteDeadline(Deadline::Never()), Errc::kOk);
  this->ExpectUsable();
}

FD_TEST(DeadlineTest, DL_02_PastDeadlineFailsAcceptAlthoughAConnectionIsPending) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  const Result dialled = Dial(at);
  ASSERT_TRUE(dialled.ok());
  Probe<Fd<B>> listener(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  EXPECT_EQ(listener.SetReadDeadline(Deadline::Past()), Errc::kOk);
  listener.BeginAccept();
  EXPECT_EQ(Text(listener.Await(listener.read)), "0 timeout");
  EXPECT_EQ(listener.SetReadDeadline(Deadline::Never()), Errc::kOk);
  listener.BeginAccept();
  const Result accepted = listener.Await(listener.read);
  ASSERT_TRUE(accepted.ok());
  for (int64_t handle : {dialled.n, accepted.n}) (void)CloseHandle(static_cast<Handle>(handle));
}

FD_TEST(DeadlineTest, DL_03_FutureDeadlineHoldsFromThenOnUntilItIsReset) {
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(kHour)), Errc::kOk);
  this->ExpectUsable();
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(10 * kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
    EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "0 timeout");
  }
  EXPECT_EQ(this->a.SetDeadline(Deadline::Never()), Errc::kOk);
  this->ExpectUsable();
}

// The loop has not turned since, so no timer can have told.
FD_TEST(DeadlineTest, DL_03_AnOperationBegunAfterTheDeadlineFailsAlthoughNoTimerHasFired) {
  this->Send(this->b, 8);
  const Deadline d = Now().Plus(20'000);
  EXPECT_EQ(this->a.SetDeadline(d), Errc::kOk);
  while (Now() < d) {
  }
  this->a.BeginRead(this->buffer);
  this->a.BeginWrite(StreamBytes(0, 8));
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
  EXPECT_EQ(Text(this->a.Await(this->a.written)), "0 timeout");
}

FD_TEST(DeadlineTest, DL_04_ReadDeadlineNeverTouchesWrites) {
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Past()), Errc::kOk);
  this->Send(this->a, 8);
  this->BeginBlockedWrite(this->a);
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  TurnFor(this->loop, Scaled(5 * kMillisecond));
  EXPECT_FALSE(this->a.written);
}

FD_TEST(DeadlineTest, DL_04_WriteDeadlineNeverTouchesReads) {
  EXPECT_EQ(this->a.SetWriteDeadline(Deadline::Past()), Errc::kOk);
  this->Send(this->b, 8);
  EXPECT_EQ(Text(Drain(this->a, 8)), "8 ok");
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(this->a.SetWriteDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  TurnFor(this->loop, Scaled(5 * kMillisecond));
  EXPECT_EQ(Text(this->a.WriteNow(this->buffer)), "0 timeout");
  EXPECT_FALSE(this->a.read);
}

FD_TEST(DeadlineTest, DL_05_PastDeadlineEndsWhatIsPendingAndNotBefore) {
  this->a.BeginRead(this->buffer);
  this->BeginBlockedWrite(this->a);
  EXPECT_FALSE(this->a.read);
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_FALSE(this->a.read) << "ended inside the call that set the deadline";
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
  EXPECT_EQ(this->a.Await(this->a.written).err, Errc::kTimeout);
}

FD_TEST(DeadlineTest, DL_06_AfterATimeoutTheConnectionIsReusable) {
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(Text(this->a.WriteNow(this->buffer)), "0 timeout");
  EXPECT_EQ(this->a.SetDeadline(Deadline::Never()), Errc::kOk);
  this->ExpectUsable();
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(kHour)), Errc::kOk);
  this->ExpectUsable();
}

// 100 ms is the promise's own figure: it is how long nothing may happen.
FD_TEST(DeadlineTest, DL_07_AClearedReadDeadlineIsGone) {
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  this->a.BeginRead(this->buffer);
  TurnFor(this->loop, 100 * kMillisecond);
  EXPECT_FALSE(this->a.read);
}

FD_TEST(DeadlineTest, DL_07_AClearedWriteDeadlineIsGone) {
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(this->a.SetWriteDeadline(Deadline::Never()), Errc::kOk);
  this->BeginBlockedWrite(this->a);
  TurnFor(this->loop, 100 * kMillisecond);
  EXPECT_FALSE(this->a.written);
}

FD_TEST(DeadlineTest, DL_07_AClearedDeadlineOfAListenerIsGone) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  EXPECT_EQ(listener.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(listener.SetReadDeadline(Deadline::Never()), Errc::kOk);
  listener.BeginAccept();
  TurnFor(this->loop, 100 * kMillisecond);
  EXPECT_FALSE(listener.read);
}

FD_TEST(DeadlineTest, DL_08_ADeadlineAfterNoneFires) {
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  const suites::Stopwatch watch;
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(10 * kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_LT(watch.Took(), Scaled(kSecond));
}

FD_TEST(DeadlineTest, DL_09_ADeadlineOfNowHasPassedWithoutATimer) {
  this->Send(this->b, 8);
  EXPECT_EQ(this->a.SetReadDeadline(Now()), Errc::kOk);
  EXPECT_TRUE(this->loop.timers().empty());
  this->a.BeginRead(this->buffer);
  this->loop.Turn(Deadline::Past());
  EXPECT_EQ(this->a.read.times, 1);
  EXPECT_EQ(Text(this->a.read.result), "0 timeout");
}

FD_TEST(DeadlineTest, DL_10_NeverEarly) {
  for (const int64_t wait : {1, 100, 10'000, 300'000, 1'000'000, 7'654'321}) {
    const Deadline deadline = Now().Plus(wait);
    EXPECT_EQ(this->a.SetReadDeadline(deadline), Errc::kOk);
    EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
    EXPECT_GE(Now(), deadline);
  }
}

FD_TEST(DeadlineTest, DL_13_TheFarthestFutureNeverComesAndTheFarthestPastHasPassed) {
  this->Send(this->b, 4);
  for (const Deadline never : {Deadline{INT64_MAX}, Now().Plus(INT64_MAX), Deadline{INT64_MAX - 1},
                               Deadline{INT64_MAX}.Plus(-kHour)}) {
    EXPECT_EQ(this->a.SetReadDeadline(never), Errc::kOk);
    EXPECT_EQ(Text(this->a.ReadNow({this->buffer, 1})), "1 ok") << never.ns;
  }
  for (const Deadline past :
       {Deadline{INT64_MIN}, Deadline{-1}, Deadline{0}, Deadline{1}, Now().Plus(INT64_MIN)}) {
    EXPECT_EQ(this->a.SetReadDeadline(past), Errc::kOk);
    EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout") << past.ns;
  }
}

FD_TEST(DeadlineTest, DL_14_AnExtendedDeadlineForgetsTheEarlierOne) {
  const Deadline early = this->SetAhead(10 * kMillisecond);
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kHour)), Errc::kOk);
  while (!HasPassed(early.Plus(20 * kMillisecond))) this->loop.Turn(early.Plus(20 * kMillisecond));
  EXPECT_FALSE(this->a.read);
  this->Send(this->b, 8);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  this->ExpectUsable();
}

FD_TEST(DeadlineTest, DL_14_AnExtendedDeadlineFiresInTheEnd) {
  const Deadline later = this->SetAhead(kMillisecond).Plus(5 * kMillisecond);
  EXPECT_EQ(this->a.SetReadDeadline(later), Errc::kOk);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
  EXPECT_GE(Now(), later);
  // Cleared, left alone beyond its time, and set anew.
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  this->a.BeginRead(this->buffer);
  TurnFor(this->loop, 2 * kMillisecond);
  EXPECT_FALSE(this->a.read);
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
}

FD_TEST(DeadlineTest, DL_15_AShortenedDeadlineReachesThePendingOperation) {
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(kHour)), Errc::kOk);
  this->a.BeginRead(this->buffer);
  this->BeginBlockedWrite(this->a);
  const Deadline soon = Now().Plus(5 * kMillisecond);
  EXPECT_EQ(this->a.SetDeadline(soon), Errc::kOk);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
  EXPECT_EQ(this->a.Await(this->a.written).err, Errc::kTimeout);
  EXPECT_GE(Now(), soon);
}

// The timer is due, and the deadline moves before the loop has looked at it.
FD_TEST(DeadlineTest, DL_19_ADeadlineMovedWhenItHasJustPassedDoesNotExpire) {
  for (int i = 0; i < 100; ++i) {
    const Deadline expiry = this->SetAhead(20'000);
    while (Now() < expiry) {
    }
    EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kHour)), Errc::kOk);
    this->loop.Turn(Deadline::Past());
    EXPECT_FALSE(this->a.read);
    this->Send(this->b, 8);
    EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");
  }
}

// The same from a timer that fires in the same turn, just before.
FD_TEST(DeadlineTest, DL_19_ADeadlineMovedByATimerDueAtTheSameTimeDoesNotExpire) {
  struct Mover : Timer {
    Probe<Fd<B>>* probe = nullptr;
  } mover;
  mover.probe = &this->a;
  mover.fire = [](Timer& timer) noexcept {
    Mover& self = static_cast<Mover&>(timer);
    EXPECT_EQ(self.probe->SetReadDeadline(Now().Plus(kHour)), Errc::kOk);
  };
  const Deadline expiry = this->SetAhead(kMillisecond);
  this->loop.timers().Arm(mover, expiry.Plus(-1));
  while (Now() < expiry) {
  }
  this->loop.Turn(Deadline::Past());
  EXPECT_FALSE(mover.armed());
  TurnFor(this->loop, Scaled(5 * kMillisecond));
  EXPECT_FALSE(this->a.read);
  this->Send(this->b, 8);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");
}

// Set, cleared and set anew while the operation it ends has not ended yet.
FD_TEST(DeadlineTest, DL_19_AnExpiryThatWasClearedAgainSparesTheNextOperation) {
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kHour)), Errc::kOk);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 timeout");
  this->a.BeginRead(this->buffer);
  this->Send(this->b, 8);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");
}

FD_TEST(DeadlineTest, DL_21_ATimedOutWriteSaysWhatThePeerWillReceive) {
  int64_t position = 0;
  for (int i = 0; i < 5; ++i) {
    this->a.BeginWrite(StreamBytes(position, kTooMuch));
    EXPECT_EQ(Text(Drain(this->b, 1, position)), "1 ok");
    EXPECT_EQ(this->a.SetWriteDeadline(Now().Plus(kMillisecond)), Errc::kOk);
    const Result r = this->a.Await(this->a.written);
    ASSERT_EQ(r.err, Errc::kTimeout);
    ASSERT_GE(r.n, 1);
    EXPECT_EQ(Text(Drain(this->b, r.n - 1, position + 1)), std::to_string(r.n - 1) + " ok");
    EXPECT_EQ(this->a.SetWriteDeadline(Deadline::Never()), Errc::kOk);
    position += r.n;
  }
  ASSERT_TRUE(ShutdownSend(this->a.handle()).ok());
  EXPECT_EQ(Text(this->b.ReadNow(this->buffer)), "0 eof") << "the peer received more than was said";
}

FD_TEST(DeadlineTest, DL_21_ATimedOutReadHasConsumedNothing) {
  int64_t position = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(i * 500)), Errc::kOk);
    this->a.BeginRead(this->buffer);
    EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(position, 100))), "100 ok");
    const Result r = this->a.Await(this->a.read);
    if (!r.ok()) {
      EXPECT_EQ(Text(r), "0 timeout");
    } else {
      EXPECT_TRUE(IsStream(std::span(this->buffer).first(static_cast<size_t>(r.n)), position));
    }
    EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
    EXPECT_EQ(Text(Drain(this->a, 100 - r.n, position + r.n)), std::to_string(100 - r.n) + " ok");
    position += 100;
  }
}

// Both have come when the loop looks next. Whichever the descriptor tells, no byte is lost.
FD_TEST(DeadlineTest, DL_22_DataAndDeadlineAtOnceLoseNothing) {
  int64_t position = 0;
  for (int i = 0; i < 200; ++i) {
    const Deadline expiry = Now().Plus(20'000);
    EXPECT_EQ(this->a.SetReadDeadline(expiry), Errc::kOk);
    this->a.BeginRead(this->buffer);
    this->b.BeginWrite(StreamBytes(position, 8));
    while (Now() < expiry) {
    }
    const Result r = this->a.Await(this->a.read);
    const int64_t got = r.n;
    EXPECT_TRUE(r.ok() ? got > 0 : Text(r) == "0 timeout") << Text(r);
    EXPECT_TRUE(IsStream(std::span(this->buffer).first(static_cast<size_t>(got)), position));
    EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
    EXPECT_EQ(Text(Drain(this->a, 8 - got, position + got)), std::to_string(8 - got) + " ok");
    EXPECT_EQ(Text(this->b.Await(this->b.written)), "8 ok");
    position += 8;
  }
}

FD_TEST(DeadlineTest, DL_23_DeadlinesOfADescriptorThatIsNotOpen) {
  Probe<Fd<B>> never_opened(this->loop);
  EXPECT_EQ(never_opened.SetReadDeadline(Deadline::Past()), Errc::kClosed);
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  for (const Deadline d : {Deadline::Past(), Now().Plus(kHour), Deadline::Never()}) {
    EXPECT_EQ(this->a.SetReadDeadline(d), Errc::kClosed);
    EXPECT_EQ(this->a.SetWriteDeadline(d), Errc::kClosed);
    EXPECT_EQ(this->a.SetDeadline(d), Errc::kClosed);
  }
  EXPECT_TRUE(this->loop.timers().empty());
}

// However long the two take: until the accept has been quicker than the deadline.
FD_TEST(DeadlineTest, DL_27_AnAcceptedConnectionHasNoDeadline) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop), accepted(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  const Result dialled = Dial(at);
  ASSERT_TRUE(dialled.ok());
  Deadline deadline;
  Result got = {0, Errc::kTimeout, 0};
  for (int64_t ahead = 10 * kMillisecond; ahead < 10 * kSecond && !got.ok(); ahead *= 2) {
    deadline = Now().Plus(ahead);
    EXPECT_EQ(listener.SetDeadline(deadline), Errc::kOk);
    listener.BeginAccept();
    got = listener.Await(listener.read);
  }
  ASSERT_TRUE(got.ok()) << Text(got);
  ASSERT_TRUE(accepted.Open(static_cast<Handle>(got.n)).ok());
  accepted.BeginRead(this->buffer);
  while (!HasPassed(deadline.Plus(kMillisecond))) this->loop.Turn(deadline.Plus(kMillisecond));
  EXPECT_FALSE(accepted.read);
  (void)CloseHandle(static_cast<Handle>(dialled.n));
}

// A descriptor that is opened anew starts without the deadlines of its former life.
FD_TEST(DeadlineTest, DL_27_AReopenedDescriptorHasNoDeadline) {
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  ASSERT_TRUE(this->a.Open(pair.client).ok());
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "8 ok");
  this->a.BeginRead(this->buffer);
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  EXPECT_FALSE(this->a.read);
  (void)CloseHandle(pair.server);
}

}  // namespace
}  // namespace tare::io::fd_ops
