// SPDX-License-Identifier: Apache-2.0
// Accepts: connections that are accepted and nothing else, checked before it is timed or counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "impl/base/errc.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/accepting.h"
#include "suites/support/descriptors.h"
#include "tare/benchmem.h"

namespace tare::suites {

// A: an io::fd_ops::AcceptingAnswer. An operation is one connection: dialled and closed by bare
// calls, accepted by the answer.
template <class A>
class Accepts {
 public:
  explicit Accepts(int connections) : connections_(connections) {}
  ~Accepts() { answer_.Close(); }
  Accepts(const Accepts&) = delete;
  Accepts& operator=(const Accepts&) = delete;

  // "" or what went wrong; begins with kNotApplicable where the machine has too few descriptors.
  std::string Open() {
    const auto descriptors = 2 * static_cast<size_t>(connections_);
    if (const std::string why = EnsureDescriptors(descriptors); !why.empty()) {
      return std::string(kNotApplicable) + why;
    }
    result_ = answer_.Open(io::Transport::kTcp4, connections_);
    return result_.ok() ? "" : Say("cannot listen");
  }

  // "" or what is wrong: what was accepted must be the other end of what was dialled, in that
  // order; twice, for what is left of the first trip is no answer to the second.
  std::string Check() {
    for (int trip = 0; trip < 2; ++trip) {
      if (!Trip()) return Error();
      for (const io::Pair& pair : answer_.Accepted()) {
        const std::string dialed = io::ToString(io::LocalAddress(pair.client));
        const std::string accepted = io::ToString(io::RemoteAddress(pair.server));
        if (dialed.empty() || dialed != accepted) {
          return "wrong answer: dialled from '" + dialed + "', accepted from '" + accepted + "'";
        }
      }
    }
    return "";
  }

  int64_t PerCall() const { return connections_; }

  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }

  // How the last Trip failed.
  std::string Error() const { return Say("accepting failed"); }

 private:
  std::string Say(std::string_view what) const {
    std::string text(what);
    text.append(": ").append(Name(result_.err));
    if (result_.os != 0) text.append(", code ").append(std::to_string(result_.os));
    return text;
  }

  const int connections_;
  io::Result result_;
  A answer_;
};

}  // namespace tare::suites
