// SPDX-License-Identifier: Apache-2.0
// Where a test changes what io_uring said, and sees what it was asked: hooks that only test builds
// compile.
#pragma once

#include "impl/base/op.h"

namespace tare::io {

#ifdef TARE_IO_URING_FAULTS
// From the completion's result to the one the engine shall see. Set before the first Poll, by the
// thread that polls; nullptr: nothing is changed.
extern int (*io_uring_fault)(Op::Kind kind, int result);
inline int FaultyResult(Op::Kind kind, int result) noexcept {
  return io_uring_fault != nullptr ? io_uring_fault(kind, result) : result;
}
// Whether the submission queue shall have no room.
extern bool io_uring_full;
inline bool HasNoRoom() noexcept {
  return io_uring_full;
}
// Called for each entry that an operation is submitted by: whether it waits before it is tried.
extern void (*io_uring_prepared)(Op::Kind kind, bool waits_first);
inline void TellPrepared(Op::Kind kind, bool waits_first) noexcept {
  if (io_uring_prepared != nullptr) io_uring_prepared(kind, waits_first);
}
#else
inline int FaultyResult(Op::Kind, int result) noexcept {
  return result;
}
inline bool HasNoRoom() noexcept {
  return false;
}
inline void TellPrepared(Op::Kind, bool) noexcept {}
#endif

}  // namespace tare::io
