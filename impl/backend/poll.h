// SPDX-License-Identifier: Apache-2.0
// Poll: readiness from poll(2), the list of descriptors handed to the system at every wait.
#pragma once

#include <vector>

#include "impl/backend/busy_poll.h"
#include "impl/backend/deadline_fd.h"
#include "impl/backend/readiness.h"
#include "impl/backend/wake.h"

namespace tare::io {

class PollPoller {
 public:
  static constexpr std::string_view kName = "poll";
  static const char* WhyNot() noexcept { return nullptr; }

  struct Entry {
    size_t index = 0;  // into both lists
    Handle handle = kNoHandle;
    void* port = nullptr;
  };

  PollPoller() noexcept;

  Result Made() const noexcept { return wake_.made().ok() ? deadline_.made() : wake_.made(); }
  Result Add(Entry& entry, Handle h, void* port) noexcept;
  void Remove(Entry& entry) noexcept;
  void Arm(Entry& entry, Direction d) noexcept {
    Watched& w = watched_[entry.index];
    w.handle = entry.handle;
    w.events |= BitOf(d);
  }
  void Disarm(Entry& entry, Direction d) noexcept {
    Watched& w = watched_[entry.index];
    w.events &= static_cast<int16_t>(~BitOf(d));
    if (w.events == 0) w.handle = kNoHandle;
  }
  void Wait(Deadline d) noexcept;
  bool Next(ReadyEvent& event) noexcept {
    // There may be fewer than were found: ports may have been removed since.
    for (; ready_ > 0 && cursor_ < entries_.size(); ++cursor_) {
      const int16_t found = watched_[cursor_].revents;
      if (found == 0) continue;
      --ready_;
      event.port = entries_[cursor_++]->port;
      event.what = static_cast<uint8_t>((found & in_ready_ ? ReadyEvent::kIn : 0) |
                                        (found & out_ready_ ? ReadyEvent::kOut : 0));
      return true;
    }
    return false;
  }
  bool Woken() const noexcept { return woken_; }
  void Wake() noexcept { wake_.Signal(); }

 private:
  // As the system's pollfd. A descriptor that nothing is wanted of hides as -1, for the system
  // would report its end again and again.
  struct Watched {
    Handle handle;
    int16_t events;
    int16_t revents;
  };

  int16_t BitOf(Direction d) const noexcept { return d == Direction::kIn ? in_ : out_; }

  // wake_ and deadline_, in watched_ behind all ports: once the system has found a descriptor ready
  // it no longer enters itself with those that follow, so there they cost least.
  static constexpr size_t kOwn = 2;

  WakeFd wake_;
  DeadlineFd deadline_;
  int16_t in_, out_;              // POLLIN, POLLOUT
  int16_t in_ready_, out_ready_;  // what the system reports of either, or of both
  std::vector<Watched> watched_;  // a port each, then ours
  std::vector<Entry*> entries_;   // whose each is
  size_t cursor_ = 0;             // where Next goes on
  int ready_ = 0;                 // of the ports, not yet told by Next
  bool woken_ = false;
};

using Poll = Readiness<PollPoller>;
using PollBusyPoll = BusyPoll<Poll>;
static_assert(Backend<Poll>);

}  // namespace tare::io
