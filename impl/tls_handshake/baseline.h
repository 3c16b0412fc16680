// SPDX-License-Identifier: Apache-2.0
// The baseline: what the published "before" did, a cancellable context in every call before anybody
// looks whether there is a handshake to be made.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "impl/tls_handshake/reference.h"

namespace tare::io::tls_handshake {

// clang-format off
// The allocations of one read or write, by name; suites/tls_handshake holds the counts against this
// list. They are those of Go 1.17, which watches no context that cannot end:
//   1. the context    std::make_shared: what the handshake's callbacks would be given
//   2. its cancel     std::function with a shared context and two captures: no room in itself
// and of an explicit handshake, which may be canceled, beside them
//   3. the channel    std::make_shared: tells the watcher that the handshake is over
//   4. the watcher    std::function with three captures: closes if the context ends first
// clang-format on
// So a round trip of two writes and two reads makes 8.
//
// Everything else is the reference's.
template <Backend B>
class BaselineTls : public Tls<B> {
  using Base = Tls<B>;

 public:
  using Base::Base;
  using typename Base::Done;

  void Handshake(Waiter& waiter) {
    Call call(*this);
    auto over = std::make_shared<Channel>();
    const std::function<void()> watcher = [this, context = call.context, over] {
      if (!over->told && context->canceled) waiter_canceled_ = true;
    };
    const bool complete = Look();
    Base::Handshake(waiter);
    over->told = complete;
    watcher();
  }
  void Read(std::span<std::byte> to, Done done) {
    const Call call(*this);
    (void)Look();
    Base::Read(to, done);
  }
  void Write(std::span<const std::byte> from, Done done) {
    const Call call(*this);
    (void)Look();
    Base::Write(from, done);
  }

 private:
  struct Context {
    std::mutex mutex;
    bool canceled = false;
    const Context* parent = nullptr;
  };
  struct Channel {
    bool told = false;
  };

  // A context that ends when the call does.
  struct Call {
    explicit Call(BaselineTls& owner)
        : context(std::make_shared<Context>()),
          cancel([context = context, &owner, times = 0]() mutable {
            const std::lock_guard lock(context->mutex);
            context->canceled = ++times > 0 && owner.open();
          }) {}
    ~Call() { cancel(); }
    std::shared_ptr<Context> context;
    std::function<void()> cancel;
  };

  // With the lock, and only now.
  bool Look() {
    const std::lock_guard lock(handshake_mutex_);
    return Base::ready();
  }

  std::mutex handshake_mutex_;
  bool waiter_canceled_ = false;
};

}  // namespace tare::io::tls_handshake
