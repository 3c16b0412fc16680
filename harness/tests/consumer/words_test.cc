// SPDX-License-Identifier: Apache-2.0
// An ordinary test, with one line that fails when the code under test begins to allocate.
#include "words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tare/allocs_per_run.h"

using tare::AllocsPerRun;
using testing::ElementsAre;
using testing::Eq;
using testing::Ge;

TEST(WordsTest, AreFound) {
  Words words;
  EXPECT_THAT(words.Split(" to be  or"), ElementsAre("to", "be", "or"));
}

TEST(WordsTest, ALineLikeTheLastAllocatesNothing) {
  Words words;
  EXPECT_THAT([&] { words.Split("to be or not to be"); }, AllocsPerRun(Eq(0)));
}

TEST(WordsTest, CopiesDo) {
  EXPECT_THAT([] { CopyWords("to be or not to be"); }, AllocsPerRun(Ge(1)));
}
