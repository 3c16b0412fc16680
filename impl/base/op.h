// SPDX-License-Identifier: Apache-2.0
// Op: one pending operation, embedded in whoever starts it; nobody allocates for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "impl/base/errc.h"
#include "impl/base/handle.h"

namespace tare::io {

struct Address;

// How an operation ended. `n` is true also beside an error: what was moved before it struck.
struct [[nodiscard]] Result {
  int64_t n = 0;  // bytes moved; for an accept that is kOk, the new handle
  Errc err = Errc::kOk;
  int32_t os = 0;  // the system's own code where it gave one, else 0

  bool ok() const noexcept { return err == Errc::kOk; }
};

// One pending operation. The starter fills in the upper half, calls Backend::Start and keeps its
// hands off until `done`; a backend links it, fills in `result`, calls `done` once, and forgets it.
// An Op may be used again at once, also from inside `done`: Start owes nothing to the last use.
struct Op {
  enum class Kind : uint8_t {
    kAccept,   // n = the new handle, owned by `done`; non-blocking and close-on-exec
    kConnect,  // to *peer
    kRecv,     // up to `size` bytes into `data`; n = 0 and kOk is end of stream, unless size is 0
    kSend,     // up to `size` bytes from `data`, which is only read; may end short
  };
  // A plain function, no closure: it casts Op& to the type that embeds it.
  using Done = void (*)(Op&) noexcept;

  Kind kind{};
  Handle handle = kNoHandle;
  std::byte* data = nullptr;
  size_t size = 0;
  Address* peer = nullptr;  // what does not fit is pointed to and lives until `done`
  Done done = nullptr;

  Result result;  // the backend's until `done`, then the starter's to read
  Op* next =
      nullptr;  // the backend's between Start and `done`, free for queues of the starter otherwise
};

// Which of the two directions of a port an operation occupies.
enum class Direction : uint8_t { kIn, kOut };
constexpr Direction DirectionOf(Op::Kind kind) noexcept {
  return kind == Op::Kind::kAccept || kind == Op::Kind::kRecv ? Direction::kIn : Direction::kOut;
}

// An operation with the storage that backend B wants for each (none for readiness backends).
template <class B>
struct OpOf : Op {
  [[no_unique_address]] typename B::Slot slot;
};

}  // namespace tare::io
