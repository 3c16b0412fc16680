// SPDX-License-Identifier: Apache-2.0
// AllocsPerRun, a GoogleTest matcher: what does one run of this code allocate?
//
//   EXPECT_THAT([&] { conn.Read(buffer); }, AllocsPerRun(Eq(0)));
//   EXPECT_THAT([&] { Build(); }, AllocsPerRun(Le(2), {.runs = 10}));
//
// Runs the code once to warm up, then `runs` times, and compares the exact total over them: one
// stray allocation in a thousand runs is 0.001 a run, neither 0 nor 1. Link tare::matchers.
//
// Where nothing is counted (AllocScope::Covers() is "": a sanitizer owns malloc) the code runs
// once, the assertion holds, and the test prints "not applicable: ..." with the reason, which is
// also a property of the test in GoogleTest's XML and JSON reports. Where only operator new is
// counted (Covers() is "new"), the explanation says so.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "tare/alloc_scope.h"

namespace tare {

struct AllocRuns {
  // As many as tell a stray allocation from a steady one. At least 1.
  int runs = 1000;
  // Of whom: by default the whole process, for helper threads are part of the price.
  AllocScope::Whose whose = AllocScope::kProcess;
};

// What GoogleTest prints for an AllocCount.
inline void PrintTo(const AllocCount& count, std::ostream* os) {
  *os << count.allocs << " allocs, " << count.frees << " frees, " << count.bytes_requested
      << " bytes requested, " << count.bytes_usable << " usable, " << count.bytes_freed << " freed";
}

class AllocsPerRunMatcher {
 public:
  AllocsPerRunMatcher(testing::Matcher<double> per_run, AllocRuns options)
      : per_run_(std::move(per_run)), options_(options) {}

  template <class Code>
  bool MatchAndExplain(const Code& code, testing::MatchResultListener* listener) const {
    if (const std::string_view why_not = AllocScope::WhyNot(); !why_not.empty()) {
      code();
      SayNotApplicable(why_not);
      return true;
    }
    // EXPECT_THAT asks a matcher that has failed once more, for the explanation. It gets the
    // failure explained that there was: a second measurement might well be different.
    const bool explains = listener->IsInterested() && failed_ == &code;
    const AllocCount total = explains ? failure_ : Measure(code);
    const double per_run = static_cast<double>(total.allocs) / options_.runs;
    const bool matches = per_run_.Matches(per_run);
    failed_ = !matches && !listener->IsInterested() ? &code : nullptr;
    failure_ = total;
    *listener << "which made " << total.allocs << " allocs in " << options_.runs << " runs ("
              << per_run << " a run), " << total.bytes_requested << " bytes requested, "
              << total.bytes_usable << " usable";
    if (AllocScope::Covers() == "new") *listener << "; by operator new only";
    return matches;
  }

  void DescribeTo(std::ostream* os) const { Describe(os, /*negated=*/false); }
  void DescribeNegationTo(std::ostream* os) const { Describe(os, /*negated=*/true); }

 private:
  static void SayNotApplicable(std::string_view why_not) {
    const std::string reason = "not applicable: " + std::string(why_not);
    std::cout << "AllocsPerRun: " << reason << std::endl;
    testing::Test::RecordProperty("AllocsPerRun", reason);
  }

  template <class Code>
  AllocCount Measure(const Code& code) const {
    code();
    const AllocScope scope(options_.whose);
    for (int i = 0; i < options_.runs; ++i) code();
    return scope.Delta();
  }

  void Describe(std::ostream* os, bool negated) const {
    *os << "makes a number of allocs per run that ";
    negated ? per_run_.DescribeNegationTo(os) : per_run_.DescribeTo(os);
  }

  testing::Matcher<double> per_run_;
  AllocRuns options_;
  mutable const void* failed_ = nullptr;
  mutable AllocCount failure_;
};

// Matches code (anything that can be called without arguments, through a const reference) whose
// allocs per run match `per_run`: a matcher of numbers, or a number. The quotient is exact enough
// that it equals a whole number only where the total does.
template <class PerRun>
auto AllocsPerRun(PerRun per_run, AllocRuns options = {}) {
  if (options.runs < 1) ADD_FAILURE() << "AllocsPerRun: runs is " << options.runs << ", not >= 1";
  return testing::MakePolymorphicMatcher(
      AllocsPerRunMatcher(testing::SafeMatcherCast<double>(std::move(per_run)), options));
}

}  // namespace tare
