// SPDX-License-Identifier: Apache-2.0
// Loop: posting from any thread, wake-ups, deadlines and ends that no backend knows, on every
// backend.
#include "impl/loop/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "suites/support/backend_types.h"
#include "suites/support/forward.h"
#include "tare/alloc_scope.h"

namespace tare::io {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kSlowness = 8;
#else
constexpr int kSlowness = 1;
#endif
constexpr int64_t kMilli = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMilli;

template <class B>
Deadline GiveUp() {
  if constexpr (requires { B::kPlanted; }) return Now().Plus(kSlowness * kSecond / 2);
  return Now().Plus(kSlowness * 20 * kSecond);
}

// Turns until `condition` holds; false if it does not in all the time that it may take.
template <class B, class Condition>
bool TurnUntil(Loop<B>& loop, Condition condition) {
  const Deadline give_up = GiveUp<B>();
  while (!condition()) {
    if (HasPassed(give_up)) return false;
    (void)loop.Turn(give_up);
  }
  return true;
}

template <class B>
class LoopTest : public testing::Test {
 protected:
  // Whether B has nothing to run on here.
  static bool CannotRun() {
    if (B::WhyNot() == nullptr) return false;
    std::printf("not applicable: %s\n", B::WhyNot());
    return true;
  }
};
TYPED_TEST_SUITE(LoopTest, suites::AllBackends, suites::BackendNames);

// A task that says whose it is.
struct NumberedTask : Task {
  int poster = 0;
  int number = 0;
  std::vector<const NumberedTask*>* ran = nullptr;
};

void Record(Task& task) noexcept {
  auto& numbered = static_cast<NumberedTask&>(task);
  numbered.ran->push_back(&numbered);
}

std::vector<NumberedTask> MakeTasks(int poster, size_t count,
                                    std::vector<const NumberedTask*>& ran) {
  std::vector<NumberedTask> tasks(count);
  for (size_t i = 0; i < count; ++i) {
    tasks[i].run = &Record;
    tasks[i].poster = poster;
    tasks[i].number = static_cast<int>(i);
    tasks[i].ran = &ran;
  }
  return tasks;
}

TYPED_TEST(LoopTest, TasksRunInTheOrderInWhichTheyWerePosted) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  std::vector<const NumberedTask*> ran;
  ran.reserve(1000);
  auto tasks = MakeTasks(0, 1000, ran);
  const AllocScope scope;
  for (NumberedTask& task : tasks) loop.Post(task);
  EXPECT_TRUE(ran.empty());
  EXPECT_TRUE(TurnUntil(loop, [&ran] { return ran.size() == 1000; }));
  EXPECT_EQ(scope.Delta().allocs, 0u);
  for (size_t i = 0; i < ran.size(); ++i) EXPECT_EQ(ran[i]->number, static_cast<int>(i));
}

TYPED_TEST(LoopTest, ManyThreadsPostAndEachOnesOrderIsKept) {
  if (this->CannotRun()) return;
  constexpr int kThreads = 4;
  constexpr size_t kEach = 20'000 / kSlowness;
  Loop<TypeParam> loop;
  std::vector<const NumberedTask*> ran;
  std::vector<std::vector<NumberedTask>> tasks;
  for (int t = 0; t < kThreads; ++t) tasks.push_back(MakeTasks(t, kEach, ran));
  std::vector<std::thread> threads;
  for (auto& own : tasks) {
    threads.emplace_back([&loop, &own] {
      for (NumberedTask& task : own) loop.Post(task);
    });
  }
  EXPECT_TRUE(TurnUntil(loop, [&ran] { return ran.size() == kThreads * kEach; }));
  for (std::thread& thread : threads) thread.join();
  std::array<int, kThreads> next{};
  for (const NumberedTask* task : ran) {
    EXPECT_EQ(task->number, next[static_cast<size_t>(task->poster)]++);
  }
}

// One task at a time, posted when the one before has run: a wake-up that is lost is the only one
// there was.
template <class B>
bool NoPostIsLost() {
  constexpr int kRounds = 5'000 / kSlowness;
  Loop<B> loop;
  std::atomic<int> ran{0};
  struct Step : Task {
    std::atomic<int>* ran;
    int seen = 0;
    int written = 0;  // plain: seen by the task because it was written before Post
  } step;
  step.ran = &ran;
  step.run = [](Task& task) noexcept {
    Step& s = static_cast<Step&>(task);
    s.seen = s.written;
    s.ran->fetch_add(1);
    s.ran->notify_one();
  };
  std::atomic<bool> lost{false}, posted{false};
  std::thread poster([&] {
    for (int round = 0; round < kRounds && !lost.load(); ++round) {
      step.written = round + 1;
      loop.Post(step);
      ran.wait(round);
    }
    posted.store(true);
  });
  for (int round = 0; round < kRounds && !lost.load(); ++round) {
    if (!TurnUntil(loop, [&] { return ran.load() > round; })) lost.store(true);
  }
  // Who looks all the time needs no wake-up: the poster's last task is run whatever happened.
  while (!posted.load()) (void)loop.Turn(Deadline::Past());
  poster.join();
  return !lost.load() && step.seen == kRounds;
}

// Loses all but the first, for one that came before the loop waits is not missed.
template <class B>
struct LosesWakes : suites::Forward<B> {
  void Wake() noexcept {
    if (count.fetch_add(1) < 100) suites::Forward<B>::Wake();
  }
  std::atomic<int> count{0};
};

TYPED_TEST(LoopTest, NoPostIsLost) {
  if (this->CannotRun()) return;
  EXPECT_TRUE(NoPostIsLost<TypeParam>());
}

TYPED_TEST(LoopTest, NoPostIsLost_CatchesLostWakes) {
  if (this->CannotRun()) return;
  EXPECT_FALSE(NoPostIsLost<LosesWakes<TypeParam>>());
}

TYPED_TEST(LoopTest, ATaskMayDestroyItself) {
  if (this->CannotRun()) return;
  struct Owned : Task {
    std::atomic<int>* alive;
    ~Owned() { alive->fetch_sub(1); }
  };
  Loop<TypeParam> loop;
  std::atomic<int> alive{1000};
  for (int i = 0; i < 1000; ++i) {
    auto owned = std::make_unique<Owned>();
    owned->alive = &alive;
    owned->run = [](Task& task) noexcept { delete static_cast<Owned*>(&task); };
    loop.Post(*owned.release());
  }
  EXPECT_TRUE(TurnUntil(loop, [&alive] { return alive.load() == 0; }));
}

TYPED_TEST(LoopTest, ATaskMayPostItselfAgainWithoutHoldingTheTurn) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  struct Again : Task {
    Loop<TypeParam>* loop;
    int left = 100;
  } again;
  again.loop = &loop;
  again.run = [](Task& task) noexcept {
    Again& a = static_cast<Again&>(task);
    if (--a.left > 0) a.loop->Post(a);
  };
  loop.Post(again);
  for (int left = 100; left > 0; --left) {
    EXPECT_EQ(again.left, left);
    EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 1);
  }
}

// By then it is linked behind nobody: what was behind it runs in the same turn, and once.
TYPED_TEST(LoopTest, ATaskThatPostsItselfAgainKeepsWhatIsBehindIt) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  struct Counted : Task {
    Loop<TypeParam>* again_on = nullptr;
    int runs = 0;
  } first, second;
  first.again_on = &loop;
  for (Counted* task : {&first, &second}) {
    task->run = [](Task& t) noexcept {
      Counted& c = static_cast<Counted&>(t);
      if (++c.runs == 1 && c.again_on != nullptr) c.again_on->Post(c);
    };
    loop.Post(*task);
  }
  EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 2);
  EXPECT_EQ(first.runs, 1);
  EXPECT_EQ(second.runs, 1);
  EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 1);
  EXPECT_EQ(first.runs, 2);
  EXPECT_EQ(second.runs, 1);
}

TYPED_TEST(LoopTest, AWakeBeforeOrBetweenTurnsEndsTheNextThatWaits) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  const Deadline give_up = GiveUp<TypeParam>();
  for (int i = 0; i < 3; ++i) {
    loop.Wake();
    EXPECT_EQ(loop.Turn(give_up), 0);
  }
  loop.Wake();
  EXPECT_EQ(loop.Turn(Deadline::Past()), 0);
  EXPECT_EQ(loop.Turn(give_up), 0);
  EXPECT_FALSE(HasPassed(give_up));
}

TYPED_TEST(LoopTest, AWakeEndsATurnThatWaits) {
  if (this->CannotRun()) return;
  constexpr int kRounds = 5'000 / kSlowness;
  Loop<TypeParam> loop;
  std::atomic<int> wanted{0}, woken{0};
  std::thread waker([&] {
    for (int round = 1; round <= kRounds; ++round) {
      wanted.wait(round - 1);
      woken.store(round);
      loop.Wake();
    }
  });
  bool lost = false;
  for (int round = 1; round <= kRounds; ++round) {
    wanted.store(round);
    wanted.notify_one();
    lost = lost || !TurnUntil(loop, [&] { return woken.load() == round; });
  }
  waker.join();
  EXPECT_FALSE(lost);
}

TYPED_TEST(LoopTest, TurnWaitsUntilItsDeadlineAndNotLess) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  for (const int64_t wait : {int64_t{0}, kMilli / 3, 2 * kMilli, 15 * kMilli}) {
    const Deadline d = Now().Plus(wait);
    EXPECT_EQ(loop.Turn(d), 0);
    EXPECT_GE(Now().ns, d.ns);
  }
}

TYPED_TEST(LoopTest, KnowsItsThreadAndItsTurn) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  struct Look : Task {
    Loop<TypeParam>* loop;
    bool in_turn = false, elsewhere_in_turn = true, elsewhere_on_thread = true;
  } look;
  look.loop = &loop;
  look.run = [](Task& task) noexcept {
    Look& l = static_cast<Look&>(task);
    l.in_turn = l.loop->InTurn() && l.loop->OnThread();
    std::thread([&l] { l.elsewhere_on_thread = l.loop->OnThread(); }).join();
  };
  EXPECT_TRUE(loop.OnThread());
  EXPECT_FALSE(loop.InTurn());
  loop.Post(look);
  EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 1);
  EXPECT_TRUE(look.in_turn);
  EXPECT_FALSE(look.elsewhere_on_thread);
  EXPECT_FALSE(loop.InTurn());
}

// An op that counts its ends.
struct CountedOp : Op {
  int ended = 0;
  std::function<void(CountedOp&)> then;
  CountedOp() {
    done = [](Op& op) noexcept {
      CountedOp& counted = static_cast<CountedOp&>(op);
      ++counted.ended;
      if (counted.then) counted.then(counted);
    };
  }
};

TYPED_TEST(LoopTest, EndTellsInATurnAndNeverFromItself) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  CountedOp op;
  loop.End(op, {7, Errc::kTimeout, 3});
  EXPECT_EQ(op.ended, 0);
  const Deadline give_up = GiveUp<TypeParam>();
  EXPECT_EQ(loop.Turn(give_up), 1);
  EXPECT_FALSE(HasPassed(give_up));
  EXPECT_EQ(op.ended, 1);
  EXPECT_EQ(op.result.n, 7);
  EXPECT_EQ(op.result.err, Errc::kTimeout);
  EXPECT_EQ(op.result.os, 3);
}

TYPED_TEST(LoopTest, AnOpEndedFromItsOwnDoneWaitsForTheNextTurn) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  CountedOp op;
  op.then = [&loop](CountedOp& again) {
    if (again.ended < 5) loop.End(again, {});
  };
  loop.End(op, {});
  for (int turn = 1; turn <= 5; ++turn) {
    EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 1);
    EXPECT_EQ(op.ended, turn);
  }
}

TYPED_TEST(LoopTest, ManyThingsInOneTurnAreCounted) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  std::vector<const NumberedTask*> ran;
  auto tasks = MakeTasks(0, 3, ran);
  for (NumberedTask& task : tasks) loop.Post(task);
  CountedOp ops[4];
  for (CountedOp& op : ops) loop.End(op, {});
  Timer timers[5];
  for (Timer& timer : timers) {
    timer.fire = [](Timer&) noexcept {};
    loop.timers().Arm(timer, Deadline::Past());
  }
  EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 3 + 4 + 5);
}

// Timers that fire at their time, in order, none early; whatever else is awaited.
TYPED_TEST(LoopTest, TimersFireInOrderAndNeverEarly) {
  if (this->CannotRun()) return;
  constexpr size_t kTimers = 100'000 / kSlowness;
  Loop<TypeParam> loop;
  struct Fired {
    size_t count = 0;
    bool early = false, disorder = false;
    int64_t latest = 0;
  } fired;
  struct Ordered : Timer {
    Fired* fired;
  };
  std::vector<Ordered> timers(kTimers);
  for (Ordered& timer : timers) {
    timer.fired = &fired;
    timer.fire = [](Timer& t) noexcept {
      Fired& f = *static_cast<Ordered&>(t).fired;
      ++f.count;
      f.early = f.early || Now() < t.when();
      f.disorder = f.disorder || t.when().ns < f.latest;
      f.latest = t.when().ns;
    };
  }
  std::mt19937_64 random(3);
  // None is due before all are armed; else the order would be the arming's. However long that
  // takes: until it has been quicker than the first deadline.
  for (int64_t ahead = kSecond / 4;; ahead *= 2) {
    const Deadline start = Now();
    for (Ordered& timer : timers) {
      loop.timers().Arm(timer, start.Plus(ahead + static_cast<int64_t>(random() % 200) * kMilli));
    }
    if (!HasPassed(loop.timers().First())) break;
    ASSERT_LT(ahead, 100 * kSecond);
    for (Ordered& timer : timers) loop.timers().Disarm(timer);
  }
  const AllocScope scope;
  EXPECT_TRUE(TurnUntil(loop, [&fired] { return fired.count == kTimers; }));
  EXPECT_EQ(scope.Delta().allocs, 0u);
  for (Ordered& timer : timers) loop.timers().Disarm(timer);  // those that a fault left
  EXPECT_FALSE(fired.early);
  EXPECT_FALSE(fired.disorder);
  EXPECT_TRUE(loop.timers().empty());
}

TYPED_TEST(LoopTest, ATimerThatArmsItselfForThePastHoldsNobodyUp) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  struct Eager : Timer {
    Loop<TypeParam>* loop;
    bool on = true;
  } eager;
  eager.loop = &loop;
  eager.fire = [](Timer& timer) noexcept {
    Eager& e = static_cast<Eager&>(timer);
    if (e.on) e.loop->timers().Arm(e, Deadline::Past());
  };
  loop.timers().Arm(eager, Deadline::Past());
  std::vector<const NumberedTask*> ran;
  auto tasks = MakeTasks(0, 1, ran);
  std::thread poster([&] { loop.Post(tasks[0]); });
  EXPECT_TRUE(TurnUntil(loop, [&ran] { return ran.size() == 1; }));
  poster.join();
  EXPECT_TRUE(eager.armed());
  eager.on = false;
  EXPECT_TRUE(TurnUntil(loop, [&eager] { return !eager.armed(); }));
}

TYPED_TEST(LoopTest, WhatATimerEndsIsToldInTheSameTurn) {
  if (this->CannotRun()) return;
  Loop<TypeParam> loop;
  struct Expiry : Timer {
    Loop<TypeParam>* loop;
    CountedOp op;
  } expiry;
  expiry.loop = &loop;
  expiry.fire = [](Timer& timer) noexcept {
    Expiry& e = static_cast<Expiry&>(timer);
    e.loop->End(e.op, {0, Errc::kTimeout, 0});
  };
  loop.timers().Arm(expiry, Deadline::Past());
  EXPECT_EQ(loop.Turn(GiveUp<TypeParam>()), 2);
  EXPECT_EQ(expiry.op.ended, 1);
}

TYPED_TEST(LoopTest, TurnFromInsideItselfAborts) {
  if (this->CannotRun()) return;
#ifdef __SANITIZE_THREAD__
  std::printf("not applicable: a death test forks, which ThreadSanitizer does not follow\n");
#else
  Loop<TypeParam> loop;
  struct Inside : Task {
    Loop<TypeParam>* loop;
  } inside;
  inside.loop = &loop;
  inside.run = [](Task& task) noexcept { (void)static_cast<Inside&>(task).loop->Turn(); };
  loop.Post(inside);
  EXPECT_DEATH((void)loop.Turn(), "check failed");
  inside.run = [](Task&) noexcept {};
  EXPECT_EQ(loop.Turn(), 1);
#endif
}

}  // namespace
}  // namespace tare::io
