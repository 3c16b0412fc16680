// SPDX-License-Identifier: Apache-2.0
// Random filters and projections: each is parsed or refused with a place, and can be applied.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <random>
#include <string>

#include "table/filter.h"
#include "table/projection.h"

namespace tare::table {
namespace {

// Words of the grammar and what may be mistaken for them.
constexpr const char* kWords[] = {
    "(",    ")",  ":",     "@",    ",", "-", "*",       " ",         "\"",    "\\",   "/",
    "AND",  "OR", ".name", "/a",   "b", ".", "[",       ".unit",     ".file", "\\x4", "\xC2\xA0",
    "\xFF", "\n", "num",   "x{2}", "+", "",  ".config", ".fullname", "?",     "1k"};

std::string RandomText(std::mt19937_64* random) {
  std::string text;
  for (size_t words = (*random)() % 12; words > 0; --words) {
    text += kWords[(*random)() % std::size(kWords)];
  }
  return text;
}

// 20,000 inputs; TARE_FUZZ_INPUTS asks for more.
size_t Inputs() {
  const char* asked = std::getenv("TARE_FUZZ_INPUTS");
  return asked == nullptr ? 20000 : std::strtoul(asked, nullptr, 10);
}

ResultLine SomeLine(Symbols* symbols) {
  ResultLine line;
  line.name = "Echo/a=1/b-8";
  line.config.push_back({symbols->Intern(".file"), symbols->Intern("f"), false});
  line.config.push_back({symbols->Intern("b"), symbols->Intern("1k"), true});
  line.values = {{1, symbols->Intern("ns/op"), 0}, {2, symbols->Intern("B/op"), 0}};
  return line;
}

TEST(FuzzTest, FiltersAreParsedOrRefused) {
  std::mt19937_64 random(1);
  size_t parsed = 0;
  const size_t inputs = Inputs();
  for (size_t i = 0; i < inputs; ++i) {
    Symbols symbols;
    const std::string text = RandomText(&random);
    const auto filter = Filter::Parse(text, &symbols);
    if (!filter.ok()) {
      ASSERT_EQ(filter.status().message().substr(0, 14), "syntax error: ") << text;
      ASSERT_EQ(filter.status().message().back(), '^') << text;
      continue;
    }
    ++parsed;
    ResultLine line = SomeLine(&symbols);
    if (filter->Apply(&line)) {
      ASSERT_TRUE(filter->Apply(&line)) << text;  // what is left matches still
    }
  }
  EXPECT_GT(parsed, inputs / 100);
}

TEST(FuzzTest, ProjectionsAreParsedOrRefused) {
  std::mt19937_64 random(2);
  size_t parsed = 0;
  const size_t inputs = Inputs();
  for (size_t i = 0; i < inputs; ++i) {
    Symbols symbols;
    Filter filter = *Filter::Parse("*", &symbols);
    Projections projections(&symbols);
    const std::string text = RandomText(&random);
    auto projection = projections.Parse(text, &filter);
    if (!projection.ok()) {
      ASSERT_EQ(projection.status().message().substr(0, 14), "syntax error: ") << text;
      continue;
    }
    ++parsed;
    ResultLine line = SomeLine(&symbols);
    const Key key = (*projection)->Of(line);
    ASSERT_EQ((*projection)->Of(line), key) << text;
    (void)filter.Apply(&line);
  }
  EXPECT_GT(parsed, inputs / 100);
}

}  // namespace
}  // namespace tare::table
