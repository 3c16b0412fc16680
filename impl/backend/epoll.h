// SPDX-License-Identifier: Apache-2.0
// Epoll: readiness from Linux's epoll, level-triggered; what is wanted of a descriptor is changed
// only when it must be.
#pragma once

#include <array>

#include "impl/backend/busy_poll.h"
#include "impl/backend/deadline_fd.h"
#include "impl/backend/readiness.h"
#include "impl/backend/wake.h"

namespace tare::io {

class EpollPoller {
 public:
  static constexpr std::string_view kName = "epoll";
  static const char* WhyNot() noexcept { return nullptr; }

  struct Entry {
    Handle handle = kNoHandle;
    uint8_t wanted = 0;  // as in ReadyEvent::what; what the kernel has been told
    void* port = nullptr;
  };

  EpollPoller() noexcept;
  ~EpollPoller();

  Result Made() const noexcept { return made_; }
  Result Add(Entry& entry, Handle h, void* port) noexcept;
  void Remove(Entry& entry) noexcept;
  void Arm(Entry& entry, Direction d) noexcept {
    if ((entry.wanted & BitOf(d)) == 0) Want(entry, entry.wanted | BitOf(d));
  }
  void Disarm(Entry& entry, Direction d) noexcept {
    if ((entry.wanted & BitOf(d)) != 0) Want(entry, entry.wanted & ~BitOf(d));
  }
  void Wait(Deadline d) noexcept;
  bool Next(ReadyEvent& event) noexcept {
    if (next_ == found_) return false;
    event = events_[static_cast<size_t>(next_++)];
    return true;
  }
  bool Woken() const noexcept { return woken_; }
  void Wake() noexcept { wake_.Signal(); }

 private:
  static constexpr int kMostEvents = 256;  // of one wait; the rest is found by the next

  static constexpr uint8_t BitOf(Direction d) noexcept {
    return d == Direction::kIn ? ReadyEvent::kIn : ReadyEvent::kOut;
  }
  void Want(Entry& entry, int wanted) noexcept;
  Result Watch(Handle h, uint32_t events, void* as) noexcept;

  Handle epoll_ = kNoHandle;
  Result made_;
  WakeFd wake_;
  DeadlineFd deadline_;
  bool woken_ = false;
  bool has_pwait2_ = true;
  int next_ = 0;   // of events_, for Next
  int found_ = 0;  // of events_, by the last wait
  std::array<ReadyEvent, kMostEvents> events_;
};

using Epoll = Readiness<EpollPoller>;
using EpollBusyPoll = BusyPoll<Epoll>;
static_assert(Backend<Epoll>);

}  // namespace tare::io
