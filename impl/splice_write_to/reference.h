// SPDX-License-Identifier: Apache-2.0
// The reference: a Transfer (transfer.h) with the pool and the file that a trip needs beside it.
#pragma once

#include <cstdint>

#include "impl/splice_write_to/on_loop.h"
#include "impl/splice_write_to/pool.h"
#include "impl/splice_write_to/target.h"
#include "impl/splice_write_to/transfer.h"

namespace tare::io::splice_write_to {

// The pool of one transfer alone; a base, so that it is there before the transfer and after it.
struct OwnPool {
  explicit OwnPool(Timers& timers) noexcept : pool(timers) {}
  Pool pool;
};

// One transfer after the other, between the same ends.
template <Backend B>
class ReferenceTransfer : private OwnPool, public Transfer<B> {
 public:
  using Fd = fd_ops::Fd<B>;
  using Done = void (*)(ReferenceTransfer&, Result) noexcept;

  ReferenceTransfer(Loop<B>& loop, Fd& from, Fd& to) noexcept
      : OwnPool(loop.timers()), Transfer<B>(loop, pool), file_(loop), from_(from), to_(to) {}

  Result OpenFile(Handle file) noexcept {
    is_file_ = true;
    return file_.Open(file);
  }
  void CloseFile() noexcept { (void)file_.Close(&OnFileClosed); }

  void Go(uint64_t size, Done done) noexcept {
    then_ = done;
    Plan plan;
    plan.limit = size;
    is_file_ ? this->Start(from_, file_, plan, &OnDone) : this->Start(from_, to_, plan, &OnDone);
  }

 private:
  static void OnDone(Transfer<B>& base, Result r) noexcept {
    auto& self = static_cast<ReferenceTransfer&>(base);
    self.then_(self, r);
  }
  static void OnFileClosed(Target<B>&) noexcept {}

  Target<B> file_;
  Fd& from_;
  Fd& to_;
  Done then_ = nullptr;
  bool is_file_ = false;
};

template <class B>
using Reference = OnLoop<ReferenceTransfer<B>>;

}  // namespace tare::io::splice_write_to
