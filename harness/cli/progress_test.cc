// SPDX-License-Identifier: Apache-2.0
// One rewritten line on a terminal, plain milestones elsewhere, and messages that survive both.
#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tare::cli {
namespace {

using ::testing::MatchesRegex;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

void RunTwoSteps(bool terminal) {
  Progress progress(4, terminal);
  progress.Milestone("fd_ops: counts");
  progress.Step("row A");
  progress.Done(1);
  progress.Say("tare: row A: killed\n");
  progress.Done(1);
  progress.Milestone("fd_ops: round 1 of 1");
  progress.Step("row B");
  progress.Done(2);
}

TEST(ProgressTest, PlainMilestonesWithoutATerminal) {
  CaptureStderr();
  RunTwoSteps(false);
  EXPECT_THAT(GetCapturedStderr(), MatchesRegex("fd_ops: counts\n"
                                                "tare: row A: killed\n"
                                                "fd_ops: round 1 of 1, [0-9]+:[0-9]+ left\n"));
}

TEST(ProgressTest, OneLineRewrittenOnATerminal) {
  CaptureStderr();
  RunTwoSteps(true);
  const std::string erase = "\r\x1b\\[K";
  EXPECT_THAT(
      GetCapturedStderr(),
      MatchesRegex(erase + "\\[  0 %\\] fd_ops: counts  row A" + erase + "tare: row A: killed\n" +
                   erase + "\\[ 50 %\\] fd_ops: round 1 of 1, [0-9]+:[0-9]+ left  row B" + erase));
}

TEST(ProgressTest, ALineNeverWraps) {
  CaptureStderr();
  {
    Progress progress(1, true);
    progress.Milestone("fd_ops: counts");
    progress.Step(std::string(500, 'x'));
  }
  const std::string said = GetCapturedStderr();
  EXPECT_LT(said.size(), 500u);
}

}  // namespace
}  // namespace tare::cli
