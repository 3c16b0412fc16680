// SPDX-License-Identifier: Apache-2.0
// What the two ends of a transfer do beside it: they are closed while it waits for the other one,
// used by somebody else, or are no ordinary terminal or pipe; and a transfer that is canceled.
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "suites/splice_write_to/transfer_fixture.h"

namespace tare::suites {
namespace {

template <class B>
class EndsTest : public TransferTest<B> {};
TYPED_TEST_SUITE(EndsTest, AllBackends, BackendNames);

// A target that is the master of a terminal, and the terminal.
template <class B>
struct Master {
  explicit Master(Place<B>& the_place) : place(the_place), target(the_place.loop) {
    EXPECT_EQ(unlockpt(master), 0);
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(terminal, 0);
    termios raw = {};
    cfmakeraw(&raw);
    EXPECT_EQ(tcsetattr(terminal, TCSANOW, &raw), 0);
    EXPECT_TRUE(target.Open(master).ok());
  }
  ~Master() {
    static bool closed;
    closed = false;
    EXPECT_EQ(target.Close([](splice::Target<B>&) noexcept { closed = true; }), io::Errc::kOk);
    EXPECT_TRUE(place.Until([] { return closed; }));
    close(terminal);
    close(master);
  }
  const std::vector<std::byte>& Got() {
    std::array<std::byte, 1000> room;
    const ssize_t n = read(terminal, room.data(), room.size());
    if (n > 0) got.insert(got.end(), room.data(), room.data() + n);
    return got;
  }
  Place<B>& place;
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  int terminal = -1;
  splice::Target<B> target;
  std::vector<std::byte> got;
};

SPLICE_TEST(EndsTest, SP_21_ADestinationIsClosedWhileTheSourceIsSilent) {
  for (const char* destination : {"memory", "pipe", "tcp"}) {
    Place<B> place;
    Scene<B> scene(place, destination);
    scene.Begin();
    place.InVain();
    if (scene.there->is_socket()) {
      scene.to.BeginClose();
    } else {
      EXPECT_EQ(scene.target.Close([](splice::Target<B>&) noexcept {}), io::Errc::kOk);
    }
    EXPECT_EQ(scene.ended, 0);  // never from inside Close
    ASSERT_TRUE(scene.Ends()) << destination;
    EXPECT_EQ(Text(scene.result), "0 closed") << destination;
    EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
    // And what is sent afterwards stays where it is.
    scene.far.Send(100, 100);
    place.InVain();
    EXPECT_EQ(scene.far.Unread().size(), 100u);
  }
}

SPLICE_TEST(EndsTest, SP_21_ASourceIsClosedWhileTheDestinationIsStalled) {
  for (const char* destination : {"tcp", "pipe"}) {
    for (const bool copies : {false, true}) {
      Place<B> place;
      Scene<B> scene(place, destination);
      splice::Plan plan;
      plan.copies = copies;
      scene.Begin(plan);
      scene.Stall();
      scene.from.BeginClose();
      EXPECT_EQ(scene.ended, 0);
      ASSERT_TRUE(scene.Ends()) << destination << copies;
      EXPECT_EQ(scene.result.err, io::Errc::kClosed);
      EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
      EXPECT_GT(scene.transfer.held(), 0u);
      scene.ExpectNothingLost();
    }
  }
}

SPLICE_TEST(EndsTest, ASourceThatIsNotOpenIsSaidAfterTheFirstBytes) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  SeenEnd<B> never(place.loop);
  std::vector<std::byte> first(10);
  for (size_t i = 0; i < first.size(); ++i) first[i] = SentByte(i);
  splice::Plan plan;
  plan.first = first;
  scene.BeginBetween(never, scene.target, plan);
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "10 closed");
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
  EXPECT_TRUE(IsSent(scene.Arrived(), 0));
}

SPLICE_TEST(EndsTest, SP_20_ADeadlineThatHasPassedHoldsForCopiesToo) {
  for (const char* destination : {"pipe", "terminal", "tcp"}) {
    for (const bool copies : {false, true}) {
      Place<B> place;
      Scene<B> scene(place, destination);
      scene.far.Send(1000, 1000);
      const auto set = [&](io::Deadline d) {
        return scene.there->is_socket() ? scene.to.SetWriteDeadline(d)
                                        : scene.target.SetDeadline(d);
      };
      EXPECT_EQ(set(io::Deadline::Past()), io::Errc::kOk);
      splice::Plan plan;
      plan.copies = copies;
      scene.Begin(plan);
      ASSERT_TRUE(scene.Finish(1000));
      EXPECT_EQ(Text(scene.result), "0 timeout") << destination << copies;
      EXPECT_EQ(scene.Arrived().size(), 0u) << destination << copies;
      EXPECT_EQ(scene.transfer.held(), 1000u);
      // Set anew it lets the rest through.
      EXPECT_EQ(set(io::Deadline::Never()), io::Errc::kOk);
      scene.Begin(plan);
      ASSERT_TRUE(scene.Finish(1000));
      EXPECT_EQ(Text(scene.result), "1000 ok") << destination << copies;
      EXPECT_TRUE(IsSent(scene.Arrived(), 0));
    }
  }
}

// A pipe that is copied into is asked again and again; its deadline ends that.
SPLICE_TEST(EndsTest, SP_14_SP_20_ADeadlineEndsTheWaitForAPipeThatIsCopiedInto) {
  Place<B> place;
  Scene<B> scene(place, "pipe");
  splice::Plan plan;
  plan.copies = true;
  scene.Begin(plan);
  scene.Stall();
  EXPECT_EQ(scene.target.SetDeadline(io::Now().Plus(20 * kMillisecond)), io::Errc::kOk);
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(scene.result.err, io::Errc::kTimeout);
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
  EXPECT_EQ(static_cast<uint64_t>(scene.result.n) + scene.transfer.held(), scene.transfer.taken());
}

// The other end of a terminal, which programs like sshd write to: to open /dev/ptmx a second time
// makes another terminal, and what is written there nobody reads.
SPLICE_TEST(EndsTest, SP_13_BytesForTheMasterOfATerminalArriveAtThatTerminal) {
  Place<B> place;
  Master<B> one(place), other(place);
  Scene<B> first(place, "memory"), second(place, "memory");
  // Both at once, for they are not the same.
  first.BeginBetween(first.from, one.target, first.Limit(500));
  second.BeginBetween(second.from, other.target, second.Limit(500));
  first.far.Send(500, 500);
  second.far.Send(500, 500);
  ASSERT_TRUE(first.Ends() && second.Ends());
  EXPECT_EQ(Text(first.result), "500 ok");
  EXPECT_EQ(Text(second.result), "500 ok");
  for (Master<B>* master : {&one, &other}) {
    EXPECT_TRUE(place.Until([&] { return master->Got().size() == 500; }));
    EXPECT_TRUE(IsSent(master->Got(), 0));
  }
}

SPLICE_TEST(EndsTest, SP_15_WhatHasNoPlacesHasNoOffset) {
  Place<B> place;
  for (const char* destination : {"pipe", "terminal"}) {
    std::string why;
    const auto there = NewDestination(destination, why);
    splice::Target<B> target(place.loop);
    const io::Result r = target.OpenAt(there->handle(), 0);
    EXPECT_EQ(r.err, io::Errc::kInvalid) << destination;
    EXPECT_EQ(r.os, ESPIPE);
    EXPECT_FALSE(target.open());
  }
}

// A caller who writes to the destination himself is refused, as one who reads from the source.
SPLICE_TEST(EndsTest, SP_32_AnEndThatTheCallerUsesHimselfIsInUse) {
  Place<B> place;
  Scene<B> scene(place, "tcp");
  std::vector<std::byte> many(uint64_t{64} << 20);
  static int ends;
  ends = 0;
  scene.to.Write(many, [](io::fd_ops::Fd<B>&, io::Result) noexcept { ++ends; });
  place.InVain();
  ASSERT_EQ(ends, 0);
  scene.Begin();
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "0 in-use");
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kDestination);
  scene.to.CancelWrite();
  std::array<std::byte, 10> few;
  scene.from.Read(few, [](io::fd_ops::Fd<B>&, io::Result) noexcept { ++ends; });
  ASSERT_TRUE(place.Until([&] { return ends == 1; }));
  scene.Begin();
  ASSERT_TRUE(scene.Ends());
  EXPECT_EQ(Text(scene.result), "0 in-use");
  EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kSource);
  scene.from.CancelRead();
  ASSERT_TRUE(place.Until([&] { return ends == 2; }));
}

// Whatever their pools: an end serves one transfer at a time.
SPLICE_TEST(EndsTest, SP_32_ATransferOfAnotherPoolIsRefusedAnEndToo) {
  Place<B> place;
  splice::Pool another(place.loop.timers());
  splice::Transfer<B> late(place.loop, another);
  Scene<B> scene(place, "tcp"), other(place, "tcp");
  scene.Begin();
  place.InVain();
  static int ended;
  static io::Result result;
  ended = 0;
  const auto note = [](splice::Transfer<B>&, io::Result r) noexcept {
    ++ended;
    result = r;
  };
  late.Start(scene.from, other.to, {}, note);
  ASSERT_TRUE(place.Until([&] { return ended == 1; }));
  EXPECT_EQ(Text(result), "0 in-use");
  EXPECT_EQ(late.failed(), splice::Transfer<B>::Side::kSource);
  late.Start(other.from, scene.to, {}, note);
  ASSERT_TRUE(place.Until([&] { return ended == 2; }));
  EXPECT_EQ(Text(result), "0 in-use");
  EXPECT_EQ(late.failed(), splice::Transfer<B>::Side::kDestination);
  // A device is nobody's, and a target of it one transfer's.
  Scene<B> device(place, "null");
  device.Begin();
  late.Start(other.from, device.target, {}, note);
  ASSERT_TRUE(place.Until([&] { return ended == 3; }));
  EXPECT_EQ(Text(result), "0 in-use");
  // And what was refused has left the end to whom it belongs.
  ASSERT_TRUE(scene.Finish(1000));
  EXPECT_EQ(Text(scene.result), "1000 ok");
}

SPLICE_TEST(EndsTest, SP_26_OddSizesOfPipesAndBuffersAreMadeDoWith) {
  for (const size_t pipe_size : {size_t{0}, size_t{1} << 32, ~size_t{0}}) {
    for (const bool copies : {false, true}) {
      splice::Pool::Options options;
      options.pipe_size = pipe_size;
      options.buffer_size = 0;
      Place<B> place(options);
      Scene<B> scene(place, "memory");
      CallFaults::Clear();
      splice::Plan plan;
      plan.copies = copies;
      scene.Begin(plan);
      ASSERT_TRUE(scene.Finish(200));
      EXPECT_EQ(Text(scene.result), "200 ok");
      EXPECT_TRUE(IsSent(scene.Arrived(), 0));
    }
  }
}

// In every step that waits; once; and the next transfer delivers what is held.
SPLICE_TEST(EndsTest, SP_19_CancelEndsItWhateverItWaitsFor) {
  for (const char* destination : {"memory", "pipe", "tcp"}) {
    for (const bool copies : {false, true}) {
      for (const bool stalls : {false, true}) {
        if (stalls && std::string_view(destination) == "memory") continue;
        Place<B> place;
        Scene<B> scene(place, destination);
        splice::Plan plan;
        plan.copies = copies;
        scene.Begin(plan);
        place.InVain();
        if (stalls) scene.Stall();
        scene.transfer.Cancel();
        EXPECT_EQ(scene.ended, 0);  // never from inside Cancel
        ASSERT_TRUE(scene.Ends()) << destination << copies;
        EXPECT_EQ(scene.result.err, io::Errc::kCanceled) << destination << copies << stalls;
        EXPECT_EQ(scene.transfer.failed(), splice::Transfer<B>::Side::kNeither);
        const auto before = static_cast<uint64_t>(scene.result.n);
        const uint64_t taken = scene.transfer.taken();
        EXPECT_EQ(before + scene.transfer.held(), taken);
        // No timer of it is armed any more that could end it again.
        const io::Deadline end = io::Now().Plus(10 * kMillisecond);
        while (!io::HasPassed(end)) place.loop.Turn(end);
        EXPECT_EQ(scene.ended, 1);
        plan.limit = 0;
        scene.Begin(plan);
        ASSERT_TRUE(scene.Finish()) << destination << copies;
        EXPECT_EQ(Text(scene.result), std::to_string(taken - before) + " ok");
        EXPECT_TRUE(IsSent(scene.Arrived(), 0));
      }
    }
  }
}

SPLICE_TEST(EndsTest, SP_09_WhatIsHeldInABufferIsNobodyElses) {
  Place<B> place;
  Scene<B> first(place, "memory"), second(place, "append");
  splice::Plan plan;
  plan.copies = true;
  CallFaults::Fail(Call::kWrite, ENOSPC, 0, kForGood);
  first.Begin(plan);
  ASSERT_TRUE(first.Finish(3000));
  EXPECT_EQ(first.result.os, ENOSPC);
  EXPECT_EQ(first.transfer.held(), 3000u);
  CallFaults::Clear();
  second.far.Send(10, 10);  // other bytes in front
  second.Begin();
  ASSERT_TRUE(second.Finish(50'000));
  EXPECT_EQ(Text(second.result), "50000 ok");
  std::vector<std::byte> some(1000), rest(2000);
  EXPECT_EQ(first.transfer.TakeHeld(some), 1000u);
  EXPECT_TRUE(IsSent(some, 0));
  EXPECT_EQ(first.transfer.held(), 2000u);
  EXPECT_EQ(first.transfer.TakeHeld(rest), 2000u);
  EXPECT_TRUE(IsSent(rest, 1000));
  EXPECT_EQ(first.transfer.held(), 0u);
}

SPLICE_TEST(EndsTest, SP_25_APipeIsGivenBackOnceWhatItHeldIsTaken) {
  Place<B> place;
  Scene<B> scene(place, "memory");
  CallFaults::Fail(Call::kSpliceOut, EIO, 0, kForGood);
  scene.Begin();
  ASSERT_TRUE(scene.Finish(3000));
  CallFaults::Clear();
  std::vector<std::byte> some(1000), rest(2000);
  EXPECT_EQ(scene.transfer.TakeHeld(some), 1000u);
  EXPECT_EQ(place.pool.idle(), 0u);
  EXPECT_EQ(scene.transfer.TakeHeld(rest), 2000u);
  EXPECT_TRUE(IsSent(rest, 1000));
  EXPECT_EQ(place.pool.idle(), 1u);
}

SPLICE_TEST(EndsTest, SP_13_AFileThatWouldBlockIsAskedAFewTimes) {
  for (const bool copies : {false, true}) {
    for (const bool for_good : {false, true}) {
      Place<B> place;
      Scene<B> scene(place, "memory");
      CallFaults::Fail(copies ? Call::kWrite : Call::kSpliceOut, EAGAIN, 0,
                       for_good ? kForGood : 3);
      splice::Plan plan;
      plan.copies = copies;
      scene.Begin(plan);
      ASSERT_TRUE(scene.Finish(1000));
      EXPECT_EQ(Text(scene.result), for_good ? "0 resource" : "1000 ok");
      EXPECT_EQ(scene.transfer.held(), for_good ? 1000u : 0u);
      CallFaults::Clear();
    }
  }
}

SPLICE_TEST(EndsTest, SP_13_ASocketIsNoTarget) {
  Place<B> place;
  std::string why;
  const auto there = NewDestination("tcp", why);
  splice::Target<B> target(place.loop);
  EXPECT_EQ(target.Open(there->handle()).err, io::Errc::kInvalid);
}

// Three that meet in one place of the table leave it in every order.
SPLICE_TEST(EndsTest, SP_32_ClaimsThatMeetComeAndGoInAnyOrder) {
  Place<B> place;
  for (const auto& order : {std::array{0, 1, 2}, std::array{0, 2, 1}, std::array{1, 0, 2},
                            std::array{1, 2, 0}, std::array{2, 0, 1}, std::array{2, 1, 0}}) {
    std::array<splice::Pool::Claim, 3> claims;
    for (uint64_t i = 0; i < claims.size(); ++i) {
      claims[i].of = {i + 1, 7};
      ASSERT_TRUE(place.pool.Enter(claims[i]));
    }
    std::array<bool, 3> there = {true, true, true};
    for (const int gone : order) {
      place.pool.Leave(claims[static_cast<size_t>(gone)]);
      there[static_cast<size_t>(gone)] = false;
      for (uint64_t i = 0; i < claims.size(); ++i) {
        splice::Pool::Claim again;
        again.of = {i + 1, 7};
        EXPECT_EQ(place.pool.Enter(again), !there[i]);
        place.pool.Leave(again);
      }
    }
  }
}

}  // namespace
}  // namespace tare::suites
