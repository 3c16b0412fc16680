// SPDX-License-Identifier: Apache-2.0
// Names taken apart, and which floor and hand loop a row is held against.
#include "cli/row_name.h"

#include <gtest/gtest.h>

namespace tare::cli {
namespace {

TEST(RowNameTest, TellsTheAnswerFromTheQuestion) {
  const RowName name(
      "FdOps/TCP4Persistent/variant=reference/backend=io_uring/mode=sqpoll/size=512/buf=512");
  EXPECT_EQ(name.question, "FdOps/TCP4Persistent/size=512/buf=512");
  EXPECT_EQ(name.variant, "reference");
  EXPECT_EQ(name.backend, "io_uring");
  EXPECT_EQ(name.mode, "sqpoll");
  EXPECT_FALSE(name.has_threads);
}

TEST(RowNameTest, KnowsRowsOfSeveralThreads) {
  EXPECT_TRUE(RowName("A/variant=floor/size=512/threads=2").has_threads);
  EXPECT_FALSE(RowName("A/threads/variant=floor/nthreads=2").has_threads);
}

TEST(RowNameTest, TakesAnyBenchmarksName) {
  const RowName name("BM_Strcpy/64");
  EXPECT_EQ(name.question, "BM_Strcpy/64");
  EXPECT_EQ(name.variant, "");
  EXPECT_FALSE(name.IsFloor());
  EXPECT_FALSE(name.IsHandLoop());
}

TEST(RowNameTest, AFloorKnowsNoBackend) {
  EXPECT_TRUE(RowName("A/variant=floor/size=1").IsFloor());
  EXPECT_FALSE(RowName("A/variant=floor/backend=epoll/size=1").IsFloor());
  EXPECT_FALSE(RowName("A/variant=floors/size=1").IsFloor());
}

TEST(RowNameTest, AHandLoopIsOfTheSameBackendModeAndQuestion) {
  const RowName row("A/variant=reference/backend=epoll/mode=busy_poll/size=1/conns=64");
  const auto fits = [&](const char* name) { return row.HasHandLoop(RowName(name)); };
  EXPECT_TRUE(fits("A/variant=hand_loop/backend=epoll/mode=busy_poll/size=1/conns=64"));
  EXPECT_FALSE(fits("A/variant=hand_loop/backend=epoll/size=1/conns=64"));
  EXPECT_FALSE(fits("A/variant=hand_loop/backend=poll/mode=busy_poll/size=1/conns=64"));
  EXPECT_FALSE(fits("A/variant=hand_loop/backend=epoll/mode=busy_poll/size=1"));
  EXPECT_FALSE(fits("A/variant=baseline/backend=epoll/mode=busy_poll/size=1/conns=64"));
  EXPECT_FALSE(fits("B/variant=hand_loop/backend=epoll/mode=busy_poll/size=1/conns=64"));
}

}  // namespace
}  // namespace tare::cli
