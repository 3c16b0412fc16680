// SPDX-License-Identifier: Apache-2.0
// What the answers by callbacks have in common: ends on one loop, how a trip goes on until all is
// done or something failed, and how everything is closed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "impl/base/deadline.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/contract.h"

namespace tare::io::fd_ops {

// To be derived from, by an answer over the Descriptor `Fd`. The answer holds its ends in lists of
// unique_ptr, for descriptors stay where they are, and closes them before it goes.
template <class Fd>
class OnOneLoop {
 public:
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  OnOneLoop() = default;
  OnOneLoop(const OnOneLoop&) = delete;
  OnOneLoop& operator=(const OnOneLoop&) = delete;

 protected:
  // A descriptor with its message, and what it receives into: both in `room`, which has
  // RoomOf(exchange) bytes.
  struct End : Fd {
    End(OnOneLoop& the_owner, std::byte* room)
        : Fd(the_owner.loop_),
          owner(the_owner),
          message(room, the_owner.exchange_.size),
          buffer(room + the_owner.exchange_.size, the_owner.exchange_.buf) {}

    // Reads behind what was received. Sets the exchange's deadline, as Send does.
    void Await(typename Fd::Done done) noexcept {
      if (owner.exchange_.deadlines) (void)Fd::SetReadDeadline(CoarseNow().Plus(kHour));
      Fd::Read(buffer.subspan(received), done);
    }
    void Send(std::span<const std::byte> bytes, typename Fd::Done done) noexcept {
      if (owner.exchange_.deadlines) (void)Fd::SetWriteDeadline(CoarseNow().Plus(kHour));
      Fd::Write(bytes, done);
    }

    // What the answer is to be told; see there.
    void OneLess() noexcept { owner.OneLess(); }
    void Failed(Result r) noexcept { owner.Failed(r); }

    OnOneLoop& owner;
    const std::span<std::byte> message;
    const std::span<std::byte> buffer;
    size_t received = 0;
  };

  static constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

  // Makes room for the messages and buffers of so many ends, which take it by NewEnd.
  void Reserve(size_t ends, const Exchange& exchange) {
    exchange_ = exchange;
    arena_.resize(ends * (exchange.size + exchange.buf));
    taken_ = 0;
  }
  template <class E>
  std::unique_ptr<E> NewEnd() {
    std::byte* const room = arena_.data() + taken_;
    taken_ += exchange_.size + exchange_.buf;
    return std::make_unique<E>(*this, room);
  }
  std::span<std::byte> arena() noexcept { return arena_; }

  // Opens the end, or closes the handle if that or an earlier one failed.
  static void OpenEnd(End& end, Handle handle, Result& r) noexcept {
    if (r.ok()) {
      r = end.Open(handle);
      if (r.ok()) return;
    }
    (void)CloseHandle(handle);
  }

  // A trip: Expect what has to happen, begin it, TurnUntilDone. Whatever happens calls OneLess, or
  // Failed.
  void Expect(size_t things) noexcept {
    failed_ = {};
    left_ = things;
  }
  void OneLess() noexcept { --left_; }
  // The first failure ends the trip. While all is closed there are none.
  void Failed(Result r) noexcept {
    if (failed_.ok() && !closing_) failed_ = r;
  }
  bool closing() const noexcept { return closing_; }
  Result TurnUntilDone() noexcept {
    while (left_ > 0 && failed_.ok()) loop_.Turn();
    return failed_;
  }

  // Closes the ends of all lists, those of the first one first, and waits until they are closed.
  template <class... Lists>
  void CloseEnds(Lists&... lists) noexcept {
    closing_ = true;
    closed_ = 0;
    size_t open = 0;
    const auto close = [&](Fd& end) { open += end.Close(&OnClosed) == Errc::kOk ? 1 : 0; };
    const auto close_all = [&](auto& ends) {
      for (auto& end : ends) close(*end);
    };
    (close_all(lists), ...);
    while (closed_ < open) loop_.Turn();
    closing_ = false;
  }

  // A message has been sent.
  static void OnSent(Fd& fd, Result r) noexcept {
    End& end = static_cast<End&>(fd);
    r.ok() ? end.OneLess() : end.Failed(r);
  }
  // Bytes have come. As many as the end's own message has make a whole one.
  static void OnReply(Fd& fd, Result r) noexcept {
    End& end = static_cast<End&>(fd);
    if (!r.ok()) return end.Failed(r);
    end.received += static_cast<size_t>(r.n);
    if (end.received < end.message.size()) return end.Await(&OnReply);
    end.OneLess();
  }

  typename Fd::LoopType loop_;
  Exchange exchange_;

 private:
  static void OnClosed(Fd& fd, Result) noexcept { ++static_cast<End&>(fd).owner.closed_; }

  std::vector<std::byte> arena_;  // all messages and buffers
  size_t taken_ = 0;              // of it
  size_t left_ = 0;
  size_t closed_ = 0;
  bool closing_ = false;
  Result failed_;
};

}  // namespace tare::io::fd_ops
