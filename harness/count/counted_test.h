// SPDX-License-Identifier: Apache-2.0
// Test support: a fixture for what only holds where all of malloc is counted.
#pragma once

#include <gtest/gtest.h>

#include "tare/alloc_scope.h"

namespace tare::count {

class CountedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (AllocScope::Covers() != "malloc+new") {
      GTEST_SKIP() << "not applicable: malloc is not counted ("
                   << (AllocScope::Covers().empty()
                           ? AllocScope::WhyNot()
                           : "operator new only, without a static jemalloc")
                   << ")";
    }
  }
};

}  // namespace tare::count
