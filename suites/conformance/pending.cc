// SPDX-License-Identifier: Apache-2.0
// The table of calls under way: a record for each thread, written by that thread alone.
#include "suites/conformance/pending.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "suites/support/time_scale.h"

namespace tare::conformance {
namespace {

constexpr size_t kThreads = 256;
constexpr size_t kDepth = 4;

// Texts and numbers that are read while they change may belong to two calls; each is valid.
struct Entry {
  std::atomic<const char*> call{nullptr};  // or the file of a due
  std::atomic<const char*> object{nullptr};
  std::atomic<size_t> size{0};  // or the line
  std::atomic<int64_t> since{0};
  std::atomic<int64_t> due{0};  // 0: none
};

struct Record {
  std::atomic<bool> taken{false};
  std::atomic<const char*> thread{nullptr};
  std::atomic<size_t> depth{0};
  Entry entries[kDepth];
};

Record g_records[kThreads];

constexpr auto kRelaxed = std::memory_order_relaxed;

// A thread's hold on a record. Without one, when there are more threads than records, its calls are
// not in the table.
class Lease {
 public:
  Lease() {
    for (Record& r : g_records) {
      if (!r.taken.load(kRelaxed) && !r.taken.exchange(true, std::memory_order_acquire)) {
        record_ = &r;
        return;
      }
    }
  }
  ~Lease() {
    if (record_ != nullptr) record_->taken.store(false, std::memory_order_release);
  }
  Record* record() const { return record_; }

 private:
  Record* record_ = nullptr;
};

Record* ThisThread() {
  thread_local Lease lease;
  return lease.record();
}

int64_t Ticks(TimePoint t) {
  return t.time_since_epoch().count();
}

void Enter(const char* call, const char* object, size_t size, TimePoint due) {
  Record* const r = ThisThread();
  if (r == nullptr) return;
  const size_t depth = r->depth.load(kRelaxed);
  if (depth < kDepth) {
    Entry& e = r->entries[depth];
    e.call.store(call, kRelaxed);
    e.object.store(object, kRelaxed);
    e.size.store(size, kRelaxed);
    e.since.store(Ticks(Clock::now()), kRelaxed);
    e.due.store(Ticks(due), kRelaxed);
  }
  r->depth.store(depth + 1, kRelaxed);
}

// Calls visit(record, entry) for all that is in the table.
template <class F>
void ForEach(F&& visit) {
  for (Record& r : g_records) {
    const size_t depth = std::min(r.depth.load(kRelaxed), kDepth);
    for (size_t i = 0; i < depth; ++i) visit(r, r.entries[i]);
  }
}

// The dues that the watchdog sees come near, each with what the machine had kept from this process
// when half of the time was over.
class Dues {
 public:
  // Whether `e` is still there although its due has come, and with it as much time as the machine
  // has kept from this process in the second half: nine times the whole at most.
  bool IsLate(const Entry& e, int64_t now) {
    const int64_t due = e.due.load(kRelaxed), since = e.since.load(kRelaxed);
    if (since >= due || now - since < (due - since) / 2) return false;  // 0: it has none
    Seen& seen = seen_[&e];
    if (seen.since != since || seen.due != due) {
      // Whoever looks late gives the second half all the same.
      const int64_t end = std::max(due, now + (due - since) / 2);
      seen = {since, due, end, suites::Stalled()};
    }
    if (now < seen.end) return false;
    const int64_t kept = suites::Stalled() - seen.stalled;
    return now >= seen.end + std::clamp<int64_t>(kept, 0, 9 * (due - since));
  }

 private:
  struct Seen {
    int64_t since = 0, due = 0, end = 0, stalled = 0;
  };
  std::map<const Entry*, Seen> seen_;
};

}  // namespace

void NameThisThread(const char* name) {
  if (Record* const r = ThisThread()) r->thread.store(name, kRelaxed);
}

Pending::Pending(const char* call, const char* object, size_t size) {
  Enter(call, object, size, TimePoint{});
}
Pending::Pending(Place at, TimePoint due) {
  Enter(at.file, nullptr, static_cast<size_t>(at.line), due);
}
Pending::~Pending() {
  Record* const r = ThisThread();
  if (r == nullptr) return;
  const size_t depth = r->depth.load(kRelaxed) - 1;
  if (depth < kDepth) r->entries[depth].due.store(0, kRelaxed);
  r->depth.store(depth, kRelaxed);
}

std::string ShowPending() {
  const int64_t now = Ticks(Clock::now());
  std::string all;
  ForEach([&](const Record& r, const Entry& e) {
    const char* const call = e.call.load(kRelaxed);
    const char* const object = e.object.load(kRelaxed);
    const char* const thread = r.thread.load(kRelaxed);
    if (object == nullptr) return;
    if (!all.empty()) all += "; ";
    all += call;
    if (const size_t size = e.size.load(kRelaxed); size > 0) all += "(" + Show(size) + ")";
    all += std::string(" on ") + object + " in thread " + (thread != nullptr ? thread : "?") +
           " for " + Show(Duration(now - e.since.load(kRelaxed)));
  });
  return all.empty() ? "none of the subject's calls" : all;
}

Watchdog::Watchdog(Duration limit) : thread_([this, limit] { Run(limit); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

void Watchdog::Run(Duration limit) {
  constexpr auto kTick = std::chrono::milliseconds(10);
  const TimePoint end = Clock::now() + limit;
  Dues dues;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kTick, [this] { return stop_; })) {
    const TimePoint now = Clock::now();
    ForEach([&](const Record&, const Entry& e) {
      if (!dues.IsLate(e, Ticks(now))) return;
      const Place at{e.call.load(kRelaxed), static_cast<int>(e.size.load(kRelaxed))};
      Fail(at, "not back within " + Show(Duration(e.due.load(kRelaxed) - e.since.load(kRelaxed))) +
                   "; pending: " + ShowPending());
    });
    if (now >= end) {
      End(Outcome::kTimeout, "not done within " + Show(limit) + "; pending: " + ShowPending());
    }
  }
}

}  // namespace tare::conformance
