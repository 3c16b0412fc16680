// SPDX-License-Identifier: Apache-2.0
// The poll calls.
#include "impl/backend/poll.h"

#include <poll.h>
#include <time.h>

#include <cerrno>
#include <cstddef>
#include <new>

namespace tare::io {

// Hanging up and errors end whatever is pending, in both directions.
PollPoller::PollPoller() noexcept
    : in_(POLLIN),
      out_(POLLOUT),
      in_ready_(POLLIN | POLLHUP | POLLERR | POLLNVAL),
      out_ready_(POLLOUT | POLLHUP | POLLERR | POLLNVAL) {
  static_assert(sizeof(Watched) == sizeof(pollfd) &&
                offsetof(Watched, events) == offsetof(pollfd, events) &&
                offsetof(Watched, revents) == offsetof(pollfd, revents));
  watched_.resize(kOwn);
}

Result PollPoller::Add(Entry& entry, Handle h, void* port) noexcept {
  try {
    watched_.push_back({kNoHandle, 0, 0});
    entries_.push_back(&entry);
  } catch (const std::bad_alloc&) {
    watched_.resize(entries_.size() + kOwn);
    return {0, Errc::kResource, ENOMEM};
  }
  entry = {entries_.size() - 1, h, port};
  watched_[entry.index] = {kNoHandle, 0, 0};
  return {};
}

void PollPoller::Remove(Entry& entry) noexcept {
  watched_[entry.index] = watched_[entries_.size() - 1];
  entries_[entry.index] = entries_.back();
  entries_[entry.index]->index = entry.index;
  watched_.pop_back();
  entries_.pop_back();
}

void PollPoller::Wait(Deadline d) noexcept {
  const size_t ports = entries_.size();
  const int64_t nanos = deadline_.LimitOf(d);
  watched_[ports] = {wake_.handle(), POLLIN, 0};
  watched_[ports + 1] = {deadline_.handle(), POLLIN, 0};
  // Each descriptor in the list costs, so this one is there only while it ends the wait.
  const bool ends_by_itself = nanos == Deadline::kNever && d != Deadline::Never();
  const size_t size = ports + (ends_by_itself ? 2 : 1);
  auto* const fds = reinterpret_cast<pollfd*>(watched_.data());
  if (nanos == Deadline::kNever || nanos == 0) {
    ready_ = poll(fds, size, nanos == 0 ? 0 : -1);
  } else {
    const timespec left = {nanos / 1'000'000'000, nanos % 1'000'000'000};
    ready_ = ppoll(fds, size, &left, nullptr);
  }
  cursor_ = 0;
  woken_ = false;
  if (ready_ > 0 && watched_[ports].revents != 0) {
    woken_ = true;
    wake_.Drain();
    --ready_;
  }
  if (ready_ > 0 && watched_[ports + 1].revents != 0) {
    deadline_.Drain();
    --ready_;
  }
}

}  // namespace tare::io
