// SPDX-License-Identifier: Apache-2.0
// A shared library that knows nothing of the counter, loaded by a test while it counts.

#include <stdlib.h>
#include <string.h>

extern "C" void PluginMallocs() {
  void* volatile p = malloc(64);
  free(p);
}

extern "C" void PluginAllocates() {
  PluginMallocs();
  int* volatile object = new int(7);
  delete object;
}

extern "C" void PluginCopies() {
  char* volatile copy = strdup("a text");
  free(copy);
}
