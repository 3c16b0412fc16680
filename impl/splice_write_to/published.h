// SPDX-License-Identifier: Apache-2.0
// The published design: Go's TCPConn.WriteTo as proposed in 2021 (seed 4), its defects included.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/on_loop.h"
#include "impl/splice_write_to/pool.h"

namespace tare::io::splice_write_to {

// clang-format off
// What is wrong with it, none of it mended; suites/splice_write_to holds a test of each, which this
// fails and the reference passes:
//   SD-4.01  Bytes in the pipe when the destination fails are destroyed with the pipe.
//   SD-4.02  EINVAL at the second hop is the end, after bytes were taken (a file opened to append).
//   SD-4.03  The second hop is not repeated after an interruption.
//   SD-4.04  What is no stream is found out by EINVAL, which today's kernel does not say: datagrams
//            are spliced, and their boundaries are lost.
//   SD-4.05  The source is locked chunk by chunk: another reader can take from the middle.
//   SD-4.06  It outranks what the destination does better: a file that is appended to is spliced.
//   SD-4.07  One measurement of each, of one size; shown by what is tried here beyond it.
// clang-format on
template <Backend B>
class PublishedTransfer {
 public:
  using Fd = fd_ops::Fd<B>;
  using Done = void (*)(PublishedTransfer&, Result) noexcept;

  PublishedTransfer(Loop<B>& loop, Fd& from, Fd& to) noexcept
      : pool_(loop.timers()), from_(from), to_(to) {
    in_.transfer = out_.transfer = this;
    in_.done = &OnTaken;
    out_.done = &OnGiven;
  }
  ~PublishedTransfer() { Pool::Drop(pipe_); }

  Result OpenFile(Handle file) noexcept {
    file_ = file;
    return {};
  }
  void CloseFile() noexcept { file_ = kNoHandle; }

  // kInvalid with n = 0 stands for "not handled": the caller copies.
  void Go(uint64_t size, Done done) noexcept {
    done_ = done;
    left_ = size;
    moved_ = 0;
    if (const Result taken = pool_.Take(pipe_); !taken.ok()) return done(*this, taken);
    Take();
  }

 private:
  struct Hop : Fd::Starter, Splice {
    PublishedTransfer* transfer = nullptr;
  };

  void Take() noexcept {
    if (left_ == 0) return Over({});
    in_.pipe = pipe_.to;
    from_.SpliceIn(in_, std::min<uint64_t>(left_, pipe_.size), in_);
  }

  static void OnTaken(typename Fd::Starter& starter, Fd&, Result r) noexcept {
    PublishedTransfer& t = *static_cast<Hop&>(starter).transfer;
    if (!r.ok()) return t.Over(r.err == Errc::kEof ? Result{} : r);
    t.in_pipe_ = static_cast<size_t>(r.n);
    t.left_ -= t.in_pipe_;
    t.Give();
  }

  void Give() noexcept {
    while (in_pipe_ > 0) {
      if (file_ == kNoHandle) {
        out_.pipe = pipe_.from;
        return to_.SpliceOut(out_, in_pipe_, out_);
      }
      const Result r = SpliceOnce(pipe_.from, file_, in_pipe_);
      if (!r.ok()) return Over(r);
      in_pipe_ -= static_cast<size_t>(r.n);
      moved_ += static_cast<uint64_t>(r.n);
    }
    Take();
  }

  static void OnGiven(typename Fd::Starter& starter, Fd&, Result r) noexcept {
    PublishedTransfer& t = *static_cast<Hop&>(starter).transfer;
    if (!r.ok()) return t.Over(r);
    t.in_pipe_ -= static_cast<size_t>(r.n);
    t.moved_ += static_cast<uint64_t>(r.n);
    t.Give();
  }

  void Over(Result r) noexcept {
    in_pipe_ > 0 ? Pool::Drop(pipe_) : pool_.Give(pipe_);
    in_pipe_ = 0;
    r.n = static_cast<int64_t>(moved_);
    done_(*this, r);
  }

  Pool pool_;
  Fd& from_;
  Fd& to_;
  Handle file_ = kNoHandle;
  Done done_ = nullptr;
  uint64_t left_ = 0;
  uint64_t moved_ = 0;
  size_t in_pipe_ = 0;
  Pipe pipe_;
  Hop in_;
  Hop out_;
};

template <class B>
using Published = OnLoop<PublishedTransfer<B>>;

}  // namespace tare::io::splice_write_to
