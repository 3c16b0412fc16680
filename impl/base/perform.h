// SPDX-License-Identifier: Apache-2.0
// Perform: one non-blocking system call for an Op, what every readiness backend does when it is
// told "now".
#pragma once

#include "impl/base/op.h"

namespace tare::io {

enum class Attempt : uint8_t { kFirst, kAgain };

// Makes the call that `op` stands for; its handle must be in non-blocking mode. True: the op has
// ended and op.result says how. False: it would block, and op.result is untouched; ask again when
// the handle is ready. Interruptions are retried and sizes beyond what the system takes are
// clamped. A connect is begun by kFirst and only looked after by kAgain, for a connect must not be
// issued twice.
[[nodiscard]] bool Perform(Op& op, Attempt attempt) noexcept;

// Undoes a connect of a stream that was begun and is given up, or has failed: the handle is as if
// there had been none, with the address that it was bound to. Where the system has made the
// connection meanwhile, the peer sees a reset. Perform has called it where its connect has failed.
void Disconnect(Handle h) noexcept;

}  // namespace tare::io
