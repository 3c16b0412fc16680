// SPDX-License-Identifier: Apache-2.0
// Making a ring with what the kernel has of it, and saying why there can be none.
#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "impl/backend/io_uring_ring.h"

namespace tare::io {

namespace {

// With queues of these lengths. 0 or a negative errno.
int MakeRingOf(unsigned submissions, unsigned completions, bool sqpoll, io_uring* ring,
               unsigned* got) noexcept {
  // From best to plain. Every set-up flag the kernel does not know is -EINVAL.
  constexpr unsigned kShared[] = {
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_SUBMIT_ALL, 0};
  constexpr unsigned kPolled[] = {
      IORING_SETUP_SQPOLL | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER,
      IORING_SETUP_SQPOLL};
  int error = -EINVAL;
  const auto attempt = [&](unsigned flags) {
    io_uring_params params = {};
    params.flags = flags | IORING_SETUP_CQSIZE;
    params.cq_entries = completions;
    params.sq_thread_idle = 100;  // milliseconds
    error = io_uring_queue_init_params(submissions, ring, &params);
    *got = flags;
    return error != -EINVAL;
  };
  if (sqpoll) {
    for (unsigned flags : kPolled) {
      if (attempt(flags)) break;
    }
  } else {
    for (unsigned flags : kShared) {
      if (attempt(flags)) break;
    }
  }
  return error;
}

// The kernel maps a ring's memory where that of an earlier one was, maybe another thread's.
// ThreadSanitizer sees neither the map nor the unmap, for liburing calls the kernel by itself.
#if defined(__SANITIZE_THREAD__)
#define TARE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TARE_TSAN 1
#endif
#endif
#ifdef TARE_TSAN
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
char maps;  // stands for all of them
void SeeUnmaps() noexcept {
  __tsan_acquire(&maps);
}
void ShowUnmap() noexcept {
  __tsan_release(&maps);
}
#else
void SeeUnmaps() noexcept {}
void ShowUnmap() noexcept {}
#endif

}  // namespace

int MakeRing(const IoUringOptions& options, io_uring* ring, unsigned* got) noexcept {
  int error = MakeRingOf(options.submissions, options.completions, options.sqpoll, ring, got);
  // In big steps, for what a ring in vain has locked is given back only after a while.
  for (unsigned part = 8; error == -ENOMEM && options.submissions / part >= 4; part *= 8) {
    error = MakeRingOf(options.submissions / part, options.completions / part, options.sqpoll, ring,
                       got);
  }
  if (error != 0) return error;
  SeeUnmaps();
  // Without these a wait could not have a deadline, and a full completion queue would lose some.
  constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;
  if ((ring->features & kNeeded) != kNeeded) {
    FreeRing(ring);
    return -ENOSYS;
  }
  return 0;
}

void FreeRing(io_uring* ring) noexcept {
  ShowUnmap();
  io_uring_queue_exit(ring);
}

Result SetUpFailed(int error) noexcept {
  // There is nothing to wait for: a limit was met (of threads, for a ring that is polled).
  if (error == EAGAIN) return {0, Errc::kResource, error};
  return {0, FromErrno(error), error};
}

namespace {

// Pages of ours, for the kernel to map.
constexpr size_t kPage = 4096;
struct Free {
  void operator()(void* pages) const noexcept { std::free(pages); }
};
using Pages = std::unique_ptr<std::byte, Free>;
Pages NewPages(size_t count) noexcept {
  return Pages(static_cast<std::byte*>(std::aligned_alloc(kPage, count * kPage)));
}
constexpr const char* kNoMemory = "no memory is left to see what io_uring can do";

const char* WhyNotRegistered(io_uring* ring) noexcept {
  const Pages page = NewPages(1);
  if (page == nullptr) return kNoMemory;
  const iovec all = {page.get(), kPage};
  switch (-io_uring_register_buffers(ring, &all, 1)) {
    case 0:
      return nullptr;
    case EPERM:
    case EACCES:
      return "registering buffers is forbidden here (seccomp)";
    case ENOMEM:
      return "too little locked memory to register buffers (ulimit -l)";
    default:
      return "this kernel's io_uring does not register buffers";
  }
}

// Buffers that are lent, and one byte received into them by an op that goes on.
const char* WhyNotRecvMany(io_uring* ring) noexcept {
  constexpr int kGroup = 1;
  const Pages pages = NewPages(2);
  if (pages == nullptr) return kNoMemory;
  auto* lent = reinterpret_cast<io_uring_buf_ring*>(pages.get());
  io_uring_buf_reg reg = {};
  reg.ring_addr = reinterpret_cast<uint64_t>(lent);
  reg.ring_entries = 1;
  reg.bgid = kGroup;
  const int error = io_uring_register_buf_ring(ring, &reg, 0);
  if (error == -EPERM || error == -EACCES) return "lending buffers is forbidden here (seccomp)";
  if (error == -ENOMEM) return "too little locked memory to lend buffers (ulimit -l)";
  if (error != 0) return "this kernel's io_uring takes no ring of buffers (Linux 5.19)";
  io_uring_buf_ring_init(lent);
  io_uring_buf_ring_add(lent, pages.get() + kPage, kPage, 0, io_uring_buf_ring_mask(1), 0);
  io_uring_buf_ring_advance(lent, 1);

  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return "no descriptor is left to see whether io_uring receives many (ulimit -n)";
  }
  (void)!write(ends[0], "", 1);
  io_uring_sqe* sqe = io_uring_get_sqe(ring);
  io_uring_prep_recv_multishot(sqe, ends[1], nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = kGroup;
  // Until its end, for the pages may not go before.
  bool received = false;
  for (bool more = true; more;) {
    io_uring_cqe* cqe = nullptr;
    const int entered = io_uring_submit_and_wait(ring, 1);
    if (entered == -EINTR) continue;
    if (entered < 0 || io_uring_peek_cqe(ring, &cqe) != 0) break;
    more = cqe->flags & IORING_CQE_F_MORE;
    received = received || (more && cqe->res == 1 && (cqe->flags & IORING_CQE_F_BUFFER));
    io_uring_cqe_seen(ring, cqe);
    (void)shutdown(ends[0], SHUT_WR);
  }
  close(ends[0]);
  close(ends[1]);
  return received ? nullptr : "this kernel's io_uring receives once at a time (Linux 6.0)";
}

const char* WhyNotSendZc(io_uring* ring) noexcept {
  io_uring_probe* probe = io_uring_get_probe_ring(ring);
  if (probe == nullptr) return "what this kernel's io_uring can do may not be asked (seccomp)";
  const bool has = io_uring_opcode_supported(probe, IORING_OP_SEND_ZC) != 0;
  io_uring_free_probe(probe);
  return has ? nullptr : "this kernel's io_uring cannot send without copying (Linux 6.0)";
}

// What a mode is named after, tried on a ring that could be made. Everything else that a kernel may
// lack is done without.
const char* WhyNotOn(io_uring* ring, const IoUringOptions& options) noexcept {
  const char* why = nullptr;
  if (options.registered_buffers) why = WhyNotRegistered(ring);
  if (why == nullptr && options.recv_many) why = WhyNotRecvMany(ring);
  if (why == nullptr && options.send_zc_from != IoUringOptions::kNoSize) why = WhyNotSendZc(ring);
  return why;
}

}  // namespace

const char* IoUringEngine::WhyNotWith(const IoUringOptions& options) noexcept {
  io_uring ring;
  unsigned flags = 0;
  IoUringOptions least = options;
  least.submissions = 4;
  least.completions = 8;
  const int error = MakeRing(least, &ring, &flags);
  if (error == 0) {
    const char* why = WhyNotOn(&ring, options);
    FreeRing(&ring);
    return why;
  }
  switch (-error) {
    case ENOSYS:
      return "this kernel has no io_uring that can wait with a deadline (Linux 5.11)";
    case EPERM:
    case EACCES:
      return "io_uring is forbidden here (seccomp, or kernel.io_uring_disabled)";
    case ENOMEM:
      return "too little locked memory for a ring (ulimit -l)";
    case EMFILE:
    case ENFILE:
      return "no descriptor is left for a ring (ulimit -n)";
    case EAGAIN:
      return "no thread or memory is left for a ring (ulimit -u)";
    case EINVAL:
      return "this kernel's io_uring lacks the mode";
    default:
      return "io_uring_setup failed";
  }
}

bool IoUringEngine::Ring::MakeBuffers() noexcept {
  if (lent != nullptr) return true;
  lent_bytes.reset(new (std::nothrow) std::byte[size_t{kManyBuffers} * kManySize]);
  const size_t size = kManyBuffers * sizeof(io_uring_buf);
  auto* made_ring = static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, 4096));
  static_assert(size <= 4096);
  io_uring_buf_reg reg = {};
  reg.ring_addr = reinterpret_cast<uint64_t>(made_ring);
  reg.ring_entries = kManyBuffers;
  reg.bgid = kManyGroup;
  if (lent_bytes == nullptr || made_ring == nullptr ||
      io_uring_register_buf_ring(&ring, &reg, 0) != 0) {
    std::free(made_ring);
    return false;
  }
  lent = made_ring;
  io_uring_buf_ring_init(lent);
  for (unsigned i = 0; i < kManyBuffers; ++i) {
    io_uring_buf_ring_add(lent, lent_bytes.get() + size_t{i} * kManySize, kManySize,
                          static_cast<uint16_t>(i), io_uring_buf_ring_mask(kManyBuffers),
                          static_cast<int>(i));
  }
  io_uring_buf_ring_advance(lent, kManyBuffers);
  return true;
}

}  // namespace tare::io
