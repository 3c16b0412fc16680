// SPDX-License-Identifier: Apache-2.0
// A library loaded with RTLD_DEEPBIND, which binds to the C library's malloc: docs/counting.md says
// what comes of it over either allocator.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "tare/alloc_scope.h"

namespace tare {
namespace {

// Calls a function of the plugin, which is loaded so and unloaded again: other tests load it too.
// `allocs` are counted, and no free.
void CallInPlugin(const char* name, uint64_t allocs) {
  void* const plugin = dlopen(TARE_PLUGIN, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  ASSERT_NE(plugin, nullptr) << dlerror();
  const auto run = reinterpret_cast<void (*)()>(dlsym(plugin, name));
  ASSERT_NE(run, nullptr);
  run();  // binds its calls
  const AllocScope scope;
  run();
  EXPECT_EQ(scope.Delta().allocs, allocs);
  EXPECT_EQ(scope.Delta().frees, 0u);
  dlclose(plugin);
}

TEST(Deepbind, ItsCallsAreNotCounted) {
  CallInPlugin("PluginMallocs", 0);
}

// The C library's strdup calls the program's malloc, and the plugin the C library's free.
TEST(Deepbind, IsHarmlessInOneHeapAndDeadlyInTwo) {
  if (AllocScope::Allocator().starts_with("glibc-")) {
    CallInPlugin("PluginCopies", 1);
  } else if (AllocScope::Allocator().starts_with("jemalloc-")) {
    EXPECT_DEATH(CallInPlugin("PluginCopies", 1), "");
  } else {
    std::cout << "not applicable: what comes of it over " << AllocScope::Allocator()
              << " is not promised\n";
  }
}

}  // namespace
}  // namespace tare
