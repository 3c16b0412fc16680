// SPDX-License-Identifier: Apache-2.0
// A model of the second published original (SD-2): one load where the handshake is over, and where
// it is not everything as it was before.
#pragma once

#include <functional>
#include <memory>

#include "impl/tls_handshake/reference.h"
#include "suites/tls_handshake/far_end.h"

namespace tare::suites::tls_handshake {

template <class B>
class SeedTls : public io::tls_handshake::Tls<B> {
  using Base = io::tls_handshake::Tls<B>;

 public:
  using Base::Base;
  using typename Base::Waiter;

  // SD-2.02: where it aborts, the model takes note.
  bool panicked = false;

  void Handshake(Waiter& waiter) {
    if (Base::ready()) {
      panicked = panicked || !this->failure_.ok();
      return Base::Handshake(waiter);
    }
    // SD-2.03: whoever waits builds a context and a watcher,
    auto context = std::make_shared<bool>(false);
    const std::function<void()> watcher = [this, context, again = context] {
      if (*context) TearDown(Base::handle());
    };
    watcher();
    Base::Handshake(waiter);
  }
  // which closes what is everybody's.
  void Cancel(Waiter& waiter) {
    const bool over = Base::ready();
    Base::Cancel(waiter);
    if (!over) TearDown(Base::handle());
  }
};

}  // namespace tare::suites::tls_handshake
