// SPDX-License-Identifier: Apache-2.0
// Where nothing is counted: everything says so, and nothing passes in silence. Linked with
// interpose_none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>

#include "count/counters.h"
#include "tare/account.h"
#include "tare/alloc_fault.h"
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

// Scopes may be made there all the same, and are held to their order.
TEST(NotApplicable, BothSidesOfAnAccountAreZero) {
  const Account account;
  {
    const LibraryScope library;
    Allocate();
    const CallbackScope ours;
    Allocate();
  }
  EXPECT_EQ(account.Delta().Total(), AllocCount{});
  EXPECT_EQ(count::SplitOfThisThread().Total(), AllocCount{});
}

TEST(NotApplicableDeathTest, AScopeThatEndsOutOfOrderAbortsThereToo) {
  EXPECT_EXIT(
      {
        auto outer = std::make_unique<LibraryScope>();
        const CallbackScope inner;
        outer.reset();
      },
      testing::KilledBySignal(SIGABRT), "not the innermost");
}

// The assertion holds, for the code has run; that nothing was counted is said.
TEST(NotApplicable, AllocsPerRunSaysSo) {
  int runs = 0;
  testing::internal::CaptureStdout();
  EXPECT_THAT([&] { ++runs; }, AllocsPerRun(testing::Eq(0)));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "AllocsPerRun: not applicable: " + std::string(AllocScope::WhyNot()) + "\n");
}

// Nor does a fault fire where nothing is interposed: code that walks its faults must stop.
TEST(NotApplicable, AFaultNeverFires) {
  const AllocFault fault(1);
  Allocate();
  EXPECT_FALSE(fault.Fired());
}

}  // namespace
}  // namespace tare
