// SPDX-License-Identifier: Apache-2.0
// The guilty line end to end: tare explain, and what a gate that fails says of new allocations,
// over harness/bench/plants/reader.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"

namespace tare::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// "reader.cc:<line>", of the line with this comment.
std::string Place(const std::string& comment) {
  return PlaceOf(READER_SOURCE, comment);
}

// Where nothing is counted, or no stack can be walked, the command says so.
bool NoSites() {
  const ProcessEnd end = RunTare({"explain", "--exe", READER_PLANTS, "Reader/Buffered"});
  if (end.code != kCannotJudge) return false;
  EXPECT_THAT(end.err_tail, HasSubstr("tare: "));
  std::cout << "not applicable: " << end.err_tail;
  return true;
}

TEST(ExplainTest, NamesFunctionFileLineAndCounts) {
  if (NoSites()) return;
  const ProcessEnd end = RunTare({"explain", "--exe", READER_PLANTS, "Reader/Buffered"});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr("Reader/Buffered: 2 allocs/op, 192 B/op: 2000 allocations in 1000 "
                                 "operations, from 2 sites\n"));
  EXPECT_THAT(end.out, ContainsRegex("1 allocs/op, 64 B/op at .*" + Place("recorded: a buffer")));
  EXPECT_THAT(end.out, ContainsRegex("1 allocs/op, 128 B/op at .*" + Place("recorded: a buffer")));
  EXPECT_THAT(end.out, ContainsRegex("  > .*MakeBuffer  .*reader.cc:[0-9]+\n    .*Buffered  "));
  EXPECT_THAT(end.out, Not(HasSubstr("benchmark::internal")));
  EXPECT_THAT(end.out, Not(HasSubstr("tare::count")));
  EXPECT_THAT(end.out, Not(HasSubstr("not explained")));
}

TEST(ExplainTest, InlinedFunctionsHaveTheirLines) {
  if (NoSites()) return;
  const ProcessEnd end = RunTare({"explain", "--exe", READER_WORSE_PLANTS, "Reader/Read"});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("1 allocs/op, 62 B/op at .*" + Place("planted: a copy")));
  EXPECT_THAT(end.out, ContainsRegex("  > .*Parse  .*" + Place("planted: a copy") +
                                     "\n    .*ReadMessage  .*reader.cc:[0-9]+\n    .*Read  "));
}

TEST(ExplainTest, FramesOfTheStandardLibraryAreFoldedUnlessAllAreWanted) {
  if (NoSites()) return;
  const std::vector<std::string> explain = {"explain", "--exe", READER_WORSE_PLANTS, "Reader/Read"};
  const ProcessEnd folded = RunTare(explain);
  EXPECT_THAT(folded.out,
              ContainsRegex("\n    std::.*basic_string  .*  .and [0-9]+ below it.\n  > "));
  EXPECT_THAT(folded.out, Not(HasSubstr("__new_allocator")));
  std::vector<std::string> all = explain;
  all.push_back("--all-frames");
  EXPECT_THAT(RunTare(all).out, AllOf(HasSubstr("__new_allocator"), Not(HasSubstr("below it"))));
}

TEST(ExplainTest, FoldedStacksAreForFlameGraphs) {
  if (NoSites()) return;
  const ProcessEnd end =
      RunTare({"explain", "--folded", "--exe", READER_PLANTS, "Reader/Buffered"});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, ContainsRegex("^Reader/Buffered;[^ ]*Buffered;[^ ]*MakeBuffer[^ ]* 1000\n"));
}

TEST(ExplainTest, WhatCannotBeExplainedHasItsStatus) {
  ProcessEnd end = RunTare({"explain", "--exe", READER_PLANTS, "Reader/Nowhere"});
  EXPECT_EQ(end.code, kUsage);
  EXPECT_THAT(end.err_tail, HasSubstr("no benchmark is called 'Reader/Nowhere'; `tare list`"));
  EXPECT_EQ(RunTare({"explain"}).code, kUsage);
  end = RunTare({"explain", "--exe", STOCK_PLANTS, "A"});
  EXPECT_EQ(end.code, kFault);
  const TareProgram broken({"crash_in_counts"});
  end = broken.Run({"explain", "Fake/Echo/variant=baseline/backend=epoll/size=64"});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr("SIGABRT"));
  const TareProgram forgets({"gate_forgets"});
  end = forgets.Run({"explain", "Fake/Echo/variant=baseline/backend=epoll/size=64"});
  EXPECT_EQ(end.code, kFault);
  EXPECT_THAT(end.err_tail, HasSubstr("printed nothing about sites"));
  const TareProgram without({"gate"});
  end = without.Run({"explain", "Fake/Echo/variant=baseline/backend=epoll/size=64"});
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.err_tail, HasSubstr("tare: a fake has none"));
  end = without.Run({"explain", "Fake/Echo/variant=reference/backend=kqueue/size=64"});
  EXPECT_EQ(end.code, kCannotJudge);
  EXPECT_THAT(end.err_tail, HasSubstr("is absent here: kqueue is not on Linux"));
}

class BlameTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_);
    const ProcessEnd end =
        RunTare({"budget", "update", "--exe", READER_PLANTS, "--budgets", budgets_});
    not_applicable_ = NoSites();
    if (not_applicable_) return;
    EXPECT_EQ(end.code, kOk) << end.err_tail;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  ProcessEnd Gate() const {
    return RunTare({"gate", "--exe", READER_WORSE_PLANTS, "--budgets", budgets_});
  }

  const std::string directory_ = absl::StrCat(::testing::TempDir(), "blame-", ::getpid());
  const std::string budgets_ = directory_ + "/budgets.toml";
  bool not_applicable_ = false;
};

TEST_F(BlameTest, TheGateNamesTheNewLineAndWhatItAddsUpTo) {
  if (not_applicable_) return;
  EXPECT_THAT(ReadFile(directory_ + "/sites.txt"),
              ContainsRegex("\nReader/Buffered 2000/1000 [^ ]*MakeBuffer<-[^ ]*Buffered\n"));
  const ProcessEnd end = Gate();
  EXPECT_EQ(end.code, kCannotJudge) << "one of them varies";
  EXPECT_THAT(end.out, ContainsRegex("Reader/Buffered: allocs/op: 3, the budget is 2 [^\n]*\n"));
  // Once, whatever fails by it; what the standard library calls inside is one frame.
  EXPECT_THAT(end.out, ContainsRegex("\nwhere:\n(.*\n)*  new: 1 allocs/op, 62 B/op at [^\n]*" +
                                     Place("planted: a copy") +
                                     ", in [^\n]*Parse\n"
                                     "      std::[^\n]*  .and [0-9]+ below it.\n"
                                     "      [^\n]*Parse  [^\n]*\n(      .*\n)*"
                                     "    of Reader/Read, Reader/Buffered\n"));
  const std::vector<std::string> parts = absl::StrSplit(end.out, "  new: ");
  EXPECT_EQ(parts.size(), 2u) << end.out;
  EXPECT_THAT(end.out, HasSubstr("  all sites: 3 allocs/op, of which 2 as recorded\n"
                                 "    of Reader/Buffered\n"));
  EXPECT_THAT(end.out, HasSubstr("  all sites: 1 allocs/op, of which 0 as recorded\n"
                                 "    of Reader/Read\n"));
  EXPECT_THAT(end.out, Not(HasSubstr("none of them is recorded")));
}

TEST_F(BlameTest, AnUnstableCountIsNamedWithTheStackThatVaried) {
  if (not_applicable_) return;
  EXPECT_THAT(Gate().out,
              ContainsRegex("Reader/Varies/iterations:8: the count is unstable: [^\n]*\n(.*\n)*"
                            "  varies: 0.125 = 1/8 allocs/op, 12.625 = 101/8 B/op at [^\n]*" +
                            Place("planted: now and then")));
}

TEST_F(BlameTest, WithoutARecordAllSitesAreNew) {
  if (not_applicable_) return;
  std::filesystem::remove(directory_ + "/sites.txt");
  EXPECT_THAT(Gate().out,
              HasSubstr("all sites: 3 allocs/op, of which 0 as recorded; no record of sites in " +
                        directory_ + "/sites.txt\n"));
}

}  // namespace
}  // namespace tare::cli
