// SPDX-License-Identifier: Apache-2.0
// RoundTrips: what all answers of fd_ops are asked to do, checked before it is timed or counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "impl/base/errc.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/contract.h"
#include "suites/support/descriptors.h"
#include "tare/benchmem.h"

namespace tare::suites {

// Connections on this machine, and messages that go there and back. They stay if A is an
// io::fd_ops::Answer; a DialingAnswer makes them itself. Of a BothWaysAnswer every end has a
// message for the other.
template <class A>
class RoundTrips {
 public:
  RoundTrips(size_t connections, const io::fd_ops::Exchange& exchange,
             io::Transport transport = io::Transport::kTcp4)
      : connections_(connections), exchange_(exchange), transport_(transport) {}
  ~RoundTrips() { answer_.Close(); }
  RoundTrips(const RoundTrips&) = delete;
  RoundTrips& operator=(const RoundTrips&) = delete;

  // "" or what went wrong; begins with kNotApplicable where the machine has too few descriptors or
  // ports.
  std::string Open() {
    if (const std::string why = EnsureDescriptors(2 * connections_); !why.empty()) {
      return std::string(kNotApplicable) + why;
    }
    if constexpr (kDials) {
      const io::Result r = answer_.Open(transport_, exchange_);
      return r.ok() ? "" : NotOpen("cannot listen", r);
    } else {
      std::vector<io::Pair> pairs(connections_);
      io::Result r = io::Pairs(transport_, pairs);
      if (!r.ok()) return NotOpen("cannot make the connections", r);
      r = answer_.Open(pairs, exchange_);
      return r.ok() ? "" : NotOpen("cannot open the connections", r);
    }
  }

  // "" or what is wrong with the answers. Every message is another one, and must come back as it
  // was; twice, for what is left of the first trip is no answer to the second.
  std::string Check() {
    for (uint64_t trip = 0; trip < 2; ++trip) {
      const int messages = kBothWays ? 2 * exchange_.active : exchange_.active;
      for (int i = 0; i < messages; ++i) Fill(answer_.Message(i), i, trip);
      if (!Trip()) return Error();
      for (int i = 0; i < messages; ++i) {
        const std::span<const std::byte> sent = answer_.Message(kBothWays ? i ^ 1 : i);
        const std::span<const std::byte> got = answer_.Received(i);
        if (!std::equal(sent.begin(), sent.end(), got.begin(), got.end())) return Wrong(i);
      }
    }
    return "";
  }

  // How many operations one call of Trip makes: one on every active connection.
  int64_t PerCall() const { return exchange_.active; }

  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }

  // How the last Trip failed.
  std::string Error() const { return Say("a round trip failed", result_); }

 private:
  static constexpr bool kDials =
      requires(A a, io::Transport transport, const io::fd_ops::Exchange& exchange) {
    a.Open(transport, exchange);
  };
  static constexpr bool kBothWays = requires { A::kBothWays; };

  static std::string Say(std::string_view what, io::Result r) {
    std::string text(what);
    text.append(": ").append(Name(r.err));
    if (r.os != 0) text.append(", code ").append(std::to_string(r.os));
    return text;
  }

  std::string NotOpen(std::string_view what, io::Result r) const {
    const std::string why = WhyExhausted(transport_, connections_, r);
    return why.empty() ? Say(what, r) : std::string(kNotApplicable) + why;
  }

  static void Fill(std::span<std::byte> message, int connection, uint64_t trip) {
    uint64_t state = (static_cast<uint64_t>(connection) << 1 | trip) * 0x9e3779b97f4a7c15u;
    for (std::byte& b : message) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      b = static_cast<std::byte>(state >> 56);
    }
  }

  std::string Wrong(int i) {
    return (kBothWays ? "wrong answer at end " : "wrong answer on connection ") +
           std::to_string(i) + ": " + std::to_string(answer_.Received(i).size()) +
           " bytes came back of " + std::to_string(answer_.Message(i).size()) +
           ", or others than were sent";
  }

  size_t connections_;
  io::fd_ops::Exchange exchange_;
  io::Transport transport_;
  io::Result result_;
  A answer_;
};

}  // namespace tare::suites
