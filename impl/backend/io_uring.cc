// SPDX-License-Identifier: Apache-2.0
// The engine over io_uring: attaching, starting, cancelling, polling.
#include "impl/backend/io_uring.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "impl/backend/io_uring_ring.h"
#include "impl/base/blocking.h"
#include "impl/base/check.h"

namespace tare::io {
namespace {

using State = IoUringEngine::Slot::State;

size_t Index(const Op& op) noexcept {
  return static_cast<size_t>(DirectionOf(op.kind));
}

// Unix sockets are not sent on without copying.
bool IsInternet(Handle h) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(h, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         (domain == AF_INET || domain == AF_INET6);
}

constexpr int kEnterEvery = 16;

}  // namespace

IoUringEngine::IoUringEngine(const IoUringOptions& options) noexcept
    : ring_(new (std::nothrow) Ring(options)) {}
IoUringEngine::~IoUringEngine() = default;

Result IoUringEngine::Attach(Port& port, Handle h) noexcept {
  if (ring_ == nullptr) return SetUpFailed(ENOMEM);
  if (!ring_->made.ok()) return ring_->made;
  const Result blocking = IsBlocking(h);
  if (!blocking.ok()) return blocking;
  port = Port{};
  port.handle = h;
  port.is_stream = IsByteStream(h);
  port.was_blocking = blocking.n != 0;
  port.zero_copy = ring_->options.send_zc_from != IoUringOptions::kNoSize && IsInternet(h);
  // The ring waits either way; the calls that it cannot make (splice) must not block.
  if (port.was_blocking) {
    if (const Result set = SetBlocking(h, false); !set.ok()) return set;
  }
  if (!ring_->asked_for_files) ring_->MakeFiles();
  if (!ring_->free_files.empty()) {
    const int file = ring_->free_files.back();
    if (io_uring_register_files_update(&ring_->ring, static_cast<unsigned>(file), &h, 1) == 1) {
      ring_->free_files.pop_back();
      port.file = file;
    }
  }
  return {};
}

void IoUringEngine::Detach(Port& port) noexcept {
  TARE_CHECK(port.pending[0] == nullptr && port.pending[1] == nullptr);
  if (port.file >= 0) {
    const int none = -1;
    TARE_CHECK(io_uring_register_files_update(&ring_->ring, static_cast<unsigned>(port.file), &none,
                                              1) == 1);
    ring_->free_files.push_back(port.file);  // there is room: it came from there
  }
  if (port.was_blocking) (void)SetBlocking(port.handle, true);
}

void IoUringEngine::Start(Port& port, Op& op, Slot& slot) noexcept {
  Slot*& pending = port.pending[Index(op)];
  TARE_CHECK(pending == nullptr);
  pending = &slot;
  op.handle = port.handle;
  op.result = {};
  slot = {};
  slot.op = &op;
  slot.port = &port;
  if (port.is_stream && MovesNothing(op)) return ring_->End(slot, {});
  if (op.kind == Op::Kind::kRecvMany && !ring_->MakeBuffers()) {
    return ring_->End(slot, {0, Errc::kUnsupported, 0});
  }
  // What the ring can only wait for is tried first: an entry and a wait are for what would block.
  const bool is_made_here = op.kind == Op::Kind::kSpliceOut ||
                            (op.kind == Op::Kind::kSpliceIn && !port.is_drained) ||
                            (op.kind == Op::Kind::kSendFile && !port.is_full);
  if (is_made_here && ring_->Call(slot, Attempt::kFirst)) return ring_->End(slot, op.result);
  ring_->Queue(slot);
}

// Makes the call of an op that the ring cannot make; whether it has ended.
bool IoUringEngine::Ring::Call(Slot& slot, Attempt attempt) noexcept {
  const Op& op = *slot.op;
  const bool over = Perform(*slot.op, attempt);
  if (op.kind == Op::Kind::kSendFile) {
    slot.port->is_full =
        over && op.result.ok() && static_cast<uint64_t>(op.result.n) < op.part->size;
  } else if (op.kind == Op::Kind::kSpliceIn) {
    slot.port->is_drained = slot.port->is_stream && over && op.result.ok() && op.result.n > 0 &&
                            static_cast<size_t>(op.result.n) < op.size;
  }
  return over;
}

void IoUringEngine::Cancel(Slot& slot) noexcept {
  if (slot.canceled || slot.state == State::kIdle || slot.state == State::kEnded) return;
  slot.canceled = true;
  if (slot.state == State::kBacklog) return;  // SendBacklog meets it
  if (io_uring_sqe* sqe = ring_->Sqe()) return ring_->PrepareCancel(slot, sqe);
  slot.owed = true;
  ring_->owed.Push(slot);
}

int IoUringEngine::Poll(Deadline d) noexcept {
  if (ring_ == nullptr || !ring_->made.ok()) return 0;
  Ring& ring = *ring_;
  for (;;) {
    ring.SendBacklog();
    const bool nothing = ring.ended.empty() && ring.backlog.empty() && ring.owed.empty() &&
                         io_uring_cq_ready(&ring.ring) == 0;
    const bool wait = nothing && !ring.woken && d > Deadline::Past();
    // What has ended without the kernel is told without it, but for every so many times.
    if (ring.ended.empty() || io_uring_sq_ready(&ring.ring) > 0 ||
        ++ring.polls_without_entering > kEnterEvery) {
      ring.polls_without_entering = 0;
      (void)ring.Enter(wait, d);
    }
    if (const int count = ring.Reap(); count > 0) return count;
    if (ring.woken || HasPassed(d)) break;
  }
  if (d > Deadline::Past()) ring.woken = false;  // others did not mean to wait
  return 0;
}

bool IoUringEngine::Woken() const noexcept {
  return ring_ != nullptr && ring_->woken;
}

void IoUringEngine::Wake() noexcept {
  if (ring_ == nullptr || ring_->event < 0) return;
  const int saved = errno;
  const uint64_t one = 1;
  while (write(ring_->event, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

Result IoUringEngine::RegisterBuffers(std::byte* data, size_t size) noexcept {
  if (ring_ == nullptr || !ring_->options.registered_buffers) return {0, Errc::kUnsupported, 0};
  const iovec all = {data, size};
  if (const int error = io_uring_register_buffers(&ring_->ring, &all, 1); error != 0)
    return SetUpFailed(-error);
  ring_->registered = data;
  ring_->registered_size = size;
  return {};
}

IoUringEngine::ZeroCopies IoUringEngine::zero_copies() const noexcept {
  return ring_ != nullptr ? ring_->zero_copies : ZeroCopies{};
}

}  // namespace tare::io
