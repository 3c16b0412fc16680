// SPDX-License-Identifier: Apache-2.0
// Limits of a process, and the user that they hold for.
#include "suites/backend/ordinary_user.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tare::io::contract {

bool BecomeLimited(Limit limit, uint64_t most) {
  // Nobody else's, for the limits hold for all processes of a user together.
  const uid_t user = 1'000'000 + static_cast<uid_t>(getpid());
  const rlimit few = {most, most};
  if (setrlimit(limit == Limit::kThreads ? RLIMIT_NPROC : RLIMIT_MEMLOCK, &few) != 0) return false;
  return geteuid() != 0 || setresuid(user, user, user) == 0;
}

bool CanBecomeLimited() {
  const pid_t child = fork();
  if (child == 0) _exit(BecomeLimited(Limit::kThreads) ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace tare::io::contract
