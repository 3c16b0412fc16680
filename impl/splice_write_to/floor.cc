// SPDX-License-Identifier: Apache-2.0
// The loops by bare calls.
#include "impl/splice_write_to/floor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "impl/base/blocking.h"

namespace tare::io::splice_write_to {
namespace {

Result Failed() noexcept {
  return {0, FromErrno(errno), errno};
}

// Whether a call that failed only has to be made again, when there is room or something to take.
bool Waits() noexcept {
  return errno == EAGAIN || errno == EINTR;
}

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
constexpr size_t kPipe = 1 << 20;

}  // namespace

Result Bare::Open(const Stage& stage) {
  ends_.Open(stage);
  // A flag of the splice is about the pipe alone.
  for (const Handle h : {stage.source.server, stage.sink.client}) {
    if (h == kNoHandle) continue;
    if (const Result set = SetBlocking(h, false); !set.ok()) return set;
  }
  int made[2];
  if (pipe2(made, O_CLOEXEC) != 0) return Failed();
  const int size = fcntl(made[1], F_SETPIPE_SZ, static_cast<int>(kPipe));
  pipe_ = {made[0], made[1], size > 0 ? static_cast<size_t>(size) : size_t{64} << 10};
  return {};
}

void Bare::Close() noexcept {
  Pool::Drop(pipe_);
  ends_.Close();
}

Result Floor::Trip() noexcept {
  if (const Result begun = ends_.Begin(); !begun.ok()) return begun;
  const Stage& stage = ends_.stage();
  const Handle to = stage.file != kNoHandle ? stage.file : stage.sink.client;
  uint64_t taken = 0, given = 0;
  while (given < stage.size || !ends_.done()) {
    if (const Result served = ends_.Serve(); !served.ok()) return served;
    if (taken < stage.size && taken == given) {
      const ssize_t n = splice(stage.source.server, nullptr, pipe_.to, nullptr,
                               std::min<uint64_t>(stage.size - taken, pipe_.size), kFlags);
      if (n < 0 && !Waits()) return Failed();
      if (n > 0) taken += static_cast<uint64_t>(n);
    }
    while (given < taken) {
      const ssize_t n = splice(pipe_.from, nullptr, to, nullptr, taken - given, kFlags);
      if (n < 0 && !Waits()) return Failed();
      if (n < 0) break;
      given += static_cast<uint64_t>(n);
    }
  }
  return {};
}

Result Limit::Trip() noexcept {
  if (const Result begun = ends_.Begin(); !begun.ok()) return begun;
  const Stage& stage = ends_.stage();
  uint64_t taken = 0, given = 0;
  while (given < stage.size || !ends_.done()) {
    if (const Result served = ends_.Serve(); !served.ok()) return served;
    if (taken < stage.size) {
      const ssize_t n =
          recv(stage.source.server, nullptr, std::min<uint64_t>(stage.size - taken, kPipe),
               MSG_DONTWAIT | MSG_TRUNC);
      if (n < 0 && !Waits()) return Failed();
      if (n > 0) taken += static_cast<uint64_t>(n);
    }
    while (given < taken) {
      const size_t at = given % kPattern;
      const std::byte* from = Pattern().data() + at;
      const size_t size = std::min<uint64_t>(kPattern - at, taken - given);
      const ssize_t n = stage.file != kNoHandle
                            ? write(stage.file, from, size)
                            : send(stage.sink.client, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0 && !Waits()) return Failed();
      if (n < 0) break;
      given += static_cast<uint64_t>(n);
    }
  }
  return {};
}

}  // namespace tare::io::splice_write_to
