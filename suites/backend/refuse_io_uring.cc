// SPDX-License-Identifier: Apache-2.0
// A seccomp filter that refuses the three calls of io_uring, or the last of them.
#include "suites/backend/refuse_io_uring.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace tare::io::contract {

namespace {

// The calls from the number `first` to that of io_uring_register.
bool RefuseFrom(uint32_t first, int error) {
  const auto refusal = SECCOMP_RET_ERRNO | static_cast<uint32_t>(error);
  // The three have neighbouring numbers, the same on every machine.
  static_assert(SYS_io_uring_enter == SYS_io_uring_setup + 1 &&
                SYS_io_uring_register == SYS_io_uring_setup + 2);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_io_uring_register, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, refusal),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(filter)), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

bool RefuseIoUring(int error) {
  return RefuseFrom(SYS_io_uring_setup, error);
}
bool RefuseRegistering(int error) {
  return RefuseFrom(SYS_io_uring_register, error);
}

}  // namespace tare::io::contract
