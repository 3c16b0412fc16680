// SPDX-License-Identifier: Apache-2.0
// SameEnds: one Transfer (transfer.h) after the other between the same ends, with the pool and the
// file that they need beside it.
#pragma once

#include <cstdint>

#include "impl/splice_write_to/pool.h"
#include "impl/splice_write_to/target.h"
#include "impl/splice_write_to/transfer.h"

namespace tare::io::splice_write_to {

// The pool of one transfer alone; a base, so that it is there before the transfer and after it.
struct OwnPool {
  OwnPool(Timers& timers, const Pool::Options& options) noexcept : pool(timers, options) {}
  Pool pool;
};

inline const Pool::Options& DefaultOptions() noexcept {
  static const Pool::Options options;
  return options;
}

// What OnLoop (on_loop.h) makes an answer of. `options` are its pool's.
template <Backend B, const Pool::Options& (*options)() = &DefaultOptions>
class SameEnds : private OwnPool, public Transfer<B> {
 public:
  using Fd = fd_ops::Fd<B>;
  using Done = void (*)(SameEnds&, Result) noexcept;

  SameEnds(Loop<B>& loop, Fd& from, Fd& to)
      : OwnPool(loop.timers(), options()),
        Transfer<B>(loop, pool),
        file_(loop, *this),
        from_(from),
        to_(to) {}

  // Whether the transfers from now on are copied, whatever could be.
  void set_copies(bool copies) noexcept { copies_all_ = copies; }

  Result OpenFile(Handle file) noexcept {
    is_file_ = true;
    const Result opened = file_.Open(file);
    closed_ = !opened.ok();
    return opened;
  }
  // The loop has to turn for a pipe or terminal, until closed().
  void CloseFile() noexcept {
    if (file_.Close(&OnFileClosed) != Errc::kOk) closed_ = true;
  }
  bool closed() const noexcept { return closed_; }

  void Go(uint64_t size, Done done) noexcept {
    then_ = done;
    Plan plan;
    plan.limit = size;
    plan.copies = copies_all_;
    is_file_ ? this->Start(from_, file_, plan, &OnDone) : this->Start(from_, to_, plan, &OnDone);
  }

 private:
  struct File : Target<B> {
    File(Loop<B>& loop, SameEnds& the_owner) noexcept : Target<B>(loop), owner(the_owner) {}
    SameEnds& owner;
  };

  static void OnDone(Transfer<B>& base, Result r) noexcept {
    auto& self = static_cast<SameEnds&>(base);
    self.then_(self, r);
  }
  static void OnFileClosed(Target<B>& file) noexcept {
    static_cast<File&>(file).owner.closed_ = true;
  }

  File file_;
  Fd& from_;
  Fd& to_;
  Done then_ = nullptr;
  bool is_file_ = false;
  bool copies_all_ = false;
  bool closed_ = true;
};

}  // namespace tare::io::splice_write_to
