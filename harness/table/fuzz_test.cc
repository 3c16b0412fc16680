// SPDX-License-Identifier: Apache-2.0
// Random filters and projections: each is parsed or refused with a place, and can be applied.
#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <random>
#include <string>

#include "table/fixture/try_input.h"

namespace tare::table {
namespace {

constexpr size_t kInputs = 20000;

// Words of the grammar and what may be mistaken for them.
constexpr const char* kWords[] = {
    "(",    ")",  ":",     "@",    ",", "-", "*",       " ",         "\"",    "\\",   "/",
    "AND",  "OR", ".name", "/a",   "b", ".", "[",       ".unit",     ".file", "\\x4", "\xC2\xA0",
    "\xFF", "\n", "num",   "x{2}", "+", "",  ".config", ".fullname", "?",     "1k"};

// How many of the texts parse.
size_t Parsed(bool (*parses)(absl::string_view), unsigned seed) {
  std::mt19937_64 random(seed);
  size_t parsed = 0;
  for (size_t i = 0; i < kInputs; ++i) {
    std::string text;
    for (size_t words = random() % 12; words > 0; --words) {
      text += kWords[random() % std::size(kWords)];
    }
    parsed += parses(text) ? 1 : 0;
  }
  return parsed;
}

TEST(FuzzTest, FiltersAreParsedOrRefused) {
  EXPECT_GT(Parsed(&TryFilter, 1), kInputs / 100);
}

TEST(FuzzTest, ProjectionsAreParsedOrRefused) {
  EXPECT_GT(Parsed(&TryProjection, 2), kInputs / 100);
}

}  // namespace
}  // namespace tare::table
