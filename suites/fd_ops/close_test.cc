// SPDX-License-Identifier: Apache-2.0
// Close of the reference descriptor (rows CL), on every backend.
#include <gtest/gtest.h>

#include <memory>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

constexpr int64_t kHour = 3600 * kSecond;

template <class B>
class CloseTest : public FdTest<B> {};

FD_TEST(CloseTest, CL_01_EndsAPendingReadAndWrite) {
  this->a.BeginRead(this->buffer);
  this->a.BeginWrite(TooMuch());
  EXPECT_EQ(Text(Drain(this->b, 1)), "1 ok");
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  ASSERT_FALSE(this->a.read || this->a.written);
  const suites::Stopwatch watch;
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  EXPECT_FALSE(this->a.read || this->a.written || this->a.closed) << "a callback inside Close";
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_LT(watch.Took(), Scaled(kSecond));
  EXPECT_EQ(Text(this->a.read.result), "0 closed");
  EXPECT_EQ(this->a.written.result.err, Errc::kClosed);
  EXPECT_GT(this->a.written.result.n, 0);
  EXPECT_EQ(this->a.read.times + this->a.written.times + this->a.closed.times, 3);
}

FD_TEST(CloseTest, CL_01_EndsAPendingAccept) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  Probe<Fd<B>> listener(this->loop);
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  listener.BeginAccept();
  EXPECT_EQ(Text(listener.CloseNow()), "0 ok");
  EXPECT_EQ(Text(listener.read.result), "0 closed");
  // The address is free again (CL-11).
  const Result again = Listen(at);
  ASSERT_TRUE(again.ok()) << Text(again);
  (void)CloseHandle(static_cast<Handle>(again.n));
}

// A backlog of one that is full: on Linux further connects stay under way.
FD_TEST(CloseTest, CL_01_EndsAPendingConnect) {
  Address at = Loopback4();
  const Result listening = Listen(at, 0);
  ASSERT_TRUE(listening.ok());
  std::vector<std::unique_ptr<Probe<Fd<B>>>> dialers;
  bool pending = false;
  for (int i = 0; i < 8 && !pending; ++i) {
    dialers.push_back(std::make_unique<Probe<Fd<B>>>(this->loop));
    Probe<Fd<B>>& dialer = *dialers.back();
    ASSERT_TRUE(dialer.Open(static_cast<Handle>(NewTcp4().n)).ok());
    dialer.BeginConnect(at);
    TurnFor(this->loop, Scaled(5 * kMillisecond));
    pending = !dialer.written;
  }
  Probe<Fd<B>>& last = *dialers.back();
  EXPECT_EQ(Text(last.CloseNow()), "0 ok");
  if (pending) {
    EXPECT_EQ(Text(last.written.result), "0 closed");
  } else {
    NotApplicable("this system takes connections beyond the backlog at once");
  }
  (void)CloseHandle(static_cast<Handle>(listening.n));
}

FD_TEST(CloseTest, CL_03_LaterOperationsAreClosed) {
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 closed");
    EXPECT_EQ(Text(this->a.WriteNow(this->buffer)), "0 closed");
    EXPECT_EQ(Text(this->a.ReadNow({})), "0 closed");
    EXPECT_EQ(Text(this->a.WriteNow({})), "0 closed");
    this->a.BeginAccept();
    EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 closed");
  }
  EXPECT_FALSE(this->a.open());
  EXPECT_EQ(this->a.handle(), kNoHandle);
  this->a.CancelRead();
  this->a.CancelWrite();
}

FD_TEST(CloseTest, CL_03_OperationsOfADescriptorThatWasNeverOpened) {
  Probe<Fd<B>> fd(this->loop);
  EXPECT_EQ(Text(fd.ReadNow(this->buffer)), "0 closed");
  EXPECT_EQ(Text(fd.WriteNow(this->buffer)), "0 closed");
  EXPECT_EQ(fd.BeginClose(), Errc::kClosed);
}

FD_TEST(CloseTest, CL_04_CloseOfWhatIsClosingOrClosedIsClosed) {
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  EXPECT_EQ(this->a.BeginClose(), Errc::kClosed);
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_EQ(this->a.BeginClose(), Errc::kClosed);
  EXPECT_EQ(this->a.BeginClose(), Errc::kClosed);
  TurnFor(this->loop, kMillisecond);
  EXPECT_EQ(this->a.closed.times, 1);
}

// What the kernel was to fill, it no longer touches.
FD_TEST(CloseTest, CL_07_TheBufferIsTheCallersAgain) {
  this->a.BeginRead(this->buffer);
  this->a.then_read = [this] { std::fill_n(this->buffer, sizeof this->buffer, std::byte{0xcc}); };
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  this->b.BeginWrite(StreamBytes(0, 64));
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  TurnFor(this->loop, kMillisecond);
  for (const std::byte left : this->buffer) EXPECT_EQ(left, std::byte{0xcc});
}

// The numbers of closed handles are given out again at once.
FD_TEST(CloseTest, CL_08_NoOperationLandsOnTheNextOwnerOfTheNumber) {
  int reused = 0;
  Handle before = kNoHandle;
  for (int64_t i = 0; i < 300; ++i) {
    Connection<Fd<B>> c(this->loop);
    reused += c.a.handle() == before;
    before = c.a.handle();
    c.a.BeginRead(this->buffer);
    c.b.BeginRead(std::span(this->buffer).last(8));
    if (i % 2 == 0) {
      EXPECT_EQ(Text(c.b.WriteNow(StreamBytes(i, 16))), "16 ok");
      EXPECT_EQ(Text(c.a.Await(c.a.read)), "16 ok");
      EXPECT_TRUE(IsStream(std::span(this->buffer).first(16), i));
    }
    EXPECT_EQ(Text(c.a.CloseNow()), "0 ok");
  }
  EXPECT_GT(reused, 0);
}

FD_TEST(CloseTest, CL_12_InsideTheCallbackOfARead) {
  this->a.BeginRead(this->buffer);
  this->a.BeginWrite(TooMuch());
  this->a.then_read = [this] { EXPECT_EQ(this->a.BeginClose(), Errc::kOk); };
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_EQ(Text(this->a.read.result), "8 ok");
  EXPECT_EQ(this->a.written.result.err, Errc::kClosed);
}

FD_TEST(CloseTest, CL_12_InsideTheCallbackOfAWrite) {
  this->a.BeginRead(this->buffer);
  this->a.then_written = [this] { EXPECT_EQ(this->a.BeginClose(), Errc::kOk); };
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_EQ(Text(this->a.read.result), "0 closed");
}

FD_TEST(CloseTest, CL_12_InsideTheCallbackOfATimeout) {
  EXPECT_EQ(this->a.SetReadDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  this->a.then_read = [this] { EXPECT_EQ(this->a.BeginClose(), Errc::kOk); };
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
}

FD_TEST(CloseTest, CL_12_InsideATaskAndATimerOfTheLoop) {
  struct Closer : Task, Timer {
    Probe<Fd<B>>* probe = nullptr;
  } task, timer;
  task.probe = &this->a;
  task.run = [](Task& t) noexcept { (void)static_cast<Closer&>(t).probe->BeginClose(); };
  timer.probe = &this->b;
  timer.fire = [](Timer& t) noexcept { (void)static_cast<Closer&>(t).probe->BeginClose(); };
  this->a.BeginRead(this->buffer);
  this->b.BeginRead(this->buffer);
  this->loop.Post(task);
  this->loop.timers().Arm(timer, Now());
  for (auto* fd : {&this->a, &this->b}) EXPECT_EQ(Text(fd->Await(fd->closed)), "0 ok");
}

// As often as one likes: they end, and closing does.
FD_TEST(CloseTest, CL_12_OperationsBegunWhileClosing) {
  int begun = 0;
  this->a.then_read = [this, &begun] {
    if (++begun < 5) this->a.BeginRead(this->buffer);
  };
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  this->a.BeginWrite(StreamBytes(0, 8));
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_EQ(begun, 5);
  EXPECT_EQ(Text(this->a.read.result), "0 closed");
  EXPECT_EQ(Text(this->a.written.result), "0 closed");
  // Nothing of that write went out: the peer sees the reset and no byte.
  EXPECT_EQ(Text(this->b.ReadNow(this->buffer)), "0 reset");
}

// Also in the turn in which the handle would be closed.
FD_TEST(CloseTest, CL_12_AnOperationBegunBetweenTheLastEndAndTheClose) {
  struct Beginner : Task {
    CloseTest<B>* test = nullptr;
  } task;
  task.test = this;
  task.run = [](Task& t) noexcept {
    CloseTest<B>& test = *static_cast<Beginner&>(t).test;
    EXPECT_EQ(test.a.BeginClose(), Errc::kOk);
    test.a.BeginRead(test.buffer);
  };
  // Whoever destroys the descriptor there must find nothing pending.
  this->a.then_closed = [this] { EXPECT_EQ(this->a.read.times, 1); };
  this->loop.Post(task);
  EXPECT_EQ(Text(this->a.Await(this->a.closed)), "0 ok");
  EXPECT_EQ(Text(this->a.read.result), "0 closed");
  EXPECT_EQ(this->a.closed.times, 1);
}

FD_TEST(CloseTest, CL_12_TheDescriptorIsDestroyedInItsCloseCallback) {
  struct SelfDestroying : Fd<B> {
    SelfDestroying(Loop<B>& on, bool& g) : Fd<B>(on), gone(g) {}
    ~SelfDestroying() { gone = true; }
    bool& gone;
  };
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  bool gone = false;
  auto* fd = new SelfDestroying(this->loop, gone);
  ASSERT_TRUE(fd->Open(pair.client).ok());
  EXPECT_EQ(fd->SetDeadline(Now().Plus(kHour)), Errc::kOk);
  fd->Read(this->buffer, [](Fd<B>&, Result) noexcept {});
  EXPECT_EQ(
      fd->Close([](Fd<B>& self, Result) noexcept { delete &static_cast<SelfDestroying&>(self); }),
      Errc::kOk);
  EXPECT_TRUE(TurnUntil(this->loop, [&gone] { return gone; }));
  TurnFor(this->loop, kMillisecond);
  (void)CloseHandle(pair.server);
}

FD_TEST(CloseTest, CL_12_ItIsOpenedAnewInItsCloseCallback) {
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  this->a.then_closed = [&] { EXPECT_EQ(Text(this->a.Open(pair.client)), "0 ok"); };
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  this->a.then_closed = nullptr;
  EXPECT_TRUE(this->a.open());
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  (void)CloseHandle(pair.server);
}

FD_TEST(CloseTest, CL_02_EOF_07_ThePeersAbortiveCloseWakesAReadWithReset) {
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 reset");
  EXPECT_NE(this->a.read.result.os, 0);
}

// The reset was the last connection's.
FD_TEST(CloseTest, EOF_08_AReopenedDescriptorHasForgottenTheReset) {
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 reset");
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  ASSERT_EQ(Text(this->a.Open(pair.client)), "0 ok");
  ASSERT_TRUE(ShutdownSend(pair.server).ok());
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 eof");
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  (void)CloseHandle(pair.server);
}

FD_TEST(CloseTest, RS_06_NoTimerIsArmedAfterClose) {
  EXPECT_EQ(this->a.SetDeadline(Now().Plus(kHour)), Errc::kOk);
  this->a.BeginRead(this->buffer);
  EXPECT_FALSE(this->loop.timers().empty());
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  EXPECT_TRUE(this->loop.timers().empty());
  // Nor one that was due, or moved further away, or cleared.
  EXPECT_EQ(this->b.SetReadDeadline(Now()), Errc::kOk);
  EXPECT_EQ(this->b.SetWriteDeadline(Now().Plus(kMillisecond)), Errc::kOk);
  EXPECT_EQ(this->b.SetWriteDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  EXPECT_TRUE(this->loop.timers().empty());
}

// Somebody has closed the handle's number behind the descriptor's back.
FD_TEST(CloseTest, ACloseThatFailsSaysSo) {
  ASSERT_TRUE(CloseHandle(this->a.handle()).ok());
  const Result r = this->a.CloseNow();
  EXPECT_EQ(r.err, Errc::kInvalid) << Text(r);
  EXPECT_NE(r.os, 0);
  EXPECT_FALSE(this->a.open());
}

// What fails to open is still the caller's, and the descriptor can be opened with something else.
FD_TEST(CloseTest, RS_08_AnOpenThatFailsLeavesNothingBehind) {
  Probe<Fd<B>> fd(this->loop);
  Pair pair;
  ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
  ASSERT_TRUE(CloseHandle(pair.client).ok());
  const Result r = fd.Open(pair.client);
  EXPECT_EQ(r.err, Errc::kInvalid);
  EXPECT_NE(r.os, 0);
  EXPECT_FALSE(fd.open());
  EXPECT_EQ(Text(fd.Open(pair.server)), "0 ok");
}

}  // namespace
}  // namespace tare::io::fd_ops
