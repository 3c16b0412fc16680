// SPDX-License-Identifier: Apache-2.0
// What the reference allocates beside the library: nothing. The library's own blocks are counted by
// its hook, which is set before it has any.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdint>
#include <cstdlib>

#include "impl/tls_handshake/baseline.h"
#include "suites/tls_handshake/connection_fixture.h"
#include "suites/tls_handshake/seed_design.h"
#include "tare/alloc_scope.h"

namespace tare::suites::tls_handshake {
namespace {

uint64_t of_the_library = 0;  // all on one thread

// A realloc counts as tare::AllocScope counts it.
const bool hooked = CRYPTO_set_mem_functions(
                        [](size_t size, const char*, int) -> void* {
                          ++of_the_library;
                          return std::malloc(size);
                        },
                        [](void* block, size_t size, const char*, int) -> void* {
                          of_the_library += size > 0;
                          return std::realloc(block, size);
                        },
                        [](void* block, const char*, int) { std::free(block); }) == 1;

bool AllocsAreCounted() {
  if (AllocScope::WhyNot().empty()) return true;
  NotApplicable(AllocScope::WhyNot());
  return false;
}

// What is allocated by others than the library in `work`.
template <class Work>
uint64_t Ours(Work work) {
  const uint64_t before = of_the_library;
  const AllocScope scope;
  work();
  const AllocCount count = scope.Delta();
  const uint64_t theirs = of_the_library - before;
  EXPECT_GE(count.allocs, theirs);
  return count.allocs - theirs;
}

// Ends that echo, and count; of whichever kind.
template <class B, class Base = Tls<B>>
struct Echoing : Base {
  explicit Echoing(io::Loop<B>& loop) : Base(loop) {}
  void Await() {
    Base::Read(room, [](Tls<B>& t, Result r) noexcept {
      Echoing& self = static_cast<Echoing&>(t);
      self.result = r;
      ++self.reads;
      if (r.ok() && self.answers) {
        self.Base::Write(std::span(self.room).first(static_cast<size_t>(r.n)), &Written);
      }
    });
  }
  void Say() { Base::Write(std::span(message), &Written); }
  static void Written(Tls<B>& t, Result r) noexcept {
    Echoing& self = static_cast<Echoing&>(t);
    self.written += r.ok();
    if (self.answers) self.Await();
  }
  bool answers = false;
  int reads = 0, written = 0, closed = 0;
  Result result;
  std::array<std::byte, 512> room, message{};
};

template <class B>
class AllocTest : public ConnectionTest<B> {
 public:
  template <class End = Echoing<B>>
  struct EndsOf {
    EndsOf(io::Loop<B>& l, Version version)
        : loop(l), client(std::make_unique<End>(l)), server(std::make_unique<End>(l)) {
      const io::Pair pair = ConnectionTest<B>::NewPair();
      EXPECT_TRUE(client->Open(pair.client, *ClientOf(version), kServerName).ok());
      EXPECT_TRUE(server->Open(pair.server, *ServerOf(version)).ok());
      server->answers = true;
    }
    ~EndsOf() {
      for (End* end : {client.get(), server.get()}) {
        EXPECT_EQ(end->Close([](Tls<B>& t, Result) noexcept { ++static_cast<End&>(t).closed; }),
                  Errc::kOk);
      }
      EXPECT_TRUE(TurnUntil(loop, [&] { return client->closed > 0 && server->closed > 0; }));
    }
    // Nothing of the test's own allocates.
    void Trip() {
      const int reads = client->reads, written = client->written;
      client->Await();
      client->Say();
      while (client->reads == reads || client->written == written) loop.Turn();
    }
    io::Loop<B>& loop;
    std::unique_ptr<End> client, server;
  };
  using Ends = EndsOf<>;
};
TYPED_TEST_SUITE(AllocTest, AllBackends, BackendNames);

TLS_TEST(AllocTest, TL_04_TL_35_ATripAndACheckAllocateNothingOfOurs) {
  if (!AllocsAreCounted()) return;
  ASSERT_TRUE(hooked);
  for (const Version version : kVersions) {
    typename AllocTest<B>::Ends ends(t.loop, version);
    // The handshake as well.
    EXPECT_EQ(Ours([&] {
                ends.server->Await();
                ends.Trip();
              }),
              0u);
    const uint64_t before = of_the_library;
    EXPECT_EQ(Ours([&] {
                for (int i = 0; i < 1000; ++i) ends.Trip();
              }),
              0u);
    // Two records a trip, each sealed and opened.
    EXPECT_EQ(of_the_library - before, version == Version::kTls12 ? 4000u : 8000u);
    int ended = 0;
    struct Counting : Waiter {
      int* ended;
    };
    const AllocScope scope;
    for (int i = 0; i < 1000; ++i) {
      Counting waiter;
      waiter.done = [](Waiter& w, Result r) noexcept {
        *static_cast<Counting&>(w).ended += r.ok();
      };
      waiter.ended = &ended;
      EXPECT_TRUE(ends.client->ready());
      ends.client->Handshake(waiter);
      while (ended == i) t.loop.Turn();
    }
    EXPECT_EQ(scope.Delta(), AllocCount{});  // the library's neither
  }
}

TLS_TEST(AllocTest, TL_04_NorDoDeadlinesTimeoutsAndCancels) {
  if (!AllocsAreCounted()) return;
  typename AllocTest<B>::Ends ends(t.loop, Version::kTls13);
  ends.server->Await();
  ends.Trip();
  EXPECT_EQ(Ours([&] {
              for (int i = 0; i < 200; ++i) {
                const int reads = ends.client->reads;
                if (i % 2 == 0) (void)ends.client->SetReadDeadline(Now().Plus(1000));
                ends.client->Await();
                if (i % 2 == 1) ends.client->CancelRead();
                while (ends.client->reads == reads) t.loop.Turn();
                EXPECT_EQ(ends.client->result.err, i % 2 == 0 ? Errc::kTimeout : Errc::kCanceled);
                (void)ends.client->SetReadDeadline(Now().Plus(kPatience));
                (void)ends.client->SetWriteDeadline(Now().Plus(kPatience));
                ends.Trip();
              }
            }),
            0u);
}

// The list in baseline.h.
TLS_TEST(AllocTest, RG_29_TheBaselineAllocatesWhatItsFileNames) {
  if (!AllocsAreCounted()) return;
  using End = Echoing<B, io::tls_handshake::BaselineTls<B>>;
  typename AllocTest<B>::template EndsOf<End> ends(t.loop, Version::kTls13);
  ends.server->Await();
  ends.Trip();
  const uint64_t trips = Ours([&] {
    for (int i = 0; i < 100; ++i) ends.Trip();
  });
  EXPECT_EQ(trips, 800u);
  Waiter waiter([](Waiter& w, Result) noexcept { w.done = nullptr; });
  const uint64_t handshake = Ours([&] {
    ends.client->Handshake(waiter);
    while (waiter.done != nullptr) t.loop.Turn();
  });
  EXPECT_EQ(handshake, 4u);
}

// Only where the handshake is over is the published design cheap.
TLS_TEST(AllocTest, SD_2_03_WhoWaitsAllocatesNothing) {
  if (!AllocsAreCounted()) return;
  const auto waiting = [&](auto& ends) {
    Waiter waiter([](Waiter& w, Result) noexcept { w.done = nullptr; });
    const uint64_t ours = Ours([&] { ends.client->Handshake(waiter); });
    ends.server->Await();
    while (waiter.done != nullptr) t.loop.Turn();
    return ours;
  };
  typename AllocTest<B>::Ends ends(t.loop, Version::kTls13);
  EXPECT_EQ(waiting(ends), 0u);
  typename AllocTest<B>::template EndsOf<Echoing<B, SeedTls<B>>> seed(t.loop, Version::kTls13);
  EXPECT_EQ(waiting(seed), 2u);
}

// The negative control: an end, and an allocation in every other read.
TLS_TEST(AllocTest, AL_06_APlantedAllocationIsSeen) {
  if (!AllocsAreCounted() || AllocScope::Covers() == "new") return;
  typename AllocTest<B>::Ends ends(t.loop, Version::kTls13);
  ends.server->Await();
  ends.Trip();
  EXPECT_EQ(Ours([&] {
              for (int i = 0; i < 100; ++i) {
                void* volatile plant = i % 2 == 0 ? std::malloc(24) : nullptr;
                std::free(plant);
                ends.Trip();
              }
            }),
            50u);
}

}  // namespace
}  // namespace tare::suites::tls_handshake
