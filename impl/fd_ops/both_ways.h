// SPDX-License-Identifier: Apache-2.0
// Both ways: the two ends of a connection write and read at the same time, each its own message.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"
#include "impl/fd_ops/reference.h"

namespace tare::io::fd_ops {

// An Answer of which every end counts: Message(i) is what end `i` sends, Received(i) what it got,
// and ends 2 i and 2 i + 1 belong together. A trip is over when all messages are where they belong.
template <class A>
concept BothWaysAnswer = Answer<A> && A::kBothWays;

// Bare calls: every end sends, then every end receives, over again while the sockets are too small
// for whole messages. Knows no deadlines.
class BothWaysFloor {
 public:
  static constexpr bool kBothWays = true;
  static const char* WhyNot() noexcept { return nullptr; }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange);
  Result Trip() noexcept;
  std::span<const std::byte> Received(int end) noexcept {
    const auto i = static_cast<size_t>(end);
    return {arena_.data() + i * Room() + exchange_.size, moved_[i].received};
  }
  std::span<std::byte> Message(int end) noexcept {
    return {arena_.data() + static_cast<size_t>(end) * Room(), exchange_.size};
  }
  void Close() noexcept { ends_.Close(); }

 private:
  struct Moved {
    size_t sent = 0;
    size_t received = 0;
  };
  size_t Room() const noexcept { return exchange_.size + exchange_.buf; }  // of one end

  Exchange exchange_;
  Ends ends_;  // its handles only
  std::vector<std::byte> arena_;
  std::vector<Moved> moved_;
};

// By callbacks on one loop: a read and a write are pending on every end at once.
template <class Fd>
class BothWays {
 public:
  static constexpr bool kBothWays = true;
  static const char* WhyNot() noexcept { return Fd::WhyNot(); }

  BothWays() = default;
  ~BothWays() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    exchange_ = exchange;
    const size_t room = exchange.size + exchange.buf;
    arena_.resize(2 * pairs.size() * room);
    Result r;
    for (const Pair& pair : pairs) {
      for (const Handle handle : {pair.client, pair.server}) {
        ends_.push_back(std::make_unique<End>(*this, arena_.data() + ends_.size() * room));
        if (r.ok()) r = ends_.back()->Open(handle);
        if (!r.ok()) (void)CloseHandle(handle);
      }
    }
    if (!r.ok()) Close();
    return r;
  }

  Result Trip() noexcept {
    failed_ = {};
    left_ = 4 * exchange_.active;
    for (int i = 0; i < 2 * exchange_.active; ++i) {
      End& end = *ends_[static_cast<size_t>(i)];
      end.received = 0;
      end.Await();
      end.Send();
    }
    while (left_ > 0 && failed_.ok()) loop_.Turn();
    return failed_;
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& end = *ends_[static_cast<size_t>(i)];
    return {end.buffer.data(), end.received};
  }
  std::span<std::byte> Message(int i) noexcept { return ends_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    closing_ = true;
    size_t open = 0;
    closed_ = 0;
    for (auto& end : ends_) open += end->Fd::Close(&OnClosed) == Errc::kOk ? 1 : 0;
    while (closed_ < open) loop_.Turn();
    ends_.clear();
    closing_ = false;
  }

 private:
  static constexpr int64_t kHour = int64_t{3600} * 1'000'000'000;

  struct End : Fd {
    End(BothWays& the_owner, std::byte* room)
        : Fd(the_owner.loop_),
          owner(the_owner),
          message(room, the_owner.exchange_.size),
          buffer(room + the_owner.exchange_.size, the_owner.exchange_.buf) {}

    void Await() noexcept {
      if (owner.exchange_.deadlines) (void)Fd::SetReadDeadline(CoarseNow().Plus(kHour));
      Fd::Read(buffer.subspan(received), &OnBytes);
    }
    void Send() noexcept {
      if (owner.exchange_.deadlines) (void)Fd::SetWriteDeadline(CoarseNow().Plus(kHour));
      Fd::Write(message, &OnSent);
    }

    BothWays& owner;
    const std::span<std::byte> message;  // in the arena
    const std::span<std::byte> buffer;
    size_t received = 0;
  };

  void Failed(Result r) noexcept {
    if (failed_.ok() && !closing_) failed_ = r;
  }

  static void OnBytes(Fd& fd, Result r) noexcept {
    End& end = static_cast<End&>(fd);
    if (!r.ok()) return end.owner.Failed(r);
    end.received += static_cast<size_t>(r.n);
    if (end.received < end.message.size()) return end.Await();
    --end.owner.left_;
  }

  static void OnSent(Fd& fd, Result r) noexcept {
    End& end = static_cast<End&>(fd);
    if (!r.ok()) return end.owner.Failed(r);
    --end.owner.left_;
  }

  static void OnClosed(Fd& fd, Result) noexcept { ++static_cast<End&>(fd).owner.closed_; }

  typename Fd::LoopType loop_;
  Exchange exchange_;
  std::vector<std::byte> arena_;  // all messages and buffers
  std::vector<std::unique_ptr<End>> ends_;
  int left_ = 0;
  size_t closed_ = 0;
  bool closing_ = false;
  Result failed_;
};

template <class B>
using BothWaysBaseline = BothWays<BaselineFd<B>>;
template <class B>
using BothWaysReference = BothWays<Fd<B>>;

static_assert(BothWaysAnswer<BothWaysFloor>);

}  // namespace tare::io::fd_ops
