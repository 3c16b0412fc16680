// SPDX-License-Identifier: Apache-2.0
// AllBackends: the backends of this binary as a type list of GoogleTest, so that a test typed over
// it runs on each; in a program built with TARE_OVER_MODES it is their modes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "impl/backend/backends.h"

namespace tare::suites {

template <class List>
struct AsTestTypes;
template <class... B>
struct AsTestTypes<io::BackendList<B...>> {
  using Type = testing::Types<B...>;
};

//   TYPED_TEST_SUITE(LoopTest, AllBackends, BackendNames);   // LoopTest/epoll.Posts,
//   LoopTest/poll.Posts
#ifdef TARE_OVER_MODES
using AllBackends = AsTestTypes<io::Modes>::Type;
#else
using AllBackends = AsTestTypes<io::Backends>::Type;
#endif

// "epoll", "epoll_busy_poll".
struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    std::string name(B::kName);
    if constexpr (requires { B::kMode; }) {
      if (!B::kMode.empty()) name.append("_").append(B::kMode);
    }
    return name;
  }
};

}  // namespace tare::suites
