// SPDX-License-Identifier: Apache-2.0
// Rows SG and SP-38: what splices raise does not kill while a loop lives, and the program finds its
// signals as it left them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "impl/base/signals.h"
#include "impl/base/socket.h"
#include "impl/loop/loop.h"
#include "suites/support/backend_types.h"

namespace tare::io {
namespace {

template <class B>
class SignalsTest : public testing::Test {};
TYPED_TEST_SUITE(SignalsTest, suites::AllBackends, suites::BackendNames);

// Says so where there is nothing to run on.
template <class B>
bool CannotRun() {
  const char* why = B::WhyNot();
  if (why != nullptr) std::printf("not applicable: %s\n", why);
  return why != nullptr;
}

// The mask of this thread, what is pending on it, and what happens at each signal.
std::vector<std::string> SignalState() {
  std::vector<std::string> state;
  sigset_t mask, pending;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  sigpending(&pending);
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) != 0) continue;  // not a signal, or the C library's own
    state.push_back(std::to_string(signal) + (sigismember(&mask, signal) ? " blocked" : "") +
                    (sigismember(&pending, signal) ? " pending" : "") + " flags " +
                    std::to_string(action.sa_flags) + " handler " +
                    std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)));
  }
  return state;
}

bool IsPending(int signal) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signal) != 0;
}

template <class B>
struct Splicing : OpOf<B> {
  bool ended = false;

  Splicing() {
    this->done = [](Op& op) noexcept { static_cast<Splicing&>(op).ended = true; };
  }
};

// Splices into `handle`, whose other end is dead, until that is told. How it was.
template <class B>
Result SpliceToTheDead(Loop<B>& loop, Handle handle) {
  int pipe_ends[2];
  EXPECT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  Splice splice = {pipe_ends[0]};
  typename B::Port port;
  EXPECT_TRUE(loop.backend().Attach(port, handle).ok());
  Result last;
  for (int i = 0; i < 10 && last.ok(); ++i) {
    EXPECT_EQ(write(pipe_ends[1], "x", 1), 1);
    Splicing<B> op;
    op.kind = Op::Kind::kSpliceOut;
    op.splice = &splice;
    op.size = 1;
    loop.backend().Start(port, op);
    while (!op.ended) loop.Turn();
    last = op.result;
  }
  loop.backend().Detach(port);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return last;
}

// A socket whose peer is gone.
Handle DeadEnd() {
  Pair pair;
  EXPECT_TRUE(Pairs(Transport::kUnix, {&pair, 1}).ok());
  (void)CloseHandle(pair.client);
  return pair.server;
}

template <class B>
Errc DieOnce() {
  const Handle handle = DeadEnd();
  Loop<B> loop;
  const Result r = SpliceToTheDead(loop, handle);
  (void)CloseHandle(handle);
  return r.err;
}

TYPED_TEST(SignalsTest, SG_01_SG_03_SP_38_ADeadPeerKillsNobodyAndLeavesNoTrace) {
  if (CannotRun<TypeParam>()) return;
  const auto before = SignalState();
  EXPECT_EQ(DieOnce<TypeParam>(), Errc::kShutdown);
  EXPECT_EQ(SignalState(), before);
  // On a thread of its own, too.
  std::thread([&before] {
    const auto there = SignalState();
    EXPECT_EQ(DieOnce<TypeParam>(), Errc::kShutdown);
    EXPECT_EQ(SignalState(), there);
  }).join();
  EXPECT_EQ(SignalState(), before);
}

TYPED_TEST(SignalsTest, SG_03_AMaskOfTheProgramsOwnStays) {
  if (CannotRun<TypeParam>()) return;
  sigset_t own, before;
  sigemptyset(&own);
  sigaddset(&own, SIGPIPE);
  sigaddset(&own, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &own, &before);
  const auto blocked = SignalState();
  EXPECT_EQ(DieOnce<TypeParam>(), Errc::kShutdown);
  EXPECT_EQ(SignalState(), blocked);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Two loops on one thread, and the one that was made first goes first.
TYPED_TEST(SignalsTest, SG_03_LoopsMayOverlap) {
  if (CannotRun<TypeParam>()) return;
  const auto before = SignalState();
  auto first = std::make_unique<Loop<TypeParam>>();
  auto second = std::make_unique<Loop<TypeParam>>();
  first.reset();
  const Handle handle = DeadEnd();
  EXPECT_EQ(SpliceToTheDead(*second, handle).err, Errc::kShutdown);
  (void)CloseHandle(handle);
  second.reset();
  EXPECT_EQ(SignalState(), before);
}

// A signal that the program was about to get is not taken back with ours, nor one that was sent to
// it meanwhile.
TYPED_TEST(SignalsTest, SG_03_SignalsOfOthersStay) {
  if (CannotRun<TypeParam>()) return;
  static volatile sig_atomic_t delivered;
  delivered = 0;
  struct sigaction counting = {}, before = {};
  counting.sa_handler = [](int) { delivered = delivered + 1; };
  sigaction(SIGPIPE, &counting, &before);
  const Handle handle = DeadEnd();
  {
    Loop<TypeParam> loop;
    kill(getpid(), SIGPIPE);
    EXPECT_TRUE(IsPending(SIGPIPE));
    EXPECT_EQ(SpliceToTheDead(loop, handle).err, Errc::kShutdown);
    EXPECT_TRUE(IsPending(SIGPIPE));
    EXPECT_EQ(delivered, 0);
  }
  EXPECT_EQ(delivered, 1);
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
  raise(SIGPIPE);
  {
    Loop<TypeParam> loop;
    EXPECT_EQ(SpliceToTheDead(loop, handle).err, Errc::kShutdown);
  }
  EXPECT_TRUE(IsPending(SIGPIPE));
  pthread_sigmask(SIG_UNBLOCK, &pipe_only, nullptr);
  EXPECT_EQ(delivered, 2);
  sigaction(SIGPIPE, &before, nullptr);
  (void)CloseHandle(handle);
}

// The plant: the same splices by a backend whose thread has no loop die.
TYPED_TEST(SignalsTest, SG_01_WithoutTheShieldItKills) {
  if (CannotRun<TypeParam>()) return;
  const auto unshielded = [] {
    signal(SIGPIPE, SIG_DFL);
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGPIPE);
    const Handle handle = DeadEnd();
    Loop<TypeParam> loop;
    pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
    (void)SpliceToTheDead(loop, handle);
    std::_Exit(0);
  };
  EXPECT_EXIT(unshielded(), testing::KilledBySignal(SIGPIPE), "");
}

// SIGXFSZ, of which a write past the limit of a file is the plainest cause.
TEST(SignalShieldTest, SP_38_AFileAtItsLimitKillsNobody) {
  const auto write_past_the_limit = [] {
    const rlimit limit = {10, 10};
    FILE* file = std::tmpfile();
    if (file == nullptr || setrlimit(RLIMIT_FSIZE, &limit) != 0) std::_Exit(2);
    const SignalShield shield;
    const std::array<char, 20> bytes = {};
    if (write(fileno(file), bytes.data(), 10) != 10) std::_Exit(3);
    if (write(fileno(file), bytes.data(), 10) != -1 || errno != EFBIG) std::_Exit(4);
    if (!IsPending(SIGXFSZ)) std::_Exit(5);
    TakeBackSignal(EFBIG);
    std::_Exit(IsPending(SIGXFSZ) ? 6 : 0);
  };
  EXPECT_EXIT(write_past_the_limit(), testing::ExitedWithCode(0), "");
}

// A call that has moved bytes before it met the dead peer says no error, and has raised the signal.
TEST(SignalShieldTest, SP_38_ASignalBesideNoErrorKillsNobodyEither) {
  EXPECT_EXIT(
      {
        signal(SIGPIPE, SIG_DFL);
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGPIPE);
        pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) std::_Exit(1);
        close(ends[0]);
        {
          const SignalShield shield;
          if (write(ends[1], "x", 1) >= 0 || !IsPending(SIGPIPE)) std::_Exit(2);
        }
        std::_Exit(IsPending(SIGPIPE) ? 3 : 0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tare::io
