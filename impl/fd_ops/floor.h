// SPDX-License-Identifier: Apache-2.0
// The floor: blocking system calls in the order that needs no waiting; nothing lighter is possible
// by that route.
#pragma once

#include <span>

#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"

namespace tare::io::fd_ops {

// Both ends on one thread, and on loopback the message is on the other side when send returns:
// every receive finds its bytes, so nothing has to be awaited. Knows no deadlines: with
// Exchange::deadlines it does the same. Trip allocates nothing.
class Floor {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  Result Open(std::span<const Pair> pairs, const Exchange& exchange) {
    ends_.Open(pairs, exchange);
    return {};
  }
  Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept {
    return {ends_.ClientBuffer(static_cast<size_t>(i)), ends_.received[static_cast<size_t>(i)]};
  }
  std::span<std::byte> Message(int i) noexcept {
    return {ends_.Message(static_cast<size_t>(i)), ends_.exchange.size};
  }
  void Close() noexcept { ends_.Close(); }

 private:
  Ends ends_;
};

static_assert(Answer<Floor>);

}  // namespace tare::io::fd_ops
