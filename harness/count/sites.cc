// SPDX-License-Identifier: Apache-2.0
// Walks the stack of an allocation and adds it to a table of fixed size.
//
// libunwind is loaded rather than linked: linked, its _Unwind_ functions would take the place of
// libgcc's, and the program's exceptions would no longer cost what they cost.
#include "count/sites.h"

#include <dlfcn.h>
#include <pthread.h>

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

void Add(void* const* frames, size_t depth, size_t bytes) noexcept {
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
    return;
  }
  ++g_lost;
}

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

void Record(size_t bytes) noexcept {
  if (t_walking || !IsRecorded(t_slot)) return;
  t_walking = true;
  const int kept = errno;
  void* frames[kDepth];
  int depth = 0;
  {
    const Uncounted walk(t_slot);
    depth = g_backtrace(frames, static_cast<int>(kDepth));
  }
  pthread_mutex_lock(&g_lock);
  if (depth > 0) {
    Add(frames, static_cast<size_t>(depth), bytes);
  } else {
    ++g_lost;
  }
  pthread_mutex_unlock(&g_lock);
  errno = kept;
  t_walking = false;
}

}  // namespace

bool SitesAreOn() noexcept {
  return g_backtrace != nullptr;
}

void RecordThisThread(bool on) noexcept {
  t_slot.records_sites = on;
}

void RecordOthers(bool on) noexcept {
  g_others_record.store(on, std::memory_order_relaxed);
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
  count::SetSiteRecorder(&count::Record);
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
    if (stack.depth != 0) visit(context, {stack.allocs, stack.bytes, stack.frames, stack.depth});
  }
}

uint64_t LostSites() noexcept {
  return count::g_lost;
}

}  // namespace tare
