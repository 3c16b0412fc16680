// SPDX-License-Identifier: Apache-2.0
// The hand loops: per backend the tightest loop one would write for this exchange, without any
// interface of ours.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"

namespace tare::io {
// Named here, for the library they need may be missing.
template <class Mode>
class IoUringIn;
struct IoUringDefault;
struct IoUringRecvManyMode;
}  // namespace tare::io

namespace tare::io::fd_ops {

// They know what no library can know: that one message is under way per connection, that it fits
// into the buffer and into the socket, who is client and who is server. So they receive once per
// report and never try in vain. Deadlines they know as the floor does: not at all. Trip allocates
// nothing.
template <class B>
class HandLoop {
 public:
  static constexpr bool kUnwritten = true;
  static const char* WhyNot() noexcept { return "no hand loop has been written for this backend"; }

  Result Open(std::span<const Pair> pairs, const Exchange&) {
    for (Pair pair : pairs) CloseAll({&pair, 1});
    return {0, Errc::kUnsupported, 0};
  }
  Result Trip() noexcept { return {0, Errc::kUnsupported, 0}; }
  std::span<const std::byte> Received(int) noexcept { return {}; }
  std::span<std::byte> Message(int) noexcept { return {}; }
  void Close() noexcept {}
};

// What the hand loops of readiness have in common: everything but the wait.
class ReadinessHandLoop {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  std::span<const std::byte> Received(int i) noexcept {
    return {ends_.ClientBuffer(static_cast<size_t>(i)), ends_.received[static_cast<size_t>(i)]};
  }
  std::span<std::byte> Message(int i) noexcept {
    return {ends_.Message(static_cast<size_t>(i)), ends_.exchange.size};
  }

 protected:
  // Sends every active client's message.
  Result SendAll() noexcept;
  // Receives at one end. `end` is twice the connection's index, plus one at the server, who sends
  // it back. n = 1 if that ended a trip.
  Result Serve(size_t end) noexcept;

  Ends ends_;
};

template <>
class HandLoop<Epoll> : public ReadinessHandLoop {
 public:
  ~HandLoop() { Close(); }
  Result Open(std::span<const Pair> pairs, const Exchange& exchange);
  Result Trip() noexcept;
  void Close() noexcept;

 private:
  Handle epoll_ = kNoHandle;
};

template <>
class HandLoop<Poll> : public ReadinessHandLoop {
 public:
  Result Open(std::span<const Pair> pairs, const Exchange& exchange);
  Result Trip() noexcept;
  void Close() noexcept { ends_.Close(); }

 private:
  std::vector<uint64_t> watched_;  // as the system's pollfd; the index is the end's
};

static_assert(Answer<HandLoop<Epoll>> && Answer<HandLoop<Poll>>);

// The hand loops of io_uring: sends tell only of errors, everything a batch of completions asks for
// goes to the kernel in the one call that waits for the next. `multishot`: one receive for ever
// into buffers the kernel picks, instead of one after the other.
class IoUringHandLoop {
 public:
  static const char* WhyNot() noexcept;
  static const char* WhyNotMultishot() noexcept;

  explicit IoUringHandLoop(bool multishot) noexcept;
  ~IoUringHandLoop();

  Result Open(std::span<const Pair> pairs, const Exchange& exchange);
  Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept;
  std::span<std::byte> Message(int i) noexcept;
  void Close() noexcept;

 private:
  struct Ring;
  std::unique_ptr<Ring> ring_;
};

template <>
class HandLoop<IoUringIn<IoUringDefault>> : public IoUringHandLoop {
 public:
  HandLoop() noexcept : IoUringHandLoop(false) {}
};
template <>
class HandLoop<IoUringIn<IoUringRecvManyMode>> : public IoUringHandLoop {
 public:
  static const char* WhyNot() noexcept { return WhyNotMultishot(); }

  HandLoop() noexcept : IoUringHandLoop(true) {}
};

}  // namespace tare::io::fd_ops
