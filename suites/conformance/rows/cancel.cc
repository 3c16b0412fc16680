// SPDX-License-Identifier: Apache-2.0
// CX: what a call that was cut short leaves alone, and everything at once.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <latch>
#include <thread>
#include <vector>

#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

using std::chrono::milliseconds;

constexpr int kThreads = 10;
constexpr int kRounds = 100;
constexpr std::byte kSent{0x5a};    // what is sent
constexpr std::byte kCanary{0xc3};  // what a buffer is filled with the instant its call returns

bool AllAre(std::byte value, std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [value](std::byte b) { return b == value; });
}

// Uneven traffic, for a call to be cut short at any point of its life.
void Dawdle(Random& random) {
  std::this_thread::sleep_for(std::chrono::microseconds(random.Below(2000)));
}

// A buffer for each call: none is used again, so whatever touches one late can be seen to the end.
using Buffers = std::vector<std::vector<std::byte>>;

Buffers MakeBuffers(size_t size, std::byte value) {
  return Buffers(kThreads * kRounds, std::vector<std::byte>(size, value));
}

std::span<std::vector<std::byte>> OfThread(Buffers& buffers, int thread) {
  return std::span(buffers).subspan(static_cast<size_t>(thread) * kRounds, kRounds);
}

void ReadBufferIsFree(Subject& subject) {
  Buffers buffers = MakeBuffers(1024, std::byte{0});
  {
    const Pipe pipe = MakePipe(subject);
    std::atomic<bool> stop{false};
    std::atomic<int> cut_short{0};
    Crew peer, readers;
    peer.Add("peer", [&] {
      Random random(kThreads);
      const std::vector<std::byte> bytes(256, kSent);
      while (!stop.load(std::memory_order_relaxed)) {
        Want(Error::kOk, pipe.b->Write(bytes));
        Dawdle(random);
      }
    });
    for (int t = 0; t < kThreads; ++t) {
      readers.Add("reader", [&, t] {
        for (std::vector<std::byte>& buffer : OfThread(buffers, t)) {
          Deadline(*pipe.a, Which::kRead, Clock::now() + milliseconds(1));
          const Result r = pipe.a->Read(buffer);
          const bool all_sent = AllAre(kSent, {buffer.data(), r.n});
          std::fill(buffer.begin(), buffer.end(), kCanary);
          TARE_WANT(r.ok() ? r.n > 0 : r.error == Error::kTimeout && r.n == 0, r);
          TARE_WANT(all_sent, "bytes that nobody sent");
          if (!r.ok()) cut_short.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
    readers.Join();
    TARE_WANT(cut_short > 0, "no read that its deadline has ended");
    stop = true;
    peer.Join();
    Close(*pipe.a);
  }
  for (const std::vector<std::byte>& buffer : buffers) {
    TARE_WANT(AllAre(kCanary, buffer), "bytes from after the return of a read");
  }
}

void WriteBufferIsFree(Subject& subject) {
  Buffers buffers = MakeBuffers(1 << 15, kSent);
  const Pipe pipe = MakePipe(subject);
  std::atomic<bool> slow{true};
  std::atomic<int> cut_short{0};
  Crew peer, writers;
  peer.Add("peer", [&] {
    Random random(kThreads);
    std::vector<std::byte> bytes(1 << 14);
    for (;;) {
      const Result r = pipe.b->Read(bytes);
      const bool late = std::memchr(bytes.data(), static_cast<int>(kCanary), r.n) != nullptr;
      TARE_WANT(!late, "bytes from after the return of a write");
      if (r.error == Error::kEof) return;
      Want(Error::kOk, r);
      if (slow.load(std::memory_order_relaxed)) Dawdle(random);
    }
  });
  for (int t = 0; t < kThreads; ++t) {
    writers.Add("writer", [&, t] {
      for (std::vector<std::byte>& buffer : OfThread(buffers, t)) {
        Deadline(*pipe.a, Which::kWrite, Clock::now() + milliseconds(1));
        const Result r = pipe.a->Write(buffer);
        std::fill(buffer.begin(), buffer.end(), kCanary);
        TARE_WANT(r.ok() ? r.n == buffer.size() : r.error == Error::kTimeout, r);
        if (!r.ok()) cut_short.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  writers.Join();
  TARE_WANT(cut_short > 0, "no write that its deadline has ended");
  slow = false;
  Close(*pipe.a);
}

// One of the seven kinds of methods.
void CallMethod(Conn& conn, int kind) {
  std::vector<std::byte> bytes(1024);
  const TimePoint soon = Clock::now() + milliseconds(10);
  const auto want = [](const Result& r) { TARE_WANT(r.ok() || r.error == Error::kTimeout, r); };
  switch (kind) {
    case 0:
      return want(conn.Read(bytes));
    case 1:
      return want(conn.Write(bytes));
    case 2:
      return Deadline(conn, Which::kBoth, soon);
    case 3:
      return Deadline(conn, Which::kRead, soon);
    case 4:
      return Deadline(conn, Which::kWrite, soon);
    case 5:
      return TARE_WANT(!conn.LocalAddress().empty(), "no local address");
    case 6:
      return TARE_WANT(!conn.RemoteAddress().empty(), "no remote address");
  }
}

void EverythingAtOnce(Subject& subject) {
  constexpr int kKinds = 7, kThreadsOfAKind = 10, kCalls = 10;
  const Pipe pipe = MakePipe(subject);
  Crew peer, crew;
  peer.Add("echo", [&] {
    std::vector<std::byte> bytes(1024);
    for (Result r; (r = pipe.b->Read(bytes)).error != Error::kEof;) {
      Want(Error::kOk, r);
      Want(Error::kOk, pipe.b->Write({bytes.data(), r.n}));
    }
  });
  std::latch ready(kKinds * kThreadsOfAKind), start(1);
  for (int t = 0; t < kKinds * kThreadsOfAKind; ++t) {
    crew.Add("caller", [&, kind = t % kKinds] {
      ready.count_down();
      start.wait();
      for (int i = 0; i < kCalls; ++i) CallMethod(*pipe.a, kind);
    });
  }
  ready.wait();
  // Reads end by an echo or by a deadline; there is one before the first of them starts, and not so
  // early that making the threads uses it up.
  Deadline(*pipe.a, Which::kBoth, Clock::now() + milliseconds(10));
  start.count_down();
  crew.Join();
  Deadline(*pipe.a, Which::kBoth, kNever);
  Resync(*pipe.a, *pipe.a);
  Close(*pipe.a);
}

constexpr Row kRows[] = {
    {"CX-01",
     "the buffer may be overwritten the instant a cancelled read returns: 10 threads x 100 reads "
     "with 1 ms deadlines",
     ReadBufferIsFree},
    {"CX-02",
     "the buffer may be overwritten the instant a cancelled write returns: 10 threads x 100 writes "
     "with 1 ms deadlines",
     WriteBufferIsFree},
    {"CX-10", "100 x 7 method kinds at once, then resync", EverythingAtOnce},
};

}  // namespace

const std::span<const Row> kCancelRows = kRows;

}  // namespace tare::conformance
