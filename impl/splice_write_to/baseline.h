// SPDX-License-Identifier: Apache-2.0
// The baseline: through a buffer of the user's, read and write in turn, as Go's io.Copy does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "impl/fd_ops/baseline.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/on_loop.h"

namespace tare::io::splice_write_to {

// Allocates the buffer for each copy, and what the descriptors of fd_ops' baseline allocate for
// each read and write. What was read when a write failed is gone with the buffer.
template <Backend B>
class Copy {
 public:
  struct Fd : fd_ops::BaselineFd<B> {
    using fd_ops::BaselineFd<B>::BaselineFd;
    Copy* copy = nullptr;
  };
  using Done = void (*)(Copy&, Result) noexcept;
  static constexpr size_t kBuffer = 32 << 10;  // bytes; io.Copy's own

  Copy(Loop<B>&, Fd& from, Fd& to) noexcept : from_(from), to_(to) { from_.copy = to_.copy = this; }

  Result OpenFile(Handle file) noexcept {
    file_ = file;
    return {};
  }
  void CloseFile() noexcept { file_ = kNoHandle; }

  void Go(uint64_t size, Done done) {
    done_ = done;
    left_ = size;
    moved_ = 0;
    buffer_ = std::make_unique<std::byte[]>(kBuffer);
    Read();
  }

 private:
  using Base = fd_ops::BaselineFd<B>;

  void Read() {
    if (left_ == 0) return Over({});
    from_.Read({buffer_.get(), std::min<uint64_t>(left_, kBuffer)}, &OnRead);
  }

  static void OnRead(Base& fd, Result r) noexcept {
    Copy& copy = *static_cast<Fd&>(fd).copy;
    if (!r.ok()) return copy.Over(r.err == Errc::kEof ? Result{} : r);
    copy.left_ -= static_cast<uint64_t>(r.n);
    std::span<const std::byte> bytes(copy.buffer_.get(), static_cast<size_t>(r.n));
    if (copy.file_ == kNoHandle) return copy.to_.Write(bytes, &OnWritten);
    while (!bytes.empty()) {
      const Result written = WriteToFile(bytes, copy.file_, nullptr);
      if (!written.ok()) return copy.Over(written);
      bytes = bytes.subspan(static_cast<size_t>(written.n));
      copy.moved_ += static_cast<uint64_t>(written.n);
    }
    copy.Read();
  }

  static void OnWritten(Base& fd, Result r) noexcept {
    Copy& copy = *static_cast<Fd&>(fd).copy;
    copy.moved_ += static_cast<uint64_t>(r.n);
    if (!r.ok()) return copy.Over(r);
    copy.Read();
  }

  void Over(Result r) noexcept {
    buffer_.reset();
    r.n = static_cast<int64_t>(moved_);
    done_(*this, r);
  }

  Fd& from_;
  Fd& to_;
  Handle file_ = kNoHandle;
  Done done_ = nullptr;
  uint64_t left_ = 0;
  uint64_t moved_ = 0;
  std::unique_ptr<std::byte[]> buffer_;
};

template <class B>
using Baseline = OnLoop<Copy<B>>;

}  // namespace tare::io::splice_write_to
