// SPDX-License-Identifier: Apache-2.0
// What the tests of a transfer stand on: one source with its far end, one destination, one
// transfer.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "impl/splice_write_to/transfer.h"
#include "suites/splice_write_to/call_faults.h"
#include "suites/splice_write_to/destinations.h"
#include "suites/splice_write_to/far_end.h"
#include "suites/support/backend_types.h"
#include "suites/support/time_scale.h"

namespace tare::suites {

namespace splice = io::splice_write_to;

inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000 * kMillisecond;

// SPLICE_TEST(Suite, Name) { ... } runs on every backend as B, or prints why it cannot.
template <class B>
class TransferTest : public testing::Test {
 protected:
  ~TransferTest() override { CallFaults::Clear(); }
};

#define SPLICE_TEST(suite, name)                      \
  template <class B>                                  \
  void suite##_##name();                              \
  TYPED_TEST(suite, name) {                           \
    if (const char* why = TypeParam::WhyNot()) {      \
      std::cout << "not applicable: " << why << '\n'; \
    } else {                                          \
      suite##_##name<TypeParam>();                    \
    }                                                 \
  }                                                   \
  template <class B>                                  \
  void suite##_##name()

// A descriptor that says when it is closed.
template <class B>
struct SeenEnd : io::fd_ops::Fd<B> {
  using io::fd_ops::Fd<B>::Fd;
  void BeginClose() {
    (void)this->Close([](io::fd_ops::Fd<B>& fd, io::Result) noexcept {
      static_cast<SeenEnd&>(fd).closed = true;
    });
  }
  bool closed = false;
};

// The loop and the pool that transfers share.
template <class B>
struct Place {
  explicit Place(const splice::Pool::Options& options = {}) : pool(loop.timers(), options) {}

  // Turns until `done()`, for at most so long, scaled, with `meanwhile` before each turn.
  bool Until(const std::function<bool()>& done, const std::function<void()>& meanwhile = nullptr) {
    Allowance allowance(Scaled(10 * kSecond));
    while (!done() && !allowance.Spent()) {
      if (meanwhile) meanwhile();
      loop.Turn(io::Now().Plus(meanwhile ? 200'000 : kMillisecond));
    }
    return done();
  }
  // Turns a few times, in which what must not happen could.
  void InVain() {
    for (int i = 0; i < 5; ++i) loop.Turn(io::Now().Plus(200'000));
  }

  io::Loop<B> loop;
  splice::Pool pool;
};

// A transfer that remembers how it ended, between ends of its own. Closes all that is open.
template <class B>
class Scene {
 public:
  using Transfer = splice::Transfer<B>;

  Scene(Place<B>& place, std::string_view destination, io::Transport source = io::Transport::kTcp4,
        uint64_t first = 0, splice::DiskThreads* disks = nullptr)
      : place_(place),
        far(source, first),
        from(place.loop),
        to(place.loop),
        target(place.loop),
        transfer(*this, place, disks) {
    std::string why;
    there = NewDestination(destination, why);
    if (there == nullptr) throw std::runtime_error(why);
    EXPECT_TRUE(from.Open(far.TakeNear()).ok());
    if (there->is_socket()) {
      EXPECT_TRUE(to.Open(there->TakeHandle()).ok());
    } else {
      opened = there->offset() < 0
                   ? target.Open(there->handle())
                   : target.OpenAt(there->handle(), static_cast<uint64_t>(there->offset()));
    }
  }
  ~Scene() {
    transfer.Cancel();
    EXPECT_TRUE(!transfer.busy() || place_.Until([this] { return ended > 0; }));
    bool target_closed = false;
    closed_flag = &target_closed;
    const bool closes =
        target.Close([](splice::Target<B>&) noexcept { *closed_flag = true; }) == io::Errc::kOk;
    EXPECT_TRUE(!closes || place_.Until([&] { return target_closed; }));
    for (SeenEnd<B>* end : {&from, &to}) {
      if (end->open()) end->BeginClose();
      EXPECT_TRUE(end->handle() == io::kNoHandle || place_.Until([&] { return end->closed; }));
    }
  }

  void Begin(const splice::Plan& plan = {}) {
    ended = 0;
    there->is_socket() ? transfer.Start(from, to, plan, &OnEnd)
                       : transfer.Start(from, target, plan, &OnEnd);
  }
  // The same transfer between other ends than the scene's.
  template <class To>
  void BeginBetween(io::fd_ops::Fd<B>& source, To& destination, const splice::Plan& plan = {}) {
    ended = 0;
    transfer.Start(source, destination, plan, &OnEnd);
  }
  // Sends more than a destination takes that nobody reads, until nothing moves any more.
  void Stall(uint64_t total = uint64_t{64} << 20) {
    for (int i = 0; i < 300; ++i) {
      far.Send(total, 1 << 20);
      place_.loop.Turn(io::Now().Plus(100'000));
    }
    EXPECT_EQ(ended, 0);
  }
  // Until it has ended by itself; false: it did not.
  bool Ends() {
    return place_.Until([this] { return ended > 0; });
  }
  // Until it has ended, with the far end sending `total` bytes in all and the destination drained;
  // false: it did not end.
  bool Finish(uint64_t total = 0, bool finishes = true, uint64_t at_once = 100'000) {
    return place_.Until([this] { return ended > 0; },
                        [&] {
                          if (far.sent() < total) far.Send(total, at_once);
                          if (finishes && far.sent() >= total) far.Finish();
                          there->Drain();
                        });
  }
  std::vector<std::byte> Arrived() {
    std::vector<std::byte> bytes;
    EXPECT_TRUE(there->Arrived(bytes));
    return bytes;
  }
  // All that is held, taken out.
  std::vector<std::byte> Held() {
    std::vector<std::byte> bytes(transfer.held());
    EXPECT_EQ(transfer.TakeHeld(bytes), bytes.size());
    return bytes;
  }
  // Delivered + held = taken, in order.
  void ExpectNothingLost() {
    const std::vector<std::byte> held = Held();
    EXPECT_EQ(static_cast<uint64_t>(result.n) + held.size(), transfer.taken());
    EXPECT_TRUE(IsSent(held, static_cast<uint64_t>(result.n)));
  }
  static splice::Plan Limit(uint64_t limit) {
    splice::Plan plan;
    plan.limit = limit;
    return plan;
  }

 private:
  struct Mine : Transfer {
    Mine(Scene& the_scene, Place<B>& place, splice::DiskThreads* disks)
        : Transfer(place.loop, place.pool, disks), scene(the_scene) {}
    Scene& scene;
  };
  static void OnEnd(Transfer& transfer, io::Result r) noexcept {
    Scene& scene = static_cast<Mine&>(transfer).scene;
    ++scene.ended;
    scene.result = r;
    if (scene.then) scene.then();
  }
  inline static bool* closed_flag = nullptr;

  Place<B>& place_;

 public:
  std::unique_ptr<Destination> there;
  FarEnd far;
  SeenEnd<B> from, to;
  splice::Target<B> target;
  io::Result opened;
  int ended = 0;
  io::Result result;
  std::function<void()> then;  // inside the callback
  Mine transfer;
};

// "512 ok", "0 timeout".
inline std::string Text(const io::Result& r) {
  return std::to_string(r.n) + " " + std::string(io::Name(r.err));
}

}  // namespace tare::suites
