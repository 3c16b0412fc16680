// SPDX-License-Identifier: Apache-2.0
// usage: refuse CALL ERROR [CALL ERROR...] -- PROGRAM [ARGUMENT...]
//
// Runs PROGRAM under a seccomp filter that has each CALL fail with ERROR, as a container's may.
// CALL: perf_event_open, fsopen. ERROR: EPERM, EACCES, ENOSYS. Exit status 125: it could not.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <vector>

namespace {

struct Named {
  std::string_view name;
  unsigned value;
};
constexpr Named kCalls[] = {{"perf_event_open", SYS_perf_event_open}, {"fsopen", SYS_fsopen}};
constexpr Named kErrors[] = {{"EPERM", EPERM}, {"EACCES", EACCES}, {"ENOSYS", ENOSYS}};

template <size_t kSize>
const Named* Find(const Named (&list)[kSize], std::string_view name) {
  for (const Named& named : list) {
    if (named.name == name) return &named;
  }
  return nullptr;
}

int Fail(const char* what) {
  std::perror(what);
  return 125;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  int i = 1;
  for (; i + 1 < argc && std::string_view(argv[i]) != "--"; i += 2) {
    const Named* const call = Find(kCalls, argv[i]);
    const Named* const error = Find(kErrors, argv[i + 1]);
    errno = EINVAL;
    if (call == nullptr || error == nullptr) return Fail(argv[i]);
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->value, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error->value));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  errno = EINVAL;
  if (i + 1 >= argc) return Fail("refuse: no program");
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Fail("PR_SET_NO_NEW_PRIVS");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return Fail("PR_SET_SECCOMP");
  execv(argv[i + 1], argv + i + 1);
  return Fail(argv[i + 1]);
}
