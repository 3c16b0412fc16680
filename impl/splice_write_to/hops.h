// SPDX-License-Identifier: Apache-2.0
// What a transfer asks of the system beside the operations of descriptors: what kind of thing it
// writes to, and the second hop into a file, which no backend waits for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "impl/base/handle.h"
#include "impl/base/op.h"
#include "impl/splice_write_to/pool.h"

namespace tare::io::splice_write_to {

// What is behind a handle that bytes are to go to.
struct Kind {
  bool waits = false;  // a pipe or a terminal: it may be full, and the system tells when it is not
  bool appends = false;  // opened to append, which splices refuse
  bool reopens = false;  // of those that wait: opened by its name it is the same one again
  Identity file;         // nothing for devices, which several may write to at once
};

// Looks at `h`. kInvalid for what cannot be written to: closed, opened to read, a directory; and
// for a socket, which a descriptor (Fd) is made of.
Result Look(Handle h, Kind& kind) noexcept;

// A second opening of the pipe or terminal at `h`, in `n`: close-on-exec, non-blocking, owned by
// the caller. The blocking mode of `h`, which other processes may share, stays as it is.
Result OpenAgain(Handle h) noexcept;
// Another handle of the same opening, close-on-exec, in `n`, owned by the caller.
Result Duplicate(Handle h) noexcept;

// Whether a receive of nothing is the end of what `h` brings, which keeps the boundaries of
// messages (SOCK_SEQPACKET), and no message of nothing (SOCK_DGRAM).
bool EndsWithNothing(Handle h) noexcept;

// The calls below move up to `size` bytes once, again if interrupted. `offset` is where in the
// file, and is moved along; null: at the file's own position. Would-block, which a file has no way
// to tell the end of, comes out as kResource with the system's code. A signal that an error brings
// (SIGPIPE, SIGXFSZ) is taken back on a thread that is shielded.
Result SpliceToFile(Handle pipe, Handle file, uint64_t* offset, size_t size) noexcept;
// As SpliceToFile at the file's position, but not repeated where it was interrupted, which is then
// kOther: the published design's.
Result SpliceOnce(Handle pipe, Handle file, size_t size) noexcept;
Result WriteToFile(std::span<const std::byte> bytes, Handle file, uint64_t* offset) noexcept;

// Takes up to to.size() bytes out of a pipe that has some.
Result ReadPipe(Handle pipe, std::span<std::byte> to) noexcept;

// Whether an error of a splice says that it is not to be had between these two, or at all, so that
// the same bytes may still be copied.
bool NoSplice(const Result& r) noexcept;
// Whether an error says that the destination would block.
bool WouldBlock(const Result& r) noexcept;

}  // namespace tare::io::splice_write_to
