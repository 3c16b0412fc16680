// SPDX-License-Identifier: Apache-2.0
// The counters of one thread, and the few instructions that every allocation pays to be counted.
//
// A slot lives in the thread's static TLS. Only its owner writes the counters (relaxed load and
// store: no locked instruction, no shared cache line); readers sum the slots of all threads under
// the lock of registry.cc. An entry point forwards to the allocator, then counts what it returned;
// malloc itself is counted first, and taken back should it fail (interpose_jemalloc.cc).
//
// The plain case costs one comparison (`plain`). Everything rare hides behind it: a thread's first
// call, a thread that has ended but still allocates (destructors of thread-specific data run after
// ours, and glibc frees its own buffers after those), an injected fault, and stacks to be recorded.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "count/counters.h"
#include "count/ledger.h"

namespace tare::count {

// Written by its owner, read by anyone: relaxed. Adds in one instruction where the compiler would
// make three of it, which a malloc/free pair shows by some five percent.
class Counter {
 public:
  void Add(uint64_t n) noexcept {
#if defined(__x86_64__) && !defined(__ILP32__)
    asm("addq %1, %0" : "+m"(value_) : "er"(n));
#else
    __atomic_store_n(&value_, value_ + n, __ATOMIC_RELAXED);
#endif
  }
  uint64_t Read() const noexcept {
    return __atomic_load_n(&value_, __ATOMIC_RELAXED);
  }

 private:
  uint64_t value_ = 0;
};

struct alignas(64) Slot {
  enum class Life : uint8_t { kNew, kListed, kEnded };

  // What every call touches: one cache line.
  bool plain = false;  // listed, no fault armed, nobody records stacks or tracks live bytes
  Life life = Life::kNew;
  Role role = Role::kOther;
  bool records_sites = false;  // while somebody records: this thread's
  uint16_t early_frees = 0;    // frees before the thread was listed
  Counter allocs;
  Counter frees;
  Counter bytes_requested;
  uint64_t precounted = 0;  // 1 + the size of a malloc counted before it was forwarded; 0: none
  uint64_t fail_in = 0;     // the n-th allocation from now fails; 0: none does

  // Usable bytes allocated and freed by this thread, where the allocator keeps them. Volatile: the
  // allocator writes them behind the compiler's back. Null until the thread's first call.
  const volatile uint64_t* bytes_usable = nullptr;
  const volatile uint64_t* bytes_freed = nullptr;

  // Guarded by the lock of registry.cc: what has gone to the accounts of the roles already, and
  // the neighbours in the list of living threads.
  AccountCount settled;
  Slot* previous = nullptr;
  Slot* next = nullptr;

  // While live bytes are tracked (peak.h): this thread's as they were last added to the total.
  int64_t live = 0;
  bool live_is_known = false;
  bool makes_no_peak = false;

  // Who pays (account.cc).
  const PayerScope* innermost = nullptr;
  Ledger ledger;
};

// Zero-initialized in static TLS: usable before any constructor has run, gone with the thread.
// Initial-exec: no call, and so no allocation, to find it.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Slot t_slot;

// --- registry.cc: what is behind `plain` -------------------------------------------------------

enum class Call : uint8_t { kAlloc, kFree };

// Around a call that is not plain. Begin lists a new thread where that is due; End settles a
// thread that is not in the list. Both keep errno.
void BeginSpecial(Call call) noexcept;
void EndSpecial() noexcept;

// The calling thread's nth allocation from now fails; 0: none does.
void ArmFault(uint64_t nth) noexcept;
bool FaultIsArmed() noexcept;
// Counts an armed fault down. True: this allocation is the one that fails.
bool FaultIsDue() noexcept;

// From here on `took` is called after each allocation that succeeded, with the block and the bytes
// that were asked for, and `gives` before each free, on the thread that does it; in threads that
// have allocated before, they are not. Once in a process, and never undone: it costs every
// allocation its plain path.
struct SiteRecorder {
  void (*took)(void* p, size_t bytes) noexcept = nullptr;
  void (*gives)(void* p) noexcept = nullptr;
};
void SetSiteRecorder(SiteRecorder recorder) noexcept;
// Call them, if there are any.
void NoteSite(void* p, size_t bytes) noexcept;
void NoteFree(void* p) noexcept;

// From here on every call tells peak.cc what it changed. Once in a process, and never undone, for
// it costs every call its plain path. False where another thread is listed already.
[[nodiscard]] bool TrackLive() noexcept;

// The slot's totals so far.
inline AllocCount Total(const Slot& slot) noexcept {
  AllocCount total;
  total.allocs = slot.allocs.Read();
  total.frees = slot.frees.Read();
  total.bytes_requested = slot.bytes_requested.Read();
  if (slot.bytes_usable != nullptr) {
    total.bytes_usable = *slot.bytes_usable;
    total.bytes_freed = *slot.bytes_freed;
  }
  return total;
}

// Writes `message` to standard error and ends the process by SIGABRT: the counter cannot work. Does
// not allocate.
[[noreturn]] void Die(const char* message) noexcept;

// Called first by StartAllocator of an interposer: ends the process, in words, where a sanitizer
// owns malloc or the program has an operator new of its own.
void RefuseWhatCannotBeCounted() noexcept;

// --- interpose_*.cc: what each way to interpose provides ---------------------------------------

// Called once, at the first counted call of the process, before any slot is listed.
void StartAllocator(Slot& slot) noexcept;
// Sets bytes_usable and bytes_freed of the calling thread's slot. Neither calls nor waits.
void BindUsable(Slot& slot) noexcept;
extern const char kCovers[];
extern const char kWhyNot[];
// The linker option -u names it, and so brings the interposer into the program (CMakeLists.txt).
extern "C" const char tare_count_interposer;
const char* AllocatorName() noexcept;
// False: the program defines a form of operator new or delete that the interposer has, too.
bool OperatorsAreOurs() noexcept;

// --- The entry points' common part -------------------------------------------------------------

class Special {
 public:
  explicit Special(Call call) noexcept { BeginSpecial(call); }
  ~Special() { EndSpecial(); }
  Special(const Special&) = delete;
  Special& operator=(const Special&) = delete;
};

template <uint64_t kFrees, class Forward>
inline void* ForwardAlloc(size_t requested, Forward forward) {
  t_slot.precounted = 0;
  void* const p = forward();
  if (p != nullptr) [[likely]] {
    t_slot.allocs.Add(1);
    t_slot.bytes_requested.Add(requested);
    if constexpr (kFrees != 0) t_slot.frees.Add(kFrees);
  }
  return p;
}

// `old`: the block that a realloc stands for the free of.
template <uint64_t kFrees, class Forward>
[[gnu::noinline, gnu::cold]] void* SpecialAlloc(size_t requested, Forward forward,
                                                void* old = nullptr) {
  const Special special(Call::kAlloc);
  if (FaultIsDue()) {
    errno = ENOMEM;
    return nullptr;
  }
  if constexpr (kFrees != 0) NoteFree(old);
  void* const p = ForwardAlloc<kFrees>(requested, forward);
  if (p != nullptr) NoteSite(p, requested);
  return p;
}

// Forwards an allocation of `requested` bytes and, if memory came back, counts it, and as many
// frees as it stands for (1: a realloc).
template <uint64_t kFrees = 0, class Forward>
inline void* CountAlloc(size_t requested, Forward forward, void* old = nullptr) {
  if (!t_slot.plain) [[unlikely]]
    return SpecialAlloc<kFrees>(requested, forward, old);
  return ForwardAlloc<kFrees>(requested, forward);
}

template <class Forward>
[[gnu::noinline, gnu::cold]] void SpecialFree(void* p, Forward forward) {
  const Special special(Call::kFree);
  t_slot.frees.Add(1);
  NoteFree(p);
  forward();
}

// Counts a free of `p`, then forwards it. A branch, not arithmetic on the comparison: adding
// `p != nullptr` costs several times as much on some machines.
template <class Forward>
inline void CountFree(void* p, Forward forward) {
  if (p == nullptr) return;
  if (!t_slot.plain) [[unlikely]]
    return SpecialFree(p, forward);
  t_slot.frees.Add(1);
  forward();
}

}  // namespace tare::count
