// SPDX-License-Identifier: Apache-2.0
// SharedFd: one descriptor, many threads; the largest risk of the house.
#include "impl/fd_ops/shared.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/loop/loop_thread.h"
#include "tare/alloc_scope.h"

namespace tare::io::fd_ops {
namespace {

constexpr int64_t kMilli = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMilli;

// Two shared descriptors, the ends of one connection.
template <class B>
struct Connected {
  explicit Connected(Loop<B>& loop) : client(loop), server(loop) {
    Pair pair;
    EXPECT_TRUE(TcpPairs({&pair, 1}).ok());
    EXPECT_TRUE(client.Open(pair.client).ok());
    EXPECT_TRUE(server.Open(pair.server).ok());
  }
  ~Connected() {
    (void)client.Close();
    (void)server.Close();
  }

  SharedFd<B> client;
  SharedFd<B> server;
};

template <class B>
class SharedFdTest : public testing::Test {};

template <class List>
struct AsTypes;
template <class... B>
struct AsTypes<BackendList<B...>> {
  using Type = testing::Types<B...>;
};
struct Names {
  template <class B>
  static std::string GetName(int) {
    return std::string(B::kName);
  }
};
TYPED_TEST_SUITE(SharedFdTest, AsTypes<Backends>::Type, Names);

template <class B>
Result ReadAll(SharedFd<B>& fd, std::span<std::byte> to) {
  size_t got = 0;
  while (got < to.size()) {
    const Result r = fd.Read(to.subspan(got));
    got += static_cast<size_t>(r.n);
    if (!r.ok()) return {static_cast<int64_t>(got), r.err, r.os};
  }
  return {static_cast<int64_t>(got)};
}

TYPED_TEST(SharedFdTest, PingPongFromTwoThreads) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  std::thread server([&c] {
    uint64_t value = 0;
    for (;;) {
      const Result r = ReadAll(c.server, std::as_writable_bytes(std::span(&value, 1)));
      if (!r.ok()) return;
      ++value;
      ASSERT_TRUE(c.server.Write(std::as_bytes(std::span(&value, 1))).ok());
    }
  });
  uint64_t value = 0;
  while (value < 1000) {
    const uint64_t before = value;
    ASSERT_TRUE(c.client.Write(std::as_bytes(std::span(&value, 1))).ok());
    ASSERT_TRUE(ReadAll(c.client, std::as_writable_bytes(std::span(&value, 1))).ok());
    ASSERT_EQ(value, before + 1);
  }
  ASSERT_TRUE(c.client.Close().ok());
  server.join();
}

// CC-01: four writers at once; every write arrives in one piece, and every byte once.
TYPED_TEST(SharedFdTest, EachWriteIsContiguous) {
  constexpr size_t kWriters = 4, kWrites = 200, kSize = 3000;
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  std::vector<std::thread> writers;
  for (size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&c, w] {
      std::vector<std::byte> message(kSize, static_cast<std::byte>(w));
      for (size_t i = 0; i < kWrites; ++i) {
        const Result r = c.client.Write(message);
        ASSERT_TRUE(r.ok());
        ASSERT_EQ(r.n, static_cast<int64_t>(kSize));
      }
    });
  }
  size_t seen[kWriters] = {};
  std::vector<std::byte> message(kSize);
  for (size_t i = 0; i < kWriters * kWrites; ++i) {
    ASSERT_TRUE(ReadAll(c.server, message).ok());
    const auto w = static_cast<size_t>(message[0]);
    ASSERT_LT(w, kWriters);
    ++seen[w];
    ASSERT_THAT(message, testing::Each(message[0]));
  }
  for (std::thread& t : writers) t.join();
  EXPECT_THAT(seen, testing::Each(kWrites));
}

// CL-05: whoever blocks or queues returns with closed, and the closer is the one who gets ok.
TYPED_TEST(SharedFdTest, CloseEndsEverybodyInLine) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  // Nobody reads at the other end: writers of much block.
  const std::vector<std::byte> much(64 << 20);

  constexpr int kEach = 4;
  std::atomic<int> began{0};
  std::atomic<int> closed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kEach; ++i) {
    threads.emplace_back([&] {
      std::byte b;
      ++began;
      const Result r = c.client.Read({&b, 1});
      EXPECT_EQ(r.n, 0);
      if (r.err == Errc::kClosed) ++closed;
    });
    threads.emplace_back([&] {
      ++began;
      const Result r = c.client.Write(much);
      EXPECT_LT(r.n, static_cast<int64_t>(much.size()));
      if (r.err == Errc::kClosed) ++closed;
    });
  }
  while (began.load() < 2 * kEach) std::this_thread::yield();
  EXPECT_TRUE(c.client.Close().ok());
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(closed.load(), 2 * kEach);
  EXPECT_EQ(c.client.Close().err, Errc::kClosed);
  EXPECT_EQ(c.client.SetDeadline(Now()), Errc::kClosed);
  std::byte b;
  EXPECT_EQ(c.client.Read({&b, 1}).err, Errc::kClosed);
}

// CL-04: whoever comes second is refused, and neither waits for ever.
TYPED_TEST(SharedFdTest, CL_04_TwoThreadsThatCloseAtOnceBothReturn) {
  constexpr int kRounds = 200;
  LoopThread<TypeParam> loop;
  for (int round = 0; round < kRounds; ++round) {
    Pair pair;
    ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
    SharedFd<TypeParam> fd(loop.loop());
    ASSERT_TRUE(fd.Open(pair.client).ok());
    std::atomic<int> ready{0};
    Result ends[2];
    const auto close = [&](Result& end) {
      ++ready;
      while (ready.load() < 2) std::this_thread::yield();
      end = fd.Close();
    };
    std::thread other([&] { close(ends[1]); });
    close(ends[0]);
    other.join();
    const bool first = ends[0].ok();
    EXPECT_TRUE(ends[first ? 0 : 1].ok());
    EXPECT_EQ(ends[first ? 1 : 0].err, Errc::kClosed);
    (void)CloseHandle(pair.server);
  }
}

// DL-20: a reader queued behind another one ends on the deadline, and so does the one before it.
TYPED_TEST(SharedFdTest, QueuedReadersTimeOutTogether) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  const Deadline deadline = Now().Plus(30 * kMilli);
  ASSERT_EQ(c.server.SetReadDeadline(deadline), Errc::kOk);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::byte b;
      EXPECT_EQ(c.server.Read({&b, 1}).err, Errc::kTimeout);
      EXPECT_GE(Now(), deadline);
    });
  }
  for (std::thread& t : readers) t.join();
  // DL-06: and the connection is usable afterwards.
  ASSERT_EQ(c.server.SetReadDeadline(Deadline::Never()), Errc::kOk);
  const std::byte sent{42};
  std::byte got{};
  ASSERT_TRUE(c.client.Write({&sent, 1}).ok());
  ASSERT_TRUE(c.server.Read({&got, 1}).ok());
  EXPECT_EQ(got, sent);
}

TYPED_TEST(SharedFdTest, DL_04_EachDirectionHasItsOwnDeadline) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  const std::byte sent{1};
  std::byte got{};
  const auto write = [&] { return c.server.Write({&sent, 1}).err; };
  const auto read = [&] {
    EXPECT_TRUE(c.client.Write({&sent, 1}).ok());
    return c.server.Read({&got, 1}).err;
  };
  ASSERT_EQ(c.server.SetWriteDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(write(), Errc::kTimeout);
  EXPECT_EQ(read(), Errc::kOk);
  ASSERT_EQ(c.server.SetWriteDeadline(Deadline::Never()), Errc::kOk);
  ASSERT_EQ(c.server.SetReadDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(write(), Errc::kOk);
  EXPECT_EQ(read(), Errc::kTimeout);
  ASSERT_EQ(c.server.SetDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(write(), Errc::kOk);
  EXPECT_EQ(read(), Errc::kOk);
  ASSERT_EQ(c.server.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(write(), Errc::kTimeout);
  EXPECT_EQ(read(), Errc::kTimeout);
}

// A deadline in the past is in force when the setter returns, for the pending read and the next.
TYPED_TEST(SharedFdTest, PastDeadlineEndsThePendingReadFromAnotherThread) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  std::optional<Result> ended;
  std::thread reader([&] {
    std::byte b;
    ended = c.server.Read({&b, 1});
  });
  ASSERT_EQ(c.server.SetReadDeadline(Deadline::Past()), Errc::kOk);
  reader.join();
  EXPECT_EQ(ended->err, Errc::kTimeout);
  const std::byte sent{1};
  ASSERT_TRUE(c.client.Write({&sent, 1}).ok());
  std::byte b;
  EXPECT_EQ(c.server.Read({&b, 1}).err, Errc::kTimeout);
}

// Semantic 10: on the loop's own thread a call turns the loop.
TYPED_TEST(SharedFdTest, BlocksOnTheLoopsOwnThread) {
  Loop<TypeParam> loop;
  Connected<TypeParam> c(loop);
  const std::byte sent{7};
  std::byte got{};
  ASSERT_TRUE(c.client.Write({&sent, 1}).ok());
  ASSERT_TRUE(c.server.Read({&got, 1}).ok());
  EXPECT_EQ(got, sent);
  ASSERT_EQ(c.server.SetReadDeadline(Now().Plus(5 * kMilli)), Errc::kOk);
  EXPECT_EQ(c.server.Read({&got, 1}).err, Errc::kTimeout);
}

template <class B>
void BlockInsideATurn() {
  Loop<B> loop;
  static SharedFd<B>* shared;
  SharedFd<B> fd(loop);
  shared = &fd;
  Task task;
  task.run = [](Task&) noexcept { (void)shared->Close(); };
  loop.Post(task);
  loop.Turn();
}

TYPED_TEST(SharedFdTest, BlockingInsideATurnIsAnErrorOfTheProgrammer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(BlockInsideATurn<TypeParam>(), "InTurn");
}

TYPED_TEST(SharedFdTest, AcceptsAndConnectsFromTwoThreads) {
  LoopThread<TypeParam> loop;
  Address at = Loopback4();
  const Result listening = Listen(at);
  ASSERT_TRUE(listening.ok());
  SharedFd<TypeParam> listener(loop.loop()), dialer(loop.loop()), accepted(loop.loop());
  ASSERT_TRUE(listener.Open(static_cast<Handle>(listening.n)).ok());
  ASSERT_TRUE(dialer.Open(static_cast<Handle>(NewTcp4().n)).ok());
  std::thread accepting([&] {
    Address peer;
    const Result r = listener.Accept(&peer);
    ASSERT_TRUE(r.ok());
    EXPECT_EQ(ToString(peer), ToString(RemoteAddress(static_cast<Handle>(r.n))));
    ASSERT_TRUE(accepted.Open(static_cast<Handle>(r.n)).ok());
    std::byte b{};
    EXPECT_EQ(accepted.Read({&b, 1}).n, 1);
  });
  ASSERT_TRUE(dialer.Connect(at).ok());
  const std::byte b{};
  ASSERT_TRUE(dialer.Write({&b, 1}).ok());
  accepting.join();
  for (auto* fd : {&listener, &dialer, &accepted}) EXPECT_TRUE(fd->Close().ok());
}

// AL-02 across threads: the read really blocks, another thread writes, and nobody allocates.
TYPED_TEST(SharedFdTest, AllocatesNothing) {
  LoopThread<TypeParam> loop;
  Connected<TypeParam> c(loop.loop());
  std::atomic<bool> go{false};
  std::thread server([&] {
    go.wait(false);
    std::byte b;
    while (c.server.Read({&b, 1}).ok()) (void)c.server.Write({&b, 1});
  });
  const auto trip = [&] {
    std::byte b{};
    (void)c.client.SetDeadline(Now().Plus(60 * kSecond));
    ASSERT_TRUE(c.client.Write({&b, 1}).ok());
    ASSERT_TRUE(c.client.Read({&b, 1}).ok());
  };
  go.store(true);
  go.notify_one();
  trip();
  const AllocScope scope;
  for (int i = 0; i < 1000; ++i) trip();
  const AllocCount count = scope.Delta();
  ASSERT_TRUE(c.client.Close().ok());
  server.join();
  if (AllocScope::Covers().empty()) {
    std::printf("not applicable: allocation counts, %s\n",
                std::string(AllocScope::WhyNot()).c_str());
  }
  EXPECT_EQ(count.allocs, 0u);
}

// CX-10, CC-02: eight threads do everything at once to one descriptor, until one of them closes it.
// What must hold: nobody hangs, every error is one of the promised ones, and what was read was
// written.
TYPED_TEST(SharedFdTest, EightThreadsDoEverythingAtOnce) {
  constexpr int kRounds = 30;
  for (int round = 0; round < kRounds; ++round) {
    LoopThread<TypeParam> loop;
    Connected<TypeParam> c(loop.loop());
    std::atomic<int> turns{0};
    std::atomic<int64_t> wrote{0}, read{0};
    const auto allowed = [](Errc e) {
      return e == Errc::kOk || e == Errc::kTimeout || e == Errc::kClosed;
    };
    // Until the descriptor is closed, which one thread does after enough has happened.
    const auto each = [&](auto&& call) {
      return std::thread([&, call] {
        for (;;) {
          const Errc e = call();
          EXPECT_TRUE(allowed(e)) << Name(e);
          ++turns;
          if (e == Errc::kClosed || !allowed(e)) return;
        }
      });
    };
    const auto reader = [&] {
      std::byte b[512];
      const Result r = c.server.Read(b);
      for (int64_t i = 0; i < r.n; ++i) EXPECT_EQ(b[i], std::byte{0x5a});
      read += r.n;
      return r.err;
    };
    const auto writer = [&] {
      std::byte b[700];
      std::memset(b, 0x5a, sizeof b);
      const Result r = c.server.Write(b);
      return r.err;
    };
    std::thread peer_reads([&] {
      std::byte b[4096];
      while (c.client.Read(b).ok()) {
      }
    });
    std::thread peer_writes([&] {
      std::byte b[300];
      std::memset(b, 0x5a, sizeof b);
      for (;;) {
        const Result r = c.client.Write(b);
        wrote += r.n;
        if (!r.ok()) return;
      }
    });
    std::vector<std::thread> threads;
    threads.push_back(each(reader));
    threads.push_back(each(reader));
    threads.push_back(each(writer));
    threads.push_back(each(writer));
    threads.push_back(each([&] { return c.server.SetReadDeadline(Now().Plus(50'000)); }));
    threads.push_back(each([&] { return c.server.SetWriteDeadline(Deadline::Past()); }));
    threads.push_back(each([&] { return c.server.SetDeadline(Deadline::Never()); }));
    threads.emplace_back([&] {
      while (turns.load() < 400) std::this_thread::yield();
      EXPECT_TRUE(c.server.Close().ok());
    });
    for (std::thread& t : threads) t.join();
    (void)c.client.Close();
    peer_reads.join();
    peer_writes.join();
    EXPECT_LE(read.load(), wrote.load());
  }
}

}  // namespace
}  // namespace tare::io::fd_ops
