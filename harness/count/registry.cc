// SPDX-License-Identifier: Apache-2.0
// Knows the slots of all threads: lists them, sums them, and settles them when a thread ends or the
// process forks.

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "count/counters.h"
#include "count/peak.h"
#include "count/slot.h"

namespace tare::count {

constinit thread_local Slot t_slot;

namespace {

// A thread whose first call is a free is not listed until it has freed this often. glibc frees
// other threads' memory on a thread that is past its last destructor: a slot listed there would
// stay in the list when the thread's TLS is gone. (jemalloc draws the line the same way.)
constexpr uint16_t kEarlyFrees = 128;

// A constant-initialized mutex: the first call comes before any constructor. Held for a few loads
// and stores; never while the allocator is called.
constinit pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
constinit Slot* g_listed = nullptr;
constinit AccountCount g_accounts[2];  // by role: what ended threads and former roles have counted
constinit pthread_key_t g_key = 0;
constinit SiteRecorder g_recorder;     // changes once, as g_started does
constinit bool g_tracks_live = false;  // likewise
enum class Started : uint8_t { kNo, kStarting, kYes };
constinit Started g_started = Started::kNo;  // changes before the process has a second thread

class Locked {
 public:
  Locked() noexcept { pthread_mutex_lock(&g_lock); }
  ~Locked() { pthread_mutex_unlock(&g_lock); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

class KeepErrno {
 public:
  KeepErrno() noexcept : errno_(errno) {}
  ~KeepErrno() { errno = errno_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int errno_;
};

AccountCount& AccountOf(Role role) noexcept {
  return g_accounts[static_cast<size_t>(role)];
}

AccountCount SplitOf(const Slot& slot) noexcept {
  return slot.ledger.Split([&] { return Total(slot); });
}

// Moves to the account of its role what the slot has counted since it was last settled. Locked.
void Settle(Slot& slot) noexcept {
  const AccountCount total = SplitOf(slot);
  AccountOf(slot.role) += total - slot.settled;
  slot.settled = total;
}

void Link(Slot& slot) noexcept {
  slot.previous = nullptr;
  slot.next = g_listed;
  if (g_listed != nullptr) g_listed->previous = &slot;
  g_listed = &slot;
}

void Unlink(Slot& slot) noexcept {
  (slot.previous != nullptr ? slot.previous->next : g_listed) = slot.next;
  if (slot.next != nullptr) slot.next->previous = slot.previous;
}

void UpdatePlain(Slot& slot) noexcept {
  slot.plain = slot.life == Slot::Life::kListed && slot.fail_in == 0 &&
               g_recorder.took == nullptr && !g_tracks_live;
}

// The destructor of g_key. The thread may allocate on: each later call settles itself.
void OnThreadEnd(void* arg) {
  Slot& slot = *static_cast<Slot*>(arg);
  const Locked locked;
  Settle(slot);
  Unlink(slot);
  slot.life = Slot::Life::kEnded;
  UpdatePlain(slot);
}

// In a forked child only the calling thread lives on. The others' TLS still holds what they had
// counted, but their stacks will be given to new threads: settle them now.
void OnForkInChild() {
  Slot* const mine = t_slot.life == Slot::Life::kListed ? &t_slot : nullptr;
  for (Slot* slot = g_listed; slot != nullptr; slot = slot->next) {
    if (slot != mine) Settle(*slot);
  }
  g_listed = nullptr;
  if (mine != nullptr) Link(*mine);
  pthread_mutex_unlock(&g_lock);
}

// At the first counted call of the process, which comes before it has a second thread.
void Start(Slot& slot) noexcept {
  g_started = Started::kStarting;
  StartAllocator(slot);  // first: its fork handlers must wrap ours
  if (pthread_key_create(&g_key, &OnThreadEnd) != 0) {
    Die("tare::count: no thread-specific key left; it cannot see threads end\n");
  }
  const auto prepare = [] { pthread_mutex_lock(&g_lock); };
  const auto in_parent = [] { pthread_mutex_unlock(&g_lock); };
  if (pthread_atfork(prepare, in_parent, &OnForkInChild) != 0) {
    Die("tare::count: pthread_atfork failed; it cannot count in a forked child\n");
  }
  g_started = Started::kYes;
}

void List(Slot& slot) noexcept {
  {
    const Locked locked;
    slot.life = Slot::Life::kListed;
    Link(slot);
  }
  UpdatePlain(slot);
  if (pthread_setspecific(g_key, &slot) != 0) {
    Die("tare::count: pthread_setspecific failed; it cannot see this thread end\n");
  }
}

}  // namespace

void BeginSpecial(Call call) noexcept {
  Slot& slot = t_slot;
  if (g_tracks_live && !slot.live_is_known && g_started == Started::kYes) {
    BindUsable(slot);
    slot.live = Total(slot).BytesLive();
    slot.live_is_known = true;
  }
  if (slot.life != Slot::Life::kNew) return;
  const KeepErrno keep_errno;
  if (g_started == Started::kNo) Start(slot);
  if (g_started == Started::kStarting)
    return;  // a call that Start itself causes: EndSpecial settles it
  BindUsable(slot);
  if (call == Call::kAlloc || ++slot.early_frees > kEarlyFrees) List(slot);
}

void EndSpecial() noexcept {
  Slot& slot = t_slot;
  if (slot.live_is_known) {
    const int64_t before = slot.live;
    slot.live = Total(slot).BytesLive();
    if (slot.live != before) AddLive(slot.live - before, slot.makes_no_peak);
  }
  if (slot.life == Slot::Life::kListed) return;
  const Locked locked;
  Settle(slot);
}

bool FaultIsDue() noexcept {
  Slot& slot = t_slot;
  if (slot.fail_in == 0 || --slot.fail_in != 0) return false;
  UpdatePlain(slot);
  return true;
}

void SetSiteRecorder(SiteRecorder recorder) noexcept {
  g_recorder = recorder;
  UpdatePlain(t_slot);
}

bool TrackLive() noexcept {
  {
    const Locked locked;
    const Slot* const mine = t_slot.life == Slot::Life::kListed ? &t_slot : nullptr;
    if (g_listed != mine || (mine != nullptr && mine->next != nullptr)) return false;
    g_tracks_live = true;
  }
  UpdatePlain(t_slot);
  return true;
}

bool PeakIsOn() noexcept {
  return g_tracks_live;
}

void NoteSite(void* p, size_t bytes) noexcept {
  if (g_recorder.took != nullptr) g_recorder.took(p, bytes);
}

void NoteFree(void* p) noexcept {
  if (g_recorder.gives != nullptr) g_recorder.gives(p);
}

// By the kernel's own calls: a sanitizer takes write and abort over, and may not be ready for them.
void Die(const char* message) noexcept {
  syscall(SYS_write, STDERR_FILENO, message, std::strlen(message));
  syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), SIGABRT);
  syscall(SYS_exit_group, 134);
  __builtin_trap();
}

AllocCount ReadThisThread() noexcept {
  return Total(t_slot);
}

AllocCount ReadRole(Role role) noexcept {
  return SplitOfRole(role).Total();
}

AllocCount ReadProcess() noexcept {
  return SplitOfProcess().Total();
}

AccountCount SplitOfThisThread() noexcept {
  return SplitOf(t_slot);
}

AccountCount SplitOfRole(Role role) noexcept {
  const Locked locked;
  AccountCount sum = AccountOf(role);
  for (const Slot* slot = g_listed; slot != nullptr; slot = slot->next) {
    if (slot->role == role) sum += SplitOf(*slot) - slot->settled;
  }
  return sum;
}

AccountCount SplitOfProcess() noexcept {
  const Locked locked;
  AccountCount sum = AccountOf(Role::kOther) + AccountOf(Role::kBenchmark);
  for (const Slot* slot = g_listed; slot != nullptr; slot = slot->next) {
    sum += SplitOf(*slot) - slot->settled;
  }
  return sum;
}

Role SetThisThreadRole(Role role) noexcept {
  Slot& slot = t_slot;
  const Locked locked;
  Settle(slot);
  const Role before = slot.role;
  slot.role = role;
  return before;
}

void ArmFault(uint64_t nth) noexcept {
  t_slot.fail_in = nth;
  UpdatePlain(t_slot);
}

bool FaultIsArmed() noexcept {
  return t_slot.fail_in != 0;
}

}  // namespace tare::count
