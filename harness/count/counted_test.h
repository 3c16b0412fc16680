// SPDX-License-Identifier: Apache-2.0
// Test support: fixtures for what only holds where operator new, or all of malloc, is counted.
#pragma once

#include <gtest/gtest.h>

#include "tare/alloc_scope.h"

namespace tare::count {

// Operator new at least.
class NewCountedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (AllocScope::Covers().empty()) {
      GTEST_SKIP() << "not applicable: " << AllocScope::WhyNot();
    }
  }
};

// malloc's family and operator new.
class CountedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (AllocScope::Covers().empty()) {
      GTEST_SKIP() << "not applicable: " << AllocScope::WhyNot();
    }
    if (AllocScope::Covers() == "new") {
      GTEST_SKIP() << "not applicable: without a static jemalloc only operator new is counted";
    }
  }
};

}  // namespace tare::count
