// SPDX-License-Identifier: Apache-2.0
// Shields from signals by the mask of the thread.
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
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

// Takes `signal` off this thread, or off the process if it is not pending here.
void Take(int signal) noexcept {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  const timespec at_once = {};
  while (sigtimedwait(&one, nullptr, &at_once) < 0 && errno == EINTR) {
  }
}

// Whether `signal` is pending on this thread itself, and not for the process.
bool IsThreads(int signal) noexcept {
  char text[4096];
  const int file = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t n = read(file, text, sizeof text - 1);
  close(file);
  if (n <= 0) return false;
  text[n] = 0;
  const char* bits = std::strstr(text, "\nSigPnd:\t");
  return bits != nullptr && (std::strtoull(bits + 9, nullptr, 16) >> (signal - 1) & 1) != 0;
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

// Not the whole mask: the program may have changed other signals meanwhile. A call that has moved
// bytes, and then met a dead peer, has raised a signal without an error: that one is ours too, and
// is pending on this thread. What was sent to the process is let through.
SignalShield::~SignalShield() {
  if (--shielded.shields > 0) return;
  sigset_t pending;
  sigpending(&pending);
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    const bool ours = sigismember(&pending, signal) == 1 &&
                      sigismember(&shielded.was_pending, signal) == 0 &&
                      sigismember(&shielded.blocked, signal) == 1;
    if (ours && IsThreads(signal)) Take(signal);
  }
  pthread_sigmask(SIG_UNBLOCK, &shielded.blocked, nullptr);
}

void TakeBackSignal(int error) noexcept {
  const int signal = SignalOf(error);
  if (signal == 0 || shielded.shields == 0) return;
  // Ours has merged into one that was there already.
  if (sigismember(&shielded.was_pending, signal) != 0) return;
  // The thread's own come before those of the process, and ours is the thread's own.
  Take(signal);
}

}  // namespace tare::io
