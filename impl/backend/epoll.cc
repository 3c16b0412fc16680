// SPDX-License-Identifier: Apache-2.0
// The epoll calls.
#include "impl/backend/epoll.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tare::io {
namespace {

Result Failed(int error) noexcept {
  return {0, FromErrno(error), error};
}

// Hanging up and errors end whatever is pending, in both directions.
uint8_t What(uint32_t events) noexcept {
  uint8_t what = 0;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) what |= ReadyEvent::kIn;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) what |= ReadyEvent::kOut;
  return what;
}

epoll_event Wanted(uint8_t wanted, void* port) noexcept {
  epoll_event event = {};
  if (wanted & ReadyEvent::kIn) event.events |= EPOLLIN;
  if (wanted & ReadyEvent::kOut) event.events |= EPOLLOUT;
  // The kernel reports hang-ups and errors also to those who want nothing: then once, not at every
  // wait.
  if (wanted == 0) event.events = EPOLLET;
  event.data.ptr = port;
  return event;
}

// epoll_wait counts in milliseconds: never less than asked.
int Millis(int64_t nanos) noexcept {
  return static_cast<int>(std::min<int64_t>((nanos + 999'999) / 1'000'000, INT32_MAX));
}

}  // namespace

EpollPoller::EpollPoller() noexcept : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) {
    made_ = Failed(errno);
    return;
  }
  made_ = wake_.made();
  if (made_.ok()) made_ = deadline_.made();
  // Edge-triggered: each Signal is an edge of its own, so nobody has to drain it.
  if (made_.ok()) made_ = Watch(wake_.handle(), EPOLLIN | EPOLLET, &wake_);
  if (made_.ok()) made_ = Watch(deadline_.handle(), EPOLLIN, &deadline_);
}

Result EpollPoller::Watch(Handle h, uint32_t events, void* as) noexcept {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = as;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, h, &event) < 0) return Failed(errno);
  return {};
}

EpollPoller::~EpollPoller() {
  if (epoll_ >= 0) close(epoll_);
}

Result EpollPoller::Add(Entry& entry, Handle h, void* port) noexcept {
  entry = {h, ReadyEvent::kIn, port};
  epoll_event event = Wanted(entry.wanted, port);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, h, &event) < 0) return Failed(errno);
  return {};
}

void EpollPoller::Want(Entry& entry, int wanted) noexcept {
  entry.wanted = static_cast<uint8_t>(wanted);
  epoll_event event = Wanted(entry.wanted, entry.port);
  // Fails only for a handle that was closed behind our back.
  TARE_CHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, entry.handle, &event) == 0);
}

void EpollPoller::Remove(Entry& entry) noexcept {
  (void)epoll_ctl(epoll_, EPOLL_CTL_DEL, entry.handle, nullptr);
  entry.handle = kNoHandle;
  for (int i = next_; i < found_; ++i) {
    ReadyEvent& event = events_[static_cast<size_t>(i)];
    if (event.port == entry.port) event.what = 0;
  }
}

void EpollPoller::Wait(Deadline d) noexcept {
  const int64_t nanos = deadline_.LimitOf(d);
  epoll_event raw[kMostEvents];
  constexpr int room = kMostEvents;
  int n = -1;
  if (nanos == Deadline::kNever || nanos == 0) {
    n = epoll_wait(epoll_, raw, room, nanos == 0 ? 0 : -1);
  } else {
    if (has_pwait2_) {
      const timespec left = {nanos / 1'000'000'000, nanos % 1'000'000'000};
      n = epoll_pwait2(epoll_, raw, room, &left, nullptr);
      has_pwait2_ = n >= 0 || (errno != ENOSYS && errno != EPERM);  // of a kernel, of a filter
    }
    if (!has_pwait2_) n = epoll_wait(epoll_, raw, room, Millis(nanos));
  }
  woken_ = false;
  next_ = found_ = 0;
  for (int i = 0; i < n; ++i) {
    void* const port = raw[i].data.ptr;
    if (port == &wake_) {
      woken_ = true;
    } else if (port == &deadline_) {
      deadline_.Drain();
    } else {
      events_[static_cast<size_t>(found_++)] = {port, What(raw[i].events)};
    }
  }
}

}  // namespace tare::io
