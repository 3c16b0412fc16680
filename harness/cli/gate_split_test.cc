// SPDX-License-Identifier: Apache-2.0
// The account of a library, from the program to the verdict: budgeted, judged, compared, shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"

namespace tare::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// Over harness/bench/plants/library.cc: 7 of ours and 5 of a library's a trip.
class GateSplitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_);
    const ProcessEnd end =
        RunTare({"budget", "update", "--exe", LIBRARY_PLANTS, "--budgets", budgets_});
    text_ = ReadFile(budgets_);
    not_applicable_ = text_.empty();
    if (not_applicable_) {
      std::cout << "not applicable: " << end.err_tail;
    } else {
      EXPECT_EQ(end.code, kOk) << end.err_tail;
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  ProcessEnd Gate(const char* program, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"gate", "--exe", program, "--budgets", budgets_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTare(arguments);
  }
  void Replace(const std::string& old, const std::string& now) const {
    ASSERT_THAT(text_, HasSubstr(old));
    std::ofstream(budgets_) << absl::StrReplaceAll(text_, {{old, now}});
  }

  const std::string directory_ = absl::StrCat(::testing::TempDir(), "split-", ::getpid());
  const std::string budgets_ = directory_ + "/budgets.toml";
  std::string text_;
  bool not_applicable_ = false;
};

constexpr char kSplitOfApart[] =
    ", own_allocs = 7, lib_allocs = 5, own_bytes = 112, lib_bytes = 160 }";

TEST_F(GateSplitTest, WhatWasCountedIsBudgetedAndPasses) {
  if (not_applicable_) return;
  EXPECT_THAT(text_, ContainsRegex(absl::StrCat("benchmark = \"Apart\", allocs = 12, bytes = 272,"
                                                ".*",
                                                kSplitOfApart)));
  EXPECT_THAT(text_, HasSubstr("own_allocs = 2, lib_allocs = 0, own_bytes = 32, lib_bytes = 0"));
  const ProcessEnd end = Gate(LIBRARY_PLANTS);
  EXPECT_EQ(end.code, kOk) << end.out;
}

// In total nothing is new.
TEST_F(GateSplitTest, AnAllocationThatChangesSidesIsARegression) {
  if (not_applicable_) return;
  const ProcessEnd end = Gate(LIBRARY_WORSE_PLANTS, {"--filter", "^Apart$"});
  EXPECT_EQ(end.code, kRegression) << end.out;
  EXPECT_THAT(end.out,
              AllOf(HasSubstr("Apart: own-allocs/op: 8, the budget is 7 (+1, +14.3 %)"),
                    HasSubstr("Apart: own-B/op: 144, the budget is 112 (+32, +28.6 %)"),
                    HasSubstr("Apart: lib-allocs/op: 4, the budget is 5 (-1, -20 %); claim it"),
                    Not(HasSubstr("Apart: allocs/op"))));
  // The same by the line.
  if (end.out.find("no site") != std::string::npos) return;
  EXPECT_THAT(end.out, ContainsRegex("new: 1 allocs/op, 32 B/op at [^\n]*" +
                                     PlaceOf(LIBRARY_SOURCE, "planted: ours")));
}

TEST_F(GateSplitTest, TheSelfTestInjectsFaultsOnBothSidesAndSeesThem) {
  if (not_applicable_) return;
  const ProcessEnd end = Gate(LIBRARY_PLANTS, {"--self-test", "--filter", "^(Apart|Together)$"});
  EXPECT_EQ(end.code, kOk) << end.out;
  // alloc, bytes, descriptor and block for both; of Apart the two sides of allocs and of bytes too.
  EXPECT_THAT(end.out, HasSubstr("self-test: 12 faults injected, 12 caught, 0 gates blind, 0 gates "
                                 "without a limit\n"));

  // A gate that does not look at the library would not see it.
  Replace(kSplitOfApart, ", own_allocs = 7, own_bytes = 112 }");
  const ProcessEnd without =
      Gate(LIBRARY_PLANTS, {"--self-test", "--filter", "^(Apart|Together)$"});
  EXPECT_EQ(without.code, kOk) << without.out;
  EXPECT_THAT(without.out, HasSubstr("self-test: 10 faults injected, 10 caught, 0 gates blind, 2 "
                                     "gates without a limit\n"));
  Replace(kSplitOfApart, ", own_allocs = 7, lib_allocs = { most = 6, why = \"now and then\" } }");
  const ProcessEnd loose = Gate(LIBRARY_PLANTS, {"--self-test", "--filter", "^Apart$"});
  EXPECT_EQ(loose.code, kOk) << loose.out;
  EXPECT_THAT(loose.out, HasSubstr("5 faults injected, 5 caught, 0 gates blind, 3 gates without"));
}

TEST_F(GateSplitTest, ABenchmarkThatNoLongerAccountsForItsLibraryFails) {
  if (not_applicable_) return;
  std::ofstream(budgets_) << absl::StrReplaceAll(
      text_, {{"\"Together\", ", "\"Together\", lib_allocs = 5, "}});
  const ProcessEnd end = Gate(LIBRARY_PLANTS, {"--filter", "^Together$"});
  EXPECT_EQ(end.code, kCannotJudge) << end.out;
  EXPECT_THAT(end.out, HasSubstr("lib-allocs/op is missing: the benchmark accounts for no library "
                                 "apart (tare::Meter::kLibraryApart)"));
}

TEST_F(GateSplitTest, UpdateAddsTheLimitsToARowThatHadNone) {
  if (not_applicable_) return;
  Replace(kSplitOfApart, " }");
  const ProcessEnd end =
      RunTare({"budget", "update", "--exe", LIBRARY_PLANTS, "--budgets", budgets_});
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out,
              HasSubstr("Apart: own_allocs added: 7, lib_allocs added: 5, own_bytes added: "
                        "112, lib_bytes added: 160\n"));
  EXPECT_EQ(ReadFile(budgets_), text_);
}

TEST_F(GateSplitTest, RunShowsBothSidesAndCompareHoldsThemExactly) {
  if (not_applicable_) return;
  const auto run = [&](const char* program, const std::string& to) {
    return RunTare({"run", "--counts-only", "--exe", program, "--filter", "Apart|Together", "-o",
                    directory_ + to});
  };
  const ProcessEnd before = run(LIBRARY_PLANTS, "/before");
  EXPECT_EQ(before.code, kOk) << before.err_tail;
  EXPECT_THAT(before.out,
              AllOf(HasSubstr("own-, lib-: of those, ours and a library's.\n"),
                    ContainsRegex("syscalls/op +allocs/op +B/op +own-allocs/op +lib-allocs/op "
                                  "+own-B/op +lib-B/op\n"),
                    ContainsRegex("Apart +[^ ]+ +12 +272 +7 +5 +112 +160\n"),
                    ContainsRegex("Together +[^ ]+ +12 +272 +- +- +- +-\n")));
  // As another build of the same program.
  const std::string worse =
      absl::StrCat(directory_, "/", std::filesystem::path(LIBRARY_PLANTS).filename().string());
  std::filesystem::copy_file(LIBRARY_WORSE_PLANTS, worse);
  EXPECT_EQ(run(worse.c_str(), "/after").code, kOk);
  const ProcessEnd compare =
      RunTare({"compare", directory_ + "/before", directory_ + "/after", "--fail-on", "worse"});
  EXPECT_EQ(compare.code, 1) << compare.out;
  EXPECT_THAT(compare.out, AllOf(HasSubstr("own-allocs/op"),
                                 ContainsRegex("Apart [^\n]*\\+1 \\(\\+14.29 %\\)")));
}

}  // namespace
}  // namespace tare::cli
