// SPDX-License-Identifier: Apache-2.0
// The hand loops over io_uring, with single-shot and with multishot receives.
#include <liburing.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "impl/backend/io_uring.h"
#include "impl/fd_ops/hand_loop.h"

namespace tare::io::fd_ops {
namespace {

constexpr unsigned kEntries = 4096;
constexpr unsigned kBuffers = 64;  // of the multishot receives
constexpr int kGroup = 1;
constexpr size_t kGroupBytes = 4096;

// What a completion is about: the connection, which end, and whether it was a send.
enum What : uint64_t { kClientRecv, kServerRecv, kSent };
uint64_t Tag(size_t i, What what) noexcept {
  return uint64_t{i} * 4 + what;
}

Result Failed(int error) noexcept {
  return {0, FromErrno(error), error};
}

}  // namespace

struct IoUringHandLoop::Ring {
  io_uring ring = {};
  bool made = false;
  bool multishot = false;
  Ends ends;
  io_uring_buf_ring* lent = nullptr;
  std::byte* lent_bytes = nullptr;

  Result Make() noexcept {
    io_uring_params params = {};
    params.flags =
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    if (const int error = io_uring_queue_init_params(kEntries, &ring, &params); error != 0) {
      return Failed(-error);
    }
    made = true;
    (void)io_uring_register_ring_fd(&ring);
    // Client of connection i is file 2 * i, its server the next.
    std::vector<int> files;
    for (const Pair& pair : ends.pairs) {
      files.push_back(pair.client);
      files.push_back(pair.server);
    }
    if (const int error =
            io_uring_register_files(&ring, files.data(), static_cast<unsigned>(files.size()));
        error != 0) {
      return Failed(-error);
    }
    return multishot ? MakeBuffers() : Result{};
  }

  Result MakeBuffers() noexcept {
    lent = static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, 4096));
    lent_bytes = static_cast<std::byte*>(std::malloc(kBuffers * kGroupBytes));
    if (lent == nullptr || lent_bytes == nullptr) return Failed(ENOMEM);
    io_uring_buf_reg reg = {};
    reg.ring_addr = reinterpret_cast<uint64_t>(lent);
    reg.ring_entries = kBuffers;
    reg.bgid = kGroup;
    if (const int error = io_uring_register_buf_ring(&ring, &reg, 0); error != 0)
      return Failed(-error);
    io_uring_buf_ring_init(lent);
    for (unsigned i = 0; i < kBuffers; ++i) GiveBack(static_cast<uint16_t>(i));
    return {};
  }

  void GiveBack(uint16_t id) noexcept {
    io_uring_buf_ring_add(lent, lent_bytes + id * kGroupBytes, kGroupBytes, id,
                          io_uring_buf_ring_mask(kBuffers), 0);
    io_uring_buf_ring_advance(lent, 1);
  }

  io_uring_sqe* Sqe() noexcept {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring);
    while (sqe == nullptr) {
      (void)io_uring_submit(&ring);
      sqe = io_uring_get_sqe(&ring);
    }
    return sqe;
  }

  void Send(size_t end, const std::byte* data, size_t size) noexcept {
    io_uring_sqe* sqe = Sqe();
    io_uring_prep_send(sqe, static_cast<int>(end), data, size, MSG_NOSIGNAL);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = Tag(end / 2, kSent);
  }

  std::byte* Buffer(size_t end) noexcept {
    return end % 2 == 1 ? ends.ServerBuffer(end / 2) : ends.ClientBuffer(end / 2);
  }

  void Recv(size_t end) noexcept {
    const size_t i = end / 2;
    const bool server = end % 2 == 1;
    io_uring_sqe* sqe = Sqe();
    if (multishot) {
      io_uring_prep_recv_multishot(sqe, static_cast<int>(end), nullptr, 0, 0);
      sqe->flags |= IOSQE_BUFFER_SELECT;
      sqe->buf_group = kGroup;
    } else {
      const size_t at = server ? 0 : ends.received[i];
      io_uring_prep_recv(sqe, static_cast<int>(end), Buffer(end) + at, ends.exchange.buf - at, 0);
    }
    sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = Tag(i, server ? kServerRecv : kClientRecv);
  }

  // One completion; how many trips it ended, or the error.
  Result Take(const io_uring_cqe& cqe) noexcept {
    const size_t i = cqe.user_data / 4;
    const auto what = static_cast<What>(cqe.user_data % 4);
    const bool again = !multishot || !(cqe.flags & IORING_CQE_F_MORE);
    if (multishot && cqe.res == -ENOBUFS) {
      Recv(2 * i + (what == kServerRecv ? 1 : 0));
      return {0};
    }
    if (cqe.res <= 0) return cqe.res == 0 ? Result{0, Errc::kEof, 0} : Failed(-cqe.res);
    const auto n = static_cast<size_t>(cqe.res);
    if (multishot) {
      const auto id = static_cast<uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
      // The buffer goes back at once; what is done with the bytes takes longer.
      std::memcpy(Buffer(2 * i + (what == kServerRecv ? 1 : 0)) +
                      (what == kServerRecv ? 0 : ends.received[i]),
                  lent_bytes + id * kGroupBytes, n);
      GiveBack(id);
    }
    if (what == kServerRecv) {
      Send(2 * i + 1, ends.ServerBuffer(i), n);
      if (again) Recv(2 * i + 1);
      return {0};
    }
    ends.received[i] += n;
    const bool whole = ends.received[i] == ends.exchange.size;
    // The next trip's receive waits from now on, as the servers' do.
    if (whole && !multishot) ends.received[i] = 0;
    if (again) Recv(2 * i);
    if (whole) ends.received[i] = ends.exchange.size;
    return {whole};
  }

  ~Ring() {
    if (made) {
      io_uring_sync_cancel_reg all = {};
      all.flags = IORING_ASYNC_CANCEL_ANY;
      all.timeout = {-1, -1};
      (void)io_uring_submit(&ring);
      (void)io_uring_register_sync_cancel(&ring, &all);
      (void)io_uring_get_events(&ring);
      (void)io_uring_unregister_files(&ring);
      io_uring_queue_exit(&ring);
    }
    std::free(lent);
    std::free(lent_bytes);
  }
};

const char* IoUringHandLoop::WhyNot() noexcept {
  return IoUring::WhyNot();
}
const char* IoUringHandLoop::WhyNotMultishot() noexcept {
  return IoUringRecvMany::WhyNot();
}

IoUringHandLoop::IoUringHandLoop(bool multishot) noexcept : ring_(std::make_unique<Ring>()) {
  ring_->multishot = multishot;
}
IoUringHandLoop::~IoUringHandLoop() = default;

Result IoUringHandLoop::Open(std::span<const Pair> pairs, const Exchange& exchange) {
  ring_->ends.Open(pairs, exchange);
  if (const Result made = ring_->Make(); !made.ok()) return made;
  for (size_t end = 0; end < 2 * pairs.size(); ++end) ring_->Recv(end);
  return {};
}

Result IoUringHandLoop::Trip() noexcept {
  Ring& r = *ring_;
  for (size_t i = 0; i < static_cast<size_t>(r.ends.exchange.active); ++i) {
    r.ends.received[i] = 0;
    r.Send(2 * i, r.ends.Message(i), r.ends.exchange.size);
  }
  for (int64_t left = r.ends.exchange.active; left > 0;) {
    if (const int n = io_uring_submit_and_wait(&r.ring, 1); n < 0 && n != -EINTR) return Failed(-n);
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* cqe;
    Result taken;
    io_uring_for_each_cqe(&r.ring, head, cqe) {
      ++seen;
      taken = r.Take(*cqe);
      if (!taken.ok()) break;
      left -= taken.n;
    }
    io_uring_cq_advance(&r.ring, seen);
    if (!taken.ok()) return taken;
  }
  return {};
}

std::span<const std::byte> IoUringHandLoop::Received(int i) noexcept {
  return {ring_->ends.ClientBuffer(static_cast<size_t>(i)),
          ring_->ends.received[static_cast<size_t>(i)]};
}
std::span<std::byte> IoUringHandLoop::Message(int i) noexcept {
  return {ring_->ends.Message(static_cast<size_t>(i)), ring_->ends.exchange.size};
}

void IoUringHandLoop::Close() noexcept {
  const bool multishot = ring_->multishot;
  ring_ = std::make_unique<Ring>();
  ring_->multishot = multishot;
}

}  // namespace tare::io::fd_ops
