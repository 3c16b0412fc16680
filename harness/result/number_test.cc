// SPDX-License-Identifier: Apache-2.0
// Go's number syntax, good and bad, and printing that reads back to the last bit.
#include "result/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace tare::result {
namespace {

double Parsed(std::string_view text) {
  double value = -99;
  EXPECT_EQ(ParseDouble(text, &value), NumberError::kNone) << text;
  return value;
}

NumberError Error(std::string_view text) {
  double value = 0;
  return ParseDouble(text, &value);
}

TEST(ParseDoubleTest, ReadsWhatGoReads) {
  EXPECT_EQ(Parsed("5"), 5);
  EXPECT_EQ(Parsed("+5"), 5);
  EXPECT_EQ(Parsed("-5"), -5);
  EXPECT_EQ(Parsed(".5"), 0.5);
  EXPECT_EQ(Parsed("5."), 5);
  EXPECT_EQ(Parsed("1e3"), 1000);
  EXPECT_EQ(Parsed("1_000"), 1000);
  EXPECT_EQ(Parsed("1_23.50_0_0e+1_2"), 1.235e14);
  EXPECT_EQ(Parsed("0x1p4"), 16);
  EXPECT_EQ(Parsed("0x_1p4"), 16);
  EXPECT_EQ(Parsed("0X1.8P-1"), 0.75);
  EXPECT_EQ(Parsed("92233720368547758070"), 92233720368547758070.0);
  EXPECT_EQ(Parsed("Inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Parsed("-infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(Parsed("NaN")));
}

TEST(ParseDoubleTest, RefusesWhatGoRefuses) {
  for (const char* text :
       {"",   "-",    "+",  "+-5", "--5",  "5x",   "x",    ".",      "e5",   "5e",    "0x1",
        "0x", "0xp1", "_5", "5_",  "1__0", "1_.5", "1._5", "nan(1)", "inf1", "0x_p1", " 5"}) {
    EXPECT_EQ(Error(text), NumberError::kSyntax) << text;
  }
}

TEST(ParseDoubleTest, OverflowIsAnErrorAndUnderflowIsZero) {
  for (const char* text : {"1e999", "-1e309", "1e99999999999999999999", "0x1p2000"}) {
    EXPECT_EQ(Error(text), NumberError::kRange) << text;
  }
  for (const char* text : {"1e-999", "0.001e-330", "123e-999999999999999999999", "0x1p-2000"}) {
    EXPECT_EQ(Parsed(text), 0) << text;
  }
  EXPECT_EQ(Error(std::string(400, '9')), NumberError::kRange);
  EXPECT_EQ(Parsed("0." + std::string(400, '0') + "1"), 0);
  EXPECT_TRUE(std::signbit(Parsed("-1e-999")));
}

TEST(ParseInt64Test, ReadsAllOfTheRangeAndNoMore) {
  int64_t value = 0;
  EXPECT_EQ(ParseInt64("-9223372036854775808", &value), NumberError::kNone);
  EXPECT_EQ(value, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ParseInt64("+7", &value), NumberError::kNone);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(ParseInt64("9223372036854775808", &value), NumberError::kRange);
  for (const char* text : {"", "+", "-", "+-1", "abc", "1.5", "1_000", "0x10", "1 "}) {
    EXPECT_EQ(ParseInt64(text, &value), NumberError::kSyntax) << text;
  }
}

TEST(FormatDoubleTest, IsShortAndReadable) {
  EXPECT_EQ(FormatDouble(0), "0");
  EXPECT_EQ(FormatDouble(2401), "2401");
  EXPECT_EQ(FormatDouble(1000000), "1000000");
  EXPECT_EQ(FormatDouble(0.001), "0.001");
  EXPECT_EQ(FormatDouble(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(FormatDouble(1e300), "1e+300");
  EXPECT_EQ(FormatDouble(std::numeric_limits<double>::infinity()), "+Inf");
}

TEST(FormatDoubleTest, ReadsBackToTheSameBits) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 200000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    double back = 0;
    ASSERT_EQ(ParseDouble(FormatDouble(value), &back), NumberError::kNone) << FormatDouble(value);
    ASSERT_EQ(std::bit_cast<uint64_t>(back), std::bit_cast<uint64_t>(value));
  }
}

}  // namespace
}  // namespace tare::result
