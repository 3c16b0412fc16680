// SPDX-License-Identifier: Apache-2.0
// A listening end on the test bed, for the tests of accepts and connects.
#pragma once

#include "impl/base/socket.h"
#include "suites/backend/bed.h"

namespace tare::io::contract {

// A listening endpoint and where it listens.
template <Backend B>
struct Listener {
  explicit Listener(Bed<B>& bed, int backlog = 128)
      : at(Loopback4()), end(bed, OwnedHandle(Listen(at, backlog))) {}

  Address at;
  Endpoint<B> end;
};

}  // namespace tare::io::contract
