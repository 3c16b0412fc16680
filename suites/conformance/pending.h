// SPDX-License-Identifier: Apache-2.0
// The table of calls that are under way, and the watchdog that ends a row that hangs and says what
// was pending.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "suites/conformance/check.h"

namespace tare::conformance {

// What the calling thread is called in messages. The text stays where it is for ever.
void NameThisThread(const char* name);

// In the table from construction to destruction, on one thread, last in first out. The table
// orders no two threads of a row before each other: it must not hide a race from a tool that looks
// for one. Texts stay where they are for ever.
class Pending {
 public:
  // `call` on `object`, such as "Read" on "a", with a buffer of `size`.
  Pending(const char* call, const char* object, size_t size = 0);
  // Fails the row at `at` if it is still there at `due`, or as much later as the machine keeps this
  // process from running in the second half of the time until then.
  Pending(Place at, TimePoint due);
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending();
};

// All that is in the table now: "Read(8) on a in thread reader for 12.3 ms; ...".
std::string ShowPending();

// Makes the call, and fails the row if it is not back within `bound`, and within as much longer as
// the machine keeps this process from running.
template <class F>
auto Within(Duration bound, F&& call, Place at = Place::Here()) {
  const Pending pending(at, Clock::now() + bound);
  return std::forward<F>(call)();
}

// While it lives: looks after the dues, and ends the process as Outcome::kTimeout after `limit`. A
// thread of its own.
class Watchdog {
 public:
  explicit Watchdog(Duration limit);
  ~Watchdog();

 private:
  void Run(Duration limit);

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace tare::conformance
