// SPDX-License-Identifier: Apache-2.0
// SharedFd: a reference descriptor that any thread may use, by calls that block; nothing is
// allocated.
#pragma once

#include <cstddef>
#include <span>

#include "impl/base/check.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/reference.h"
#include "impl/loop/loop.h"
#include "impl/loop/park.h"

namespace tare::io::fd_ops {

// Every member may be called from any thread at any time between construction and destruction, any
// number at once. All the work is done on the loop's thread: a call posts a node that lies in the
// caller's own frame and waits for it. So the loop must be turning on its thread until the last
// call has returned. A call made on the loop's own thread turns the loop itself; made inside a turn
// (in a callback, a timer or a task) it would wait for itself, and is an error of the programmer.
//
// Reads (receives, accepts) take their turns in the order of their calls, and so do writes (sends,
// connects): each write is contiguous on the wire, each byte is read once. The two directions do
// not wait for each other. Whoever waits for a turn looks at deadline and close again when it
// comes, and both end also what is before it in line: nobody waits for a stranger's operation
// beyond the deadline.
template <Backend B>
class SharedFd {
 public:
  explicit SharedFd(Loop<B>& loop) noexcept : loop_(loop), fd_(*this) {}
  SharedFd(const SharedFd&) = delete;
  SharedFd& operator=(const SharedFd&) = delete;
  // Wants it closed, or never opened, and no call under way.
  ~SharedFd() = default;

  // As Fd::Open: takes `h` over unless it fails.
  Result Open(Handle h) noexcept {
    Call call{.kind = Call::kOpen, .handle = h};
    return Wait(call);
  }

  // n >= 1, or kEof, kTimeout, kClosed, or the system's error. 0 at once for an empty buffer, in
  // its turn.
  Result Read(std::span<std::byte> to) noexcept {
    Call call{.kind = Call::kRead, .data = to.data(), .size = to.size()};
    return Wait(call);
  }
  // All of it, or n = how much was accepted and why not more.
  Result Write(std::span<const std::byte> from) noexcept {
    Call call{
        .kind = Call::kWrite, .data = const_cast<std::byte*>(from.data()), .size = from.size()};
    return Wait(call);
  }
  // One datagram, of n bytes, 0 too; what does not fit is gone. `from` may be null; who sent it is
  // told of a datagram only, not of an error.
  Result ReadFrom(std::span<std::byte> to, Address* from = nullptr) noexcept {
    Message message;
    message.peer = from;
    Call call{.kind = Call::kReadFrom, .data = to.data(), .size = to.size(), .message = &message};
    return Wait(call);
  }
  // One datagram, whole or an error with n = 0: see Fd::WriteTo. To the connected peer if `to` is
  // null.
  Result WriteTo(std::span<const std::byte> from, const Address* to) noexcept {
    Message message;
    message.peer = const_cast<Address*>(to);
    Call call{.kind = Call::kWriteTo,
              .data = const_cast<std::byte*>(from.data()),
              .size = from.size(),
              .message = &message};
    return Wait(call);
  }
  // n = the new handle, the caller's. `peer` may be null.
  Result Accept(Address* peer = nullptr) noexcept {
    Call call{.kind = Call::kAccept, .address = peer};
    return Wait(call);
  }
  Result Connect(Address& to) noexcept {
    Call call{.kind = Call::kConnect, .address = &to};
    return Wait(call);
  }

  // In force when they return: see Fd::SetReadDeadline. kClosed if the descriptor is not open.
  Errc SetReadDeadline(Deadline d) noexcept {
    Call call{.kind = Call::kReadDeadline, .deadline = d};
    return Wait(call).err;
  }
  Errc SetWriteDeadline(Deadline d) noexcept {
    Call call{.kind = Call::kWriteDeadline, .deadline = d};
    return Wait(call).err;
  }
  // Both in one step: nobody sees one without the other.
  Errc SetDeadline(Deadline d) noexcept {
    Call call{.kind = Call::kDeadlines, .deadline = d};
    return Wait(call).err;
  }

  // Ends all calls, pending and in line, with kClosed; returns when the handle is closed. kClosed
  // if the descriptor is not open, or another thread is closing it.
  Result Close() noexcept {
    Call call{.kind = Call::kClose};
    return Wait(call);
  }

 private:
  // One blocking call, in the frame of the thread that makes it.
  struct Call {
    enum Kind : uint8_t {
      kOpen,
      kRead,
      kReadFrom,
      kAccept,
      kWrite,
      kWriteTo,
      kConnect,
      kReadDeadline,
      kWriteDeadline,
      kDeadlines,
      kClose
    };

    Kind kind;
    Handle handle = kNoHandle;
    std::byte* data = nullptr;
    size_t size = 0;
    Address* address = nullptr;
    Message* message = nullptr;
    Deadline deadline{};

    Result result{};
    Call* next = nullptr;  // in line
    Parker parker{};
  };

  // How a Call gets to the loop.
  struct Posted : Task {
    SharedFd* shared;
    Call* call;
  };

  struct Inner : Fd<B> {
    explicit Inner(SharedFd& s) noexcept : Fd<B>(s.loop_), shared(s) {}
    SharedFd& shared;
  };

  // Calls of one direction; the first is the one that the descriptor is at.
  struct Line {
    Call* first = nullptr;
    Call** end = &first;

    bool Push(Call& call) noexcept {
      const bool alone = first == nullptr;
      *end = &call;
      end = &call.next;
      return alone;
    }
    Call& Pop() noexcept {
      Call& call = *first;
      first = call.next;
      if (first == nullptr) end = &first;
      return call;
    }
  };

  Result Wait(Call& call) noexcept {
    if (loop_.OnThread()) {
      TARE_CHECK(!loop_.InTurn());
      Do(call);
      while (!call.parker.unparked()) loop_.Turn();
    } else {
      Posted posted;
      posted.run = [](Task& task) noexcept {
        Posted& p = static_cast<Posted&>(task);
        p.shared->Do(*p.call);
      };
      posted.shared = this;
      posted.call = &call;
      loop_.Post(posted);
      call.parker.Park();
    }
    return call.result;
  }

  // What follows runs on the loop's thread.

  // The caller's frame, and after a close the whole descriptor, may be gone when this returns.
  static void End(Call& call, Result r) noexcept {
    call.result = r;
    call.parker.Unpark();
  }

  void Do(Call& call) noexcept {
    switch (call.kind) {
      case Call::kRead:
      case Call::kReadFrom:
      case Call::kAccept:
        if (in_.Push(call)) Begin(call);
        return;
      case Call::kWrite:
      case Call::kWriteTo:
      case Call::kConnect:
        if (out_.Push(call)) Begin(call);
        return;
      case Call::kOpen:
        return End(call, fd_.Open(call.handle));
      case Call::kReadDeadline:
        return End(call, {0, fd_.SetReadDeadline(call.deadline), 0});
      case Call::kWriteDeadline:
        return End(call, {0, fd_.SetWriteDeadline(call.deadline), 0});
      case Call::kDeadlines:
        return End(call, {0, fd_.SetDeadline(call.deadline), 0});
      case Call::kClose: {
        const Errc refused = fd_.Close(
            [](Fd<B>& fd, Result r) noexcept { End(*static_cast<Inner&>(fd).shared.closer_, r); });
        if (refused != Errc::kOk) return End(call, {0, refused, 0});
        closer_ = &call;
        return;
      }
    }
  }

  void Begin(Call& call) noexcept {
    switch (call.kind) {
      case Call::kRead:
        return fd_.Read({call.data, call.size}, &OnIn);
      case Call::kReadFrom:
        return fd_.ReadFrom({call.data, call.size}, *call.message, &OnIn);
      case Call::kAccept:
        return fd_.Accept(call.address, &OnIn);
      case Call::kWrite:
        return fd_.Write({call.data, call.size}, &OnOut);
      case Call::kWriteTo:
        return fd_.WriteTo({call.data, call.size}, *call.message, &OnOut);
      case Call::kConnect:
        return fd_.Connect(*call.address, &OnOut);
      default:
        return;  // only these take turns
    }
  }

  static void OnIn(Fd<B>& fd, Result r) noexcept {
    SharedFd& shared = static_cast<Inner&>(fd).shared;
    shared.Next(shared.in_, r);
  }
  static void OnOut(Fd<B>& fd, Result r) noexcept {
    SharedFd& shared = static_cast<Inner&>(fd).shared;
    shared.Next(shared.out_, r);
  }

  void Next(Line& line, Result r) noexcept {
    Call& ended = line.Pop();
    if (line.first != nullptr) Begin(*line.first);
    End(ended, r);
  }

  Loop<B>& loop_;
  Inner fd_;
  Line in_;
  Line out_;
  Call* closer_ = nullptr;
};

}  // namespace tare::io::fd_ops
