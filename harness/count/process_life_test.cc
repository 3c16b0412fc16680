// SPDX-License-Identifier: Apache-2.0
// The counter in the life of a process: before and after main, in libraries loaded later, and only
// where it is asked for.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "count/child.h"
#include "tare/allocs_per_run.h"

namespace tare::count {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProcessLife, CountsBeforeAndAfterMain) {
  const ChildEnd end = RunChild(TARE_PROCESS_LIFE);
  EXPECT_EQ(end.status, 0);
  EXPECT_EQ(end.output,
            "before any constructor: equal\n"
            "in the first constructor: equal\n"
            "in a static object's constructor: equal\n"
            "in main: equal\n"
            "at exit: equal\n"
            "in a static object's destructor: equal\n"
            "in the last destructor: equal\n");
}

TEST(ProcessLife, CountsInALibraryLoadedLater) {
  void* const plugin = dlopen(TARE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(plugin, nullptr) << dlerror();
  const auto run = reinterpret_cast<void (*)()>(dlsym(plugin, "PluginAllocates"));
  ASSERT_NE(run, nullptr);
  run();  // binds its calls
  const AllocScope scope;
  run();
  EXPECT_EQ(
      scope.Delta(),
      (AllocCount{
          .allocs = 2, .frees = 2, .bytes_requested = 68, .bytes_usable = 72, .bytes_freed = 72}));
  dlclose(plugin);
}

TEST(ProcessLife, NamesTheAllocator) {
  EXPECT_THAT(std::string(AllocScope::Allocator()), testing::MatchesRegex("jemalloc-[0-9.]+"));
  EXPECT_EQ(AllocScope::WhyNot(), "");
}

TEST(ProcessLife, AProgramThatLinksTheCounterHasItsMalloc) {
  const ChildEnd end = RunChild(TARE_MALLOC_OWNER);
  EXPECT_EQ(end.status, 0);
  EXPECT_THAT(end.output, HasSubstr("malloc in " TARE_MALLOC_OWNER));
  EXPECT_THAT(end.output, HasSubstr("new in " TARE_MALLOC_OWNER));
}

TEST(ProcessLife, AProgramThatDoesNotKeepsItsOwn) {
  const ChildEnd end = RunChild(TARE_MALLOC_OWNER_PLAIN);
  EXPECT_EQ(end.status, 0);
  EXPECT_THAT(end.output, HasSubstr("libc.so"));
  EXPECT_THAT(end.output, HasSubstr("libstdc++.so"));
  EXPECT_THAT(end.output, Not(HasSubstr(TARE_MALLOC_OWNER_PLAIN)));
}

}  // namespace
}  // namespace tare::count
