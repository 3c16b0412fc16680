// SPDX-License-Identifier: Apache-2.0
// A program that checks its own counter before main, in main, and after main; process_life_test
// runs it.

#include <stdio.h>
#include <stdlib.h>

#include "count/counters.h"

namespace {

using tare::AllocCount;

// Plants two blocks and one free, and prints whether that is what the process has counted.
void Check(const char* when) {
  const AllocCount before = tare::count::ReadProcess();
  void* volatile kept = malloc(100);
  char* volatile given_back = new char[10];
  delete[] given_back;
  const AllocCount counted = tare::count::ReadProcess() - before;
  const AllocCount planted = {
      .allocs = 2, .frees = 1, .bytes_requested = 110, .bytes_usable = 128, .bytes_freed = 16};
  free(kept);
  dprintf(1, "%s: %s\n", when, counted == planted ? "equal" : "WRONG");
}

void First(int, char**, char**) {
  Check("before any constructor");
}
[[gnu::section(".preinit_array"), gnu::used]] void (*g_first)(int, char**, char**) = &First;

[[gnu::constructor(101)]] void Constructor() {
  Check("in the first constructor");
}
[[gnu::destructor(101)]] void Destructor() {
  Check("in the last destructor");
}

struct Static {
  Static() { Check("in a static object's constructor"); }
  ~Static() { Check("in a static object's destructor"); }
} g_static;

}  // namespace

int main() {
  Check("in main");
  return atexit([] { Check("at exit"); });
}
