// SPDX-License-Identifier: Apache-2.0
// Threads of a check: several at work, and one whose single call is watched from outside.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "suites/conformance/pending.h"
#include "suites/support/time_scale.h"

namespace tare::conformance {

// Joins its threads when it ends.
class Crew {
 public:
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { Join(); }

  // `name` stays where it is for ever.
  template <class F>
  void Add(const char* name, F work) {
    threads_.emplace_back([name, work = std::move(work)]() mutable {
      NameThisThread(name);
      work();
    });
  }
  void Join() {
    for (std::thread& t : threads_) t.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

// One blocking call on a thread of its own.
template <class T>
class Call {
 public:
  template <class F>
  Call(const char* thread, F call) {
    crew_.Add(thread, [this, call = std::move(call)]() mutable {
      T value = call();
      const std::lock_guard lock(mutex_);
      value_ = std::move(value);
      ended_.notify_one();
    });
  }

  // Fails the row if the call returns while it is watched: for so long, and longer where the
  // machine keeps the process from running.
  void WantPending(Place at = Place::Here()) { WantPendingFor(Watch(), at); }
  void WantPendingFor(Duration d, Place at = Place::Here()) {
    suites::Allowance watched(d.count());
    std::unique_lock lock(mutex_);
    while (!watched.Spent()) {
      const TimePoint until{Duration(watched.until())};
      if (ended_.wait_until(lock, until, [this] { return value_.has_value(); })) {
        Fail(at, "want the call to stay pending; it returned" + Detail());
      }
    }
  }

  // How it has ended, once, promptly; else fails the row.
  T Get(Place at = Place::Here()) {
    return Within(
        Prompt(),
        [this] {
          std::unique_lock lock(mutex_);
          ended_.wait(lock, [this] { return value_.has_value(); });
          return std::move(*value_);
        },
        at);
  }

 private:
  std::string Detail() const {
    if constexpr (requires { Show(*value_); }) {
      return " " + Show(*value_);
    } else {
      return "";
    }
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::optional<T> value_;
  Crew crew_;  // last: it uses all of the above
};

}  // namespace tare::conformance
