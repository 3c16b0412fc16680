// SPDX-License-Identifier: Apache-2.0
// A transfer that goes well: exact to the byte, whatever the sizes, limits and kinds of ends.
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

TYPED_TEST_SUITE(TransferTest, AllBackends, BackendNames);

SPLICE_TEST(TransferTest, SP_01_SP_02_ExactToTheEndOfTheStream) {
  for (const io::Transport source : {io::Transport::kTcp4, io::Transport::kUnix}) {
    for (const char* destination : {"memory", "disk", "pipe", "tcp", "unix", "terminal"}) {
      Place<B> place;
      for (const uint64_t size : {0, 1, 42, 128, 1025, 4097, 32769, 1 << 20}) {
        Scene<B> scene(place, destination, source);
        scene.Begin();
        ASSERT_TRUE(scene.Finish(size, true, 4096)) << destination << " " << size;
        EXPECT_EQ(Text(scene.result), std::to_string(size) + " ok") << destination;
        const std::vector<std::byte> arrived = scene.Arrived();
        EXPECT_EQ(arrived.size(), size);
        EXPECT_TRUE(IsSent(arrived, 0));
        EXPECT_EQ(scene.transfer.taken(), size);
      }
    }
  }
}

SPLICE_TEST(TransferTest, SP_03_ALimitIsExactAndNothingIsReadBeyondIt) {
  Place<B> place;
  for (const char* destination : {"memory", "tcp", "append"}) {
    for (const uint64_t size : {5000, 65536, 200'000}) {
      for (const uint64_t limit : {uint64_t{1}, size - 1, size / 2, size, size + 1, size + 100}) {
        Scene<B> scene(place, destination);
        scene.far.Send(size, size);
        scene.Begin(scene.Limit(limit));
        ASSERT_TRUE(scene.Finish(size, limit > size));
        const uint64_t should = std::min(limit, size);
        EXPECT_EQ(Text(scene.result), std::to_string(should) + " ok");
        EXPECT_TRUE(IsSent(scene.Arrived(), 0));
        // The next read begins right behind.
        scene.far.Send(size, size);
        const std::vector<std::byte> unread = scene.far.Unread();
        EXPECT_EQ(unread.size(), size - should);
        EXPECT_TRUE(IsSent(unread, should));
      }
    }
  }
}

SPLICE_TEST(TransferTest, SP_04_ALimitOfNothingMakesNoCall) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  scene.far.Send(100, 100);
  CallFaults::Clear();
  scene.Begin(scene.Limit(0));
  EXPECT_EQ(scene.ended, 0);  // never from inside Start
  ASSERT_TRUE(place.Until([&] { return scene.ended > 0; }));
  EXPECT_EQ(Text(scene.result), "0 ok");
  for (const Call call :
       {Call::kSpliceIn, Call::kSpliceOut, Call::kWrite, Call::kMakePipe, Call::kRecv}) {
    EXPECT_EQ(CallFaults::Count(call), 0) << static_cast<int>(call);
  }
  EXPECT_EQ(scene.far.Unread().size(), 100u);
}

SPLICE_TEST(TransferTest, SP_05_ASourceAtItsEndEndsAtOnceAndLeavesTheDestinationUsable) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  scene.far.Finish();
  for (int i = 0; i < 2; ++i) {
    scene.Begin();
    ASSERT_TRUE(scene.Finish());
    EXPECT_EQ(Text(scene.result), "0 ok");
  }
  EXPECT_EQ(write(scene.there->handle(), "x", 1), 1);
}

SPLICE_TEST(TransferTest, SP_07_RG_15_SmallSegmentsFillThePipeAndNothingHangs) {
  splice::Pool::Options options;
  options.pipe_size = 64 << 10;  // 16 slots
  Place<B> place(options);
  for (const char* destination : {"memory", "tcp"}) {
    Scene<B> scene(place, destination);
    for (int i = 1; i <= 40; ++i) scene.far.Send(static_cast<uint64_t>(i) * 100, 100);
    scene.Begin();
    place.InVain();
    ASSERT_TRUE(scene.Finish(8000, true, 100));
    EXPECT_EQ(Text(scene.result), "8000 ok");
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

SPLICE_TEST(TransferTest, SP_08_ATrickleOfBytesCostsFewCallsEach) {
  constexpr int kBytes = 200;
  Place<B> place;
  for (const char* destination : {"memory", "tcp"}) {
    Scene<B> scene(place, destination);
    scene.Begin();
    place.InVain();
    CallFaults::Clear();
    for (int i = 1; i <= kBytes; ++i) {
      scene.far.Send(static_cast<uint64_t>(i), 1);
      ASSERT_TRUE(place.Until([&] { return scene.transfer.taken() == static_cast<uint64_t>(i); }));
    }
    place.InVain();
    // One that takes and one that gives: that less came than was asked for says that there is no
    // more, and nobody tries.
    EXPECT_LE(CallFaults::Count(Call::kSpliceIn), kBytes + 5);
    EXPECT_LE(CallFaults::Count(Call::kSpliceOut), kBytes + 5);
    ASSERT_TRUE(scene.Finish(kBytes));
    EXPECT_EQ(scene.Arrived().size(), static_cast<size_t>(kBytes));
  }
}

SPLICE_TEST(TransferTest, SP_15_TheOffsetIsAdvancedAndSeenByDuplicatesOrLeft) {
  Place<B> place;
  {
    Scene<B> scene(place, "memory");
    const io::Handle twin = dup(scene.there->handle());
    ASSERT_EQ(lseek(twin, 100, SEEK_SET), 100);
    scene.Begin();
    ASSERT_TRUE(scene.Finish(5000));
    EXPECT_EQ(lseek(twin, 0, SEEK_CUR), 5100);
    close(twin);
  }
  Scene<B> scene(place, "offset");
  ASSERT_EQ(lseek(scene.there->handle(), 7, SEEK_SET), 7);
  for (const bool copies : {false, true}) {
    splice::Plan plan = scene.Limit(3000);
    plan.copies = copies;
    const uint64_t before = scene.far.sent();
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(before + 3000, false));
    EXPECT_EQ(scene.target.offset(), 5000 + before + 3000);
  }
  EXPECT_EQ(lseek(scene.there->handle(), 0, SEEK_CUR), 7);
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

SPLICE_TEST(TransferTest, SP_17_WhatTheCallerHasReadGoesFirst) {
  for (const char* destination : {"memory", "append", "tcp", "pipe"}) {
    Place<B> place;
    Scene<B> scene(place, destination, io::Transport::kTcp4, /*first=*/777);
    std::vector<std::byte> first(777);
    for (size_t i = 0; i < first.size(); ++i) first[i] = SentByte(i);
    splice::Plan plan;
    plan.first = first;
    plan.limit = 5000;  // of the source alone
    scene.Begin(plan);
    ASSERT_TRUE(scene.Finish(5000, false));
    EXPECT_EQ(Text(scene.result), "5777 ok");
    EXPECT_EQ(scene.transfer.first_left(), 0u);
    EXPECT_TRUE(IsSent(scene.Arrived(), 0));
  }
}

SPLICE_TEST(TransferTest, SP_27_RG_16_ALimitOfAllThereIsIsClamped) {
  Place<B> place;
  for (const uint64_t limit : {splice::kNoLimit, splice::kNoLimit - 1, uint64_t{1} << 63,
                               (uint64_t{1} << 32) + 1, uint64_t{1} << 31}) {
    Scene<B> scene(place, "memory");
    scene.Begin(scene.Limit(limit));
    ASSERT_TRUE(scene.Finish(70'000));
    EXPECT_EQ(Text(scene.result), "70000 ok");
  }
}

SPLICE_TEST(TransferTest, SP_28_RG_05_ASmallMessageIsNotHeldBack) {
  Place<B> place;
  Scene<B> scene(place, "tcp");
  scene.Begin();
  place.InVain();
  // If the last bytes were announced as not the last they would lie for 200 ms.
  for (uint64_t i = 1; i <= 20; ++i) {
    scene.far.Send(i * 100, 100);
    const Stopwatch watch;
    ASSERT_TRUE(place.Until([&] {
      std::vector<std::byte> bytes;
      (void)scene.there->Arrived(bytes);
      return bytes.size() == i * 100;
    }));
    EXPECT_LT(watch.Took(), Scaled(100 * kMillisecond));
  }
}

// A splice that would block says that neither end is ready, and not which: where the system does
// not answer when it is asked, the pipe may be the one, and the bytes are received instead.
SPLICE_TEST(TransferTest, SP_29_WhereTheSystemDoesNotSayWhichEndWouldBlockItIsCopied) {
  Place<B> place;
  for (const char* destination : {"memory", "tcp"}) {
    Scene<B> scene(place, destination);
    CallFaults::Clear();
    CallFaults::Fail(Call::kAskPipe, ENOMEM, 0, kForGood);
    scene.Begin();
    place.InVain();
    EXPECT_EQ(CallFaults::Failed(Call::kAskPipe), 1) << destination;
    EXPECT_EQ(scene.ended, 0) << destination;
    ASSERT_TRUE(scene.Finish(5000)) << destination;
    EXPECT_EQ(Text(scene.result), "5000 ok") << destination;
    EXPECT_TRUE(IsSent(scene.Arrived(), 0)) << destination;
    EXPECT_EQ(CallFaults::Failed(Call::kAskPipe), 1) << destination;
  }
}

// How many calls of each kind a transfer of so many bytes makes.
struct Calls {
  int64_t splice_in, splice_out, write, recv;
};
template <class B>
Calls CallsOf(std::string_view destination, io::Transport source, bool copies = false) {
  Place<B> place;
  Scene<B> scene(place, destination, source);
  scene.far.Send(3000, 3000);
  CallFaults::Clear();
  splice::Plan plan;
  plan.copies = copies;
  plan.limit = 3000;
  scene.Begin(plan);
  EXPECT_TRUE(scene.Finish(3000, false)) << destination;
  EXPECT_EQ(Text(scene.result), "3000 ok") << destination;
  return {CallFaults::Count(Call::kSpliceIn), CallFaults::Count(Call::kSpliceOut),
          CallFaults::Count(Call::kWrite), CallFaults::Count(Call::kRecv)};
}

SPLICE_TEST(TransferTest, SP_31_RG_04_TheFastPathIsTakenWhereItCanBe) {
  for (const io::Transport source : {io::Transport::kTcp4, io::Transport::kUnix}) {
    for (const char* destination :
         {"memory", "disk", "offset", "pipe", "fifo", "terminal", "tcp", "unix", "null"}) {
      const Calls calls = CallsOf<B>(destination, source);
      EXPECT_GT(calls.splice_in, 0) << destination;
      EXPECT_GT(calls.splice_out, 0) << destination;
      EXPECT_EQ(calls.write, 0) << destination;
      EXPECT_EQ(calls.recv, 0) << destination;
    }
  }
}

SPLICE_TEST(TransferTest, SP_31_SP_16_SP_18_TheFastPathIsNotTakenWhereItCannotBe) {
  // A file that was opened to append refuses splices; whoever asks for copies has them.
  for (const Calls& calls : {CallsOf<B>("append", io::Transport::kTcp4),
                             CallsOf<B>("memory", io::Transport::kTcp4, /*copies=*/true)}) {
    EXPECT_EQ(calls.splice_in, 0);
    EXPECT_EQ(calls.splice_out, 0);
    EXPECT_GT(calls.write, 0);
  }
}

// Datagrams: today's kernel splices them, and their boundaries are gone.
SPLICE_TEST(TransferTest, SP_16_DatagramsAreCopiedOneByOne) {
  for (const int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    Place<B> place;
    Scene<B> scene(place, "unix");
    SeenEnd<B> source(place.loop);
    ASSERT_TRUE(source.Open(ends[0]).ok());
    for (int i = 0; i < 3; ++i) ASSERT_EQ(send(ends[1], "abcdefghij", 10, 0), 10);
    CallFaults::Clear();
    // Only what keeps a connection has an end.
    if (type == SOCK_SEQPACKET) {
      ASSERT_EQ(shutdown(ends[1], SHUT_WR), 0);
    }
    scene.BeginBetween(source, scene.to, type == SOCK_SEQPACKET ? splice::Plan{} : scene.Limit(30));
    ASSERT_TRUE(scene.Ends());
    EXPECT_EQ(Text(scene.result), "30 ok");
    EXPECT_EQ(CallFaults::Count(Call::kSpliceIn), 0);
    EXPECT_EQ(scene.Arrived().size(), 30u);
    source.BeginClose();
    ASSERT_TRUE(place.Until([&] { return source.closed; }));
    close(ends[1]);
  }
}

// The peer sends pages of a file, and they go through the pipe by reference. What has arrived is a
// copy of its own all the same: a later write into either file does not reach the other.
SPLICE_TEST(TransferTest, SP_36_RG_40_WhatHasArrivedInAFileIsNobodyElses) {
  constexpr size_t kBytes = 3 * 4096;
  const std::vector<std::byte> first(kBytes, std::byte{'1'}), second(kBytes, std::byte{'2'}),
      third(kBytes, std::byte{'3'});
  const auto content = [](io::Handle file) {
    std::vector<std::byte> bytes(kBytes);
    EXPECT_EQ(pread(file, bytes.data(), kBytes, 0), static_cast<ssize_t>(kBytes));
    return bytes;
  };
  Place<B> place;
  Scene<B> scene(place, "memory");
  std::array<io::Pair, 1> pair;
  ASSERT_TRUE(io::TcpPairs(pair).ok());
  SeenEnd<B> source(place.loop);
  ASSERT_TRUE(source.Open(pair[0].server).ok());
  const io::Handle sent = memfd_create("sent", MFD_CLOEXEC);
  ASSERT_EQ(pwrite(sent, first.data(), kBytes, 0), static_cast<ssize_t>(kBytes));
  off_t at = 0;
  ASSERT_EQ(sendfile(pair[0].client, sent, &at, kBytes), static_cast<ssize_t>(kBytes));
  CallFaults::Clear();
  scene.BeginBetween(source, scene.target, scene.Limit(kBytes));
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "12288 ok");
  EXPECT_GT(CallFaults::Count(Call::kSpliceOut), 0);
  ASSERT_EQ(pwrite(sent, second.data(), kBytes, 0), static_cast<ssize_t>(kBytes));
  EXPECT_EQ(scene.Arrived(), first);
  ASSERT_EQ(pwrite(scene.there->handle(), third.data(), kBytes, 0), static_cast<ssize_t>(kBytes));
  EXPECT_EQ(content(sent), second);
  source.BeginClose();
  ASSERT_TRUE(place.Until([&] { return source.closed; }));
  close(pair[0].client);
  close(sent);
}

}  // namespace
}  // namespace tare::suites
