// SPDX-License-Identifier: Apache-2.0
// Scripted: a backend whose operations end when, and how, the test says.
#pragma once

#include <string_view>

#include "impl/backend/backend.h"
#include "impl/base/check.h"
#include "impl/base/op_queue.h"

namespace tare::io::fd_ops {

// For one port. Keeps the contract; what a system would do is up to Say. Poll never waits.
class Scripted {
 public:
  struct Slot {};
  struct Port {
    bool is_stream = true;
  };

  static constexpr std::string_view kName = "scripted";
  static constexpr uint32_t kFeatures = kReattach;
  static const char* WhyNot() noexcept { return nullptr; }

  Result Attach(Port&, Handle) noexcept { return {}; }
  void Detach(Port&) noexcept { TARE_CHECK(pending_[0] == nullptr && pending_[1] == nullptr); }

  void Start(Port&, Op& op) noexcept {
    TARE_CHECK(Pending(DirectionOf(op.kind)) == nullptr);
    Pending(DirectionOf(op.kind)) = &op;
  }
  // A cancel wins unless the operation is to lose the race: see LoseCancels.
  void Cancel(Port&, Op& op) noexcept {
    if (Pending(DirectionOf(op.kind)) == &op && !lose_cancels_) {
      Say(DirectionOf(op.kind), {0, Errc::kCanceled, 0});
    }
  }
  int Poll(Deadline) noexcept {
    OpQueue batch;
    batch.Take(ended_);
    int count = 0;
    for (; Op* op = batch.Pop(); ++count) op->done(*op);
    return count;
  }
  void Wake() noexcept {}

  // The pending operation of this direction; its starter is told by the next Poll.
  Op*& Pending(Direction d) noexcept { return pending_[static_cast<int>(d)]; }
  // Ends it.
  void Say(Direction d, Result r) noexcept {
    Op* op = Pending(d);
    TARE_CHECK(op != nullptr);
    Pending(d) = nullptr;
    op->result = r;
    ended_.Push(*op);
  }
  // From now on what is canceled stays pending: the system has ended it already, and Say tells how.
  void LoseCancels() noexcept { lose_cancels_ = true; }

 private:
  Op* pending_[2] = {nullptr, nullptr};
  OpQueue ended_;
  bool lose_cancels_ = false;
};

static_assert(Backend<Scripted>);

}  // namespace tare::io::fd_ops
