// SPDX-License-Identifier: Apache-2.0
// Making a ring with what the kernel has of it, and saying why there can be none.
#include <cerrno>

#include "impl/backend/io_uring_ring.h"

namespace tare::io {

int MakeRing(const IoUringOptions& options, unsigned entries, io_uring* ring,
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
    params.flags = flags;
    params.sq_thread_idle = 100;  // milliseconds
    error = io_uring_queue_init_params(entries, ring, &params);
    *got = flags;
    return error != -EINVAL;
  };
  if (options.sqpoll) {
    for (unsigned flags : kPolled) {
      if (attempt(flags)) break;
    }
  } else {
    for (unsigned flags : kShared) {
      if (attempt(flags)) break;
    }
  }
  if (error != 0) return error;
  // Without these a wait could not have a deadline, and a full completion queue would lose some.
  constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;
  if ((ring->features & kNeeded) != kNeeded) {
    io_uring_queue_exit(ring);
    return -ENOSYS;
  }
  return 0;
}

Result SetUpFailed(int error) noexcept {
  // There is nothing to wait for: a limit was met (of threads, for a ring that is polled).
  if (error == EAGAIN) return {0, Errc::kResource, error};
  return {0, FromErrno(error), error};
}

const char* IoUringEngine::WhyNotWith(const IoUringOptions& options) noexcept {
  io_uring ring;
  unsigned flags = 0;
  const int error = MakeRing(options, 4, &ring, &flags);
  if (error == 0) io_uring_queue_exit(&ring);
  switch (-error) {
    case 0:
      return nullptr;
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

}  // namespace tare::io
