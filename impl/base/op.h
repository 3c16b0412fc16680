// SPDX-License-Identifier: Apache-2.0
// Op: one pending operation, embedded in whoever starts it; nobody allocates for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "impl/base/errc.h"
#include "impl/base/handle.h"

namespace tare::io {

struct Address;
struct Op;

// How an operation ended. `n` is true also beside an error: what was moved before it struck.
struct [[nodiscard]] Result {
  int64_t n = 0;  // bytes moved; for an accept that is kOk, the new handle
  Errc err = Errc::kOk;
  int32_t os = 0;  // the system's own code where it gave one, else 0

  bool ok() const noexcept { return err == Errc::kOk; }
};

// One buffer of several.
struct Piece {
  std::byte* data = nullptr;
  size_t size = 0;
};
// The systems take no more of them in one call; further ones are left for the next.
inline constexpr size_t kMostPieces = 1024;

// What an operation with several buffers or an address of its own needs beside the Op; lives until
// `done`.
struct Message {
  Piece* pieces = nullptr;  // of kReadv and kWritev: `Op::size` of them, kMostPieces at most
  Address* peer =
      nullptr;  // of kRecvFrom: who sent it; of kSendTo: to whom, null on connected sockets
  alignas(8) std::byte room[80];  // the backend's while pending: the system's message header
};

// Of the splices: the pipe at the other end.
struct Splice {
  Handle pipe = kNoHandle;
};

// Of kSendFile: which bytes of which file. The backend changes nothing of it.
struct FilePart {
  Handle file = kNoHandle;
  uint64_t offset = 0;  // in the file, whose own position is neither used nor moved
  uint64_t size = 0;
};

// Of kRecvMany. `more` is called from Poll at each arrival, after Start and before the end; the
// bytes are lent until it returns. It may do what `done` may, but not destroy the op.
struct RecvMany {
  void (*more)(Op&, const std::byte* data, size_t size) noexcept = nullptr;
};

// One pending operation. The starter fills in the upper half, calls Backend::Start and keeps its
// hands off until `done`; a backend links it, fills in `result`, calls `done` once, and forgets it.
// An Op may be used again at once, also from inside `done`: Start owes nothing to the last use.
struct Op {
  // clang-format off
  enum class Kind : uint8_t {
    // In: what arrives at the port.
    kAccept,     // n = the new handle, owned by `done`; close-on-exec. `peer` may be null
    kRecv,       // up to `size` bytes into `data`; n = 0 and kOk is end of stream, unless size is 0
    kReadv,      // into message->pieces, `size` of them, otherwise as kRecv
    kRecvFrom,   // one datagram into `data`, its sender into *message->peer; the rest of it is gone
    kSpliceIn,   // up to `size` bytes from the port into splice->pipe; n = 0 as for kRecv
    kRecvMany,   // all that arrives, by many->more, until end of stream, an error or a cancel
    // Out: what leaves by it.
    kConnect,    // to *peer
    kSend,       // up to `size` bytes from `data`, which is only read; may end short
    kWritev,     // from message->pieces, `size` of them, otherwise as kSend
    kSendTo,     // one datagram from `data` to *message->peer
    kSpliceOut,  // up to `size` bytes from splice->pipe to the port; may end short
    kSendFile,   // up to part->size bytes of part->file, from part->offset on, to the port; may end
                 // short; n = 0 and kOk: the file has no more there, unless part->size is 0
  };
  // clang-format on
  // A plain function, no closure: it casts Op& to the type that embeds it.
  using Done = void (*)(Op&) noexcept;

  Kind kind{};
  Handle handle = kNoHandle;
  std::byte* data = nullptr;
  size_t size = 0;
  union {  // what does not fit is pointed to and lives until `done`
    Address* peer = nullptr;
    Message* message;
    Splice* splice;
    RecvMany* many;
    FilePart* part;
  };
  Done done = nullptr;

  Result result;       // the backend's until `done`, then the starter's to read
  Op* next = nullptr;  // the backend's while pending, free for queues of the starter otherwise
};

// Which of the two directions of a port an operation occupies.
enum class Direction : uint8_t { kIn, kOut };
constexpr Direction DirectionOf(Op::Kind kind) noexcept {
  return kind < Op::Kind::kConnect ? Direction::kIn : Direction::kOut;
}

// How many bytes a kReadv, kWritev or kSendFile asks for, of which one call may move fewer: what
// the op points to says it, and not `Op::size`.
uint64_t BytesOf(const Op& op) noexcept;

// Cuts `n` moved bytes off what a kSend, kWritev or kSendFile is about; how many are left. 0 for
// other kinds.
inline uint64_t Consume(Op& op, size_t n) noexcept;

// Whether a stream has nothing to wait for: the op asks for no bytes at all.
inline bool MovesNothing(const Op& op) noexcept {
  const bool said_elsewhere =
      op.kind == Op::Kind::kReadv || op.kind == Op::Kind::kWritev || op.kind == Op::Kind::kSendFile;
  if (said_elsewhere) return BytesOf(op) == 0;
  return op.size == 0 && (op.kind == Op::Kind::kRecv || op.kind == Op::Kind::kSend ||
                          op.kind == Op::Kind::kSpliceIn || op.kind == Op::Kind::kSpliceOut);
}

// Consume for pieces: empty ones are passed over, a piece that was moved in part is shortened.
size_t ConsumePieces(Op& op, size_t n) noexcept;

inline uint64_t Consume(Op& op, size_t n) noexcept {
  switch (op.kind) {
    case Op::Kind::kSend:
      op.data += n;
      return op.size -= n;
    case Op::Kind::kWritev:
      return ConsumePieces(op, n);
    case Op::Kind::kSendFile:
      op.part->offset += n;
      return op.part->size -= n;
    default:
      return 0;
  }
}

// An operation with the storage that backend B wants for each (none for readiness backends).
template <class B>
struct OpOf : Op {
  [[no_unique_address]] typename B::Slot slot;
};

}  // namespace tare::io
