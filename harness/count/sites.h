// SPDX-License-Identifier: Apache-2.0
// Switches what tare/sites.h records, for a benchmark's window: threads of two roles.
#pragma once

namespace tare::count {

// Whether StartSites has succeeded.
bool SitesAreOn() noexcept;

// The calling thread's allocations are recorded from here on, or no longer.
void RecordThisThread(bool on) noexcept;
// Those of all threads that are no benchmark threads (count/counters.h).
void RecordOthers(bool on) noexcept;

}  // namespace tare::count
