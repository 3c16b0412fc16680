// SPDX-License-Identifier: Apache-2.0
// Cancellation of the reference descriptor's operations (rows CX), on every backend.
#include <gtest/gtest.h>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

template <class B>
class CancelTest : public FdTest<B> {};

// The peer's bytes and the cancel meet at every distance there is. A read ends once, with bytes or
// canceled; all bytes arrive, once and in order.
FD_TEST(CancelTest, CX_03_AgainstCompletionThereIsOneOutcomeAndNoByteIsLost) {
  int64_t written = 0, read = 0;
  int canceled = 0, completed = 0;
  for (int round = 0; round < 600; ++round) {
    const std::vector<std::byte> sent = StreamBytes(written, 5);
    if (round % 3 == 0) this->b.BeginWrite(sent);
    this->a.BeginRead({this->buffer, 3});
    if (round % 3 == 1) this->b.BeginWrite(sent);
    for (int turn = 0; turn < round % 5; ++turn) this->loop.Turn(Deadline::Past());
    this->a.CancelRead();
    if (round % 3 == 2) this->b.BeginWrite(sent);
    const Result r = this->a.Await(this->a.read);
    ASSERT_EQ(this->a.read.times, 1);
    if (r.ok()) {
      ++completed;
      EXPECT_TRUE(IsStream(std::span(this->buffer).first(static_cast<size_t>(r.n)), read));
      read += r.n;
    } else {
      EXPECT_EQ(Text(r), "0 canceled");
      ++canceled;
    }
    EXPECT_EQ(Text(this->b.Await(this->b.written)), "5 ok");
    written += 5;
    const Result rest = Drain(this->a, written - read, read);
    EXPECT_TRUE(rest.ok()) << Text(rest);
    read += rest.n;
    ASSERT_EQ(read, written);
  }
  EXPECT_GT(canceled, 0);
  EXPECT_GT(completed, 0);
}

FD_TEST(CancelTest, CX_04_AfterCompletionItIsANoOpAlsoOnTheNextOperation) {
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 4))), "4 ok");
  EXPECT_EQ(Text(this->a.ReadNow({this->buffer, 4})), "4 ok");
  this->a.CancelRead();
  this->a.CancelRead();
  this->a.BeginRead(this->buffer);
  TurnFor(this->loop, kMillisecond);
  EXPECT_FALSE(this->a.read);
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(4, 4))), "4 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "4 ok");
  this->a.CancelWrite();
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 4))), "4 ok");
}

// From inside its own callback, where the next operation has just begun or is about to.
FD_TEST(CancelTest, CX_04_InsideTheCallbackItConcernsWhatIsPendingThen) {
  std::vector<std::string> ends;
  this->a.then_read = [this, &ends] {
    ends.push_back(Text(this->a.read.result));
    if (ends.size() == 3) return;
    this->a.CancelRead();  // idle: nothing
    this->a.BeginRead(this->buffer);
    if (ends.size() == 2) this->a.CancelRead();  // the one just begun
  };
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_TRUE(TurnUntil(this->loop, [&] { return ends.size() == 1; }));
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(8, 8))), "8 ok");
  EXPECT_TRUE(TurnUntil(this->loop, [&] { return ends.size() == 3; }));
  EXPECT_EQ(ends, (std::vector<std::string>{"8 ok", "8 ok", "0 canceled"}));
}

FD_TEST(CancelTest, CX_05_RightAfterTheStart) {
  for (int i = 0; i < 100; ++i) {
    this->a.BeginRead(this->buffer);
    this->a.CancelRead();
    EXPECT_FALSE(this->a.read) << "ended inside the cancel";
    EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 canceled");
  }
}

FD_TEST(CancelTest, CX_06_OneDirectionLeavesTheOtherAlone) {
  this->a.BeginRead(this->buffer);
  this->a.BeginWrite(TooMuch());
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  this->a.CancelRead();
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 canceled");
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  EXPECT_FALSE(this->a.written);
  this->a.BeginRead(this->buffer);
  this->a.CancelWrite();
  const Result w = this->a.Await(this->a.written);
  EXPECT_EQ(w.err, Errc::kCanceled);
  TurnFor(this->loop, kMillisecond);
  EXPECT_FALSE(this->a.read);
  // The count of the canceled write is what the peer receives, and then comes the next write.
  EXPECT_EQ(Text(Drain(this->b, w.n)), std::to_string(w.n) + " ok");
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(w.n, 8))), "8 ok");
  EXPECT_EQ(Text(Drain(this->b, 8, w.n)), "8 ok");
}

// Connections come while accepts are canceled. One that arrives after the cancel has won stays in
// line or is closed; none is lost: the table of handles is what it was (RS-02).
FD_TEST(CancelTest, CX_07_ACanceledAcceptLosesNoHandle) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  const auto dial = [&at] {
    const Result dialled = Dial(at);
    EXPECT_TRUE(dialled.ok());
    (void)ResetOnClose(static_cast<Handle>(dialled.n));
    return static_cast<Handle>(dialled.n);
  };
  for (int round = 0; round < 100; ++round) {
    listener.BeginAccept();
    const Handle dialled = dial();
    for (int turn = 0; turn < round % 3; ++turn) this->loop.Turn(Deadline::Past());
    listener.CancelRead();
    const Result r = listener.Await(listener.read);
    EXPECT_TRUE(r.ok() || r.err == Errc::kCanceled) << Text(r);
    if (r.ok()) (void)CloseHandle(static_cast<Handle>(r.n));
    (void)CloseHandle(dialled);
  }
  // And the listener still works.
  const Handle dialled = dial();
  listener.BeginAccept();
  const Result r = listener.Await(listener.read);
  ASSERT_TRUE(r.ok());
  (void)CloseHandle(static_cast<Handle>(r.n));
  (void)CloseHandle(dialled);
}

FD_TEST(CancelTest, CX_09_AfterAConnectItDoesNotHarmTheConnection) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop), dialer(this->loop), accepted(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  ASSERT_TRUE(dialer.Open(static_cast<Handle>(NewTcp4().n)).ok());
  Address peer;
  listener.BeginAccept(&peer);
  dialer.BeginConnect(at);
  EXPECT_EQ(Text(dialer.Await(dialer.written)), "0 ok");
  dialer.CancelWrite();
  const Result got = listener.Await(listener.read);
  ASSERT_TRUE(got.ok());
  ASSERT_TRUE(accepted.Open(static_cast<Handle>(got.n)).ok());
  EXPECT_EQ(ToString(peer), ToString(LocalAddress(dialer.handle())));
  EXPECT_EQ(Text(dialer.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(Drain(accepted, 8)), "8 ok");
}

}  // namespace
}  // namespace tare::io::fd_ops
