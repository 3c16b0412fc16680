// SPDX-License-Identifier: Apache-2.0
// Side: the read or the write of a connection, from one use to the next, and its deadline.
#pragma once

#include <cstddef>
#include <span>

#include "impl/base/check.h"
#include "impl/base/op.h"
#include "impl/loop/timers.h"

namespace tare::io::tls_handshake {

// Of a connection of type T, which is told by T::Done.
template <class T>
struct Side : Timer {
  T* owner = nullptr;
  void (*then)(T&, Result) noexcept = nullptr;
  std::span<std::byte> to;          // of a read
  std::span<const std::byte> from;  // of a write
  size_t taken = 0;                 // of `from`
  Deadline deadline;                // Timer::when() may be earlier
  Result result;                    // once it has ended
  bool busy = false;                // from Begin to the callback
  bool ended = false;               // and waits for the callback
  bool expired = false;             // the deadline has passed; stays until the next SetDeadline

  // Whether it is still to be done.
  bool wants() const noexcept { return busy && !ended; }

  void Begin(void (*done)(T&, Result) noexcept) noexcept {
    TARE_CHECK(!busy);
    busy = true;
    ended = false;
    then = done;
    taken = 0;
  }
  void End(Result r) noexcept {
    result = r;
    ended = true;
  }
  void Tell() noexcept {
    busy = ended = false;
    to = {};
    from = {};
    then(*owner, result);
  }

  bool HasExpired() noexcept { return expired = expired || HasPassed(deadline); }
  void Reopen() noexcept {
    deadline = Deadline::Never();
    expired = false;
  }
  // True: it has passed. A timer that is armed for an earlier time finds out when that has come.
  bool SetDeadline(Timers& timers, Deadline d) noexcept {
    deadline = d;
    expired = HasPassed(d);
    if (!expired && d < (armed() ? when() : Deadline::Never())) {
      timers.Disarm(*this);
      timers.Arm(*this, d);
    }
    return expired;
  }
  // Of its timer. True: the deadline has passed.
  bool Fired(Timers& timers) noexcept {
    expired = HasPassed(deadline);
    if (!expired && deadline != Deadline::Never()) timers.Arm(*this, deadline);
    return expired;
  }
};

}  // namespace tare::io::tls_handshake
