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
  watched_ = {{wake_.handle(), POLLIN, 0}, {deadline_.handle(), POLLIN, 0}};
  entries_.resize(kOwn);
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

int PollPoller::Wait(Deadline d, std::span<ReadyEvent> events) noexcept {
  auto* const fds = reinterpret_cast<pollfd*>(watched_.data());
  const int64_t nanos = deadline_.LimitOf(d);
  // Each descriptor in the list costs, so this one is there only while it ends the wait.
  const bool ends_by_itself = nanos == Deadline::kNever && d != Deadline::Never();
  watched_[1].handle = ends_by_itself ? deadline_.handle() : kNoHandle;
  int ready = 0;
  if (nanos == Deadline::kNever || nanos == 0) {
    ready = poll(fds, watched_.size(), nanos == 0 ? 0 : -1);
  } else {
    const timespec left = {nanos / 1'000'000'000, nanos % 1'000'000'000};
    ready = ppoll(fds, watched_.size(), &left, nullptr);
  }
  woken_ = false;
  if (ready > 0 && watched_[0].revents != 0) {
    woken_ = true;
    wake_.Drain();
    --ready;
  }
  if (ready > 0 && watched_[1].revents != 0) {
    deadline_.Drain();
    --ready;
  }
  int count = 0;
  // From where the last look stopped, so that the end of a long list is not for ever behind its
  // beginning.
  for (; ready > 0 && count < static_cast<int>(events.size()); ++cursor_) {
    if (cursor_ >= watched_.size()) cursor_ = kOwn;
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
