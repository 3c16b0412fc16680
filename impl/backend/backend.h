// SPDX-License-Identifier: Apache-2.0
// The contract of a backend, in words and as a concept: completions on every system, nine names.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "impl/base/deadline.h"
#include "impl/base/op.h"

namespace tare::io {

// What a backend need not refuse with kUnsupported.
enum Feature : uint32_t {
  kReattach = 1 << 0,   // a handle that was detached may be attached again, here or elsewhere
  kRecvsMany = 1 << 1,  // kRecvMany
  // Not an ability but a price: a kSend may end only when the kernel has let go of its buffer,
  // which may take until the peer has what was sent; a cancel, or a deadline above, waits too.
  kHoldsSends = 1 << 2,
  kSplices = 1 << 3,     // kSpliceIn, kSpliceOut
  kSendsFiles = 1 << 4,  // kSendFile
};

// clang-format off
// The contract. suites/backend tests it sentence by sentence; the numbers are the tests' names.
//
//  Life
//   1. A backend is made, polled and destroyed on one thread. Only Wake may be called from any
//      other.
//   2. WhyNot says in a sentence why the backend cannot run on this machine; nullptr: it can. One
//      that nevertheless could not be made (descriptors exhausted, say) says so at every Attach,
//      and its Poll returns 0 at once.
//   3. Nothing here allocates between Attach and Detach, but for the buffers that kRecvMany lends:
//      a backend makes them at the first.
//
//  Ports
//   4. Attach makes `h` known under `port`; its error leaves nothing behind. It sets the blocking
//      mode it needs. The handle stays the caller's. A Port stays where it is until Detach. It
//      says whether the handle is a byte stream.
//   5. Detach wants no op pending on the port. It restores the blocking mode that Attach found
//      and leaves nothing of the port behind in the backend or the kernel; the port may then be
//      attached again.
//
//  Operations
//   6. Start never calls op.done; every op ends in Poll, exactly once, whether it fails at once,
//      was canceled, or succeeds. The caller's buffer is used, and nobody else's.
//   7. One op per direction and port may be pending (see Op::Kind). A second is an error of the
//      programmer. The two directions never wait for each other.
//   8. An op, its buffer and what it points to stay where they are until `done` is called. From
//      then on neither kernel nor backend touches them.
//   9. `done` may Start (its own op too), Cancel, Attach, Detach, and destroy what embeds op and
//      port. It may not Poll, and not destroy the backend.
//  10. A send may end short, of at least one byte. A receive ends with what is there, at least
//      one byte; n = 0 and kOk is end of stream. On a stream a receive or send of size 0 ends
//      with n = 0 at once, whatever the state of the peer, and moves nothing. Sizes beyond what
//      the system takes are clamped.
//  11. An accept that ends with kOk has the new handle in `n`, close-on-exec (not inheritable),
//      owned by `done`. It ends otherwise only without one: a handle that arrives after a cancel
//      has won is closed by the backend.
//  12. Every error comes with the system's code in `os` (0 where the system was not asked), and
//      `n` is true beside it. Would-block and interruption never come out.
//
//  Cancel
//  13. Cancel asks. The op still ends once: kCanceled, or its own result if it won the race; what
//      was moved is never lost. Canceling an op that has ended but whose `done` was not yet
//      called changes nothing; so does canceling an idle op. The other direction is left alone.
//      A send that was taken, and is held for its buffer (kHoldsSends), ends in its own time.
//
//  Poll
//  14. Poll ends what has ended, calling `done` for each, and returns how many callbacks it made.
//      It waits only if there is nothing, and returns 0 once `d` has passed (never before, late
//      by the grain of the system's clock), or after Wake. Deadline::Past() does not wait at all.
//  15. A Wake before, during or between Polls is not lost: the next Poll that would wait returns.
//      One that would not, for it was given Past or finds something ended, leaves it to the next.
//      Many may coalesce.
//  16. No port starves: while ops end at once the system is still looked at.
//
//  Datagrams, splices, many receives
//  17. A receive of a datagram ends with one datagram, of size 0 too, and its sender; what is
//      longer than the buffer is cut off and gone. A send of one is whole or an error. It waits
//      for room on this side and in the queue of a connected peer. A full queue of any other
//      Unix receiver ends a kSendTo with kResource: no system tells when that has room.
//  18. A splice (feature kSplices) moves bytes between the port and a pipe, as many as there are
//      and fit, and waits for the port only. A pipe without room (in) or without bytes (out) ends
//      it with kResource. A system that says would-block where there are both, bytes at the port
//      and room in the pipe, ends it with kUnsupported.
//  19. kRecvMany (feature kRecvsMany) calls `more` from Poll at each arrival, with bytes that are
//      lent until it returns, and ends once, as any other. Out of buffers it pauses and goes on
//      by itself. After Cancel there is no `more`; what was taken from the socket until then is
//      counted in `n`.
//
//  Connects
//  20. A connect of a stream that has failed, or was canceled, leaves the handle as if there had
//      been none: another one starts anew, to whatever address. Only one that makes no sense on its
//      handle (kInvalid), which is connected, say, or listens, leaves that as it is. Every receive
//      and send on a stream without a connection ends with an error, and none with an end of
//      stream: before a connect is started, after it has failed, and when it fails beside a receive
//      that is pending. Beside one that goes well a receive waits for the connection.
//
//  Files
//  21. A kSendFile (feature kSendsFiles) sends bytes of the file from part->offset on. The offset
//      is set anew by every use; neither it nor the position of the file is moved. n = 0 and kOk
//      is the end of the file, unless part->size is 0. Offset and size have 64 bits and are never
//      cut; an offset that no file has (above 2^63 - 1) is kInvalid. It waits for the port only: a
//      file that itself is not ready ends it with kResource, and a slow one holds up the thread.
//      What is sent may be the file's own pages: a write into the file before the peer has read
//      them may reach him.
template <class B>
concept Backend = requires(B b, typename B::Port port, OpOf<B> op, Handle h, Deadline d) {
  requires std::default_initializable<B>;
  { B::kName } -> std::convertible_to<std::string_view>;
  { B::kFeatures } -> std::convertible_to<uint32_t>;
  { B::WhyNot() } noexcept -> std::same_as<const char*>;
  { port.is_stream } -> std::convertible_to<bool>;
  { b.Attach(port, h) } noexcept -> std::same_as<Result>;  // Port: state per descriptor
  { b.Detach(port) } noexcept -> std::same_as<void>;
  { b.Start(port, op) } noexcept -> std::same_as<void>;  // B::Slot: state per operation
  { b.Cancel(port, op) } noexcept -> std::same_as<void>;
  { b.Poll(d) } noexcept -> std::same_as<int>;
  { b.Wake() } noexcept -> std::same_as<void>;
};
// clang-format on

// A list of backend types, for whoever instantiates something over all of them.
template <class... B>
struct BackendList {};

// A backend that is not in this binary, with the reason: it keeps its place in tables.
struct AbsentBackend {
  std::string_view name;
  std::string_view reason;
};

}  // namespace tare::io
