// SPDX-License-Identifier: Apache-2.0
// Where memory is allocated: the stack of every allocation, each stack once, with its counts.
//
//   if (!tare::StartSites()) ...                  // first thing in main; WhyNoSites() says why not
//   {
//     const tare::SiteScope scope;                // this thread's allocations, while it lives
//     Operation();
//   }
//   tare::ForEachSite([](const tare::Site& site) { ... });
//
// Part of tare::count. A program that never calls StartSites pays nothing: what is recorded hides
// behind the comparison that every counted allocation makes anyway. In one that has called it, an
// allocation walks its stack, by libunwind (loaded then, not linked), which needs no frame pointers
// and allocates nothing but a thread's first time, uncounted. Counts are not disturbed but for
// usable bytes: times are.
//
// A stack is addresses; turning them into functions and lines is somebody else's work, afterwards
// (`tare explain`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tare {

struct Site {
  uint64_t allocs = 0;
  uint64_t bytes_requested = 0;
  // Return addresses, the innermost first; the first few are the counter's own. At most 64.
  const void* const* frames = nullptr;
  size_t depth = 0;
};

// Begins to watch. Call it once, before the process has a second thread. False: it cannot be done.
[[nodiscard]] bool StartSites();
// Why not; empty before StartSites and after one that could.
std::string_view WhyNoSites();

// Records the calling thread's allocations during its life. One at a time in a thread.
class SiteScope {
 public:
  SiteScope() noexcept;
  ~SiteScope();
  SiteScope(const SiteScope&) = delete;
  SiteScope& operator=(const SiteScope&) = delete;
};

// Forgets what was recorded so far. Not while anybody records.
void ClearSites() noexcept;

// Calls `visit(context, site)` for every stack. Not while anybody records; `site` is valid until
// ClearSites.
void VisitSites(void (*visit)(void* context, const Site& site), void* context);

template <class Visit>
void ForEachSite(Visit visit) {
  VisitSites([](void* context, const Site& site) { (*static_cast<Visit*>(context))(site); },
             &visit);
}

// Allocations whose stacks found no room: there is room for 4,096 different ones.
uint64_t LostSites() noexcept;

}  // namespace tare
