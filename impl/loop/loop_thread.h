// SPDX-License-Identifier: Apache-2.0
// LoopThread: a loop that turns on a thread of its own, from construction to destruction.
#pragma once

#include <semaphore>
#include <thread>

#include "impl/loop/loop.h"

namespace tare::io {

// Made and destroyed on one thread. Everything that lives on the loop must be closed, and
// everything that was posted must have run, before it is destroyed.
template <Backend B>
class LoopThread {
 public:
  LoopThread() : thread_([this] { Run(); }) { made_.acquire(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() {
    stop_.run = [](Task& task) noexcept { static_cast<Stop&>(task).asked = true; };
    loop_->Post(stop_);
    // The task may have run before Post is back: the loop stays until it is.
    posted_.release();
    thread_.join();
  }

  Loop<B>& loop() noexcept { return *loop_; }

 private:
  struct Stop : Task {
    bool asked = false;  // touched on the loop's thread only
  };

  void Run() {
    Loop<B> loop;
    loop_ = &loop;
    made_.release();
    while (!stop_.asked) loop.Turn();
    posted_.acquire();
  }

  Loop<B>* loop_ = nullptr;
  Stop stop_;
  std::binary_semaphore made_{0};
  std::binary_semaphore posted_{0};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace tare::io
