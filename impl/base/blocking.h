// SPDX-License-Identifier: Apache-2.0
// The blocking mode of a handle, and whether it carries a byte stream: what Attach asks and Detach
// restores.
#pragma once

#include "impl/base/errc.h"
#include "impl/base/handle.h"
#include "impl/base/op.h"

namespace tare::io {

// n = 1 if calls on `h` block, 0 if they return at once.
Result IsBlocking(Handle h) noexcept;
Result SetBlocking(Handle h, bool blocking) noexcept;

// Whether a short receive means that `h` is drained: true for stream sockets, false where
// boundaries are kept.
bool IsByteStream(Handle h) noexcept;

}  // namespace tare::io
