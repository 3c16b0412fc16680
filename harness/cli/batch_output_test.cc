// SPDX-License-Identifier: Apache-2.0
// Each line of a process that measured several rows goes to the row that it is about.
#include "cli/batch_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tare::cli {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr char kHead[] = "# tare 1\n# not applicable: syscalls/op: no\nos: linux\nUnit ns/op a=b\n";

TEST(OutputsOfRowsTest, EachRowGetsTheHeadAndWhatNamesIt) {
  const std::string text = std::string(kHead) +
                           "BenchmarkA 10 5 ns/op\n# label A: B: x\nBenchmarkA/B 10 6 ns/op\n"
                           "# planted alloc A: BenchmarkA 10 1 allocs/op\n# error C: no: A: b\n";
  EXPECT_THAT(
      OutputsOfRows(text, {"A", "A/B", "C", "D"}),
      ElementsAre(Optional(std::string(kHead) + "BenchmarkA 10 5 ns/op\n# label A: B: x\n"
                                                "# planted alloc A: BenchmarkA 10 1 allocs/op\n"),
                  Optional(std::string(kHead) + "BenchmarkA/B 10 6 ns/op\n"),
                  Optional(std::string(kHead) + "# error C: no: A: b\n"), std::nullopt));
}

TEST(OutputsOfRowsTest, WhatNamesNoRowIsTheNextOnes) {
  const std::string text = std::string(kHead) +
                           "BenchmarkA 10 5 ns/op\nSegment 7\nBenchmarkOther 1 2 ns/op\n"
                           "BenchmarkB 10 6 ns/op\nbye\ncut of";
  EXPECT_THAT(OutputsOfRows(text, {"A", "B"}),
              ElementsAre(Optional(std::string(kHead) + "BenchmarkA 10 5 ns/op\n"),
                          Optional(std::string(kHead) + "Segment 7\nBenchmarkOther 1 2 ns/op\n"
                                                        "BenchmarkB 10 6 ns/op\nbye\ncut of")));
  EXPECT_THAT(OutputsOfRows("", {"A"}), ElementsAre(std::nullopt));
  EXPECT_THAT(OutputsOfRows(kHead, {"applicable", "tare"}),
              ElementsAre(std::nullopt, std::nullopt));
}

TEST(OutputsOfRowsTest, ErrorsAreSeen) {
  EXPECT_TRUE(HasErrorComment("# tare 1\n# error A: b\n"));
  EXPECT_FALSE(HasErrorComment("# tare 1\n# label A: # error B: c\n"));
}

}  // namespace
}  // namespace tare::cli
