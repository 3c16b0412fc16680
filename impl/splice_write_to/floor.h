// SPDX-License-Identifier: Apache-2.0
// The floor: a bare splice loop through one pipe; nothing lighter is possible by that route.
#pragma once

#include "impl/splice_write_to/contract.h"
#include "impl/splice_write_to/ends.h"
#include "impl/splice_write_to/pool.h"

namespace tare::io::splice_write_to {

// What floor and limit have in common: calls that do not wait, in an order that hardly ever has to.
class Bare {
 public:
  static const char* WhyNot() noexcept { return nullptr; }

  ~Bare() { Close(); }

  Result Open(const Stage& stage);
  void Close() noexcept;
  Ends& ends() noexcept { return ends_; }

 protected:
  Ends ends_;
  Pipe pipe_;  // of 1 MiB, as the reference's
};

// Splices what is there into the pipe, and all that is in the pipe on, until all has gone.
class Floor : public Bare {
 public:
  Result Trip() noexcept;
};

// What the kernel cannot spare: the bytes are received and dropped, and as many are written, or
// sent, from a buffer. No answer that brings the same bytes over does with less. What comes out at
// the other end is therefore the pattern, and not what was received.
class Limit : public Bare {
 public:
  Result Trip() noexcept;
};

static_assert(Answer<Floor> && Answer<Limit>);

}  // namespace tare::io::splice_write_to
