// SPDX-License-Identifier: Apache-2.0
// Where a test changes what io_uring said: a hook that only test builds compile.
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
#else
inline int FaultyResult(Op::Kind, int result) noexcept {
  return result;
}
#endif

}  // namespace tare::io
