// SPDX-License-Identifier: Apache-2.0
// Loop: one thread, one backend, its timers, and work posted from other threads.
#pragma once

#include <atomic>
#include <thread>

#include "impl/backend/backend.h"
#include "impl/base/check.h"
#include "impl/base/op_queue.h"
#include "impl/base/signals.h"
#include "impl/loop/timers.h"

namespace tare::io {

// Work for a loop's thread. Embedded in whoever posts it; stays where it is until `run` is called.
struct Task {
  void (*run)(Task&) noexcept = nullptr;  // once per Post; may destroy the Task, or post it again
  Task* next = nullptr;                   // the loop's while posted
};

// Made, turned and destroyed on one thread, on which SIGPIPE and SIGXFSZ are blocked meanwhile.
// Post and Wake may be called from any.
template <Backend B>
class Loop {
 public:
  using BackendType = B;

  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Wants everything that was posted to have run, and no timer armed.
  ~Loop() { TARE_CHECK(posted_.load(std::memory_order_relaxed) == nullptr); }

  B& backend() noexcept { return backend_; }
  Timers& timers() noexcept { return timers_; }

  // Does what there is to do: fires the timers that are due, ends what has ended, runs what was
  // posted. Waits until `d` if there is nothing. Returns how many things it did; 0 after `d`, after
  // Wake, and when a timer came due or a task was posted while it waited: the next turn does those.
  // Not from inside itself.
  int Turn(Deadline d = Deadline::Never()) noexcept {
    TARE_CHECK(!turning_);
    turning_ = true;
    int did = 0;
    if (!timers_.empty()) did += FireTimers();
    if (!ended_.empty()) did += RunEnded();
    if (posted_.load(std::memory_order_relaxed) != nullptr) did += RunPosted();
    did += backend_.Poll(did > 0 ? Deadline::Past() : Earlier(d, timers_.First()));
    turning_ = false;
    return did;
  }

  // Whether Turn is on this thread's stack, as it is inside `done`, a timer or a task.
  bool InTurn() const noexcept { return OnThread() && turning_; }
  bool OnThread() const noexcept { return std::this_thread::get_id() == thread_; }

  // Ends an op that no backend knows: its `done` is called in this turn or the next, never from
  // here.
  void End(Op& op, Result result) noexcept {
    op.result = result;
    ended_.Push(op);
  }

  // From any thread. Tasks run in the order in which they were posted. Everything that the posting
  // thread did before is seen by the task.
  void Post(Task& task) noexcept {
    Task* head = posted_.load(std::memory_order_relaxed);
    do {
      task.next = head;
    } while (!posted_.compare_exchange_weak(head, &task, std::memory_order_release,
                                            std::memory_order_relaxed));
    // Whoever found the list empty wakes; until it is taken, everybody else's task is taken with
    // that one.
    if (head == nullptr) backend_.Wake();
  }

  // Ends the Turn that waits, or keeps the next one from waiting.
  void Wake() noexcept { backend_.Wake(); }

 private:
  int FireTimers() noexcept { return HasPassed(timers_.First()) ? timers_.FireDue(Now()) : 0; }

  // This and the next are apart from Turn, which mostly has neither to do.
  [[gnu::noinline]] int RunEnded() noexcept {
    OpQueue batch;
    batch.Take(ended_);
    int count = 0;
    for (; Op* op = batch.Pop(); ++count) op->done(*op);
    return count;
  }

  [[gnu::noinline]] int RunPosted() noexcept {
    Task* taken = posted_.exchange(nullptr, std::memory_order_acquire);
    Task* in_order = nullptr;  // the list has the latest first
    while (taken != nullptr) {
      Task* task = taken;
      taken = task->next;
      task->next = in_order;
      in_order = task;
    }
    int count = 0;
    for (; in_order != nullptr; ++count) {
      Task* task = in_order;
      in_order = task->next;
      task->run(*task);
    }
    return count;
  }

  SignalShield shield_;
  B backend_;
  Timers timers_;
  OpQueue ended_;  // by End
  bool turning_ = false;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::atomic<Task*> posted_{nullptr};
};

}  // namespace tare::io
