// SPDX-License-Identifier: Apache-2.0
// Chains of a poll and two splices, and what becomes of them.
#include "impl/splice_write_to/ring_splice.h"

#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <optional>

#include "impl/base/blocking.h"
#include "impl/base/check.h"
#include "impl/base/signals.h"
#include "impl/splice_write_to/pool.h"

namespace tare::io::splice_write_to {
namespace {

constexpr unsigned kEntries = 8;
constexpr int kPipe = 1 << 20;  // bytes, as the reference's
constexpr uint64_t kMostBytes = 0x7ffff000;
constexpr int kRestartSys = 512;        // what a splice says that a cancel or a signal interrupted
constexpr int64_t kPatience = 100'000;  // nanoseconds; as OnLoop's

// Places in the ring's table of files.
enum File : int { kFrom, kPipeTo, kPipeFrom, kTo, kFiles };
// What a completion is about.
enum Part : uint64_t { kWait, kIn, kOut };

Result Failed(int error) noexcept {
  TakeBackSignal(error);
  return {0, FromErrno(error), error};
}

// Whether a splice has only to be made again.
bool Waits(int res) noexcept {
  return res == -EAGAIN || res == -EINTR || res == -kRestartSys;
}

}  // namespace

struct RingMover::Ring {
  ~Ring() { Close(); }

  Result Make(Handle from, Handle to, const Options& wanted) noexcept {
    options = wanted;
    waits_in = wanted.waits_first;
    io_uring_params params = {};
    params.flags =
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    int error = io_uring_queue_init_params(kEntries, &ring, &params);
    if (error == -EINVAL) error = io_uring_queue_init(kEntries, &ring, 0);
    if (error != 0) return Failed(-error);
    made = true;
    (void)io_uring_register_ring_fd(&ring);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return Failed(errno);
    const int size = fcntl(ends[1], F_SETPIPE_SZ, kPipe);
    pipe = {ends[0], ends[1], static_cast<size_t>(size > 0 ? size : 64 << 10)};
    const std::array<int, kFiles> files = {from, pipe.to, pipe.from, to};
    error = io_uring_register_files(&ring, files.data(), kFiles);
    return error == 0 ? Result{} : Failed(-error);
  }

  void Close() noexcept {
    if (made) {
      if (in_flight > 0) {
        io_uring_sync_cancel_reg all = {};
        all.flags = IORING_ASYNC_CANCEL_ANY;
        all.timeout = {-1, -1};
        (void)io_uring_register_sync_cancel(&ring, &all);
      }
      (void)io_uring_unregister_files(&ring);
      io_uring_queue_exit(&ring);
    }
    made = false;
    in_flight = 0;
    Pool::Drop(pipe);
  }

  io_uring_sqe* Sqe(Part part) noexcept {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring);
    TARE_CHECK(sqe != nullptr);  // no chain is longer than the queue, and one is under way at most
    sqe->user_data = part;
    ++in_flight;
    return sqe;
  }

  void Wait(File file, short events) noexcept {
    io_uring_sqe* sqe = Sqe(kWait);
    io_uring_prep_poll_add(sqe, file, static_cast<unsigned>(events));
    sqe->user_data = kWait;
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_LINK;
  }

  io_uring_sqe* Splice(Part part, File from, File to, uint64_t at, uint64_t size) noexcept {
    io_uring_sqe* sqe = Sqe(part);
    io_uring_prep_splice(sqe, from, -1, to, static_cast<int64_t>(at),
                         static_cast<unsigned>(std::min(size, kMostBytes)),
                         SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_FD_IN_FIXED);
    sqe->user_data = part;
    sqe->flags |= IOSQE_FIXED_FILE;
    return sqe;
  }

  // The next chain. What is in the pipe goes out before more is taken.
  void Prepare() noexcept {
    in = out = 0;
    in_said = out_said = false;
    if (in_pipe == 0) {
      asked = std::min<uint64_t>(left, pipe.size);
      if (waits_in) Wait(kFrom, POLLIN);
      Splice(kIn, kFrom, kPipeTo, kAtPosition, asked)->flags |=
          options.hard_links ? IOSQE_IO_HARDLINK : IOSQE_IO_LINK;
    }
    if (waits_out) Wait(kTo, POLLOUT);
    Splice(kOut, kPipeFrom, kTo, offset, in_pipe > 0 ? in_pipe : asked);
  }

  void Take() noexcept {
    unsigned head = 0, seen_now = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring, head, cqe) {
      ++seen_now;
      --in_flight;
      if (cqe->user_data == kWait && cqe->res < 0 && cqe->res != -ECANCELED) waited = cqe->res;
      if (cqe->user_data == kIn) in = cqe->res, in_said = true;
      if (cqe->user_data == kOut) out = cqe->res, out_said = true;
    }
    io_uring_cq_advance(&ring, seen_now);
    if (seen_now > 0 && in_flight == 0) Settle();
  }

  // A chain has ended: the first hop counts before the second.
  void Settle() noexcept {
    if (waited < 0) return End(Failed(-waited));
    Result failed;
    if (in_said) {
      if (in > 0) {
        const auto n = static_cast<uint64_t>(in);
        in_pipe += n;
        left -= n;
        if (n < asked) ++seen.short_in;
        waits_in = n < asked;
      } else if (in == 0) {
        left = 0;
      } else if (Waits(in)) {
        ++seen.would_block;
        waits_in = true;
      } else if (in != -ECANCELED) {
        failed = Failed(-in);
      }
    }
    if (out_said && out > 0) {
      const auto n = static_cast<uint64_t>(out);
      in_pipe -= n;
      moved += n;
      if (offset != kAtPosition) offset += n;
      waits_out = false;
    } else if (out_said && in_pipe > 0) {
      if (Waits(out)) {
        ++seen.would_block;
        waits_out = true;
      } else if (out == -ECANCELED) {
        ++seen.broken;
      } else {
        return End(out == 0 ? Result{0, Errc::kOther, 0} : Failed(-out));
      }
    }
    // What was taken before the source failed is delivered first.
    if (!failed.ok()) {
      left = 0;
      source_failed = failed;
    }
    if (left == 0 && in_pipe == 0) End(source_failed);
  }

  void End(Result r) noexcept {
    r.n = static_cast<int64_t>(moved);
    result = r;
    over = true;
  }

  int Enter(int64_t wait) noexcept {
    if (wait <= 0) return io_uring_submit_and_get_events(&ring);
    io_uring_cqe* cqe = nullptr;
    __kernel_timespec time = {wait / 1'000'000'000, wait % 1'000'000'000};
    return io_uring_submit_and_wait_timeout(&ring, &cqe, in_flight, &time, nullptr);
  }

  io_uring ring = {};
  bool made = false;
  Options options;
  Pipe pipe;
  unsigned in_flight = 0;  // completions that are to come
  uint64_t left = 0;       // bytes still to be taken
  uint64_t asked = 0;      // of the first hop that is under way
  uint64_t in_pipe = 0;
  uint64_t moved = 0;
  uint64_t offset = kAtPosition;
  bool waits_in = true, waits_out = false;  // before the next splice
  int in = 0, out = 0, waited = 0;          // what the completions of a chain have said
  bool in_said = false, out_said = false;
  Result source_failed;
  Result result;
  bool over = true;
  Seen seen;
};

const char* RingMover::WhyNot() noexcept {
  static const char* const why = []() -> const char* {
    if (const char* none = IoUring::WhyNot()) return none;
    io_uring_probe* probe = io_uring_get_probe();
    if (probe == nullptr) return "what this kernel's io_uring can do may not be asked (seccomp)";
    const bool has = io_uring_opcode_supported(probe, IORING_OP_SPLICE) != 0;
    io_uring_free_probe(probe);
    return has ? nullptr : "this kernel's io_uring does not splice (Linux 5.7)";
  }();
  return why;
}

RingMover::RingMover() noexcept = default;
RingMover::~RingMover() = default;

Result RingMover::Open(Handle from, Handle to, const Options& options) noexcept {
  TARE_CHECK(ring_ == nullptr);
  ring_.reset(new (std::nothrow) Ring);
  if (ring_ == nullptr) return {0, Errc::kResource, 0};
  return ring_->Make(from, to, options);
}

void RingMover::Start(uint64_t size, uint64_t offset) noexcept {
  Ring& r = *ring_;
  TARE_CHECK(r.over && r.in_flight == 0 && r.in_pipe == 0);
  r.left = size;
  r.offset = offset;
  r.moved = 0;
  r.source_failed = {};
  r.over = false;
  if (size == 0) r.End({});
}

bool RingMover::Turn(int64_t wait) noexcept {
  Ring& r = *ring_;
  if (r.over) return true;
  if (r.in_flight == 0) r.Prepare();
  const int entered = r.Enter(wait);
  if (entered < 0 && entered != -ETIME && entered != -EINTR && entered != -EAGAIN &&
      entered != -EBUSY) {
    r.End(Failed(-entered));
    return true;
  }
  r.Take();
  return r.over;
}

Result RingMover::result() const noexcept {
  return ring_->result;
}
uint64_t RingMover::held() const noexcept {
  return ring_->in_pipe;
}
const RingMover::Seen& RingMover::seen() const noexcept {
  return ring_->seen;
}
void RingMover::Close() noexcept {
  ring_.reset();
}

using Answered = RingSplice<IoUring>;

Result Answered::Open(const Stage& stage) {
  ends_.Open(stage);
  for (const Handle h : {stage.source.server, stage.sink.client}) {
    if (h == kNoHandle) continue;
    if (const Result set = SetBlocking(h, false); !set.ok()) return set;
  }
  return mover_.Open(stage.source.server, stage.file != kNoHandle ? stage.file : stage.sink.client);
}

Result Answered::Trip() noexcept {
  if (const Result begun = ends_.Begin(); !begun.ok()) return begun;
  mover_.Start(ends_.stage().size);
  for (bool over = false; !over || !ends_.done();) {
    const Result served = ends_.Serve();
    if (!served.ok()) return served;
    if (over) continue;
    // While there is more to send, or to drop, nobody waits.
    over = mover_.Turn(served.n > 0 && !ends_.done() ? 0 : kPatience);
    if (over && !mover_.result().ok()) return mover_.result();
  }
  if (static_cast<uint64_t>(mover_.result().n) == ends_.stage().size) return {};
  return {mover_.result().n, Errc::kEof, 0};
}

void Answered::Close() noexcept {
  mover_.Close();
  ends_.Close();
}

static_assert(Answer<Answered>);

}  // namespace tare::io::splice_write_to
