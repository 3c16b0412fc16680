// SPDX-License-Identifier: Apache-2.0
// A shared library that knows nothing of the counter, loaded by a test while it counts.

#include <stdlib.h>

extern "C" void PluginAllocates() {
  void* volatile p = malloc(64);
  free(p);
  int* volatile object = new int(7);
  delete object;
}
