// SPDX-License-Identifier: Apache-2.0
// AllBackends: the backends of this binary as a type list of GoogleTest, so that a test typed over
// it runs on each.
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
using AllBackends = AsTestTypes<io::Backends>::Type;

struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return std::string(B::kName);
  }
};

}  // namespace tare::suites
