// SPDX-License-Identifier: Apache-2.0
// Sentences 14 and 15 of the contract of a backend: what Poll waits for, and what wakes it.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(PollTest);
CONTRACT_SUITE(WakeTest);

// For something that must not take long.
template <class B>
Deadline GiveUp() {
  return Now().Plus(Patience<B>());
}

CONTRACT(PollTest, S14_PollReturnsHowManyEnded) {
  Bed<B> bed;
  std::array<std::array<std::byte, 16>, 10> buffers;
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (size_t i = 0; i < buffers.size(); ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  // Some have ended before the Poll, some end in it.
  for (size_t i = 0; i < buffers.size(); ++i) {
    Push(*lines[i]->peer, Pattern(16));
    lines[i]->end.Recv(i % 2 == 0 ? std::span<std::byte>(buffers[i]) : std::span<std::byte>());
  }
  const auto all_ended = [&lines] {
    return std::all_of(lines.begin(), lines.end(),
                       [](const auto& line) { return line->end.in.ended == 1; });
  };
  int sum = 0;
  const Deadline give_up = GiveUp<B>();
  while (!all_ended() && !HasPassed(give_up)) sum += bed.Poll(give_up);
  MUST(all_ended());
  MUST(sum == 10);
  return bed.verdict();
}
CATCHES(PollTest, S14_PollReturnsHowManyEnded, Miscounts, "sum == 10")

CONTRACT(PollTest, S14_PollDoesNotWaitWhenSomethingHasEnded) {
  Bed<B> bed;
  Line<B> line(bed);
  line.end.Recv({});
  const Deadline give_up = GiveUp<B>();
  MUST(bed.Poll(give_up) == 1);
  MUST(!HasPassed(give_up));
  return bed.verdict();
}

CONTRACT(PollTest, S14_PastDoesNotWaitAtAll) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  const Deadline give_up = GiveUp<B>();
  for (int i = 0; i < 1000; ++i) MUST(bed.Poll(Deadline::Past()) == 0);
  MUST(!HasPassed(give_up));
  return bed.verdict();
}

template <class B>
std::string NeverReturnsEarly(Bed<B>& bed) {
  for (const int64_t wait : {-kMilli, int64_t{0}, int64_t{1}, 10 * kMicro, 300 * kMicro,
                             999 * kMicro, kMilli, 3 * kMilli + 1, 20 * kMilli}) {
    const Deadline d = Now().Plus(wait);
    const int ended = bed.Poll(d);
    const Deadline now = Now();
    MUST(ended == 0);
    MUST(now >= d);
    MUST(now < d.Plus(Patience<B>()));
  }
  return bed.verdict();
}

CONTRACT(PollTest, S14_PollWaitsUntilTheDeadlineAndNotLess) {
  Bed<B> bed;
  const std::string alone = NeverReturnsEarly(bed);
  if (!alone.empty()) return alone;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  return NeverReturnsEarly(bed);
}
CATCHES(PollTest, S14_PollWaitsUntilTheDeadlineAndNotLess, ReturnsEarly, "now >= d")

CONTRACT(PollTest, S14_PollWaitsUntilALongDeadline) {
  Bed<B> bed;
  const Interruptions interruptions;
  const Deadline d = Now().Plus(kSecond + 100 * kMilli);
  MUST(bed.Poll(d) == 0);
  MUST(Now() >= d);
  return bed.verdict();
}

// A backend may have set it once for all who ask: when it has come it is over, for whoever asks for
// it again, and for a wait that has no end of its own, which sleeps.
CONTRACT(PollTest, S14_ADeadlineThatHasComeIsOver) {
  Bed<B> bed;
  for (int round = 0; round < 3; ++round) {
    const Deadline d = Now().Plus(30 * kMilli);
    bed.backend.Wake();
    while (!HasPassed(d)) MUST(bed.Poll(d) == 0);
    MUST(bed.Poll(d) == 0);
  }
  constexpr int64_t kWait = 200 * kMilli;
  std::thread waker([&bed] {
    Bed<B> other;
    (void)other.Poll(Now().Plus(kWait));
    bed.backend.Wake();
  });
  const int64_t before = CpuTime();
  const int ended = bed.Poll(Deadline::Never());
  const int64_t spent = CpuTime() - before;
  waker.join();
  MUST(ended == 0);
  MUST(spent < kWait / 20);
  return bed.verdict();
}

CONTRACT(PollTest, S14_WhatHasNothingPendingDoesNotEndPoll) {
  // Data, ends of stream and resets that nobody has asked for.
  Bed<B> bed;
  Line<B> data(bed), end(bed), reset(bed), both(bed);
  const Endpoint<B> unconnected(bed, OwnedHandle(NewTcp4()));
  Push(*data.peer, Pattern(100));
  (void)ShutdownSend(*end.peer);
  reset.peer.Close();
  (void)ShutdownSend(*both.peer);
  (void)ShutdownSend(both.end.handle());
  return NeverReturnsEarly(bed);
}

// Nor is it reported at every look, unseen: whoever waits sleeps. Nor where something was pending
// before.
CONTRACT(PollTest, S14_WhatHasNothingPendingBurnsNoCpu) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> data(bed), end(bed), reset(bed), both(bed),
      were[3] = {Line<B>(bed), Line<B>(bed), Line<B>(bed)};
  const Endpoint<B> unconnected(bed, OwnedHandle(NewTcp4()));
  for (Line<B>& was : were) was.end.Recv(buffer);
  bed.PollInVain();
  for (Line<B>& was : were) was.end.Settle();
  Push(*data.peer, Pattern(100));
  Push(*were[0].peer, Pattern(100));
  (void)ShutdownSend(*end.peer);
  reset.peer.Close();
  were[1].peer.Close();
  for (Line<B>* line : {&both, &were[2]}) {
    (void)ShutdownSend(*line->peer);
    (void)ShutdownSend(line->end.handle());
  }
  bed.PollInVain();
  // Who sleeps takes a thousandth of it, and who spins more than a twentieth on a busy machine too.
  constexpr int64_t kWait = 200 * kMilli;
  const int64_t before = CpuTime();
  MUST(bed.Poll(Now().Plus(kWait)) == 0);
  MUST(CpuTime() - before < kWait / 20);
  return bed.verdict();
}

// Looks again and again instead of waiting.
template <class B>
class Spins : public Forward<B> {
 public:
  int Poll(Deadline d) noexcept {
    int count = 0;
    do {
      count = Forward<B>::Poll(Deadline::Past());
    } while (count == 0 && !HasPassed(d));
    return count;
  }
};
CATCHES(PollTest, S14_WhatHasNothingPendingBurnsNoCpu, Spins, "CpuTime() - before < kWait / 20")

CONTRACT(PollTest, S14_AnInterruptionDoesNotEndPoll) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  const Interruptions interruptions;
  const std::string wrong = NeverReturnsEarly(bed);
  if (!wrong.empty()) return wrong;
  MUST(Interruptions::Count() > 0);
  return bed.verdict();
}

// Whether a Poll returned because it was woken, and not for its deadline.
template <class B>
bool WokenPoll(Bed<B>& bed) {
  const Deadline give_up = GiveUp<B>();
  return bed.Poll(give_up) == 0 && !HasPassed(give_up);
}

CONTRACT(WakeTest, S15_AWakeBeforePollEndsIt) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  for (int i = 0; i < 10; ++i) {
    if (i == 5) line.end.Recv(buffer);
    bed.backend.Wake();
    MUST(WokenPoll(bed));
  }
  return bed.verdict();
}
CATCHES(WakeTest, S15_AWakeBeforePollEndsIt, LosesAWake, "WokenPoll(bed)")

CONTRACT(WakeTest, S15_AWakeOutlivesPollsThatDoNotWait) {
  Bed<B> bed;
  Line<B> line(bed);
  bed.backend.Wake();
  for (int i = 0; i < 3; ++i) MUST(bed.Poll(Deadline::Past()) == 0);
  MUST(WokenPoll(bed));
  // Nor does a Poll that finds something ended take it; many of them, for some look at the system
  // then.
  bed.backend.Wake();
  for (int i = 0; i < 50; ++i) {
    line.end.Recv({});
    MUST(bed.Poll(GiveUp<B>()) == 1);
  }
  MUST(WokenPoll(bed));
  return bed.verdict();
}

// What ends by the system, and a Wake, both there when Poll looks: each has a Poll of its own.
CONTRACT(WakeTest, S15_AWakeBesideACompletionIsKept) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  for (int round = 0; round < 20; ++round) {
    line.end.Recv(buffer);
    bed.PollInVain();
    MUST(line.end.in.pending());
    Push(*line.peer, Pattern(1));
    bed.backend.Wake();
    const Deadline give_up = GiveUp<B>();
    const int first = bed.Poll(give_up), second = bed.Poll(give_up);
    MUST(first + second == 1);
    MUST(!HasPassed(give_up));
  }
  return bed.verdict();
}
CATCHES(WakeTest, S15_AWakeBesideACompletionIsKept, LosesAWake, "!HasPassed(give_up)")

CONTRACT(WakeTest, S15_ManyWakesMayCoalesceAndThenPollWaitsAgain) {
  Bed<B> bed;
  for (int i = 0; i < 1000; ++i) bed.backend.Wake();
  MUST(WokenPoll(bed));
  // At most as often as was woken. A machine that is busy lets the time pass also of who does not
  // sleep.
  int early = 1;
  for (;; ++early) {
    MUST(early <= 1000);
    const int64_t before = Sleeps();
    const Deadline d = Now().Plus(kMilli);
    MUST(bed.Poll(d) == 0);
    if (HasPassed(d) && Sleeps() > before) break;
  }
  return bed.verdict();
}

CONTRACT(WakeTest, S15_AWakeFromDoneIsNotLost) {
  Bed<B> bed;
  Line<B> line(bed);
  line.end.in.then = [&bed](Call<B>&) { bed.backend.Wake(); };
  for (int i = 0; i < 10; ++i) {
    line.end.Recv({});
    MUST(bed.Poll(GiveUp<B>()) == 1);
    MUST(WokenPoll(bed));
  }
  return bed.verdict();
}

// Each Wake is the only one on its way, so each that is lost shows. As many as go into some
// seconds: where a thread of the kernel must run for each, a slow machine needs 20 ms for one.
CONTRACT(WakeTest, S15_NoWakeIsLostWhileItRacesPoll) {
  Bed<B> bed;
  constexpr int kRounds = 5'000 / kSlowness;
  std::atomic<int> asked{0}, answered{0};
  std::atomic<bool> enough{false};
  std::thread waker([&] {
    for (int round = 1; round <= kRounds; ++round) {
      asked.wait(round - 1);
      if (enough.load()) return;
      answered.store(round);
      bed.backend.Wake();
    }
  });
  bool lost = false;
  const Deadline end = Now().Plus(10 * kSecond);
  for (int round = 1; round <= kRounds; ++round) {
    if (round > 100 && HasPassed(end)) enough.store(true);
    asked.store(round);
    asked.notify_one();
    if (enough.load()) break;
    const Deadline give_up = GiveUp<B>();
    while (answered.load() < round && !lost) {
      (void)bed.Poll(give_up);
      lost = HasPassed(give_up) && answered.load() < round;
    }
    // The next Poll that waits is for this Wake, if it was not taken yet.
    lost = lost || HasPassed(give_up);
  }
  waker.join();
  MUST(!lost);
  return bed.verdict();
}

CONTRACT(WakeTest, S15_WakesFromManyThreads) {
  Bed<B> bed;
  std::array<std::byte, 16> buffer;
  Line<B> line(bed);
  line.end.Recv(buffer);
  constexpr int kThreads = 4, kEach = 5000 / kSlowness;
  std::atomic<int> done{0};
  int plain[kThreads] =
      {};  // seen by who was woken: a race to the sanitizer if Poll did not say so
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        plain[t] = i + 1;
        done.fetch_add(1);
        bed.backend.Wake();
      }
    });
  }
  const Deadline give_up = GiveUp<B>();
  while (done.load() < kThreads * kEach && !HasPassed(give_up)) (void)bed.Poll(give_up);
  const bool all = !HasPassed(give_up);
  int sum = 0;
  for (std::thread& thread : threads) thread.join();
  for (const int each : plain) sum += each;
  MUST(all);
  MUST(sum == kThreads * kEach);
  MUST(line.end.in.pending());
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
