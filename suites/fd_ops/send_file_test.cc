// SPDX-License-Identifier: Apache-2.0
// Parts of files sent by the reference descriptor: whole, or the true count and why not more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/fd_ops/fd_fixture.h"

namespace tare::io::fd_ops {
namespace {

template <class B>
class SendFileTest : public FdTest<B> {
 public:
  static constexpr uint64_t kSize = kTooMuch;

  // Says that there is no sendfile, if so.
  static bool Missing() {
    const bool missing = (B::kFeatures & kSendsFiles) == 0;
    if (missing) NotApplicable("the backend has no kSendFile");
    return missing;
  }

  MemoryFile file{TooMuch()};
};

#ifdef TARE_LONG
constexpr bool kWhole = true;
#else
constexpr bool kWhole = false;
#endif

std::string Ok(uint64_t n) {
  return std::to_string(n) + " ok";
}

// Receives and drops so many bytes, or fewer if they end or `enough()`; turns the loop beside it.
// How many they were.
template <class Loop, class Enough>
int64_t Drop(Loop& loop, Handle h, uint64_t bytes, Enough enough) {
  uint64_t left = bytes;
  while (left > 0 && !enough()) {
    loop.Turn(Deadline::Past());
    const auto most = static_cast<size_t>(std::min<uint64_t>(left, 1 << 30));
    const ssize_t n = recv(h, nullptr, most, MSG_TRUNC | MSG_DONTWAIT);
    if (n == 0) break;
    if (n > 0) left -= static_cast<uint64_t>(n);
  }
  return static_cast<int64_t>(bytes - left);
}
template <class Loop>
void Drop(Loop& loop, Handle h, uint64_t bytes) {
  suites::Allowance allowance(Scaled(100 * kSecond));
  EXPECT_EQ(Drop(loop, h, bytes, [&] { return allowance.Spent(); }), static_cast<int64_t>(bytes));
}

FD_TEST(SendFileTest, SP_33_IO_05_APartIsWholeHoweverThePeerReads) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 1000, this->kSize - 1000};
  this->a.BeginSendFile(part);
  EXPECT_FALSE(this->a.written) << "no callback comes from inside the call that started it";
  this->b.BeginWrite(TooMuch());  // in the other direction, at the same time
  const auto total = static_cast<int64_t>(this->kSize);
  EXPECT_EQ(Text(Drain(this->b, total - 1000, 1000)), Ok(this->kSize - 1000));
  EXPECT_EQ(Text(this->a.Await(this->a.written)), Ok(this->kSize - 1000));
  EXPECT_EQ(part.offset, this->kSize);
  EXPECT_EQ(part.size, 0u);
  EXPECT_EQ(Text(Drain(this->a, total)), Ok(this->kSize));
}

FD_TEST(SendFileTest, SP_33_RG_03_ThreeSendsOfThreeBytes) {
  if (this->Missing()) return;
  for (const uint64_t offset : {0, 3, 6, 0}) {
    FilePart part{this->file.handle(), offset, 3};
    EXPECT_EQ(Text(this->a.SendFileNow(part)), "3 ok");
    EXPECT_EQ(Text(Drain(this->b, 3, static_cast<int64_t>(offset))), "3 ok");
  }
}

FD_TEST(SendFileTest, IO_04_APartOfNothingIsNothing) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 10, 0};
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "0 ok");
  part = {kNoHandle, 0, 0};
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "0 ok");
}

FD_TEST(SendFileTest, AFileThatEndsBeforeItsPartSaysSo) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), this->kSize - 100, 200};
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "100 eof");
  EXPECT_EQ(part.size, 100u);
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "0 eof");
  EXPECT_EQ(Text(Drain(this->b, 100, static_cast<int64_t>(this->kSize) - 100)), "100 ok");
  // One that becomes shorter while it is sent.
  part = {this->file.handle(), 0, this->kSize};
  this->a.BeginSendFile(part);
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  ASSERT_FALSE(this->a.written);
  this->file.Resize(0);
  int64_t got =
      Drop(this->loop, this->b.handle(), this->kSize, [this] { return bool{this->a.written}; });
  const Result r = this->a.Await(this->a.written);
  EXPECT_EQ(r.err, Errc::kEof);
  EXPECT_EQ(part.size, this->kSize - static_cast<uint64_t>(r.n));
  ASSERT_TRUE(ShutdownSend(this->a.handle()).ok());
  got += Drop(this->loop, this->b.handle(), this->kSize, [] { return false; });
  EXPECT_EQ(got, r.n) << "what the peer has received";
}

// After whatever has ended it early the part says what is left, and the count is the peer's.
FD_TEST(SendFileTest, DL_21_CX_13_WhatEndsItEarlyLosesAndDoublesNothing) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 0, this->kSize};
  int64_t sent = 0;
  for (int i = 0; part.size > 0; ++i) {
    this->a.BeginSendFile(part);
    TurnFor(this->loop, Scaled(kMillisecond));
    const bool by_deadline = i % 2 == 0;
    if (by_deadline) {
      (void)this->a.SetWriteDeadline(Deadline::Past());
    } else {
      this->a.CancelWrite();
    }
    const Result r = this->a.Await(this->a.written);
    if (!r.ok()) {
      EXPECT_EQ(r.err, by_deadline ? Errc::kTimeout : Errc::kCanceled);
    }
    ASSERT_GE(r.n, 0);
    EXPECT_EQ(part.offset, static_cast<uint64_t>(sent + r.n));
    EXPECT_EQ(Text(Drain(this->b, r.n, sent)), std::to_string(r.n) + " ok");
    sent += r.n;
    (void)this->a.SetWriteDeadline(Deadline::Never());
  }
  EXPECT_EQ(sent, static_cast<int64_t>(this->kSize));
  ASSERT_TRUE(ShutdownSend(this->a.handle()).ok());
  EXPECT_EQ(Text(this->b.ReadNow(this->buffer)), "0 eof");
}

FD_TEST(SendFileTest, DL_02_ADeadlineThatHasPassedSendsNothing) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 0, 100};
  (void)this->a.SetWriteDeadline(Deadline::Past());
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "0 timeout");
  EXPECT_EQ(part.size, 100u);
  (void)this->a.SetWriteDeadline(Deadline::Never());
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "100 ok");
  EXPECT_EQ(Text(Drain(this->b, 100)), "100 ok");
}

FD_TEST(SendFileTest, CL_01_ACloseInTheMiddleTellsWhatWasSent) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 0, this->kSize};
  // Its end is an end of stream, and no reset that would take back what was sent.
  const linger in_order = {0, 0};
  (void)setsockopt(this->a.handle(), SOL_SOCKET, SO_LINGER, &in_order, sizeof in_order);
  this->a.BeginSendFile(part);
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  ASSERT_FALSE(this->a.written);
  EXPECT_EQ(Text(this->a.CloseNow()), "0 ok");
  const Result r = this->a.Await(this->a.written);
  EXPECT_EQ(r.err, Errc::kClosed);
  EXPECT_EQ(part.offset, static_cast<uint64_t>(r.n));
  const Result got = Drain(this->b, static_cast<int64_t>(kTooMuch));
  EXPECT_EQ(Text(got), std::to_string(r.n) + " eof");
  // And of a descriptor that is closed nothing can be sent.
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "0 closed");
}

FD_TEST(SendFileTest, IO_05_ER_08_APeerThatDiesInTheMiddle) {
  if (this->Missing()) return;
  FilePart part{this->file.handle(), 0, this->kSize};
  this->a.BeginSendFile(part);
  EXPECT_EQ(Text(Drain(this->b, 100'000)), "100000 ok");
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  const Result r = this->a.Await(this->a.written);
  EXPECT_TRUE(r.err == Errc::kReset || r.err == Errc::kShutdown) << Text(r);
  EXPECT_NE(r.os, 0);
  EXPECT_GE(r.n, 100'000);
  EXPECT_LT(r.n, static_cast<int64_t>(this->kSize));
  EXPECT_EQ(part.offset, static_cast<uint64_t>(r.n));
}

FD_TEST(SendFileTest, SG_01_SendsToADeadPeerDoNotKill) {
  if (this->Missing()) return;
  EXPECT_EQ(Text(this->b.CloseNow()), "0 ok");
  for (int i = 0; i < 3; ++i) {
    FilePart part{this->file.handle(), 0, 8};
    const Result r = this->a.SendFileNow(part);
    EXPECT_EQ(r.n, 0);
    EXPECT_TRUE(r.err == Errc::kReset || r.err == Errc::kShutdown) << Text(r);
    EXPECT_NE(r.os, 0);
  }
}

// What cannot be sent from moves nothing, so whoever copies instead begins at the front; and what
// has moved something says how much, so the copy goes on behind it.
FD_TEST(SendFileTest, SP_30_ACopyInsteadNeitherLosesNorDoublesAByte) {
  if (this->Missing()) return;
  const std::vector<std::byte>& bytes = TooMuch();
  const Handle folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  FilePart part{folder, 0, 100};
  const Result refused = this->a.SendFileNow(part);
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.os, 0);
  EXPECT_EQ(refused.n, 0);
  EXPECT_EQ(part.size, 100u);
  (void)CloseHandle(folder);
  EXPECT_EQ(Text(this->a.WriteNow(std::span(bytes).first(100))), "100 ok");
  EXPECT_EQ(Text(Drain(this->b, 100)), "100 ok");

  part = {this->file.handle(), 100, this->kSize - 100};
  this->a.BeginSendFile(part);
  TurnFor(this->loop, Scaled(2 * kMillisecond));
  this->a.CancelWrite();
  const Result r = this->a.Await(this->a.written);
  ASSERT_EQ(r.err, Errc::kCanceled);
  this->a.BeginWrite(std::span(bytes).subspan(static_cast<size_t>(100 + r.n)));
  const auto left = static_cast<int64_t>(this->kSize) - 100;
  EXPECT_EQ(Text(Drain(this->b, left, 100)), std::to_string(left) + " ok");
  EXPECT_EQ(Text(this->a.Await(this->a.written)), std::to_string(left - r.n) + " ok");
}

// What is sent are the pages of the file and no copy of them: a write into the file reaches a peer
// who has not read them yet. Whoever must not have that copies, or waits until the peer has them.
FD_TEST(SendFileTest, SP_36_RG_40_ALaterWriteIntoTheFileMayReachThePeer) {
  if (this->Missing()) return;
  constexpr size_t kBytes = 4096;
  FilePart part{this->file.handle(), 0, kBytes};
  EXPECT_EQ(Text(this->a.SendFileNow(part)), "4096 ok");
  const std::vector<std::byte> before = StreamBytes(0, kBytes);
  std::vector<std::byte> after;
  for (const std::byte one : before) after.push_back(~one);
  this->file.Write(0, after);
  std::vector<std::byte> got(kBytes);
  for (size_t n = 0; n < kBytes;) {
    const Result r = this->b.ReadNow(std::span(got).subspan(n));
    ASSERT_TRUE(r.ok()) << Text(r);
    n += static_cast<size_t>(r.n);
  }
  int later = 0;
  for (size_t i = 0; i < kBytes; ++i) {
    ASSERT_TRUE(got[i] == before[i] || got[i] == after[i]) << i;
    later += got[i] == after[i] ? 1 : 0;
  }
  EXPECT_GT(later, 0);
  // What was written with a copy is what it was.
  EXPECT_EQ(Text(this->a.WriteNow(before)), "4096 ok");
  EXPECT_EQ(Text(Drain(this->b, kBytes)), "4096 ok");
}

// Of 5 GiB and 1 MiB, holes but for two marks: all of it where there is time for that.
FD_TEST(SendFileTest, SP_34_SD_1_06_OffsetsAndSizesBeyond4GiB) {
  if (this->Missing()) return;
  constexpr uint64_t k4GiB = uint64_t{1} << 32;
  constexpr uint64_t kEnd = (uint64_t{5} << 30) + (1 << 20);
  constexpr size_t kMark = 100'000;
  MemoryFile sparse;
  sparse.Resize(kEnd);
  sparse.Write(k4GiB - kMark / 2, StreamBytes(0, kMark));
  sparse.Write(kEnd - kMark, StreamBytes(0, kMark));
  const Handle peer = this->b.handle();

  FilePart part{sparse.handle(), k4GiB - kMark, 2 * kMark};
  this->a.BeginSendFile(part);
  Drop(this->loop, peer, kMark / 2);
  EXPECT_EQ(Text(Drain(this->b, kMark)), Ok(kMark));
  Drop(this->loop, peer, kMark / 2);
  EXPECT_EQ(Text(this->a.Await(this->a.written)), Ok(2 * kMark));

  part = {sparse.handle(), kEnd - kMark, kMark};
  this->a.BeginSendFile(part);
  EXPECT_EQ(Text(Drain(this->b, kMark)), Ok(kMark));
  EXPECT_EQ(Text(this->a.Await(this->a.written)), Ok(kMark));

  // Cut to 32 bits this would be 100 bytes.
  part = {sparse.handle(), 0, k4GiB + 100};
  this->a.BeginSendFile(part);
  Drop(this->loop, peer, 1 << 20);
  ASSERT_FALSE(this->a.written);
  this->a.CancelWrite();
  const Result r = this->a.Await(this->a.written);
  EXPECT_EQ(r.err, Errc::kCanceled);
  EXPECT_GE(r.n, 1 << 20);
  EXPECT_EQ(part.size, k4GiB + 100 - static_cast<uint64_t>(r.n));
  Drop(this->loop, peer, static_cast<uint64_t>(r.n) - (1 << 20));

  if (!kWhole) return;
  part = {sparse.handle(), 0, kEnd};
  this->a.BeginSendFile(part);
  Drop(this->loop, peer, k4GiB - kMark / 2);
  EXPECT_EQ(Text(Drain(this->b, kMark)), Ok(kMark));
  Drop(this->loop, peer, kEnd - kMark - (k4GiB + kMark / 2));
  EXPECT_EQ(Text(Drain(this->b, kMark)), Ok(kMark));
  EXPECT_EQ(Text(this->a.Await(this->a.written)), Ok(kEnd));
}

}  // namespace
}  // namespace tare::io::fd_ops
