// SPDX-License-Identifier: Apache-2.0
// Runs a program in which io_uring is refused: what a machine without it makes of a backend.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "suites/backend/refuse_io_uring.h"

namespace {

constexpr char kUsage[] =
    "usage: without_io_uring [--enosys|--registering] PROGRAM [ARGUMENT...]\n"
    "Runs PROGRAM, found as a shell would, with every call of io_uring refused: by EPERM, as a\n"
    "seccomp policy does, or with --enosys as a kernel does that has none; with --registering "
    "only\n"
    "the call that registers files and buffers, by EPERM. Ends as PROGRAM does; 126: the filter "
    "was\n"
    "not allowed; 127: PROGRAM could not be run; 2: wrong usage.\n";

}  // namespace

int main(int argc, char** argv) {
  char** program = argv + 1;
  const bool enosys = argc > 1 && std::strcmp(*program, "--enosys") == 0;
  const bool registering = argc > 1 && std::strcmp(*program, "--registering") == 0;
  if (enosys || registering) ++program;
  if (*program == nullptr || (*program)[0] == '-') {
    const bool help = *program != nullptr && std::strcmp(*program, "--help") == 0;
    std::fputs(kUsage, help ? stdout : stderr);
    return help ? 0 : 2;
  }
  using tare::io::contract::RefuseIoUring;
  using tare::io::contract::RefuseRegistering;
  if (!(registering ? RefuseRegistering(EPERM) : RefuseIoUring(enosys ? ENOSYS : EPERM))) {
    std::fprintf(stderr, "without_io_uring: cannot install a seccomp filter: %s\n",
                 std::strerror(errno));
    return 126;
  }
  execvp(*program, program);
  std::fprintf(stderr, "without_io_uring: cannot run %s: %s\n", *program, std::strerror(errno));
  return 127;
}
