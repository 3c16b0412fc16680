// SPDX-License-Identifier: Apache-2.0
// RingSplice: both hops by splices that io_uring makes itself, linked into one submission.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "impl/backend/backends.h"
#include "impl/splice_write_to/contract.h"
#include "impl/splice_write_to/ends.h"

namespace tare::io {
// Named here, for the library they need may be missing.
template <class Mode>
class IoUringIn;
struct IoUringDefault;
}  // namespace tare::io

namespace tare::io::splice_write_to {

// Moves bytes from one handle to another through a pipe of its own. A turn submits a wait for the
// source, a splice into the pipe and one out of it as one chain; a worker thread of the kernel
// makes the splices, for they are never made on the caller's. Where a splice says would-block its
// end is waited for and it is made again; where the chain broke behind a short one, what is in the
// pipe goes out first. Both handles must be non-blocking sockets, pipes in either mode, or (to) a
// file.
class RingMover {
 public:
  struct Options {
    // Whether the source is waited for before the first splice. Without, that finds out by itself.
    bool waits_first = true;
    // Whether the second hop follows a first one that was short. The kernel takes a link for broken
    // then, and only a hard one is not.
    bool hard_links = true;
  };
  // What has happened beside moving bytes.
  struct Seen {
    uint64_t would_block = 0;  // splices that were waited for and made again
    uint64_t short_in = 0;     // first hops that moved less than they were asked to
    uint64_t broken = 0;       // second hops that the kernel cancelled with their chain
  };

  // The position of the file, for `offset`.
  static constexpr uint64_t kAtPosition = UINT64_MAX;

  static const char* WhyNot() noexcept;

  RingMover() noexcept;
  ~RingMover();
  RingMover(const RingMover&) = delete;
  RingMover& operator=(const RingMover&) = delete;

  // The handles stay the caller's, and open until Close. Once.
  Result Open(Handle from, Handle to, const Options& options) noexcept;
  Result Open(Handle from, Handle to) noexcept { return Open(from, to, Options{}); }
  // Nothing is under way: moves `size` bytes, or up to the end of the source, to `offset` on.
  void Start(uint64_t size, uint64_t offset = kAtPosition) noexcept;
  // Submits what there is to do and takes what has ended; waits for that up to so many nanoseconds.
  // Whether it is over.
  bool Turn(int64_t wait) noexcept;
  // When it is over: how many bytes reached the destination, true beside the error that ended it.
  Result result() const noexcept;
  // Bytes that were taken and have not been delivered: they are in the pipe.
  uint64_t held() const noexcept;
  const Seen& seen() const noexcept;
  // Ends what is under way.
  void Close() noexcept;

 private:
  struct Ring;
  std::unique_ptr<Ring> ring_;
};

template <class B>
class RingSplice {
 public:
  static constexpr bool kUnwritten = true;
};

template <>
class RingSplice<IoUringIn<IoUringDefault>> {
 public:
  static const char* WhyNot() noexcept { return RingMover::WhyNot(); }

  ~RingSplice() { Close(); }
  Result Open(const Stage& stage);
  Result Trip() noexcept;
  void Close() noexcept;
  Ends& ends() noexcept { return ends_; }

 private:
  Ends ends_;
  RingMover mover_;
};

}  // namespace tare::io::splice_write_to
