// SPDX-License-Identifier: Apache-2.0
// Forward: a backend that hands everything on to another one, and so a place to plant faults in.
#pragma once

#include <cstdint>
#include <string_view>

#include "impl/backend/backend.h"

namespace tare::suites {

// Keeps the contract if B does. A fault is a class derived from it that hides Attach, Detach, Poll
// or Wake, or overrides what Start, Cancel and the ends of operations come down to.
template <class B>
class Forward {
 public:
  // What B is given to start: a copy of the caller's op, embedded in the caller's.
  struct Inner : io::OpOf<B> {
    Forward* forward = nullptr;
    io::Op* outer = nullptr;
  };
  struct Slot {
    Inner inner;
  };
  using Port = typename B::Port;

  static constexpr std::string_view kName = B::kName;
  static constexpr uint32_t kFeatures = B::kFeatures;
  static constexpr bool kPlanted = true;  // a test that fails need not be patient
  static const char* WhyNot() noexcept { return B::WhyNot(); }

  Forward() = default;
  virtual ~Forward() = default;
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

  io::Result Attach(Port& port, io::Handle h) noexcept { return real_.Attach(port, h); }
  void Detach(Port& port) noexcept { real_.Detach(port); }

  template <class OpOfFault>
  void Start(Port& port, OpOfFault& op) noexcept {
    Inner& inner = op.slot.inner;
    inner.kind = op.kind;
    inner.data = op.data;
    inner.size = op.size;
    inner.peer = op.peer;
    inner.done = &OnDone;
    inner.forward = this;
    inner.outer = &op;
    StartInner(port, inner);
  }
  template <class OpOfFault>
  void Cancel(Port& port, OpOfFault& op) noexcept {
    CancelInner(port, op.slot.inner);
  }

  int Poll(io::Deadline d) noexcept {
    ended_ = 0;
    (void)real_.Poll(d);
    return ended_;
  }
  void Wake() noexcept { real_.Wake(); }

 protected:
  virtual void StartInner(Port& port, Inner& inner) noexcept { real_.Start(port, inner); }
  virtual void CancelInner(Port& port, Inner& inner) noexcept { real_.Cancel(port, inner); }
  // `op` is the caller's, its result is filled in.
  virtual void End(io::Op& op) noexcept {
    ++ended_;
    op.done(op);
  }

  B& real() noexcept { return real_; }

 private:
  static void OnDone(io::Op& op) noexcept {
    Inner& inner = static_cast<Inner&>(op);
    inner.outer->result = inner.result;
    inner.forward->End(*inner.outer);
  }

  B real_;
  int ended_ = 0;  // in this Poll
};

}  // namespace tare::suites
