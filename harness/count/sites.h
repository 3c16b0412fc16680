// SPDX-License-Identifier: Apache-2.0
// Switches what tare/sites.h records, for a benchmark's window: threads of two roles.
#pragma once

#include <cstdint>

namespace tare::count {

// Whether StartSites has succeeded.
bool SitesAreOn() noexcept;

// Return addresses of the calling thread, the innermost first, at most `size`: how many. What the
// walk allocates is not counted. Only where SitesAreOn().
int WalkStack(void** frames, int size) noexcept;

// The calling thread's allocations are recorded from here on, or no longer.
void RecordThisThread(bool on) noexcept;
// Those of all threads that are no benchmark threads (count/counters.h).
void RecordOthers(bool on) noexcept;

// From WatchHeld(true), which forgets what was recorded, to WatchHeld(false) all threads' blocks
// are recorded instead, each until it is freed: what ForEachSite then shows are those that still
// live, by the usable bytes that they take. Not while anybody else records.
void WatchHeld(bool on) noexcept;

// What is known of blocks while they were watched beside their sites.
struct HeldBlocks {
  uint64_t older_freed = 0;  // usable bytes of blocks that were there before
  uint64_t lost = 0;         // blocks that found no room
};
HeldBlocks HeldSoFar() noexcept;

}  // namespace tare::count
