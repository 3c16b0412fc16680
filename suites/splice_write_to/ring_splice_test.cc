// SPDX-License-Identifier: Apache-2.0
// What io_uring's own splices say of would-block, short counts, broken chains, offsets and ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "impl/base/blocking.h"
#include "impl/base/signals.h"
#include "impl/splice_write_to/ring_splice.h"
#include "suites/splice_write_to/far_end.h"
#include "suites/support/time_scale.h"

namespace tare::suites {
namespace {

using Mover = io::splice_write_to::RingMover;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTurn = 200'000;  // nanoseconds that a turn waits

bool Applies() {
  const char* why = Mover::WhyNot();
  if (why != nullptr) std::cout << "not applicable: " << why << '\n';
  return why == nullptr;
}

std::string Text(const io::Result& r) {
  return std::to_string(r.n) + " " + std::string(io::Name(r.err));
}

int OpenHandles() {
  int count = 0;
  for (int h = 0; h < 1024; ++h) count += fcntl(h, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

class Owned {
 public:
  Owned() = default;
  explicit Owned(io::Handle h) : handle_(h) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, io::kNoHandle)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() { Close(); }
  void Close() {
    if (handle_ != io::kNoHandle) close(std::exchange(handle_, io::kNoHandle));
  }
  io::Handle operator*() const { return handle_; }

 private:
  io::Handle handle_ = io::kNoHandle;
};

Owned Memory() {
  return Owned(memfd_create("ring", MFD_CLOEXEC));
}

// Both ends of a pipe in blocking mode.
struct PipeEnds {
  explicit PipeEnds(int size = 0) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    from = Owned(ends[0]);
    to = Owned(ends[1]);
    if (size > 0) {
      EXPECT_GE(fcntl(*to, F_SETPIPE_SZ, size), 0);
    }
  }
  Owned from, to;
};

std::vector<std::byte> Sent(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = SentByte(i);
  return bytes;
}

std::vector<std::byte> ReadBack(io::Handle file, uint64_t at, size_t most = 1 << 20) {
  std::vector<std::byte> bytes(most);
  const ssize_t n = pread(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
  EXPECT_GE(n, 0);
  bytes.resize(static_cast<size_t>(n));
  return bytes;
}

// A mover from a connection whose far end sends.
struct Line {
  explicit Line(io::Handle to, const Mover::Options& options = {}) : near(far.TakeNear()) {
    EXPECT_TRUE(io::SetBlocking(*near, false).ok());
    const io::Result opened = mover.Open(*near, to, options);
    EXPECT_TRUE(opened.ok()) << opened.os;
  }
  bool Until(const std::function<bool()>& done) {
    Allowance allowance(Scaled(10 * kSecond));
    while (!done() && !allowance.Spent()) (void)mover.Turn(kTurn);
    return done();
  }
  bool Over() {
    return Until([this] { return mover.Turn(0); });
  }
  // Turns in which what must not happen could.
  void InVain() {
    for (int i = 0; i < 5; ++i) (void)mover.Turn(kTurn);
  }

  io::SignalShield shield;
  FarEnd far{io::Transport::kTcp4, 0};
  Owned near;
  Mover mover;
};

TEST(RingSpliceTest, SP_35_RG_19_AWouldBlockIsBridgedByAPoll) {
  if (!Applies()) return;
  const Owned file = Memory();
  Line line(*file, {.waits_first = false});
  line.mover.Start(1000);
  ASSERT_TRUE(line.Until([&] { return line.mover.seen().would_block == 1; }));
  line.InVain();
  EXPECT_EQ(line.mover.seen().would_block, 1u);  // it waits, and does not try again and again
  line.far.Send(1000, 1000);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "1000 ok");
  EXPECT_TRUE(IsSent(ReadBack(*file, 0), 0));
}

TEST(RingSpliceTest, SP_35_WhoWaitsFirstDoesNotMeetAWouldBlock) {
  if (!Applies()) return;
  const Owned file = Memory();
  Line line(*file);
  line.mover.Start(1000);
  line.InVain();
  line.far.Send(1000, 1000);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "1000 ok");
  EXPECT_EQ(line.mover.seen().would_block, 0u);
}

TEST(RingSpliceTest, SP_35_RG_19_AShortFirstHopIsCountedAndTheRestFollows) {
  if (!Applies()) return;
  const Owned file = Memory();
  Line line(*file);
  line.mover.Start(1000);
  line.far.Send(1000, 100);
  ASSERT_TRUE(line.Until([&] { return line.mover.seen().short_in == 1; }));
  EXPECT_EQ(ReadBack(*file, 0).size(), 100u);
  EXPECT_EQ(line.mover.held(), 0u);
  line.far.Send(1000, 900);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "1000 ok");
  EXPECT_EQ(line.mover.seen().broken, 0u);
  const auto arrived = ReadBack(*file, 0);
  EXPECT_EQ(arrived.size(), 1000u);
  EXPECT_TRUE(IsSent(arrived, 0));
}

TEST(RingSpliceTest, SP_35_RG_19_AShortSecondHopIsCountedAndTheRestFollows) {
  if (!Applies()) return;
  PipeEnds sink(4096);
  ASSERT_TRUE(io::SetBlocking(*sink.to, false).ok());
  Line line(*sink.to);
  line.far.Send(40'000, 40'000);
  line.mover.Start(40'000);
  // There is no room for more than a page, and then it waits for room.
  ASSERT_TRUE(line.Until([&] { return line.mover.seen().would_block > 0; }));
  EXPECT_GT(line.mover.held(), 0u);
  ASSERT_TRUE(io::SetBlocking(*sink.from, false).ok());
  std::vector<std::byte> arrived;
  ASSERT_TRUE(line.Until([&] {
    std::byte room[4096];
    for (ssize_t n; (n = read(*sink.from, room, sizeof room)) > 0;) {
      arrived.insert(arrived.end(), room, room + n);
    }
    return arrived.size() >= 40'000;
  }));
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "40000 ok");
  EXPECT_EQ(arrived.size(), 40'000u);
  EXPECT_TRUE(IsSent(arrived, 0));
}

// The kernel takes a short splice for a failure, and cancels what is linked to it.
TEST(RingSpliceTest, SP_35_RG_19_AChainThatBreaksLosesNothing) {
  if (!Applies()) return;
  const Owned file = Memory();
  Line line(*file, {.hard_links = false});
  line.mover.Start(1000);
  line.far.Send(1000, 100);
  ASSERT_TRUE(line.Until([&] { return ReadBack(*file, 0).size() == 100; }));
  EXPECT_EQ(line.mover.seen().broken, 1u);
  line.far.Send(1000, 900);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "1000 ok");
  EXPECT_TRUE(IsSent(ReadBack(*file, 0), 0));
}

TEST(RingSpliceTest, SP_35_RG_19_AnOffsetIsUsedAndMovedAndThePositionLeft) {
  if (!Applies()) return;
  constexpr uint64_t kAt = (uint64_t{1} << 32) + 5;
  const Owned file = Memory();
  ASSERT_EQ(lseek(*file, 7, SEEK_SET), 7);
  Line line(*file);
  line.mover.Start(5000, kAt);
  line.far.Send(5000, 2000);
  ASSERT_TRUE(line.Until([&] { return ReadBack(*file, kAt).size() == 2000; }));
  line.far.Send(5000, 3000);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "5000 ok");
  const auto arrived = ReadBack(*file, kAt);
  EXPECT_EQ(arrived.size(), 5000u);
  EXPECT_TRUE(IsSent(arrived, 0));
  EXPECT_EQ(lseek(*file, 0, SEEK_CUR), 7);
  // And at the position, which moves.
  line.mover.Start(100);
  line.far.Send(5100, 100);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(Text(line.mover.result()), "100 ok");
  EXPECT_EQ(lseek(*file, 0, SEEK_CUR), 107);
  EXPECT_TRUE(IsSent(ReadBack(*file, 7, 100), 5000));
}

TEST(RingSpliceTest, SP_35_RG_19_TheEndOfABlockingPipeIsSeen) {
  if (!Applies()) return;
  for (const bool waiting : {false, true}) {
    PipeEnds source;
    const Owned file = Memory();
    Mover mover;
    ASSERT_TRUE(mover.Open(*source.from, *file).ok());
    const auto bytes = Sent(3000);
    ASSERT_EQ(write(*source.to, bytes.data(), bytes.size()), 3000);
    mover.Start(UINT64_MAX);
    if (waiting) {
      for (int i = 0; i < 5; ++i) EXPECT_FALSE(mover.Turn(kTurn));
    }
    source.to.Close();
    Allowance allowance(Scaled(10 * kSecond));
    while (!mover.Turn(kTurn)) ASSERT_FALSE(allowance.Spent());
    EXPECT_EQ(Text(mover.result()), "3000 ok");
    EXPECT_EQ(mover.seen().would_block, 0u);
    EXPECT_TRUE(IsSent(ReadBack(*file, 0), 0));
  }
}

TEST(RingSpliceTest, SP_35_TheEndOfAConnectionAndAResetAreSeen) {
  if (!Applies()) return;
  for (const bool resets : {false, true}) {
    const Owned file = Memory();
    Line line(*file);
    line.mover.Start(UINT64_MAX);
    line.far.Send(500, 500);
    ASSERT_TRUE(line.Until([&] { return ReadBack(*file, 0).size() == 500; }));
    resets ? line.far.Reset() : line.far.Finish();
    ASSERT_TRUE(line.Over());
    EXPECT_EQ(Text(line.mover.result()), resets ? "500 reset" : "500 ok");
  }
}

TEST(RingSpliceTest, SP_35_SP_09_WhatADeadDestinationRefusesIsHeld) {
  if (!Applies()) return;
  PipeEnds sink;
  ASSERT_TRUE(io::SetBlocking(*sink.to, false).ok());
  Line line(*sink.to);
  sink.from.Close();
  line.far.Send(1000, 1000);
  line.mover.Start(1000);
  ASSERT_TRUE(line.Over());
  EXPECT_EQ(line.mover.result().os, EPIPE);
  EXPECT_EQ(line.mover.result().n, 0);
  EXPECT_EQ(line.mover.held(), 1000u);
}

TEST(RingSpliceTest, SP_35_NothingStaysOpenOfWhatIsClosedInTheMiddle) {
  if (!Applies()) return;
  const int before = OpenHandles();
  {
    const Owned file = Memory();
    Line line(*file);
    line.mover.Start(1000);
    line.InVain();
    line.mover.Close();
  }
  EXPECT_EQ(OpenHandles(), before);
}

}  // namespace
}  // namespace tare::suites
