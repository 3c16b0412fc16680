// SPDX-License-Identifier: Apache-2.0
// The baseline allocates what the comment in baseline.h says, no more and no less, and is otherwise
// a descriptor that works.
#include "impl/fd_ops/baseline.h"

#include <gtest/gtest.h>

#include "suites/fd_ops/alloc_fixture.h"

namespace tare::io::fd_ops {
namespace {

// The names of the list in baseline.h.
constexpr uint64_t kChannel = 1, kClosure = 1, kOperation = 1, kTimer = 1;
constexpr uint64_t kPerCall = kChannel + kClosure + kOperation;
constexpr uint64_t kPerTrip = 4 * kPerCall;
constexpr int64_t kHour = 3600 * kSecond;

template <class B>
class BaselineTest : public testing::Test {
  SameHandles same_handles_;

 public:
  Loop<B> loop;
  Connection<BaselineFd<B>> connection{loop};
  Probe<BaselineFd<B>>& a = connection.a;
  Probe<BaselineFd<B>>& b = connection.b;
  std::byte buffer[512] = {};

  // `calls` times as many as one call makes, all freed again, and of a plausible size: no less than
  // what they must hold, and not much more.
  void ExpectPerCall(const AllocCount& count, uint64_t calls, bool deadlines) {
    if (!AllocsAreCounted()) return;
    EXPECT_EQ(count.allocs, calls * (kPerCall + (deadlines ? kTimer : 0)));
    EXPECT_EQ(count.frees, count.allocs);
    EXPECT_EQ(count.BytesLive(), 0);
    const uint64_t held = sizeof(Result)                                     // by the channel
                          + 4 * sizeof(void*)                                // by the closure
                          + sizeof(OpOf<B>) + sizeof(std::function<void()>)  // by the operation
                          + (deadlines ? sizeof(Timer) : 0);
    EXPECT_GE(count.bytes_requested, calls * held);
    EXPECT_LE(count.bytes_requested, calls * (held + 160));
    this->RecordProperty("bytes_per_call", static_cast<int>(count.bytes_requested / calls));
  }
};

FD_TEST(BaselineTest, AL_05_ASingleReadAndASingleWrite) {
  const std::vector<std::byte> bytes = StreamBytes(0, 64);
  for (const bool deadlines : {false, true}) {
    SCOPED_TRACE(deadlines);
    const Deadline d = deadlines ? Now().Plus(kHour) : Deadline::Never();
    for (auto* fd : {&this->a, &this->b}) {
      EXPECT_EQ(fd->SetReadDeadline(d), Errc::kOk);
      EXPECT_EQ(fd->SetWriteDeadline(d), Errc::kOk);
    }
    const AllocCount write = AllocsOf([&] { (void)this->b.WriteNow(bytes); });
    const AllocCount read = AllocsOf([&] { (void)this->a.ReadNow(this->buffer); });
    EXPECT_EQ(Text(this->b.written.result), "64 ok");
    EXPECT_EQ(Text(this->a.read.result), "64 ok");
    // A read that blocks costs no more than one that does not.
    const AllocCount both = AllocsOf([&] {
      this->a.BeginRead(this->buffer);
      this->loop.Turn(Deadline::Past());
      (void)this->b.WriteNow(bytes);
      (void)this->a.Await(this->a.read);
    });
    this->ExpectPerCall(write, 1, deadlines);
    this->ExpectPerCall(read, 1, deadlines);
    this->ExpectPerCall(both, 2, deadlines);
  }
}

FD_TEST(BaselineTest, AL_05_WhatEndsInAnErrorCostsTheSame) {
  const AllocCount timeout = AllocsOf([&] {
    (void)this->a.SetReadDeadline(Now().Plus(kMillisecond));
    (void)this->a.ReadNow(this->buffer);
  });
  EXPECT_EQ(Text(this->a.read.result), "0 timeout");
  this->ExpectPerCall(timeout, 1, true);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  const AllocCount eof = AllocsOf([&] {
    (void)ShutdownSend(this->connection.pair.server);
    (void)this->a.ReadNow(this->buffer);
  });
  EXPECT_EQ(Text(this->a.read.result), "0 eof");
  this->ExpectPerCall(eof, 1, false);
}

FD_TEST(BaselineTest, AL_05_RoundTripsMakeTwelveAndWithDeadlinesSixteen) {
  static_assert(kPerTrip == 12 && kPerTrip + 4 * kTimer == 16);
  for (const CountedExchange& of : kExchanges) {
    SCOPED_TRACE(of.name);
    suites::RoundTrips<Baseline<B>> trips(of.connections, of.exchange);
    ASSERT_EQ(trips.Open(), "");
    const int count_of_trips = std::max(of.trips / 10, 2);
    std::string wrong;
    const AllocCount count = AllocsOf([&] { wrong = MakeTrips(trips, count_of_trips); });
    EXPECT_EQ(wrong, "");
    const auto calls = 4 * static_cast<uint64_t>(count_of_trips * of.exchange.active);
    if (!AllocsAreCounted()) continue;
    EXPECT_EQ(count.allocs, calls * (kPerCall + (of.exchange.deadlines ? kTimer : 0)));
    EXPECT_EQ(count.frees, count.allocs);
    EXPECT_EQ(count.BytesLive(), 0);
  }
}

FD_TEST(BaselineTest, CL_01_CL_04_ClosesAndEndsWhatIsPending) {
  this->a.BeginRead(this->buffer);
  this->a.BeginWrite(TooMuch());
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  EXPECT_EQ(Text(this->a.read.result), "0 closed");
  EXPECT_EQ(this->a.written.result.err, Errc::kClosed);
  EXPECT_EQ(this->a.BeginClose(), Errc::kClosed);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 closed");
}

FD_TEST(BaselineTest, DL_03_ADeadlineSetBeforeAnOperationEndsIt) {
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(Drain(this->a, 8)), "8 ok");
  EXPECT_EQ(this->a.SetWriteDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(this->a.WriteNow(TooMuch()).err, Errc::kTimeout);
}

FD_TEST(BaselineTest, IO_05_WritesAreWholeAndTheStreamIsRight) {
  const auto total = static_cast<int64_t>(kTooMuch);
  this->a.BeginWrite(TooMuch());
  EXPECT_EQ(Text(Drain(this->b, total)), std::to_string(total) + " ok");
  EXPECT_EQ(Text(this->a.Await(this->a.written)), std::to_string(total) + " ok");
}

}  // namespace
}  // namespace tare::io::fd_ops
