// SPDX-License-Identifier: Apache-2.0
// Subjects around a subject: everything is passed on, for a fault to override what it breaks.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "suites/conformance/conn.h"

namespace tare::conformance {

template <class Base>
class Forward : public Base {
 public:
  explicit Forward(std::unique_ptr<Base> it) : it_(std::move(it)) {}
  Error Close() override { return it_->Close(); }
  Error SetDeadline(Which which, TimePoint deadline) override {
    return it_->SetDeadline(which, deadline);
  }
  std::string LocalAddress() const override { return it_->LocalAddress(); }

 protected:
  std::unique_ptr<Base> it_;
};

class ForwardConn : public Forward<Conn> {
 public:
  using Forward::Forward;
  Result Read(std::span<std::byte> to) override { return it_->Read(to); }
  Result Write(std::span<const std::byte> from) override { return it_->Write(from); }
  std::string RemoteAddress() const override { return it_->RemoteAddress(); }
};

class ForwardListener : public Forward<Listener> {
 public:
  using Forward::Forward;
  Made<Conn> Accept() override { return it_->Accept(); }
};

class ForwardPackets : public Forward<PacketConn> {
 public:
  using Forward::Forward;
  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    return it_->ReceiveFrom(to, from);
  }
  Result SendTo(std::span<const std::byte> from, const std::string& to) override {
    return it_->SendTo(from, to);
  }
};

// What `inner` makes comes wrapped in C, L and P.
template <class C, class L = ForwardListener, class P = ForwardPackets>
class Wrapped : public Subject, public Dialer {
 public:
  explicit Wrapped(std::unique_ptr<Subject> inner) : inner_(std::move(inner)) {}

  Made<Listener> Listen() override { return Wrap<Accepting>(inner_->Listen()); }
  Made<PacketConn> OpenPackets() override { return Wrap<P>(inner_->OpenPackets()); }
  Made<Conn> Dial(const std::string& address) override {
    return Wrap<C>(inner_->dialer().Dial(address));
  }
  Dialer& dialer() override { return *this; }
  std::string WhyWithout(Part part) const override { return inner_->WhyWithout(part); }

 private:
  class Accepting final : public L {
   public:
    using L::L;
    Made<Conn> Accept() override { return Wrap<C>(L::Accept()); }
  };

  template <class W, class T>
  static Made<T> Wrap(Made<T> made) {
    if (made.it) made.it = std::make_unique<W>(std::move(made.it));
    return made;
  }

  std::unique_ptr<Subject> inner_;
};

}  // namespace tare::conformance
