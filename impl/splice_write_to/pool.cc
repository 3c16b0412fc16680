// SPDX-License-Identifier: Apache-2.0
// Pipes are made, sized and kept here, and nowhere else.
#include "impl/splice_write_to/pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <utility>

#include "impl/base/check.h"
#include "impl/base/deadline.h"

namespace tare::io::splice_write_to {
namespace {

constexpr size_t kLeastBuffer = 4096;  // bytes; a transfer cannot move on with none

}  // namespace

Pool::Pool(Timers& timers, const Options& options) noexcept : timers_(timers), options_(options) {
  options_.most_idle = std::min(options_.most_idle, kMostIdle);
  options_.pipe_size = std::min<size_t>(options_.pipe_size, std::numeric_limits<int>::max());
  options_.buffer_size = std::max(options_.buffer_size, kLeastBuffer);
  clock_.pool = this;
  clock_.fire = &OnTimer;
}

Pool::~Pool() {
  for (const Claim* claim : claims_) TARE_CHECK(claim == nullptr);
  timers_.Disarm(clock_);
  Drain();
}

Result Pool::Take(Pipe& pipe) noexcept {
  if (idle_ > 0) {
    pipe = std::exchange(pipes_[--idle_], {});
    unused_ = std::min(unused_, idle_);
    return {};
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    // Whatever a filter of system calls answers, nobody waits for it.
    const bool waits = errno == EAGAIN || errno == EINTR;
    return {0, waits ? Errc::kResource : FromErrno(errno), errno};
  }
  // A user has so many pages for pipes; a smaller pipe moves fewer bytes a call, and no others.
  int size = fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(options_.pipe_size));
  if (size < 0) size = fcntl(ends[1], F_GETPIPE_SZ);
  pipe = {ends[0], ends[1], size > 0 ? static_cast<size_t>(size) : size_t{4096}};
  return {};
}

void Pool::Give(Pipe& pipe) noexcept {
  if (idle_ == options_.most_idle) return Drop(pipe);
  pipes_[idle_++] = std::exchange(pipe, {});
  if (!clock_.armed()) {
    unused_ = 0;
    timers_.Arm(clock_, Now().Plus(options_.idle));
  }
}

void Pool::Drop(Pipe& pipe) noexcept {
  if (!pipe.made()) return;
  close(pipe.from);
  close(pipe.to);
  pipe = {};
}

std::unique_ptr<std::byte[]> Pool::TakeBuffer() noexcept {
  if (!buffers_.empty()) {
    auto buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }
  return std::unique_ptr<std::byte[]>(new (std::nothrow) std::byte[options_.buffer_size]);
}

void Pool::GiveBuffer(std::unique_ptr<std::byte[]> buffer) noexcept {
  if (buffer == nullptr || buffers_.size() == kMostIdle) return;
  try {
    buffers_.push_back(std::move(buffer));
  } catch (const std::bad_alloc&) {  // without room to keep it, it goes
  }
}

void Pool::Drain(size_t keep) noexcept {
  while (idle_ > keep) Drop(pipes_[--idle_]);
  unused_ = std::min(unused_, idle_);
}

void Pool::OnTimer(Timer& timer) noexcept {
  Pool& pool = *static_cast<Clock&>(timer).pool;
  pool.Drain(pool.idle_ - pool.unused_);
  pool.unused_ = pool.idle_;
  if (pool.idle_ > 0) pool.timers_.Arm(timer, Now().Plus(pool.options_.idle));
}

bool Pool::Enter(Claim& claim) noexcept {
  TARE_CHECK(claim.place == nullptr);
  if (claim.of == Identity{}) return true;
  // Numbers of files follow one another, and addresses are multiples of 64.
  Claim*& first = claims_[(claim.of.number ^ claim.of.number >> 8) % claims_.size()];
  for (const Claim* other = first; other != nullptr; other = other->next) {
    if (other->of == claim.of) return false;
  }
  claim.next = first;
  claim.place = &first;
  if (first != nullptr) first->place = &claim.next;
  first = &claim;
  return true;
}

void Pool::Leave(Claim& claim) noexcept {
  if (claim.place == nullptr) return;
  *claim.place = claim.next;
  if (claim.next != nullptr) claim.next->place = claim.place;
  claim.next = nullptr;
  claim.place = nullptr;
}

}  // namespace tare::io::splice_write_to
