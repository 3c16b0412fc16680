// SPDX-License-Identifier: Apache-2.0
// Errc: the closed set of ways in which network I/O ends, one set for every operating system.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::io {

// What a caller can act on. The raw code of the system travels beside it (Result::os), so nothing
// is lost by the mapping. kTimeout is our own deadline only; the kernel's ETIMEDOUT, which means
// that the peer has gone silent, is kUnreachable.
enum class Errc : uint8_t {
  kOk,
  kEof,           // the peer has finished sending
  kTimeout,       // a deadline set on the descriptor has passed
  kCanceled,      // somebody asked for it
  kClosed,        // this side has closed the descriptor
  kRefused,       // nobody listens there
  kReset,         // the peer has torn the connection down
  kUnreachable,   // no route, or nothing heard for too long
  kInUse,         // the address is taken
  kNotAvailable,  // the address is not ours, or no port is left
  kInvalid,       // the call makes no sense on this handle
  kUnsupported,   // this system or backend cannot do it
  kShutdown,      // this direction has been shut down
  kResource,      // descriptors, memory, buffers or threads are exhausted
  kOther,         // none of the above: look at the raw code
};

// The name in lower case with hyphens: "ok", "eof", "not-available".
std::string_view Name(Errc e) noexcept;

// From errno. 0 is kOk. Would-block and interruption are not errors of ours and never get here: a
// backend waits or retries, and TARE_CHECKs that neither escapes.
Errc FromErrno(int error) noexcept;

}  // namespace tare::io
