// SPDX-License-Identifier: Apache-2.0
// Walks the stack of an allocation and adds it to a table of fixed size.
//
// libunwind is loaded rather than linked: linked, its _Unwind_ functions would take the place of
// libgcc's, and the program's exceptions would no longer cost what they cost.
#include "count/sites.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "count/slot.h"
#include "tare/sites.h"

namespace tare {
namespace count {
namespace {

constexpr size_t kDepth = 64;
constexpr size_t kStacks = 4096;  // a power of two

struct Stack {
  uint64_t hash = 0;
  size_t depth = 0;  // 0: a free place
  uint64_t allocs = 0;
  uint64_t bytes = 0;
  void* frames[kDepth] = {};
};

using Backtrace = int (*)(void** frames, int size);

constinit Backtrace g_backtrace = nullptr;
constinit const char* g_why_not = "";
constinit std::atomic<bool> g_others_record = false;
constinit pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
constinit Stack g_stacks[kStacks];  // open addressing; no page of it is touched until it is used
constinit uint64_t g_lost = 0;
// What the walk allocates itself is nobody's (see Uncounted).
[[gnu::tls_model("initial-exec")]] constinit thread_local bool t_walking = false;

uint64_t HashOf(void* const* frames, size_t depth) noexcept {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < depth; ++i) {
    hash = (hash ^ reinterpret_cast<uint64_t>(frames[i])) * 0x100000001b3u;
    hash ^= hash >> 29;
  }
  return hash;
}

// The stack's place in the table, or null if there is none left.
Stack* Add(void* const* frames, size_t depth, size_t bytes) noexcept {
  const uint64_t hash = HashOf(frames, depth);
  for (size_t probe = 0; probe < kStacks; ++probe) {
    Stack& stack = g_stacks[(hash + probe) % kStacks];
    if (stack.depth == 0) {
      stack.hash = hash;
      stack.depth = depth;
      std::copy_n(frames, depth, stack.frames);
    } else if (stack.hash != hash || stack.depth != depth ||
               !std::equal(frames, frames + depth, stack.frames)) {
      continue;
    }
    ++stack.allocs;
    stack.bytes += bytes;
    return &stack;
  }
  ++g_lost;
  return nullptr;
}

// The blocks that live, each with its stack: open addressing, by address. Memory that is mapped and
// not allocated, of which pages are touched as they are used.
class Blocks {
 public:
  // Forgets all. False: there is no memory.
  bool Clear() noexcept {
    if (entries_ != nullptr) munmap(entries_, kBytes);
    void* const p = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    entries_ = p != MAP_FAILED ? static_cast<Entry*>(p) : nullptr;
    used_ = 0;
    return entries_ != nullptr;
  }
  bool Put(void* p, Stack* stack) noexcept {
    if (entries_ == nullptr || used_ >= kEntries / 4 * 3) return false;
    size_t at = HomeOf(p);
    while (entries_[at].p != nullptr) at = (at + 1) % kEntries;
    entries_[at] = {p, stack};
    ++used_;
    return true;
  }
  // The block's stack, of one that is in it; the block is not, afterwards.
  Stack* Take(void* p) noexcept {
    if (entries_ == nullptr) return nullptr;
    size_t at = HomeOf(p);
    while (entries_[at].p != p) {
      if (entries_[at].p == nullptr) return nullptr;
      at = (at + 1) % kEntries;
    }
    Stack* const stack = entries_[at].stack;
    --used_;
    // What follows without a gap moves up, unless it would come before its home.
    for (size_t next = (at + 1) % kEntries; entries_[next].p != nullptr;
         next = (next + 1) % kEntries) {
      const size_t home = HomeOf(entries_[next].p);
      if ((next - home) % kEntries < (next - at) % kEntries) continue;
      entries_[at] = entries_[next];
      at = next;
    }
    entries_[at] = {};
    return stack;
  }

 private:
  struct Entry {
    void* p;
    Stack* stack;
  };
  static constexpr size_t kEntries = size_t{1} << 20;
  static constexpr size_t kBytes = kEntries * sizeof(Entry);

  static size_t HomeOf(void* p) noexcept {
    return (reinterpret_cast<uintptr_t>(p) >> 4) * 0x9e3779b97f4a7c15u >> 44;
  }

  Entry* entries_ = nullptr;
  size_t used_ = 0;
};

constinit std::atomic<bool> g_watching = false;
constinit Blocks g_blocks;
constinit HeldBlocks g_held;

// Takes back what this thread counts during its life. A thread's first walk allocates: the library
// was loaded late, and its thread-local variables are made when they are first used.
class Uncounted {
 public:
  explicit Uncounted(Slot& slot) noexcept
      : slot_(slot),
        allocs_(slot.allocs.Read()),
        frees_(slot.frees.Read()),
        bytes_(slot.bytes_requested.Read()) {}
  ~Uncounted() {
    slot_.allocs.Add(allocs_ - slot_.allocs.Read());
    slot_.frees.Add(frees_ - slot_.frees.Read());
    slot_.bytes_requested.Add(bytes_ - slot_.bytes_requested.Read());
  }
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;

 private:
  Slot& slot_;
  const uint64_t allocs_, frees_, bytes_;
};

bool IsRecorded(const Slot& slot) noexcept {
  if (slot.records_sites) return true;
  return slot.role == Role::kOther && g_others_record.load(std::memory_order_relaxed);
}

void Record(void* p, size_t bytes) noexcept {
  const bool watching = g_watching.load(std::memory_order_relaxed);
  if (t_walking || (!watching && !IsRecorded(t_slot))) return;
  t_walking = true;
  const int kept = errno;
  void* frames[kDepth];
  int depth = 0;
  {
    const Uncounted walk(t_slot);
    depth = g_backtrace(frames, static_cast<int>(kDepth));
  }
  if (watching) bytes = malloc_usable_size(p);
  pthread_mutex_lock(&g_lock);
  Stack* stack = nullptr;
  if (depth > 0) {
    stack = Add(frames, static_cast<size_t>(depth), bytes);
  } else {
    ++g_lost;
  }
  if (watching && (stack == nullptr || !g_blocks.Put(p, stack))) ++g_held.lost;
  pthread_mutex_unlock(&g_lock);
  errno = kept;
  t_walking = false;
}

void Forget(void* p) noexcept {
  if (p == nullptr || t_walking || !g_watching.load(std::memory_order_relaxed)) return;
  const int kept = errno;
  const size_t bytes = malloc_usable_size(p);
  pthread_mutex_lock(&g_lock);
  if (Stack* const stack = g_blocks.Take(p)) {
    --stack->allocs;
    stack->bytes -= bytes;
  } else {
    g_held.older_freed += bytes;
  }
  pthread_mutex_unlock(&g_lock);
  errno = kept;
}

}  // namespace

bool SitesAreOn() noexcept {
  return g_backtrace != nullptr;
}

int WalkStack(void** frames, int size) noexcept {
  const bool was_walking = t_walking;
  t_walking = true;
  const Uncounted walk(t_slot);
  const int depth = g_backtrace(frames, size);
  t_walking = was_walking;
  return depth;
}

void RecordThisThread(bool on) noexcept {
  t_slot.records_sites = on;
}

void RecordOthers(bool on) noexcept {
  g_others_record.store(on, std::memory_order_relaxed);
}

void WatchHeld(bool on) noexcept {
  if (on) {
    ClearSites();
    pthread_mutex_lock(&g_lock);
    g_held = {};
    const bool has_room = g_blocks.Clear();
    pthread_mutex_unlock(&g_lock);
    if (!has_room) return;
  }
  g_watching.store(on, std::memory_order_relaxed);
}

HeldBlocks HeldSoFar() noexcept {
  return g_held;
}

}  // namespace count

bool StartSites() {
  if (count::SitesAreOn()) return true;
  if (*count::kCovers == '\0') {
    count::g_why_not = count::kWhyNot;
    return false;
  }
  void* const library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library != nullptr ? dlsym(library, "unw_backtrace") : nullptr;
  if (symbol == nullptr) {
    count::g_why_not = "libunwind.so.8 cannot be loaded (Debian: apt-get install libunwind8)";
    return false;
  }
  count::g_backtrace = reinterpret_cast<count::Backtrace>(symbol);
  count::g_why_not = "";
  // What the library sets up when it is first used.
  void* frames[count::kDepth];
  static_cast<void>(count::g_backtrace(frames, static_cast<int>(count::kDepth)));
  count::SetSiteRecorder({&count::Record, &count::Forget});
  return true;
}

std::string_view WhyNoSites() {
  return count::g_why_not;
}

SiteScope::SiteScope() noexcept {
  count::RecordThisThread(true);
}

SiteScope::~SiteScope() {
  count::RecordThisThread(false);
}

void ClearSites() noexcept {
  for (count::Stack& stack : count::g_stacks) {
    if (stack.depth != 0) stack = {};
  }
  count::g_lost = 0;
}

void VisitSites(void (*visit)(void* context, const Site& site), void* context) {
  for (const count::Stack& stack : count::g_stacks) {
    if (stack.allocs != 0) visit(context, {stack.allocs, stack.bytes, stack.frames, stack.depth});
  }
}

uint64_t LostSites() noexcept {
  return count::g_lost;
}

}  // namespace tare
