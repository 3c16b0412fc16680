// SPDX-License-Identifier: Apache-2.0
// The ring behind IoUringEngine: submission, reaping, and what is done without where the kernel
// lacks it.
#include "impl/backend/io_uring_ring.h"

#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "impl/backend/io_uring_fault.h"
#include "impl/base/blocking.h"
#include "impl/base/check.h"
#include "impl/base/perform.h"

// Younger than Debian 12's headers; the kernel says whether it knows them.
#ifndef IORING_ENTER_ABS_TIMER
#define IORING_ENTER_ABS_TIMER (1U << 5)
#endif
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif
// Of the next version after that: a kernel that has it knows the two.
#ifndef IORING_FEAT_REG_REG_RING
#define IORING_FEAT_REG_REG_RING (1U << 13)
#endif

namespace tare::io {
namespace {

using Slot = IoUringEngine::Slot;
using Port = IoUringEngine::Port;
using State = Slot::State;

// user_data that is no Slot's address.
constexpr uint64_t kCancelTag = 1;
constexpr uint64_t kWakeTag = 2;
constexpr uint64_t kLastTag = 15;

constexpr unsigned kFiles = 4096;            // in the ring's table; more are used without it
constexpr unsigned kMostBytes = 0x7ffff000;  // Linux moves no more in one call
constexpr int kRestartSys = 512;  // -ERESTARTSYS, which is not for user space and yet gets there

Result Failed(int error) noexcept {
  return {0, FromErrno(error), error};
}

size_t Index(const Op& op) noexcept {
  return static_cast<size_t>(DirectionOf(op.kind));
}

// A datagram that cannot be sent at once is not left to the kernel (Linux 6.18): when it tries one
// between Unix sockets again its bytes are used up, and an empty one goes out; and where a full
// queue leaves the socket ready it tries over and over.
bool SendsDatagram(const Slot& slot) noexcept {
  const Op::Kind kind = slot.op->kind;
  return !slot.port->is_stream &&
         (kind == Op::Kind::kSend || kind == Op::Kind::kWritev || kind == Op::Kind::kSendTo);
}

// Whether the ring only waits for the op, which is then made here. The kernel's own splice says
// would-block where it should wait, and there is no sendfile.
bool WaitsThenCalls(const Slot& slot) noexcept {
  const Op::Kind kind = slot.op->kind;
  return kind == Op::Kind::kSpliceIn || kind == Op::Kind::kSpliceOut ||
         kind == Op::Kind::kSendFile ||
         (slot.retry && (kind == Op::Kind::kConnect || SendsDatagram(slot)));
}

// Whether what a completion says is no end of its op, which is tried again.
bool Passes(const Op& op, int res) noexcept {
  // A connection that its dialler gave up while it was in line is nobody's error: take the next.
  if (op.kind == Op::Kind::kAccept && (res == -ECONNABORTED || res == -EPROTO)) return true;
  return res == -EAGAIN || res == -EINTR || res == -kRestartSys;
}

// Of an op that has moved nothing, or has failed. A receive that was pending beside a connect may
// find the socket shut, as at the end of a stream, when the connect has taken the error.
Result WithoutBytes(const Slot& slot, int res) noexcept {
  if (res < 0) return Failed(-res);
  const bool receives = DirectionOf(slot.op->kind) == Direction::kIn;
  return receives && slot.port->unconnected ? Failed(ENOTCONN) : Result{};
}

}  // namespace

Result IoUringEngine::Ring::Make() noexcept {
  const int error = MakeRing(options, &ring, &flags);
  if (error != 0) return SetUpFailed(-error);
  has_ring = true;
  has_poll_first = (flags & (IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN)) != 0;
  says_what_it_copied = (ring.features & IORING_FEAT_REG_REG_RING) != 0;
  ring_fd_registered = io_uring_register_ring_fd(&ring) == 1;
  event = eventfd(0, EFD_CLOEXEC);
  if (event < 0) return SetUpFailed(errno);
  try {
    free_files.reserve(kFiles);
  } catch (const std::bad_alloc&) {
    return SetUpFailed(ENOMEM);
  }
  ArmWake();
  return {};
}

// At the first Attach, so that what the program has made of its limits until then counts. The table
// is no longer than the limit of descriptors: for a longer one liburing would raise that limit,
// which is the program's. Refused it is done without.
void IoUringEngine::Ring::MakeFiles() noexcept {
  asked_for_files = true;
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == 0) return;
  const auto count = static_cast<unsigned>(std::min<rlim_t>(kFiles, limit.rlim_cur));
  has_files = io_uring_register_files_sparse(&ring, count) == 0;
  if (!has_files) return;
  free_files.resize(count);  // there is room
  for (size_t i = 0; i < count; ++i) free_files[i] = static_cast<int>(count - 1 - i);
}

// Nothing of ours may stay in the kernel: a pending operation, or a file in the table, would keep
// sockets open for some time after they were closed.
IoUringEngine::Ring::~Ring() {
  if (has_ring) {
    io_uring_sync_cancel_reg all = {};
    all.flags = IORING_ASYNC_CANCEL_ANY;
    all.timeout = {-1, -1};
    (void)Enter(false, Deadline::Past());
    (void)io_uring_register_sync_cancel(&ring, &all);
    (void)Enter(false, Deadline::Past());
    if (has_files) (void)io_uring_unregister_files(&ring);
    // Handles of accepts that nobody will be told of.
    io_uring_cqe* cqe;
    while (io_uring_peek_cqe(&ring, &cqe) == 0) {
      if (cqe->user_data > kLastTag && cqe->res >= 0) {
        const auto* slot = reinterpret_cast<const Slot*>(cqe->user_data);
        if (slot->op->kind == Op::Kind::kAccept) close(cqe->res);
      }
      io_uring_cqe_seen(&ring, cqe);
    }
    if (lent != nullptr) {
      io_uring_unregister_buf_ring(&ring, kManyGroup);
      std::free(lent);
    }
    FreeRing(&ring);
  }
  if (event >= 0) close(event);
}

// Hands the kernel what was prepared; how many entries it has not taken yet.
unsigned IoUringEngine::Ring::Publish() noexcept {
  io_uring_sq& sq = ring.sq;
  unsigned tail = *sq.ktail;
  for (; sq.sqe_head != sq.sqe_tail; ++sq.sqe_head, ++tail) {  // from liburing 2.5 on without array
    if (sq.array) sq.array[tail & *sq.kring_mask] = sq.sqe_head & *sq.kring_mask;
  }
  std::atomic_ref<unsigned>(*sq.ktail).store(tail, std::memory_order_seq_cst);
  return tail - std::atomic_ref<unsigned>(*sq.khead).load(std::memory_order_acquire);
}

unsigned IoUringEngine::Ring::KernelSays() const noexcept {
  return std::atomic_ref<unsigned>(*ring.sq.kflags).load(std::memory_order_seq_cst);
}

// One call that submits what was prepared and waits if asked to; no call where none is needed.
// Completions appear only in here (DEFER_TASKRUN). 0 or more, or a negative errno.
int IoUringEngine::Ring::Enter(bool wait, Deadline d) noexcept {
  unsigned to_submit = Publish();
  unsigned enter_flags = IORING_ENTER_GETEVENTS;
  if (options.sqpoll) {
    const unsigned says = KernelSays();
    if (says & IORING_SQ_NEED_WAKEUP) enter_flags |= IORING_ENTER_SQ_WAKEUP;
    if (!wait && !(says & (IORING_SQ_NEED_WAKEUP | IORING_SQ_CQ_OVERFLOW))) return 0;
  }
  if (ring_fd_registered) enter_flags |= IORING_ENTER_REGISTERED_RING;
  if (!wait || d == Deadline::Never()) {
    return io_uring_enter2(ring.enter_ring_fd, to_submit, wait ? 1 : 0, enter_flags, nullptr, 0);
  }
  // A call that has submitted says how much also when it then timed out: Poll looks at the clock.
  io_uring_getevents_arg arg = {};
  const int64_t nanos = has_abs_timer ? d.ns : NanosToWait(d);
  const __kernel_timespec at = {nanos / 1'000'000'000, nanos % 1'000'000'000};
  arg.ts = reinterpret_cast<uint64_t>(&at);
  const unsigned timed =
      enter_flags | IORING_ENTER_EXT_ARG | (has_abs_timer ? IORING_ENTER_ABS_TIMER : 0);
  const int entered = io_uring_enter2(ring.enter_ring_fd, to_submit, 1, timed,
                                      reinterpret_cast<sigset_t*>(&arg), sizeof arg);
  if (entered == -EINVAL && has_abs_timer) {
    has_abs_timer = false;
    return Enter(wait, d);
  }
  return entered;
}

// Room in the submission queue; nullptr where the kernel takes nothing at the moment.
io_uring_sqe* IoUringEngine::Ring::Sqe() noexcept {
  if (HasNoRoom()) return nullptr;
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe != nullptr || options.sqpoll) return sqe;
  const unsigned to_submit = Publish();
  (void)io_uring_enter2(ring.enter_ring_fd, to_submit, 0,
                        ring_fd_registered ? IORING_ENTER_REGISTERED_RING : 0, nullptr, 0);
  return io_uring_get_sqe(&ring);
}

void IoUringEngine::Ring::ArmWake() noexcept {
  io_uring_sqe* sqe = Sqe();
  wake_unarmed = sqe == nullptr;
  if (sqe == nullptr) return;
  io_uring_prep_read(sqe, event, &event_count, sizeof event_count, 0);
  sqe->user_data = kWakeTag;
}

void IoUringEngine::Ring::Queue(Slot& slot) noexcept {
  io_uring_sqe* sqe = backlog.empty() ? Sqe() : nullptr;
  if (sqe == nullptr) {
    slot.state = State::kBacklog;
    backlog.Push(slot);
    return;
  }
  Prepare(slot, sqe);
}

// What found no room earlier, in its order. Cancels first: they are for what the kernel has
// already.
void IoUringEngine::Ring::SendBacklog() noexcept {
  if (wake_unarmed) ArmWake();
  while (!owed.empty()) {
    io_uring_sqe* sqe = Sqe();
    if (sqe == nullptr) return;
    Slot& slot = *owed.Pop();
    slot.owed = false;
    PrepareCancel(slot, sqe);
  }
  while (Slot* slot = backlog.front()) {
    if (slot->canceled) {
      End(*backlog.Pop(), {0, Errc::kCanceled, 0});
      continue;
    }
    io_uring_sqe* sqe = Sqe();
    if (sqe == nullptr) return;
    Prepare(*backlog.Pop(), sqe);
  }
}

void IoUringEngine::Ring::PrepareCancel(Slot& slot, io_uring_sqe* sqe) noexcept {
  // Its own completion may come after the op is gone, and is only counted off. Entries are taken in
  // their order, so a cancel that comes too late has run before anything is started again at the
  // same address.
  io_uring_prep_cancel64(sqe, reinterpret_cast<uint64_t>(&slot), 0);
  sqe->user_data = kCancelTag;
}

void IoUringEngine::Ring::Prepare(Slot& slot, io_uring_sqe* sqe) noexcept {
  const Port& port = *slot.port;
  const int fd = port.file >= 0 ? port.file : port.handle;
  if (WaitsThenCalls(slot)) {
    const bool in = DirectionOf(slot.op->kind) == Direction::kIn;
    io_uring_prep_poll_add(sqe, fd, in ? POLLIN : POLLOUT);
  } else {
    PrepareCall(slot, fd, sqe);
  }
  TellPrepared(slot.op->kind, sqe->ioprio & IORING_RECVSEND_POLL_FIRST);
  if (port.file >= 0) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = reinterpret_cast<uint64_t>(&slot);
  slot.state = State::kKernel;
}

void IoUringEngine::Ring::PrepareCall(const Slot& slot, int fd, io_uring_sqe* sqe) noexcept {
  Op& op = *slot.op;
  const Port& port = *slot.port;
  const unsigned size = static_cast<unsigned>(std::min<size_t>(op.size, kMostBytes));
  const int send_flags = MSG_NOSIGNAL | (SendsDatagram(slot) ? MSG_DONTWAIT : 0);
  switch (op.kind) {
    case Op::Kind::kAccept:
      if (op.peer != nullptr) op.peer->size = Address::kRoom;
      io_uring_prep_accept(
          sqe, fd, op.peer != nullptr ? reinterpret_cast<sockaddr*>(op.peer->bytes) : nullptr,
          op.peer != nullptr ? &op.peer->size : nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      break;
    case Op::Kind::kConnect:
      io_uring_prep_connect(sqe, fd, reinterpret_cast<const sockaddr*>(op.peer->bytes),
                            op.peer->size);
      break;
    case Op::Kind::kRecv:
      if (InRegistered(op)) {
        io_uring_prep_read_fixed(sqe, fd, op.data, size, 0, 0);
      } else {
        io_uring_prep_recv(sqe, fd, op.data, size, 0);
        // Nothing was left there last time: do not try in vain before waiting.
        if (has_poll_first && (slot.retry || !port.has_more))
          sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
      }
      break;
    case Op::Kind::kSend:
      if (port.zero_copy && size >= options.send_zc_from) {
        io_uring_prep_send_zc(sqe, fd, op.data, size, send_flags,
                              says_what_it_copied ? IORING_SEND_ZC_REPORT_USAGE : 0);
      } else {
        io_uring_prep_send(sqe, fd, op.data, size, send_flags);
      }
      if (has_poll_first && slot.retry) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
      break;
    case Op::Kind::kReadv:
    case Op::Kind::kRecvFrom:
    case Op::Kind::kWritev:
    case Op::Kind::kSendTo:
      PrepareMessage(op, fd, send_flags, sqe);
      break;
    case Op::Kind::kSpliceIn:
    case Op::Kind::kSpliceOut:
    case Op::Kind::kSendFile:
      break;  // waits
    case Op::Kind::kRecvMany:
      io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
      sqe->flags |= IOSQE_BUFFER_SELECT;
      sqe->buf_group = kManyGroup;
      break;
  }
}

void IoUringEngine::Ring::PrepareMessage(Op& op, int fd, int send_flags,
                                         io_uring_sqe* sqe) noexcept {
  static_assert(sizeof(msghdr) + sizeof(iovec) <= sizeof op.message->room &&
                sizeof(Piece) == sizeof(iovec));
  Message& message = *op.message;
  auto* one =
      new (message.room + sizeof(msghdr)) iovec{op.data, std::min<size_t>(op.size, kMostBytes)};
  auto* header = new (message.room) msghdr{};
  const bool several = op.kind == Op::Kind::kReadv || op.kind == Op::Kind::kWritev;
  header->msg_iov =
      several ? const_cast<iovec*>(reinterpret_cast<const iovec*>(message.pieces)) : one;
  header->msg_iovlen = several ? std::min(op.size, kMostPieces) : 1;
  if (!several && message.peer != nullptr) {
    header->msg_name = message.peer->bytes;
    header->msg_namelen = op.kind == Op::Kind::kRecvFrom ? static_cast<socklen_t>(Address::kRoom)
                                                         : message.peer->size;
  }
  if (DirectionOf(op.kind) == Direction::kIn) {
    io_uring_prep_recvmsg(sqe, fd, header, 0);
  } else {
    io_uring_prep_sendmsg(sqe, fd, header, static_cast<unsigned>(send_flags));
  }
}

// Ends an op without the kernel; told at the next Poll.
void IoUringEngine::Ring::End(Slot& slot, Result result) noexcept {
  slot.op->result = result;
  slot.state = State::kEnded;
  ended.Push(slot);
}

// Tells the starter. Op, port and what embeds them may be gone when this returns.
int IoUringEngine::Ring::Finish(Slot& slot, Result result) noexcept {
  if (slot.owed) owed.Remove(slot);
  Op& op = *slot.op;
  slot.state = State::kIdle;
  slot.port->pending[Index(op)] = nullptr;
  op.result = result;
  op.done(op);
  return 1;
}

int IoUringEngine::Ring::Reap() noexcept {
  int count = 0;
  SlotQueue batch;
  batch.Take(ended);
  while (Slot* slot = batch.Pop()) count += Finish(*slot, slot->op->result);
  // No more than what is there now: what `done` starts is the next Poll's.
  for (unsigned left = io_uring_cq_ready(&ring); left > 0; --left) {
    const io_uring_cqe cqe = ring.cq.cqes[*ring.cq.khead & *ring.cq.kring_mask];
    io_uring_cq_advance(&ring, 1);
    if (cqe.user_data == kWakeTag) {
      woken = true;
      ArmWake();
    } else if (cqe.user_data > kLastTag) {
      Slot& slot = *reinterpret_cast<Slot*>(cqe.user_data);
      const bool notice = cqe.flags & IORING_CQE_F_NOTIF;
      const int res = notice ? cqe.res : FaultyResult(slot.op->kind, cqe.res);
      count += Complete(slot, res, cqe.flags);
    }
  }
  return count;
}

// After a completion that was no end; 1 if a cancel makes it one.
int IoUringEngine::Ring::StartAgain(Slot& slot) noexcept {
  if (slot.canceled) return Finish(slot, {0, Errc::kCanceled, 0});
  Queue(slot);
  return 0;
}

// What a completion means for its op: 1 if that is its end.
int IoUringEngine::Ring::Complete(Slot& slot, int res, unsigned cqe_flags) noexcept {
  Op& op = *slot.op;
  if (op.kind == Op::Kind::kRecvMany) return CompleteMany(slot, res, cqe_flags);
  if (cqe_flags & IORING_CQE_F_NOTIF) {
    ++zero_copies.ended;
    if (static_cast<unsigned>(res) & IORING_NOTIF_USAGE_ZC_COPIED) ++zero_copies.copied;
    if (!std::exchange(slot.again, false)) return Finish(slot, op.result);
    return StartAgain(slot);
  }
  if (op.kind == Op::Kind::kConnect) return CompleteConnect(slot, res);
  bool passes = Passes(op, res);
  // Not every socket sends without copying, and what the user may lock of memory may be used up.
  if (op.kind == Op::Kind::kSend && slot.port->zero_copy &&
      (res == -EOPNOTSUPP || res == -ENOMEM || res == -ENOBUFS)) {
    slot.port->zero_copy = false;
    passes = true;
  }
  if (passes && slot.canceled) res = -ECANCELED;
  if (passes && !slot.canceled) {
    slot.retry = true;
    slot.again = cqe_flags & IORING_CQE_F_MORE;
    if (slot.again) return 0;
    // Where waiting would be in vain it says so.
    if (SendsDatagram(slot) && Perform(op, Attempt::kAgain)) return Finish(slot, op.result);
    return StartAgain(slot);
  }
  if (WaitsThenCalls(slot)) {
    if (res < 0) return Finish(slot, Failed(-res));
    if (Call(slot, Attempt::kAgain)) return Finish(slot, op.result);
    return StartAgain(slot);
  }
  if (op.kind == Op::Kind::kRecv && res >= 0)
    slot.port->has_more = cqe_flags & IORING_CQE_F_SOCK_NONEMPTY;
  if (op.kind == Op::Kind::kRecvFrom && res >= 0 && op.message->peer != nullptr) {
    op.message->peer->size = reinterpret_cast<const msghdr*>(op.message->room)->msg_namelen;
  }
  // Whoever canceled does not expect a handle any more.
  if (op.kind == Op::Kind::kAccept && res >= 0 && slot.canceled) {
    close(res);
    res = -ECANCELED;
  }
  const Result result = res > 0 ? Result{res} : WithoutBytes(slot, res);
  if (cqe_flags &
      IORING_CQE_F_MORE) {  // sent without a copy: the buffer is the kernel's until its notice
    op.result = result;
    return 0;
  }
  return Finish(slot, result);
}

int IoUringEngine::Ring::CompleteConnect(Slot& slot, int res) noexcept {
  Op& op = *slot.op;
  // A Unix listener has no room in its line, and nobody will say when it has.
  if (res == -EAGAIN && !slot.canceled) return Finish(slot, {0, Errc::kResource, 0});
  const bool waited = slot.retry && res >= 0;
  Result result;
  if (Passes(op, res) || (waited && !Perform(op, Attempt::kAgain))) {
    slot.retry = true;
    if (!slot.canceled) return Queue(slot), 0;
    result = {0, Errc::kCanceled, 0};
  } else {
    result = waited ? op.result : res >= 0 ? Result{} : Failed(-res);
  }
  // What makes no sense on its handle has begun nothing that could be undone.
  Port& port = *slot.port;
  port.unconnected = port.is_stream && !result.ok() && result.err != Errc::kInvalid;
  if (port.unconnected) Disconnect(port.handle);
  return Finish(slot, result);
}

// How many callbacks it made.
int IoUringEngine::Ring::CompleteMany(Slot& slot, int res, unsigned cqe_flags) noexcept {
  Op& op = *slot.op;
  int told = 0;
  if (cqe_flags & IORING_CQE_F_BUFFER) {
    const auto id = static_cast<uint16_t>(cqe_flags >> IORING_CQE_BUFFER_SHIFT);
    std::byte* bytes = lent_bytes.get() + size_t{id} * kManySize;
    // Too late for whoever has canceled: what was taken from the socket until then is counted.
    if (slot.canceled) {
      op.result.n += std::max(res, 0);
    } else if (res > 0) {
      op.many->more(op, bytes, static_cast<size_t>(res));
      told = 1;
    }
    io_uring_buf_ring_add(lent, bytes, kManySize, id, io_uring_buf_ring_mask(kManyBuffers), 0);
    io_uring_buf_ring_advance(lent, 1);
  }
  if (cqe_flags & IORING_CQE_F_MORE) return told;
  if (slot.canceled) return told + Finish(slot, {op.result.n, Errc::kCanceled, 0});
  // Out of buffers, or a completion queue that was full: it goes on by itself.
  if (res > 0 || res == -ENOBUFS || Passes(op, res)) {
    Queue(slot);
    return told;
  }
  return told + Finish(slot, WithoutBytes(slot, res));
}

}  // namespace tare::io
