// SPDX-License-Identifier: Apache-2.0
// Where nothing is counted: everything says so, and nothing passes in silence. Linked with
// interpose_none.

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "count/counters.h"
#include "tare/alloc_scope.h"
#include "tare/allocs_per_run.h"

namespace tare {
namespace {

void Allocate() {
  void* p = ::operator new(100);
  asm volatile("" : "+r"(p) : : "memory");
  ::operator delete(p);
}

TEST(NotApplicable, IsSaidWithTheReason) {
  EXPECT_EQ(AllocScope::Covers(), "");
  EXPECT_THAT(std::string(AllocScope::WhyNot()), testing::HasSubstr("a sanitizer owns malloc"));
}

TEST(NotApplicable, CountsAreZero) {
  const AllocScope scope;
  Allocate();
  EXPECT_EQ(scope.Delta(), AllocCount{});
  EXPECT_EQ(count::ReadProcess(), AllocCount{});
  EXPECT_EQ(count::ReadThisThread(), AllocCount{});
}

// The assertion holds, the code has run once, and the test is reported as skipped.
TEST(NotApplicable, AllocsPerRunIsReportedAsSkipped) {
  int runs = 0;
  testing::TestPartResultArray results;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    EXPECT_THAT([&] { ++runs; }, AllocsPerRun(testing::Eq(0)));
  }
  EXPECT_EQ(runs, 1);
  ASSERT_EQ(results.size(), 1);
  EXPECT_TRUE(results.GetTestPartResult(0).skipped());
  EXPECT_THAT(results.GetTestPartResult(0).message(),
              testing::HasSubstr("not applicable: a sanitizer owns malloc"));
}

}  // namespace
}  // namespace tare
