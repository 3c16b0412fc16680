// SPDX-License-Identifier: Apache-2.0
// Target: a file, pipe or terminal that transfers write into, looked at once and used many times.
#pragma once

#include <cerrno>
#include <cstdint>
#include <utility>

#include "impl/base/check.h"
#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/hops.h"
#include "impl/splice_write_to/pool.h"

namespace tare::io::splice_write_to {

template <Backend B>
class Transfer;

// Belongs to its loop's thread. The handle stays the caller's, who closes it after the target.
//
// A regular file is written by calls on the thread of the transfer, at the file's own position,
// which all duplicates of the handle share, or from an offset of the target's own. A pipe or a
// terminal is opened a second time, for the blocking mode of the first opening belongs to others
// as well; where that cannot be (no /proc, the master of a terminal), its own handle is used, which
// does not block until Close.
template <Backend B>
class Target {
 public:
  using Fd = fd_ops::Fd<B>;
  using Done = void (*)(Target&) noexcept;

  explicit Target(Loop<B>& loop) noexcept : fd_(loop, *this) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  // Wants it closed, or never opened.
  ~Target() { TARE_CHECK(!open_); }

  // An error leaves nothing behind: kInvalid for what cannot be written to, and for sockets.
  Result Open(Handle h) noexcept { return Open(h, nullptr); }

  // From `offset` on, and not at the file's position, which stays where it is. kInvalid also for
  // what has no places: a pipe, a terminal.
  Result OpenAt(Handle h, uint64_t offset) noexcept {
    const Result opened = Open(h, &offset_);
    if (opened.ok()) offset_ = offset;
    return opened;
  }

  // Where the next byte goes, of a target opened with an offset. Only between transfers.
  uint64_t offset() const noexcept { return offset_; }
  void set_offset(uint64_t offset) noexcept { offset_ = offset; }

  // From `d` on a transfer that waits for room in the pipe or terminal ends with kTimeout. Files do
  // not wait: kUnsupported.
  Errc SetDeadline(Deadline d) noexcept {
    deadline_ = d;
    return kind_.waits ? fd_.SetWriteDeadline(d) : Errc::kUnsupported;
  }

  // False from Close on.
  bool open() const noexcept { return open_ && then_ == nullptr; }

  // Ends a transfer that is under way with kClosed, and calls `done` when nothing of the handle is
  // in use any more: for a file that no transfer writes into at once, from in here. kClosed, and no
  // call, if it is not open.
  Errc Close(Done done) noexcept {
    if (!open()) return Errc::kClosed;
    then_ = done;
    if (kind_.waits) (void)fd_.Close(&OnClosed);
    if (user_ != nullptr) {
      user_->Stop(Errc::kClosed, Transfer<B>::Side::kDestination);
    } else if (!kind_.waits) {
      Closed();
    }
    return Errc::kOk;
  }

 private:
  friend class Transfer<B>;

  struct Waiting : Fd {
    Waiting(Loop<B>& loop, Target& the_target) noexcept : Fd(loop), target(the_target) {}
    Target& target;
  };

  Result Open(Handle h, uint64_t* at) noexcept {
    TARE_CHECK(!open_);
    const Result looked = Look(h, kind_);
    if (!looked.ok()) return looked;
    if (kind_.waits && at != nullptr) return {0, Errc::kInvalid, ESPIPE};
    handle_ = h;
    at_ = at;
    deadline_ = Deadline::Never();
    if (kind_.waits) {
      const Result opened = OpenWaiting(h);
      if (!opened.ok()) return opened;
    }
    open_ = true;
    fd_closed_ = false;
    return {};
  }

  Result OpenWaiting(Handle h) noexcept {
    Result again = kind_.reopens ? OpenAgain(h) : Result{0, Errc::kUnsupported, 0};
    // The descriptor closes what it has: of the caller's handle a duplicate.
    if (!again.ok()) again = Duplicate(h);
    if (!again.ok()) return again;
    handle_ = static_cast<Handle>(again.n);
    const Result opened = fd_.Open(handle_);
    if (!opened.ok()) (void)CloseHandle(handle_);
    return opened;
  }

  // The transfer that was under way has left.
  void Left() noexcept {
    user_ = nullptr;
    if (then_ != nullptr && (!kind_.waits || fd_closed_)) Closed();
  }
  static void OnClosed(Fd& fd, Result) noexcept {
    Target& target = static_cast<Waiting&>(fd).target;
    target.fd_closed_ = true;
    if (target.user_ == nullptr) target.Closed();
  }
  void Closed() noexcept {
    open_ = false;
    std::exchange(then_, nullptr)(*this);
  }

  Kind kind_;
  Handle handle_ = kNoHandle;
  uint64_t offset_ = 0;
  uint64_t* at_ = nullptr;  // null: the file's position
  Deadline deadline_ = Deadline::Never();
  Transfer<B>* user_ = nullptr;  // the transfer that is under way
  Done then_ = nullptr;          // set once it is closing
  bool open_ = false;
  bool fd_closed_ = false;
  Waiting fd_;
};

}  // namespace tare::io::splice_write_to
