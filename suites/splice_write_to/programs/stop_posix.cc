// SPDX-License-Identifier: Apache-2.0
// The same by sigaction.
#include <signal.h>

#include <atomic>

#include "suites/splice_write_to/programs/stop.h"

namespace tare::suites::splice_write_to {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT};

// A handler may touch no more than such.
std::atomic<bool> stop_asked{false};
std::atomic<StopSignals::WakeCall> stop_wake{nullptr};
std::atomic<void*> stop_what{nullptr};
static_assert(decltype(stop_wake)::is_always_lock_free);

void OnSignal(int) {
  stop_asked = true;
  const StopSignals::WakeCall wake = stop_wake;
  if (wake != nullptr) wake(stop_what);
}

void Handle(void (*handler)(int), int flags) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  for (const int signal : kSignals) (void)sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals(WakeCall wake, void* what) noexcept {
  stop_asked = false;
  stop_what = what;
  stop_wake = wake;
  Handle(&OnSignal, static_cast<int>(SA_RESETHAND | SA_RESTART));
}

StopSignals::~StopSignals() {
  Handle(SIG_DFL, 0);
  stop_wake = nullptr;
}

bool StopSignals::asked() const noexcept {
  return stop_asked;
}

}  // namespace tare::suites::splice_write_to
