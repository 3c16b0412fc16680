// SPDX-License-Identifier: Apache-2.0
// Shields from signals by the mask of the thread.
#include <signal.h>
#include <time.h>

#include <cerrno>
#include <initializer_list>

#include "impl/base/signals.h"

namespace tare::io {
namespace {

struct Shielded {
  int shields = 0;
  sigset_t blocked;      // by us: what was not blocked before the first shield
  sigset_t was_pending;  // before it, so nobody's but the program's
};

thread_local Shielded shielded;

// The signal that comes with an error, or 0.
int SignalOf(int error) noexcept {
  switch (error) {
    case EPIPE:
      return SIGPIPE;
    case EFBIG:
      return SIGXFSZ;
    default:
      return 0;
  }
}

}  // namespace

SignalShield::SignalShield() noexcept {
  if (shielded.shields++ > 0) return;
  sigset_t both, before;
  sigemptyset(&both);
  sigaddset(&both, SIGPIPE);
  sigaddset(&both, SIGXFSZ);
  sigpending(&shielded.was_pending);
  pthread_sigmask(SIG_BLOCK, &both, &before);
  sigemptyset(&shielded.blocked);
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    if (sigismember(&before, signal) == 0) sigaddset(&shielded.blocked, signal);
  }
}

// Not the whole mask: the program may have changed other signals meanwhile.
SignalShield::~SignalShield() {
  if (--shielded.shields == 0) pthread_sigmask(SIG_UNBLOCK, &shielded.blocked, nullptr);
}

void TakeBackSignal(int error) noexcept {
  const int signal = SignalOf(error);
  if (signal == 0 || shielded.shields == 0) return;
  // Ours has merged into one that was there already.
  if (sigismember(&shielded.was_pending, signal) != 0) return;
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  // The thread's own come before those of the process, and ours is the thread's own.
  const timespec at_once = {};
  while (sigtimedwait(&one, nullptr, &at_once) < 0 && errno == EINTR) {
  }
}

}  // namespace tare::io
