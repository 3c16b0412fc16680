// SPDX-License-Identifier: Apache-2.0
// The most bytes that were alive at once, over all threads: a mode that is off until it is started.
//
// Live bytes are usable bytes of blocks that were allocated and not freed yet, whoever frees them.
// While the mode is on, every call that allocates or frees takes the way of the rare cases (slot.h)
// and adds what it changed to one total, so that no moment between two calls is missed; a realloc
// is one step. While it is off, no call pays for it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::count {

// Switches the mode on, for good. False, and WhyNoPeak() says why, where nothing is counted, or
// other threads have allocated already, whose calls would not be seen.
[[nodiscard]] bool StartPeak() noexcept;
// Whether StartPeak has succeeded.
bool PeakIsOn() noexcept;
// Empty before StartPeak and after one that could.
std::string_view WhyNoPeak() noexcept;

// Forgets the peak so far: what is alive now is the level that later ones are measured from.
void ResetPeak() noexcept;
// How far above that level the live bytes have been since.
int64_t PeakSinceReset() noexcept;

// From here on what the calling thread allocates counts as alive and makes no peak, or does so
// again; what has become alive meanwhile then counts from the end of the pause on.
void PausePeak(bool pause) noexcept;

// --- For registry.cc ----------------------------------------------------------------------------

// The calling thread has changed its live bytes by `delta`.
void AddLive(int64_t delta, bool is_paused) noexcept;

}  // namespace tare::count
