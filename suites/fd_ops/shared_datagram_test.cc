// SPDX-License-Identifier: Apache-2.0
// SharedFd with datagrams: the turns, deadlines and closing of the streams, one datagram at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "impl/fd_ops/shared.h"
#include "impl/loop/loop_thread.h"
#include "suites/fd_ops/alloc_fixture.h"

namespace tare::io::fd_ops {
namespace {

// Two shared descriptors that can send to each other, on a loop of its own thread. Of UDP they are
// bound, of Unix datagrams connected: there a send waits while the peer's queue is full.
template <class B>
struct Post {
  explicit Post(Transport transport) : a(loop.loop()), b(loop.loop()) {
    EXPECT_TRUE(Pairs(transport, {&pair, 1}).ok());
    at_a = LocalAddress(pair.client);
    at_b = LocalAddress(pair.server);
    EXPECT_TRUE(a.Open(pair.client).ok());
    EXPECT_TRUE(b.Open(pair.server).ok());
  }
  ~Post() {
    (void)a.Close();
    (void)b.Close();
  }

  LoopThread<B> loop;
  SharedFd<B> a, b;
  Pair pair;  // the handles of `a` and `b`, whose they are
  Address at_a, at_b;
};

template <class B>
class SharedDatagramTest : public testing::Test {
 private:
  SameHandles same_handles_;
};

FD_TEST(SharedDatagramTest, EachComesWholeWithItsSender) {
  Post<B> post(Transport::kUdp4);
  std::vector<std::byte> buffer(65'536);
  for (const size_t size : {0, 1, 512, 65'507}) {
    Address from;
    EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(5, size), &post.at_b)), std::to_string(size) + " ok");
    EXPECT_EQ(Text(post.b.ReadFrom(buffer, &from)), std::to_string(size) + " ok");
    EXPECT_TRUE(IsStream(std::span(buffer).first(size), 5));
    EXPECT_EQ(ToString(from), ToString(post.at_a));
  }
  // What does not fit is gone, and nobody need ask who it was.
  EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(0, 50), &post.at_b)), "50 ok");
  EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(7, 3), &post.at_b)), "3 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(std::span(buffer).first(10))), "10 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "3 ok");
  EXPECT_TRUE(IsStream(std::span(buffer).first(3), 7));
}

FD_TEST(SharedDatagramTest, ASendIsWholeOrAnErrorAndTheNextOneGoes) {
  Post<B> post(Transport::kUdp4);
  std::byte buffer[8];
  Result r = post.a.WriteTo(StreamBytes(0, 1 << 20), &post.at_b);
  EXPECT_EQ(Text(r), "0 invalid");
  EXPECT_EQ(r.os, EMSGSIZE);
  r = post.a.WriteTo(StreamBytes(0, 4), nullptr);  // it is not connected
  EXPECT_EQ(Text(r), "0 invalid");
  EXPECT_EQ(r.os, EDESTADDRREQ);
  EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(0, 4), &post.at_b)), "4 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "4 ok");
}

// Four senders and two receivers at once, where nothing may be dropped.
FD_TEST(SharedDatagramTest, CC_01_EachIsWholeAndComesOnce) {
  static constexpr size_t kSenders = 4, kReceivers = 2, kEach = 500, kSize = 3000;
  Post<B> post(Transport::kUnixgram);
  std::array<std::atomic<size_t>, kSenders> seen{};
  std::vector<std::thread> senders, receivers;
  for (size_t s = 0; s < kSenders; ++s) {
    senders.emplace_back([&post, s] {
      const std::vector<std::byte> bytes(kSize, static_cast<std::byte>(s));
      for (size_t i = 0; i < kEach; ++i) {
        ASSERT_EQ(Text(post.a.WriteTo(bytes, nullptr)), std::to_string(kSize) + " ok");
      }
    });
  }
  for (size_t i = 0; i < kReceivers; ++i) {
    receivers.emplace_back([&post, &seen] {
      std::vector<std::byte> bytes(2 * kSize);
      for (size_t n = 0; n < kSenders * kEach / kReceivers; ++n) {
        ASSERT_EQ(Text(post.b.ReadFrom(bytes)), std::to_string(kSize) + " ok");
        ASSERT_THAT(std::span(bytes).first(kSize), testing::Each(bytes[0]));
        ASSERT_LT(static_cast<size_t>(bytes[0]), kSenders);
        ++seen[static_cast<size_t>(bytes[0])];
      }
    });
  }
  for (std::thread& t : senders) t.join();
  for (std::thread& t : receivers) t.join();
  for (const auto& count : seen) EXPECT_EQ(count.load(), kEach);
}

FD_TEST(SharedDatagramTest, DL_02r_DL_02s_PastDeadlineFailsAlthoughItCouldSucceed) {
  Post<B> post(Transport::kUdp4);
  std::byte buffer[8];
  Address from;
  ASSERT_EQ(Text(post.a.WriteTo(StreamBytes(0, 3), &post.at_b)), "3 ok");
  for (SharedFd<B>* fd : {&post.a, &post.b}) {
    ASSERT_EQ(fd->SetDeadline(Deadline::Past()), Errc::kOk);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Text(post.b.ReadFrom(buffer, &from)), "0 timeout");
    EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(0, 5), &post.at_b)), "0 timeout");
  }
  EXPECT_EQ(from.size, 0u);
  // DL-06: what was there is still there, and nothing was sent meanwhile.
  for (SharedFd<B>* fd : {&post.a, &post.b}) {
    ASSERT_EQ(fd->SetDeadline(Deadline::Never()), Errc::kOk);
  }
  ASSERT_EQ(Text(post.a.WriteTo(StreamBytes(0, 4), &post.at_b)), "4 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "3 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "4 ok");
}

// Fills the queue of the peer of `from`, so that a send would wait. How many datagrams it took.
int FillQueue(Handle from) {
  const std::vector<std::byte> bytes = StreamBytes(0, 1000);
  int sent = 0;
  while (send(from, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) ++sent;
  EXPECT_EQ(errno, EAGAIN);
  return sent;
}

// Runs `call` in so many threads until each has returned; `end` is called once all have begun.
template <class F, class G>
void InThreads(int count, F call, G end) {
  std::atomic<int> began{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      ++began;
      call(i);
    });
  }
  while (began.load() < count) std::this_thread::yield();
  end();
  for (std::thread& t : threads) t.join();
}

// Half of the threads receive, half send: each in line behind the first of its kind.
FD_TEST(SharedDatagramTest, DL_20_WhoIsInLineTimesOutToo) {
  Post<B> post(Transport::kUnixgram);
  const int sent = FillQueue(post.pair.client);
  const Deadline deadline = Now().Plus(30 * kMillisecond);
  ASSERT_EQ(post.a.SetDeadline(deadline), Errc::kOk);
  const auto call = [&](int i) {
    std::byte b{};
    const Result r = i % 2 != 0 ? post.a.ReadFrom({&b, 1}) : post.a.WriteTo({&b, 1}, nullptr);
    EXPECT_EQ(Text(r), "0 timeout");
    EXPECT_GE(Now(), deadline);
  };
  InThreads(8, call, [] {});
  // DL-06: the descriptor is as good as before, and of what timed out nothing was sent.
  ASSERT_EQ(post.a.SetDeadline(Deadline::Never()), Errc::kOk);
  std::byte buffer[2000];
  for (int i = 0; i < sent; ++i) ASSERT_EQ(Text(post.b.ReadFrom(buffer)), "1000 ok");
  EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(0, 2), nullptr)), "2 ok");
  EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "2 ok");
}

FD_TEST(SharedDatagramTest, CL_01r_CL_05_CloseEndsEverybodyInLine) {
  Post<B> post(Transport::kUnixgram);
  (void)FillQueue(post.pair.client);
  const auto call = [&](int i) {
    std::byte b{};
    const Result r = i % 2 != 0 ? post.a.ReadFrom({&b, 1}) : post.a.WriteTo({&b, 1}, nullptr);
    EXPECT_EQ(Text(r), "0 closed");
  };
  InThreads(8, call, [&] { EXPECT_EQ(Text(post.a.Close()), "0 ok"); });
  std::byte b{};
  EXPECT_EQ(Text(post.a.ReadFrom({&b, 1})), "0 closed");
  EXPECT_EQ(Text(post.a.WriteTo({&b, 1}, nullptr)), "0 closed");
}

// A send that waits for the peer's queue goes out once there is room.
FD_TEST(SharedDatagramTest, ASendWaitsForThePeersQueue) {
  Post<B> post(Transport::kUnixgram);
  const int sent = FillQueue(post.pair.client);
  std::byte buffer[2000];
  const auto send = [&](int) {
    EXPECT_EQ(Text(post.a.WriteTo(StreamBytes(0, 7), nullptr)), "7 ok");
  };
  InThreads(1, send, [&] {
    for (int i = 0; i < sent; ++i) ASSERT_EQ(Text(post.b.ReadFrom(buffer)), "1000 ok");
    EXPECT_EQ(Text(post.b.ReadFrom(buffer)), "7 ok");
  });
}

FD_TEST(SharedDatagramTest, BlocksOnTheLoopsOwnThread) {
  Loop<B> loop;
  SharedFd<B> a(loop), b(loop);
  Pair pair;
  ASSERT_TRUE(Pairs(Transport::kUdp4, {&pair, 1}).ok());
  const Address at_b = LocalAddress(pair.server);
  ASSERT_TRUE(a.Open(pair.client).ok());
  ASSERT_TRUE(b.Open(pair.server).ok());
  std::byte buffer[8];
  EXPECT_EQ(Text(a.WriteTo(StreamBytes(0, 3), &at_b)), "3 ok");
  EXPECT_EQ(Text(b.ReadFrom(buffer)), "3 ok");
  ASSERT_EQ(b.SetReadDeadline(Now().Plus(5 * kMillisecond)), Errc::kOk);
  EXPECT_EQ(Text(b.ReadFrom(buffer)), "0 timeout");
  for (SharedFd<B>* fd : {&a, &b}) EXPECT_EQ(Text(fd->Close()), "0 ok");
}

FD_TEST(SharedDatagramTest, AL_02_AllocatesNothing) {
  Post<B> post(Transport::kUdp4);
  std::thread server([&post] {
    std::byte b;
    Address from;
    while (post.b.ReadFrom({&b, 1}, &from).ok()) (void)post.b.WriteTo({&b, 1}, &from);
  });
  int wrong = 0;
  const auto trip = [&] {
    std::byte b{};
    Address from;
    (void)post.a.SetDeadline(Now().Plus(60 * kSecond));
    if (post.a.WriteTo({&b, 1}, &post.at_b).n != 1) ++wrong;
    if (post.a.ReadFrom({&b, 1}, &from).n != 1) ++wrong;
  };
  trip();
  ExpectNoAllocs([&] {
    for (int i = 0; i < 1000; ++i) trip();
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Text(post.b.Close()), "0 ok");
  server.join();
}

}  // namespace
}  // namespace tare::io::fd_ops
