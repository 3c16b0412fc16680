// SPDX-License-Identifier: Apache-2.0
// What is UTF-8 stays, what is not is replaced byte by byte.
#include "result/utf8.h"

#include <gtest/gtest.h>

namespace tare::result {
namespace {

TEST(Utf8, WhatIsValidStays) {
  for (const char* text :
       {"", "plain", "\xC2\x80", "\xE2\x82\xAC", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(Utf8, EachByteThatIsNotIsReplaced) {
  const char kNo[] = "\xEF\xBF\xBD";
  EXPECT_EQ(ToUtf8("a\xFF\xFEz"), std::string("a") + kNo + kNo + "z");
  EXPECT_EQ(ToUtf8("\xC0\x80"), std::string(kNo) + kNo) << "longer than needed";
  EXPECT_EQ(ToUtf8("\xED\xA0\x80"), std::string(kNo) + kNo + kNo) << "a surrogate";
  EXPECT_EQ(ToUtf8("\xF4\x90\x80\x80"), std::string(kNo) + kNo + kNo + kNo) << "beyond the last";
  EXPECT_EQ(ToUtf8("\xE2\x82"), std::string(kNo) + kNo) << "cut short";
  EXPECT_EQ(ToUtf8("\xEF\xBF\xBE"), std::string(kNo) + kNo + kNo) << "XML has no U+FFFE";
  EXPECT_EQ(ToUtf8("\xEF\xBF\xBF"), std::string(kNo) + kNo + kNo) << "nor U+FFFF";
}

TEST(Utf8, QuotedForJson) {
  EXPECT_EQ(QuoteJson("a\"\\\n\x01\xFF"), "\"a\\\"\\\\\\u000a\\u0001\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace tare::result
