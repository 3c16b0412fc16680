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
#include "impl/fd_ops/on_one_loop.h"
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
class BothWays : public OnOneLoop<Fd> {
  using Base = OnOneLoop<Fd>;

 public:
  static constexpr bool kBothWays = true;

  ~BothWays() { Close(); }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    Base::Reserve(2 * pairs.size(), exchange);
    Result r;
    for (const Pair& pair : pairs) {
      for (const Handle handle : {pair.client, pair.server}) {
        ends_.push_back(Base::template NewEnd<End>());
        Base::OpenEnd(*ends_.back(), handle, r);
      }
    }
    if (!r.ok()) Close();
    return r;
  }

  Result Trip() noexcept {
    const size_t active = 2 * static_cast<size_t>(Base::exchange_.active);
    Base::Expect(2 * active);
    for (size_t i = 0; i < active; ++i) {
      End& end = *ends_[i];
      end.received = 0;
      end.Await(&Base::OnReply);
      end.Send(end.message, &Base::OnSent);
    }
    return Base::TurnUntilDone();
  }

  std::span<const std::byte> Received(int i) noexcept {
    End& end = *ends_[static_cast<size_t>(i)];
    return {end.buffer.data(), end.received};
  }
  std::span<std::byte> Message(int i) noexcept { return ends_[static_cast<size_t>(i)]->message; }

  void Close() noexcept {
    Base::CloseEnds(ends_);
    ends_.clear();
  }

 private:
  using End = typename Base::End;

  std::vector<std::unique_ptr<End>> ends_;
};

template <class B>
using BothWaysBaseline = BothWays<BaselineFd<B>>;
template <class B>
using BothWaysReference = BothWays<Fd<B>>;

static_assert(BothWaysAnswer<BothWaysFloor>);

}  // namespace tare::io::fd_ops
