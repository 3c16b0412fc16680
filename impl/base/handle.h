// SPDX-License-Identifier: Apache-2.0
// Handle: what the system calls an open socket or file.
#pragma once

#include <cstdint>

namespace tare::io {

#ifdef _WIN32
using Handle = uintptr_t;  // a SOCKET or HANDLE
inline constexpr Handle kNoHandle = ~Handle{0};
#else
using Handle = int;  // a file descriptor
inline constexpr Handle kNoHandle = -1;
#endif

}  // namespace tare::io
