// SPDX-License-Identifier: Apache-2.0
// The poll calls.
#include "impl/backend/poll.h"

#include <poll.h>
#include <time.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace tare::io {

PollPoller::PollPoller() noexcept : in_(POLLIN), out_(POLLOUT) {
  static_assert(sizeof(Watched) == sizeof(pollfd) &&
                offsetof(Watched, events) == offsetof(pollfd, events) &&
                offsetof(Watched, revents) == offsetof(pollfd, revents));
  watched_.push_back({wake_.handle(), POLLIN, 0});
  entries_.push_back(nullptr);
}

Result PollPoller::Add(Entry& entry, Handle h, void* port) noexcept {
  try {
    watched_.push_back({kNoHandle, 0, 0});
    entries_.push_back(&entry);
  } catch (const std::bad_alloc&) {
    watched_.resize(entries_.size());
    return {0, Errc::kResource, ENOMEM};
  }
  entry = {watched_.size() - 1, h, port};
  return {};
}

void PollPoller::Remove(Entry& entry) noexcept {
  watched_[entry.index] = watched_.back();
  entries_[entry.index] = entries_.back();
  entries_[entry.index]->index = entry.index;
  watched_.pop_back();
  entries_.pop_back();
}

int PollPoller::Wait(int64_t nanos, std::span<ReadyEvent> events) noexcept {
  const timespec left = {nanos / 1'000'000'000, nanos % 1'000'000'000};
  int ready = ppoll(reinterpret_cast<pollfd*>(watched_.data()), watched_.size(),
                    nanos == Deadline::kNever ? nullptr : &left, nullptr);
  woken_ = false;
  int count = 0;
  if (ready > 0 && watched_[0].revents != 0) {
    woken_ = true;
    wake_.Drain();
    --ready;
  }
  // From where the last look stopped, so that the end of a long list is not for ever behind its
  // beginning.
  for (; ready > 0 && count < static_cast<int>(events.size()); ++cursor_) {
    if (cursor_ >= watched_.size()) cursor_ = 1;
    Watched& w = watched_[cursor_];
    if (w.revents == 0) continue;
    --ready;
    uint8_t what = 0;
    if (w.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) what |= ReadyEvent::kIn;
    if (w.revents & (POLLOUT | POLLHUP | POLLERR | POLLNVAL)) what |= ReadyEvent::kOut;
    events[count++] = {entries_[cursor_]->port, what};
  }
  return count;
}

}  // namespace tare::io
