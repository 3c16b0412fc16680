// SPDX-License-Identifier: Apache-2.0
// AllocsPerRun compares the exact total, and says what it saw.

#include "tare/allocs_per_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <new>
#include <thread>

namespace tare {
namespace {

using testing::Eq;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Lt;
using testing::Not;

void Allocate(size_t size) {
  void* p = ::operator new(size);
  asm volatile("" : "+r"(p) : : "memory");
  ::operator delete(p);
}

template <class Code, class Matcher>
std::string Explain(const Code& code, const Matcher& matcher) {
  testing::StringMatchResultListener listener;
  testing::ExplainMatchResult(matcher, code, &listener);
  return listener.str();
}

TEST(AllocsPerRun, CountsWhatARunAllocates) {
  EXPECT_THAT([] {}, AllocsPerRun(Eq(0)));
  EXPECT_THAT([] {}, AllocsPerRun(0));
  EXPECT_THAT([] { Allocate(100); }, AllocsPerRun(Eq(1)));
  EXPECT_THAT([] { Allocate(100); }, Not(AllocsPerRun(Eq(0))));
  EXPECT_THAT([] { Allocate(1); }, AllocsPerRun(Le(2)));
}

TEST(AllocsPerRun, WarmsUpOnce) {
  int runs = 0;
  EXPECT_THAT(
      [&] {
        if (runs++ == 0) Allocate(100);
      },
      AllocsPerRun(Eq(0), {.runs = 10}));
  EXPECT_EQ(runs, 11);
}

// Integer division would call it 0.
TEST(AllocsPerRun, OneStrayAllocationInAThousandRunsIsNeither0Nor1) {
  int runs = 0;
  const auto stray = [&] {
    if (runs++ % 1000 == 999) Allocate(100);
  };
  EXPECT_THAT(stray, Not(AllocsPerRun(Eq(0))));
  EXPECT_THAT(stray, Not(AllocsPerRun(Eq(1))));
  EXPECT_THAT(stray, AllocsPerRun(Lt(0.0011)));
  EXPECT_THAT(stray, AllocsPerRun(Ge(0.001)));
}

TEST(AllocsPerRun, SaysTotalRunsAndBytes) {
  EXPECT_THAT(Explain([] { Allocate(100); }, AllocsPerRun(Eq(0), {.runs = 50})),
              HasSubstr("which made 50 allocs in 50 runs (1 a run), 5000 bytes requested, "));
  EXPECT_THAT(testing::DescribeMatcher<void (*)()>(AllocsPerRun(Eq(0))),
              HasSubstr("makes a number of allocs per run that is equal to 0"));
}

TEST(AllocsPerRun, AFailureIsExplainedAsItWasMeasured) {
  static int runs = 0;
  runs = 0;
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(
                              [] {
                                if (++runs == 500) Allocate(100);
                              },
                              AllocsPerRun(Eq(0))),
                          "which made 1 allocs in 1000 runs (0.001 a run)");
  EXPECT_EQ(runs, 1001) << "the explanation measured again";
}

TEST(AllocsPerRun, HelperThreadsArePartOfThePrice) {
  const auto helped = [] { std::thread([] { Allocate(100); }).join(); };
  EXPECT_THAT(helped, AllocsPerRun(Ge(2), {.runs = 20}));
  EXPECT_THAT(helped, AllocsPerRun(Eq(1), {.runs = 20, .whose = AllocScope::kThisThread}));
}

TEST(AllocsPerRun, NoRunsIsAMistake) {
  EXPECT_NONFATAL_FAILURE(static_cast<void>(AllocsPerRun(Eq(0), {.runs = 0})), "runs is 0");
}

}  // namespace
}  // namespace tare
