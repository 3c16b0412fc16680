// SPDX-License-Identifier: Apache-2.0
// Finding bench programs, reading their lists, and asking for exactly one row.
#include "cli/bench_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tare::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& list) {
  return std::string(ParseList(list, "bench_x").status().message());
}

TEST(ParseListTest, ReadsRows) {
  const auto rows =
      ParseList("A/b:1\tA/b=1\tquick\t\nB\tB\tfull\tno such call\nC d\tC_d\tfull\n", "");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].gbench_name, "A/b:1");
  EXPECT_EQ((*rows)[0].name, "A/b=1");
  EXPECT_TRUE((*rows)[0].quick);
  EXPECT_EQ((*rows)[0].absent, "");
  EXPECT_FALSE((*rows)[1].quick);
  EXPECT_EQ((*rows)[1].absent, "no such call");
  EXPECT_EQ((*rows)[2].gbench_name, "C d");
}

TEST(ParseListTest, QuotesTheFirstLineThatIsNoRow) {
  EXPECT_THAT(ErrorOf("A\tA\tquick\t\nusage: x\n"), HasSubstr("bench_x --tare_list:2: not a row"));
  EXPECT_THAT(ErrorOf("A\tA\tsometimes\t\n"), HasSubstr("'A\\x09A\\x09sometimes'"));
  EXPECT_THAT(ErrorOf("A\ta b\tquick\t\n"), HasSubstr("a row's name is one word"));
  EXPECT_THAT(ErrorOf("A\tA\tquick\t\nB\tA\tquick\t\n"),
              HasSubstr(":2: a second row of this name"));
  EXPECT_EQ(ErrorOf("\n"), "bench_x lists no rows");
}

// What would end a field is written otherwise; names that are equal are known as such.
TEST(ParseListTest, TakesNamesBackAndNotesThoseThatAreShared) {
  const auto rows =
      ParseList("a\\tb\\\\\\\\c\\d\ta_b\tfull\t\nX\tX\tfull\t\nX\tX#01\tfull\t\n", "");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].gbench_name, "a\tb\\\\c\\d");
  EXPECT_FALSE((*rows)[0].shares_gbench_name);
  const std::vector<std::string> command = CountsCommand({"x", "p"}, (*rows)[2]);
  EXPECT_EQ(command[1], "--benchmark_filter=^X$");
  EXPECT_EQ(command[2], "--tare_row=X#01");
  EXPECT_EQ(TimesCommand({"x", "p"}, (*rows)[1], 0.1)[2], "--tare_row=X");
}

// The filter must match this name and no other, as Google Benchmark reads it.
TEST(CommandTest, TheFilterIsExact) {
  const std::string name = "A.b(c)+d*[e]?{f}|g\\h^i$/size:64/k<l, m>";
  const std::vector<std::string> command =
      CountsCommand({"x", "/bin/bench_x"}, {name, "", true, ""});
  ASSERT_EQ(command.size(), 3u);
  EXPECT_EQ(command[0], "/bin/bench_x");
  EXPECT_EQ(command[2], "--counts-only");
  const std::string flag = "--benchmark_filter=";
  ASSERT_EQ(command[1].rfind(flag, 0), 0u);
  regex_t regex;
  ASSERT_EQ(regcomp(&regex, command[1].substr(flag.size()).c_str(), REG_EXTENDED | REG_NOSUB), 0);
  EXPECT_EQ(regexec(&regex, name.c_str(), 0, nullptr, 0), 0);
  for (const std::string& other : {name + "0", "x" + name, std::string("Axb(c)+d")}) {
    EXPECT_EQ(regexec(&regex, other.c_str(), 0, nullptr, 0), REG_NOMATCH) << other;
  }
  regfree(&regex);
}

TEST(CommandTest, TimesAskForTheMinTime) {
  EXPECT_EQ(TimesCommand({"x", "p"}, {"A", "A", true, ""}, 0.087).back(),
            "--benchmark_min_time=0.087");
}

class FindTest : public ::testing::Test {
 protected:
  FindTest() : root_(::testing::TempDir() + "find-XXXXXX") {
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
  }
  ~FindTest() override { fs::remove_all(root_); }

  void Make(const std::string& name, bool executable) const {
    std::ofstream(root_ + "/" + name) << "x";
    if (executable) fs::permissions(root_ + "/" + name, fs::perms::owner_all);
  }

  std::string root_;
};

TEST_F(FindTest, TakesExecutablesNamedBenchInOrder) {
  Make("bench_zeta", true);
  Make("bench_alpha", true);
  Make("bench_notes", false);
  Make("bench_alpha.log", true);
  Make("test_alpha", true);
  Make("bench_", true);
  fs::create_directory(root_ + "/bench_folder");
  const auto programs = FindBenchPrograms(root_);
  ASSERT_TRUE(programs.ok()) << programs.status();
  ASSERT_EQ(programs->size(), 2u);
  EXPECT_EQ((*programs)[0].suite, "alpha");
  EXPECT_EQ((*programs)[0].path, root_ + "/bench_alpha");
  EXPECT_EQ((*programs)[1].suite, "zeta");
  EXPECT_EQ(SelectSuites(*programs, {"zeta", "zeta"})->size(), 1u);
}

TEST_F(FindTest, NamesTheDirectoryThatHoldsNone) {
  EXPECT_THAT(std::string(FindBenchPrograms(root_).status().message()),
              HasSubstr("no bench programs (bench_<suite>) in " + root_));
  EXPECT_THAT(std::string(FindBenchPrograms(root_ + "/none").status().message()),
              HasSubstr("cannot read the directory of bench programs " + root_ +
                        "/none: No such file or directory"));
}

}  // namespace
}  // namespace tare::cli
