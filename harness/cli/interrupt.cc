// SPDX-License-Identifier: Apache-2.0
// A self-pipe written by the signal handler.
#include "cli/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace tare::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// A signal handler has no other way to its data than statics.
volatile sig_atomic_t first_signal = 0;
int self_pipe[2] = {-1, -1};
std::array<struct sigaction, kSignals.size()> previous;

void OnSignal(int signal) {
  if (first_signal != 0) return;
  const int saved = errno;
  first_signal = signal;
  // Cannot fail for want of room: it is written once.
  [[maybe_unused]] const ssize_t written = write(self_pipe[1], "", 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  first_signal = 0;
  if (pipe2(self_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    std::perror("tare: pipe");
    std::abort();
  }
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &previous[i]);
}

Interrupt::~Interrupt() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous[i], nullptr);
  close(self_pipe[0]);
  close(self_pipe[1]);
}

int Interrupt::signal() const {
  return first_signal;
}

int Interrupt::fd() const {
  return self_pipe[0];
}

}  // namespace tare::cli
