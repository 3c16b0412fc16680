// SPDX-License-Identifier: Apache-2.0
// Numbers are written as people write them: no exponent, no "1 regressions".
#include "result/words.h"

#include <gtest/gtest.h>

#include <limits>

namespace tare::result {
namespace {

TEST(WordsTest, OneIsSingular) {
  EXPECT_EQ(CountOf(0, "regression"), "0 regressions");
  EXPECT_EQ(CountOf(1, "regression"), "1 regression");
  EXPECT_EQ(CountOf(2, "regression"), "2 regressions");
}

TEST(WordsTest, NoNumberHasAnExponent) {
  EXPECT_EQ(Rounded(1600, 3, true), "+1600");
  EXPECT_EQ(Rounded(1234567.8, 3), "1234568");
  EXPECT_EQ(Rounded(-16.66, 3, true), "-16.7");
  EXPECT_EQ(Rounded(0.0000123456, 3), "0.0000123");
  EXPECT_EQ(Rounded(0.5, 3), "0.5");
  EXPECT_EQ(Rounded(999.96, 4), "1000");
  EXPECT_EQ(Rounded(9.996, 3), "10");
  EXPECT_EQ(Rounded(0, 3, true), "0");
  EXPECT_EQ(Rounded(-0.0, 3), "0");
  EXPECT_EQ(Rounded(12, 6), "12");
  EXPECT_EQ(Rounded(std::numeric_limits<double>::quiet_NaN(), 3), "NaN");
  EXPECT_EQ(Rounded(std::numeric_limits<double>::infinity(), 3), "+Inf");
  for (const double extreme :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(Rounded(extreme, 3).find('e'), std::string::npos);
  }
}

}  // namespace
}  // namespace tare::result
