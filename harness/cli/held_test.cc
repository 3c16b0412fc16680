// SPDX-License-Identifier: Apache-2.0
// What a run leaves behind has the place that allocated or opened it: over
// harness/bench/plants/holder.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"
#include "cli/fixture/tare_program.h"

namespace tare::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// "holder.cc:<line>", of the line with this comment.
std::string Place(const std::string& comment) {
  return PlaceOf(HOLDER_SOURCE, "holds: " + comment);
}

ProcessEnd Explain(const char* program, const std::string& benchmark) {
  return RunTare({"explain", "--exe", program, benchmark});
}

// Where nothing is counted, or no stack can be walked, the command says so.
bool NoSites() {
  const ProcessEnd end = Explain(HOLDER_PLANTS, "Holder/Blocks/iterations:8");
  if (end.code != kCannotJudge) return false;
  std::cout << "not applicable: " << end.err_tail;
  return true;
}

TEST(HeldTest, BlocksHaveThePlaceThatAllocatedThem) {
  if (NoSites()) return;
  const ProcessEnd end = Explain(HOLDER_WORSE_PLANTS, "Holder/Blocks/iterations:8");
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  // 2 of 1,000 bytes and one of 5,000, in jemalloc's classes of size.
  EXPECT_THAT(end.out, HasSubstr("left behind: 7168 live-B, 0 fds-left\n"));
  EXPECT_THAT(end.out,
              ContainsRegex("5120 live-B in 1 block at .*" + Place("a block that was moved")));
  // From two threads: one line, two stacks.
  EXPECT_THAT(end.out, ContainsRegex("1024 live-B in 1 block at .*" + Place("a block") +
                                     "\n(.*\n)+1024 live-B in 1 block at .*" + Place("a block")));
  EXPECT_THAT(end.out, Not(HasSubstr("have no site")));
  EXPECT_THAT(Explain(HOLDER_PLANTS, "Holder/Blocks/iterations:8").out,
              Not(HasSubstr("left behind")));
}

TEST(HeldTest, DescriptorsHaveThePlaceThatOpenedThem) {
  if (NoSites()) return;
  const ProcessEnd end = Explain(HOLDER_WORSE_PLANTS, "Holder/Descriptors/iterations:8");
  EXPECT_EQ(end.code, kOk) << end.err_tail;
  EXPECT_THAT(end.out, HasSubstr(" fds-left\n"));
  EXPECT_THAT(end.out, ContainsRegex("descriptor [0-9]+, socket:.[0-9]+., opened at .*" +
                                     Place("a socket")));
  EXPECT_THAT(end.out, ContainsRegex("descriptor 1[0-9]+, .*, opened at .*" + Place("a copy")));
#ifdef __x86_64__
  EXPECT_THAT(end.out, ContainsRegex("descriptor [0-9]+, anon_inode:.eventfd., opened by a call "
                                     "that is not seen: a raw system call, io_uring"));
#endif
  EXPECT_THAT(Explain(HOLDER_PLANTS, "Holder/Descriptors/iterations:8").out,
              Not(HasSubstr("left behind")));
}

TEST(HeldTest, TheGateNamesThem) {
  if (NoSites()) return;
  const std::string directory = absl::StrCat(::testing::TempDir(), "held-", ::getpid());
  std::filesystem::create_directory(directory);
  const std::string budgets = directory + "/budgets.toml";
  EXPECT_EQ(RunTare({"budget", "update", "--exe", HOLDER_PLANTS, "--budgets", budgets}).code, kOk);
  const ProcessEnd end = RunTare({"gate", "--exe", HOLDER_WORSE_PLANTS, "--budgets", budgets});
  std::filesystem::remove_all(directory);
  EXPECT_EQ(end.code, kRegression);
  EXPECT_THAT(end.out, ContainsRegex("  left: 5120 live-B in 1 block at .*" +
                                     Place("a block that was moved")));
  EXPECT_THAT(end.out, ContainsRegex("  left: a descriptor at .*" + Place("a socket")));
  EXPECT_THAT(end.out, ContainsRegex("    of Holder/Descriptors/iterations:8\n"));
}

}  // namespace
}  // namespace tare::cli
