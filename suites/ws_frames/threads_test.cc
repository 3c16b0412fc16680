// SPDX-License-Identifier: Apache-2.0
// Endpoints for any thread: many writers, and close from wherever (rows WS-28 and WS-30).
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "impl/loop/loop_thread.h"
#include "impl/ws_frames/shared.h"
#include "suites/ws_frames/endpoint_fixture.h"

namespace tare::suites::ws_frames {
namespace {

template <class B>
class ThreadsTest : public EndpointTest<B> {
 public:
  using Shared = io::ws_frames::SharedEndpoint<B>;

  // A client and a server on a loop that turns on a thread of its own.
  struct Ends {
    explicit Ends(const Limits& limits = {})
        : client(thread.loop(), Role::kClient, limits),
          server(thread.loop(), Role::kServer, limits) {
      const io::Pair pair = EndpointTest<B>::NewPair();
      EXPECT_TRUE(client.Open(pair.client).ok());
      EXPECT_TRUE(server.Open(pair.server).ok());
    }
    io::LoopThread<B> thread;
    Shared client, server;
  };

  // Reads a whole message; false at the end.
  static bool ReadMessage(Shared& end, Bytes& message, Result& result) {
    Bytes to(4096);
    message.clear();
    for (;;) {
      const Piece piece = end.Read(Context::None(), to);
      result = piece.result;
      if (!result.ok()) return false;
      message.insert(message.end(), to.begin(), to.begin() + result.n);
      if (piece.last) return true;
    }
  }
};
TYPED_TEST_SUITE(ThreadsTest, AllBackends, BackendNames);

// Each of a hundred threads sends messages in fragments, and pings beside them; every message that
// arrives is whole and one thread's.
WS_TEST(ThreadsTest, WS_28_AHundredWriters) {
  constexpr int kWriters = 100, kMessages = 10, kFragments = 4;
  using Shared = typename ThreadsTest<B>::Shared;
  typename ThreadsTest<B>::Ends ends;
  std::thread pongs([&] {  // hears the answers to the pings
    Bytes message;
    Result r;
    while (ThreadsTest<B>::ReadMessage(ends.client, message, r)) {
    }
    EXPECT_EQ(r.err, Errc::kEof);
  });
  std::vector<std::thread> writers;
  std::atomic<int> bad{0};
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&ends, &bad, i] {
      const Bytes part(static_cast<size_t>(1 + i * 10), static_cast<std::byte>(i));
      for (int m = 0; m < kMessages; ++m) {
        typename Shared::Frames frames;
        frames.payload = part;
        for (int f = 0; f < kFragments; ++f) {
          frames.fin = f + 1 == kFragments;
          bad += !ends.client.Send(frames).ok();
          if (f == 1) bad += !ends.client.Send(Opcode::kPing, std::span(part).first(1)).ok();
        }
      }
    });
  }
  std::map<int, int> messages;
  Bytes message;
  Result r;
  for (int n = 0; n < kWriters * kMessages; ++n) {
    ASSERT_TRUE(ThreadsTest<B>::ReadMessage(ends.server, message, r)) << Name(r.err);
    const int writer = static_cast<int>(message.front());
    bad += message != Bytes(static_cast<size_t>(1 + writer * 10) * kFragments, message.front());
    ++messages[writer];
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(messages.size(), size_t{kWriters});
  for (const auto& [writer, count] : messages) EXPECT_EQ(count, kMessages) << writer;
  EXPECT_TRUE(ends.server.Close(1000, "").ok());
  pongs.join();
  EXPECT_TRUE(ends.client.Close(1000, "").ok());
}

// Of eight threads that close, one is first; a reader and writers that wait are let go.
WS_TEST(ThreadsTest, WS_30_CloseFromAnywhere) {
  for (int round = 0; round < 10; ++round) {
    Limits limits;
    limits.close_wait = 50 * kMillisecond;  // nobody reads at the other end
    typename ThreadsTest<B>::Ends ends(limits);
    std::atomic<int> first{0}, refused{0}, let_go{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
      std::array<std::byte, 16> to;
      let_go += ends.client.Read(Context::None(), to).result.err == Errc::kClosed;
    });
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const Bytes much(4 << 20);
        while (ends.client.Send(Opcode::kBinary, much).ok()) {
        }
        ++let_go;
      });
    }
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const Errc e = ends.client.Close(1000, "").err;
        ++(e == Errc::kClosed ? refused : first);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(let_go, 5);
    // The first is told how the connection ended, which may be "closed" as well.
    EXPECT_GE(refused, 7);
    (void)ends.server.Close(1000, "");
  }
}

// A context that any thread ends reaches a read that is pending on the loop's.
WS_TEST(ThreadsTest, WS_22_ACancelFromAnotherThread) {
  for (int round = 0; round < 50; ++round) {
    Limits limits;
    limits.close_wait = 50 * kMillisecond;
    typename ThreadsTest<B>::Ends ends(limits);
    Context context, ended;
    ended.Cancel();
    std::array<std::byte, 16> to, other;
    std::thread reader([&] {
      Errc e = Errc::kInvalid;
      while (e == Errc::kInvalid) e = ends.server.Read(context, to).result.err;
      EXPECT_EQ(e, Errc::kCanceled);
    });
    // This one never begins; it is refused once the reader's is pending.
    while (ends.server.Read(ended, other).result.err != Errc::kInvalid) std::this_thread::yield();
    context.Cancel();
    reader.join();
    (void)ends.server.Close(1000, "");
    (void)ends.client.Close(1000, "");
  }
}

}  // namespace
}  // namespace tare::suites::ws_frames
