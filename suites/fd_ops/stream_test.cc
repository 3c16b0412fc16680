// SPDX-License-Identifier: Apache-2.0
// Reads and writes of the reference descriptor (rows IO, EOF, ER), on every backend.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

template <class B>
class StreamTest : public FdTest<B> {};

FD_TEST(StreamTest, IO_02_NoCallbackComesFromInsideTheCallThatStartedIt) {
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  this->a.BeginRead(this->buffer);
  EXPECT_FALSE(this->a.read);
  this->a.BeginWrite(StreamBytes(0, 8));
  EXPECT_FALSE(this->a.written);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.written)), "8 ok");
}

FD_TEST(StreamTest, IO_03_EOF_05_ReadOfNothingIsNothingInEveryState) {
  EXPECT_EQ(Text(this->a.ReadNow({})), "0 ok") << "nothing has come";
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.ReadNow({})), "0 ok") << "something has come";
  EXPECT_EQ(Text(Drain(this->a, 8)), "8 ok") << "and nothing of it was taken";
  EXPECT_EQ(Text(this->a.ReadNow({})), "0 ok");
  ASSERT_TRUE(ShutdownSend(this->b.handle()).ok());
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 eof");
  EXPECT_EQ(Text(this->a.ReadNow({})), "0 ok") << "at the end of the stream";
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 eof");
}

FD_TEST(StreamTest, IO_04_WriteOfNothingIsNothing) {
  EXPECT_EQ(Text(this->a.WriteNow({})), "0 ok");
  this->b.BeginRead(this->buffer);
  TurnFor(this->loop, kMillisecond);
  EXPECT_FALSE(this->b.read);
  // Also where something would have to wait.
  EXPECT_EQ(this->b.SetWriteDeadline(Now().Plus(Scaled(5 * kMillisecond))), Errc::kOk);
  EXPECT_EQ(this->b.WriteNow(TooMuch()).err, Errc::kTimeout);
  EXPECT_EQ(this->b.SetWriteDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(this->b.WriteNow({})), "0 ok");
}

// Both ends write at once what no socket can hold, and read in odd portions.
FD_TEST(StreamTest, IO_05_CC_02_AWriteIsWholeHoweverThePeerReads) {
  this->a.BeginWrite(TooMuch());
  this->b.BeginWrite(TooMuch());
  const auto total = static_cast<int64_t>(kTooMuch);
  EXPECT_EQ(Text(Drain(this->b, total)), std::to_string(total) + " ok");
  EXPECT_EQ(Text(Drain(this->a, total)), std::to_string(total) + " ok");
  EXPECT_EQ(Text(this->a.Await(this->a.written)), std::to_string(total) + " ok");
  EXPECT_EQ(Text(this->b.Await(this->b.written)), std::to_string(total) + " ok");
}

// The peer tears the connection down while the write is blocked: short, and never with ok.
FD_TEST(StreamTest, IO_05_AWriteThatCannotBeWholeSaysHowMuchAndWhy) {
  this->a.BeginWrite(TooMuch());
  EXPECT_EQ(Text(Drain(this->b, 100'000)), "100000 ok");
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  const Result r = this->a.Await(this->a.written);
  EXPECT_EQ(r.err, Errc::kReset);
  EXPECT_NE(r.os, 0);
  EXPECT_GE(r.n, 100'000);
  EXPECT_LT(r.n, static_cast<int64_t>(kTooMuch));
}

// Reads of every size, the full buffers and the short ones, in front of and behind the writes.
FD_TEST(StreamTest, IO_10_IO_11_ReadsOfAnySizeGiveTheSameStream) {
  std::vector<size_t> sizes;
  for (size_t size = 1; size <= 64; ++size) sizes.push_back(size);
  for (const size_t prime : {67, 97, 131, 257, 509, 1021, 4093}) sizes.push_back(prime);
  std::vector<std::byte> to(sizes.back());
  int64_t position = 0;
  for (const size_t write : {size_t{1}, size_t{7}, size_t{64}, size_t{1000}, size_t{16384}}) {
    for (const size_t size : sizes) {
      const std::vector<std::byte> bytes = StreamBytes(position, write);
      const int64_t end = position + static_cast<int64_t>(write);
      const bool read_first = size % 2 == 0;
      if (!read_first) this->b.BeginWrite(bytes);
      this->a.BeginRead(std::span(to).first(size));
      if (read_first) this->b.BeginWrite(bytes);
      for (;;) {
        const Result r = this->a.Await(this->a.read);
        ASSERT_TRUE(r.ok() && r.n >= 1 && r.n <= static_cast<int64_t>(size)) << Text(r);
        ASSERT_TRUE(IsStream(std::span(to).first(static_cast<size_t>(r.n)), position)) << position;
        position += r.n;
        if (position == end) break;
        this->a.BeginRead(std::span(to).first(size));
      }
      EXPECT_EQ(this->b.Await(this->b.written).n, static_cast<int64_t>(write));
    }
  }
}

FD_TEST(StreamTest, EOF_01_EOF_06_AllBytesFirstThenEndOfStreamForEver) {
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 1000))), "1000 ok");
  ASSERT_TRUE(ShutdownSend(this->b.handle()).ok());
  EXPECT_EQ(Text(Drain(this->a, 1001)), "1000 eof");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 eof");
}

// The read is pending when bytes and end of stream arrive in one go.
FD_TEST(StreamTest, EOF_06_BytesThatComeWithTheEndAreDeliveredBeforeIt) {
  for (const size_t room : {8, 4, 512}) {
    Connection<Fd<B>> c(this->loop);
    c.a.BeginRead({this->buffer, room});
    SendRaw(c.pair.server, StreamBytes(0, 8));
    ASSERT_TRUE(ShutdownSend(c.pair.server).ok());
    const Result r = c.a.Await(c.a.read);
    ASSERT_TRUE(r.ok());
    EXPECT_TRUE(IsStream(std::span(this->buffer).first(static_cast<size_t>(r.n)), 0));
    EXPECT_EQ(Text(Drain(c.a, 9 - r.n, r.n)), std::to_string(8 - r.n) + " eof");
  }
}

FD_TEST(StreamTest, CL_02_EndOfStreamWakesABlockedRead) {
  this->a.BeginRead(this->buffer);
  TurnFor(this->loop, kMillisecond);
  EXPECT_FALSE(this->a.read);
  ASSERT_TRUE(ShutdownSend(this->b.handle()).ok());
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 eof");
}

FD_TEST(StreamTest, EOF_03_ThePeerOfAHalfClosedEndMayStillSend) {
  ASSERT_TRUE(ShutdownSend(this->a.handle()).ok());
  EXPECT_EQ(Text(this->b.ReadNow(this->buffer)), "0 eof");
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(Drain(this->a, 8)), "8 ok");
  EXPECT_EQ(Text(this->a.WriteNow(StreamBytes(0, 8))), "0 shutdown");
}

// Reset, however often one asks, whoever meets it first, and never an end of stream.
FD_TEST(StreamTest, EOF_07_EOF_08_AnAbortiveCloseIsAResetForEver) {
  for (const bool write_meets_it : {false, true}) {
    Connection<Fd<B>> c(this->loop);
    EXPECT_EQ(Text(c.b.CloseNow()), "0 ok");
    if (write_meets_it) {
      const Result w = c.a.WriteNow(StreamBytes(0, 8));
      EXPECT_TRUE(w.err == Errc::kReset || w.err == Errc::kShutdown) << Text(w);
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Text(c.a.ReadNow(this->buffer)), "0 reset");
  }
}

// What a Linux peer had sent before it tore the connection down still comes; then the reset.
FD_TEST(StreamTest, EOF_08_BytesQueuedBeforeAReset) {
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  const Result r = Drain(this->a, 9);
  this->RecordProperty("bytes_before_reset", static_cast<int>(r.n));
  EXPECT_TRUE(r.n == 0 || r.n == 8) << Text(r);
  EXPECT_EQ(r.err, Errc::kReset);
}

// Two descriptors for one socket: both are told that it is ready, and one finds it empty again.
FD_TEST(StreamTest, ER_05_WouldBlockNeverComesOut) {
  const Handle twin_handle = fcntl(this->a.handle(), F_DUPFD_CLOEXEC, 0);
  ASSERT_GE(twin_handle, 0);
  Probe<Fd<B>> twin(this->loop);
  ASSERT_TRUE(twin.Open(twin_handle).ok());
  std::byte other[8];
  for (int64_t i = 0; i < 50; ++i) {
    this->a.BeginRead({this->buffer, 8});
    twin.BeginRead(other);
    EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(2 * i, 1))), "1 ok");
    EXPECT_TRUE(TurnUntil(this->loop, [&] { return this->a.read || twin.read; }));
    TurnFor(this->loop, 100'000);
    EXPECT_EQ(this->a.read.times + twin.read.times, 1);
    EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(2 * i + 1, 1))), "1 ok");
    EXPECT_EQ(Text(this->a.Await(this->a.read)), "1 ok");
    EXPECT_EQ(Text(twin.Await(twin.read)), "1 ok");
  }
}

FD_TEST(StreamTest, ER_08_AnErrorInOneDirectionLeavesTheOtherWorking) {
  ASSERT_TRUE(ShutdownSend(this->a.handle()).ok());
  this->a.BeginRead(this->buffer);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Text(this->a.WriteNow(this->buffer)), "0 shutdown");
  EXPECT_FALSE(this->a.read);
  EXPECT_EQ(Text(this->b.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "8 ok");

  Connection<Fd<B>> c(this->loop);
  ASSERT_EQ(shutdown(static_cast<int>(c.a.handle()), SHUT_RD), 0);
  EXPECT_EQ(Text(c.a.ReadNow(this->buffer)), "0 eof");
  EXPECT_EQ(Text(c.a.WriteNow(StreamBytes(0, 8))), "8 ok");
  EXPECT_EQ(Text(Drain(c.b, 8)), "8 ok");
}

FD_TEST(StreamTest, SG_01_WritesToADeadPeerDoNotKill) {
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  for (int i = 0; i < 3; ++i) {
    const Result r = this->a.WriteNow(StreamBytes(0, 8));
    EXPECT_EQ(r.n, 0);
    EXPECT_TRUE(r.err == Errc::kReset || r.err == Errc::kShutdown) << Text(r);
    EXPECT_NE(r.os, 0);
  }
}

FD_TEST(StreamTest, AC_01_ER_02_ARefusedConnectIsRefused) {
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  ASSERT_TRUE(CloseHandle(static_cast<Handle>(listening.n)).ok());
  Probe<Fd<B>> dialer(this->loop);
  ASSERT_TRUE(dialer.Open(static_cast<Handle>(NewTcp4().n)).ok());
  dialer.BeginConnect(at);
  EXPECT_EQ(Text(dialer.Await(dialer.written)), "0 refused");
  EXPECT_NE(dialer.written.result.os, 0);
}

}  // namespace
}  // namespace tare::io::fd_ops
