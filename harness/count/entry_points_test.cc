// SPDX-License-Identifier: Apache-2.0
// Every entry point is counted exactly; and the table that says so notices each one that is not.

#include "count/entry_points.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "count/child.h"
#include "tare/allocs_per_run.h"

namespace tare::count {
namespace {

TEST(EntryPoints, AreCountedExactly) {
  const std::vector<Verdict> verdicts = CheckEntryPoints(AllocScope::Covers());
  EXPECT_TRUE(PrintVerdicts(verdicts));
  for (const Verdict& verdict : verdicts)
    EXPECT_EQ(verdict.planted, verdict.counted) << verdict.name;
}

TEST(EntryPoints, AreAllInTheTable) {
  std::vector<std::string> names;
  for (const EntryPoint& entry : EntryPoints()) names.push_back(entry.name);
  if (AllocScope::Covers() == "malloc+new") {
    EXPECT_THAT(names, testing::IsSupersetOf({"cfree", "free_sized", "free_aligned_sized"}));
  }
  EXPECT_GE(names.size(), 40u);
}

// What the dynamic linker put in front is what serves the process and is named (CMakeLists.txt).
TEST(EntryPoints, AreServedByTheAllocatorThatComesNext) {
  const char* const expected = std::getenv("TARE_EXPECT_ALLOCATOR");
  if (expected == nullptr) return;
  EXPECT_THAT(std::string(AllocScope::Allocator()),
              testing::MatchesRegex(std::string(expected) + "-[0-9.]+"));
}

#ifdef TARE_ENTRY_POINTS_MUTANT

const std::string kMutant = TARE_ENTRY_POINTS_MUTANT;

TEST(EntryPoints, ATableWithNothingBrokenPasses) {
  const ChildEnd end = RunChild(kMutant);
  EXPECT_EQ(end.status, 0) << end.output;
  EXPECT_THAT(end.output, testing::Not(testing::HasSubstr("WRONG")));
}

TEST(EntryPoints, EachOneThatIsBrokenIsCaught) {
  std::istringstream names(RunChild(kMutant + " --list").output);
  int caught = 0;
  for (std::string name; std::getline(names, name); ++caught) {
    const ChildEnd end = RunChild(kMutant + " " + name);
    EXPECT_EQ(end.status, 1) << name << " escapes the counter, and the table says\n" << end.output;
    EXPECT_THAT(end.output, testing::HasSubstr("WRONG")) << name;
  }
  EXPECT_GE(caught, 40);
}

// What libraries call, those loaded later too, is what the executable defines.
TEST(EntryPoints, AreTheProcessesOwn) {
  Dl_info self;
  ASSERT_NE(dladdr(reinterpret_cast<void*>(&CheckEntryPoints), &self), 0);
  std::istringstream names(RunChild(kMutant + " --list").output);
  for (std::string name; std::getline(names, name);) {
    if (name == "strdup") continue;
    void* const found = dlsym(RTLD_DEFAULT, name.c_str());
    ASSERT_NE(found, nullptr) << name;
    Dl_info info;
    ASSERT_NE(dladdr(found, &info), 0) << name;
    EXPECT_EQ(info.dli_fbase, self.dli_fbase) << name << " is found in " << info.dli_fname;
  }
}

#endif

}  // namespace
}  // namespace tare::count
