// SPDX-License-Identifier: Apache-2.0
// Timers against a model, a std::multimap, under seeded random work.
#include "impl/loop/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tare/alloc_scope.h"

namespace tare::io {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kSlowness = 8;
#else
constexpr int kSlowness = 1;
#endif

// A timer with a number, and what the test wants done when it fires.
struct NumberedTimer : Timer {
  int number = 0;
  std::function<void(NumberedTimer&)>* on_fire = nullptr;
};

void OnFire(Timer& timer) noexcept {
  auto& numbered = static_cast<NumberedTimer&>(timer);
  (*numbered.on_fire)(numbered);
}

// Does the same random work on `Queue` and on the model. "" or the first difference.
template <class Queue>
class ModelRun {
 public:
  ModelRun(int timers, uint64_t seed) : random_(seed), timers_(static_cast<size_t>(timers)) {
    for (size_t i = 0; i < timers_.size(); ++i) {
      timers_[i].number = static_cast<int>(i);
      timers_[i].on_fire = &on_fire_;
      timers_[i].fire = &OnFire;
    }
  }
  ~ModelRun() {
    for (NumberedTimer& timer : timers_) real_.Disarm(timer);
  }

  std::string Run(int steps) {
    for (int step = 0; step < steps && wrong_.empty(); ++step) {
      const auto dice = random_() % 10;
      if (dice < 5) {
        Rearm(Any());
      } else if (dice < 8) {
        Disarm(Any());
      } else {
        now_ += static_cast<int64_t>(random_() % 200);
        FireDue();
      }
      Compare();
    }
    now_ += 1'000'000;
    FireDue();
    Compare();
    return wrong_;
  }

 private:
  NumberedTimer& Any() { return timers_[random_() % timers_.size()]; }

  void Rearm(NumberedTimer& timer) {
    Disarm(timer);
    // Mostly ahead, some now or in the past, many equal.
    const Deadline when{now_ + static_cast<int64_t>(random_() % 100) * 10 - 100};
    real_.Arm(timer, when);
    model_.emplace(when.ns, timer.number);
  }

  void Disarm(NumberedTimer& timer) {
    real_.Disarm(timer);
    for (auto it = model_.begin(); it != model_.end(); ++it) {
      if (it->second != timer.number) continue;
      model_.erase(it);
      break;
    }
    due_.erase(timer.number);
  }

  void FireDue() {
    // What is due as of now, less what others disarm; what is armed meanwhile waits.
    due_.clear();
    const auto end = model_.upper_bound(now_);
    for (auto it = model_.begin(); it != end; ++it) due_.emplace(it->second, it->first);
    model_.erase(model_.begin(), end);
    fired_ = 0;
    latest_ = INT64_MIN;
    const int count = real_.FireDue({now_});
    if (count != fired_) Wrong("FireDue returned another number than fired");
    if (!due_.empty()) Wrong("one that was due did not fire");
  }

  void Fired(NumberedTimer& timer) {
    ++fired_;
    if (timer.armed()) Wrong("armed while it fires");
    const auto it = due_.find(timer.number);
    if (it == due_.end()) return Wrong("fired, and was not due or was disarmed");
    if (it->second < latest_) Wrong("fired out of order");
    latest_ = it->second;
    due_.erase(it);
    // Half of them do something to themselves or to others, which may be due as well.
    const auto dice = random_() % 8;
    if (dice == 0) Rearm(timer);
    if (dice == 1) Disarm(Any());
    if (dice == 2) Rearm(Any());
    if (dice == 3 && !due_.empty()) Disarm(timers_[static_cast<size_t>(due_.begin()->first)]);
  }

  void Compare() {
    if (real_.empty() != model_.empty()) return Wrong("empty");
    const int64_t first = model_.empty() ? Deadline::kNever : model_.begin()->first;
    if (real_.First().ns != first) Wrong("the first deadline");
    const NumberedTimer& timer = Any();
    const auto is_it = [&timer](const auto& entry) { return entry.second == timer.number; };
    if (timer.armed() != std::any_of(model_.begin(), model_.end(), is_it)) Wrong("armed");
  }

  void Wrong(const char* what) {
    if (wrong_.empty()) wrong_ = what;
  }

  std::mt19937_64 random_;
  std::function<void(NumberedTimer&)> on_fire_ = [this](NumberedTimer& t) { Fired(t); };
  std::vector<NumberedTimer> timers_;
  Queue real_;
  std::multimap<int64_t, int> model_;  // deadline -> number, armed and not being fired
  std::map<int, int64_t> due_;         // number -> deadline, about to fire
  int64_t now_ = 1'000;
  int64_t latest_ = 0;
  int fired_ = 0;
  std::string wrong_;
};

TEST(TimersTest, DoWhatTheModelDoes) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const int timers = seed % 3 == 0 ? 5 : 300;
    EXPECT_EQ(ModelRun<Timers>(timers, seed).Run(5'000 / kSlowness), "") << "seed " << seed;
  }
}

TEST(TimersTest, ThousandsDoWhatTheModelDoes) {
  EXPECT_EQ(ModelRun<Timers>(5'000, 1).Run(30'000 / kSlowness), "");
}

// Faults that the model must see.
struct FiresTooSoon : Timers {
  int FireDue(Deadline now) noexcept { return Timers::FireDue(now.Plus(10)); }
};
struct FiresOneTurnLate : Timers {
  int FireDue(Deadline now) noexcept { return Timers::FireDue(now.Plus(-10)); }
};

TEST(TimersTest, TheModelSeesFaults) {
  EXPECT_EQ(ModelRun<FiresTooSoon>(300, 1).Run(5'000), "fired, and was not due or was disarmed");
  EXPECT_EQ(ModelRun<FiresOneTurnLate>(300, 1).Run(5'000), "one that was due did not fire");
}

TEST(TimersTest, OneHundredThousandFireInOrder) {
  constexpr size_t kTimers = 100'000;
  std::mt19937_64 random(2);
  Timers queue;
  struct Ordered : Timer {
    std::vector<int64_t>* fired = nullptr;
  };
  std::vector<int64_t> fired;
  fired.reserve(kTimers);
  std::vector<Ordered> timers(kTimers);
  const AllocScope scope;
  for (Ordered& timer : timers) {
    timer.fired = &fired;
    timer.fire = [](Timer& t) noexcept { static_cast<Ordered&>(t).fired->push_back(t.when().ns); };
    queue.Arm(timer, {static_cast<int64_t>(random() % 1'000'000)});
  }
  // A third of them goes again, from anywhere in the heap.
  size_t left = kTimers;
  for (size_t i = 0; i < kTimers; i += 3, --left) queue.Disarm(timers[i]);
  EXPECT_EQ(queue.FireDue({400'000}) + queue.FireDue(Deadline::Never()), static_cast<int>(left));
  EXPECT_EQ(scope.Delta().allocs, 0u);
  EXPECT_EQ(fired.size(), left);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
  EXPECT_TRUE(queue.empty());
}

TEST(TimersTest, OneArmedForThePastWhileItFiresWaitsForTheNextCall) {
  static Timers* queue;
  Timers timers;
  queue = &timers;
  Timer timer;
  timer.fire = [](Timer& t) noexcept { queue->Arm(t, Deadline::Past()); };
  timers.Arm(timer, {10});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(timers.FireDue({10}), 1);
  EXPECT_TRUE(timer.armed());
  timers.Disarm(timer);
}

TEST(TimersTest, OneThatFiresMayDestroyItsOwner) {
  Timers timers;
  struct Owned : Timer {
    int* alive;
    ~Owned() { --*alive; }
  };
  int alive = 100;
  for (int i = 0; i < 100; ++i) {
    auto owned = std::make_unique<Owned>();
    owned->alive = &alive;
    owned->fire = [](Timer& t) noexcept { delete static_cast<Owned*>(&t); };
    timers.Arm(*owned.release(), {i / 10});
  }
  EXPECT_EQ(timers.FireDue({4}), 50);
  EXPECT_EQ(alive, 50);
  EXPECT_EQ(timers.FireDue({100}), 50);
  EXPECT_EQ(alive, 0);
}

TEST(TimersTest, NeverIsLastAndStays) {
  Timers timers;
  Timer never, soon;
  never.fire = soon.fire = [](Timer&) noexcept {};
  timers.Arm(never, Deadline::Never());
  EXPECT_EQ(timers.First(), Deadline::Never());
  EXPECT_FALSE(timers.empty());
  timers.Arm(soon, {5});
  EXPECT_EQ(timers.First().ns, 5);
  EXPECT_EQ(timers.FireDue({INT64_MAX - 1}), 1);
  EXPECT_TRUE(never.armed());
  timers.Disarm(never);
  timers.Disarm(never);  // nothing happens
  EXPECT_TRUE(timers.empty());
}

}  // namespace
}  // namespace tare::io
