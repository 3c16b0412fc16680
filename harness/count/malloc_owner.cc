// SPDX-License-Identifier: Apache-2.0
// A program that names nothing of tare, and prints which file its malloc and operator new are in.
// Built twice: linked with tare::count, and not.

#include <dlfcn.h>
#include <stdio.h>

#include <new>

namespace {

void PrintOwner(const char* name, void* function) {
  Dl_info info;
  const bool found = dladdr(function, &info) != 0;
  printf("%s in %s\n", name, found ? info.dli_fname : "nothing");
}

}  // namespace

int main() {
  ::operator delete(::operator new(8));  // else the linker may leave the C++ library out
  PrintOwner("malloc", dlsym(RTLD_DEFAULT, "malloc"));
  PrintOwner("new", dlsym(RTLD_DEFAULT, "_Znwm"));
  return 0;
}
