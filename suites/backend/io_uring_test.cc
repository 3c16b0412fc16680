// SPDX-License-Identifier: Apache-2.0
// What io_uring has beside the contract: what stays in the kernel, and reasons why it cannot run
// (RS-10, RG-20, RG-21).
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "impl/backend/io_uring.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/kinds.h"
#include "suites/backend/ordinary_user.h"
#include "suites/backend/refuse_io_uring.h"
#include "suites/backend/small_ring.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

// Whether the other end of a connection is closed, now.
bool IsEnded(Handle peer) {
  std::byte byte;
  const ssize_t n = recv(peer, &byte, 1, MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

// The rings of this process, held open: what their owner does not end himself goes on, and is not
// ended by a thread of the kernel that cleans up behind the last who closes them, soon or late.
std::vector<OwnedHandle> HoldRings() {
  constexpr std::string_view kRing = "anon_inode:[io_uring]";
  std::vector<Handle> rings;
  for (const auto& open : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the directory's own
    if (std::filesystem::read_symlink(open.path(), gone).native() != kRing) continue;
    rings.push_back(std::stoi(open.path().filename().native()));
  }
  EXPECT_FALSE(rings.empty());
  std::vector<OwnedHandle> held;
  for (const Handle ring : rings) held.emplace_back(Duplicate(ring));
  return held;
}

// A backend that is given up with everything pending, and then what it was waiting on.
template <class B>
struct GivenUp {
  explicit GivenUp(Transport transport) : many_([](Op&, const std::byte*, size_t) noexcept {}) {
    auto bed = std::make_unique<Bed<B>>();
    for (Kept& kept : all_) {
      kept.pair = NewPair(transport);
      EXPECT_TRUE(bed->backend.Attach(kept.port, kept.pair.server).ok());
      kept.call = std::make_unique<Call<B>>(*bed);
    }
    Begin(*bed, 0, Op::Kind::kRecv);
    Begin(*bed, 1, Op::Kind::kRecvMany);
    all_[1].call->many = &many_;
    Begin(*bed, 2, Op::Kind::kSpliceIn);
    Begin(*bed, 3, Op::Kind::kRecv);
    for (Kept& kept : all_) bed->Start(kept.port, *kept.call);
    bed->PollInVain();
    // One has completed, and nobody has looked.
    Push(all_[3].pair.client, Pattern(64));
    held_ = HoldRings();
    bed.reset();
  }
  ~GivenUp() {
    for (Kept& kept : all_) CloseAll({&kept.pair, 1});
  }

  void CloseServers() {
    for (Kept& kept : all_) (void)CloseHandle(std::exchange(kept.pair.server, kNoHandle));
  }
  int Ended() const {
    int ended = 0;
    for (const Kept& kept : all_) ended += IsEnded(kept.pair.client) ? 1 : 0;
    return ended;
  }
  static constexpr int kAll = 4;

 private:
  struct Kept {
    Pair pair;
    typename B::Port port;
    std::unique_ptr<Call<B>> call;
  };

  void Begin(Bed<B>&, size_t i, Op::Kind kind) {
    Call<B>& call = *all_[i].call;
    call.kind = kind;
    call.data = buffer_.data();
    call.size = buffer_.size();
    if (kind == Op::Kind::kSpliceIn) call.splice = &splice_;
  }

  RecvMany many_;
  Splice splice_;
  std::array<std::byte, 64> buffer_;
  std::array<Kept, kAll> all_;
  std::vector<OwnedHandle> held_;
};

template <class B>
class DestroyedRingTest : public testing::Test {};
using EveryRing = testing::Types<IoUring, IoUringSqpoll, IoUringIn<Small<false>>>;
TYPED_TEST_SUITE(DestroyedRingTest, EveryRing);

TYPED_TEST(DestroyedRingTest, RS_10_NothingStaysInTheKernel) {
  if (CannotRun<TypeParam>()) return;
  const auto open = OpenHandles();
  for (const Transport transport : {Transport::kUnix, Transport::kTcp4}) {
    GivenUp<TypeParam> given_up(transport);
    EXPECT_EQ(given_up.Ended(), 0);
    given_up.CloseServers();
    // At once; but what a thread of the kernel has in hand, it puts down in its own time.
    const bool by_thread = TypeParam::kMode == IoUringSqpollMode::kMode;
    const Deadline bound = by_thread ? Now().Plus(20 * kSecond) : Deadline::Past();
    while (given_up.Ended() < GivenUp<TypeParam>::kAll && !HasPassed(bound)) {
    }
    EXPECT_EQ(given_up.Ended(), GivenUp<TypeParam>::kAll);
  }
  EXPECT_EQ(OpenHandles(), open);
}

// The plant: somebody still holds one of the sockets, as a ring would.
TEST(DestroyedRingPlantTest, ASocketThatIsHeldIsSeen) {
  Pair pair = NewPair(Transport::kTcp4);
  const OwnedHandle held(Duplicate(pair.server));
  (void)CloseHandle(std::exchange(pair.server, kNoHandle));
  EXPECT_FALSE(IsEnded(pair.client));
  CloseAll({&pair, 1});
}

TYPED_TEST(DestroyedRingTest, RG_21_AnAcceptThatNobodyWasToldOfIsClosed) {
  if (CannotRun<TypeParam>()) return;
  const auto open = OpenHandles();
  {
    Address at = Loopback4();
    const OwnedHandle listener(Listen(at));
    OwnedHandle dialer;
    {
      auto bed = std::make_unique<Bed<TypeParam>>();
      typename TypeParam::Port port;
      Call<TypeParam> call(*bed);
      call.kind = Op::Kind::kAccept;
      call.peer = nullptr;
      ASSERT_TRUE(bed->backend.Attach(port, *listener).ok());
      bed->Start(port, call);
      bed->PollInVain();
      dialer = OwnedHandle(Dial(at));
      (void)ResetOnClose(*dialer);
      bed.reset();
    }
    EXPECT_EQ(OpenHandles().size(), open.size() + 2);
  }
  EXPECT_EQ(OpenHandles(), open);
}

bool CannotBecomeLimited() {
  return !CanBecomeLimited() &&
         NotApplicable("this process cannot become an ordinary user's").empty();
}

// How much comes of 64 bytes that were sent.
int64_t ReceiveOne() {
  Bed<IoUring> bed;
  Line<IoUring> line(bed);
  std::array<std::byte, 64> buffer;
  Push(*line.peer, Pattern(64));
  line.end.Recv(buffer);
  (void)bed.PollUntilEnded(line.end.in);
  return line.end.in.result.n;
}

// What a backend makes of few descriptors, and of the limit that says so.
[[noreturn]] void TellLimit(bool also_hard) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) std::_Exit(1);
  limit.rlim_cur = 100;
  if (also_hard) limit.rlim_max = 100;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) std::_Exit(1);
  const int64_t received = ReceiveOne();
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) std::_Exit(1);
  std::fprintf(stderr, "%lld received, limit %llu", static_cast<long long>(received),
               static_cast<unsigned long long>(limit.rlim_cur));
  std::_Exit(0);
}

// Of descriptors; liburing would raise it.
TEST(LimitTest, TheProgramsLimitIsLeftAlone) {
  if (CannotRun<IoUring>()) return;
  for (const bool also_hard : {false, true}) {
    EXPECT_EXIT(TellLimit(also_hard), testing::ExitedWithCode(0), "^64 received, limit 100$");
  }
}

TEST(LimitTest, QueuesAreShorterWhereLittleMemoryMayBeLocked) {
  if (CannotRun<IoUring>() || CannotBecomeLimited()) return;
  EXPECT_EXIT(
      {
        if (!BecomeLimited(Limit::kLockedMemory, 24 << 10)) std::_Exit(1);
        std::fprintf(stderr, "%d received", static_cast<int>(ReceiveOne()));
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "^64 received$");
}

// How a stream of sends of `size` bytes was made in the mode send_zc.
IoUringEngine::ZeroCopies SendAll(size_t size, int count) {
  Bed<IoUringSendZc> bed;
  Connection<IoUringSendZc> c(bed);
  const auto total = static_cast<uint64_t>(count) * size;
  std::vector<std::byte> buffer(64 << 10);
  const auto bytes = Pattern(size);
  uint64_t sent = 0, received = 0;
  c.server.in.then = [&](Call<IoUringSendZc>& call) {
    received += static_cast<uint64_t>(call.result.n);
    if (received < total) c.server.Recv(buffer);
  };
  c.server.Recv(buffer);
  while (sent < total) {
    c.client.Send({bytes.data(), std::min<uint64_t>(size, total - sent)});
    if (!bed.PollUntilEnded(c.client.out) || !c.client.out.result.ok()) break;
    sent += static_cast<uint64_t>(c.client.out.result.n);
  }
  EXPECT_TRUE(bed.PollUntil([&] { return received == total; }));
  EXPECT_EQ(sent, total);
  EXPECT_EQ(bed.verdict(), "");
  return bed.backend.zero_copies();
}

TEST(SendZcTest, OnlySendsFromAThresholdOnAreMadeWithoutCopying) {
  if (CannotRun<IoUringSendZc>()) return;
  constexpr size_t kFrom = IoUringSendZcMode::kOptions.send_zc_from;
  EXPECT_EQ(SendAll(kFrom - 1, 20).ended, 0u);
  const auto all = SendAll(kFrom, 20);
  EXPECT_GE(all.ended, 20u);
  EXPECT_LE(all.copied, all.ended);
  std::printf("of %llu sends without copying the kernel copied %llu\n",
              static_cast<unsigned long long>(all.ended),
              static_cast<unsigned long long>(all.copied));
}

// Each has a WhyNot of its own, so that none finds what another has been told.
template <int number, class Mode = IoUringDefault>
struct Fresh : Mode {};

template <class Mode>
[[noreturn]] void TellWhyNot() {
  const char* why = IoUringIn<Mode>::WhyNot();
  std::fputs(why != nullptr ? why : "it can", stderr);
  std::_Exit(0);
}

TEST(WhyNotTest, ItCanOrSaysWhyNot) {
  if (CannotRun<IoUring>()) return;
  EXPECT_EXIT(TellWhyNot<Fresh<0>>(), testing::ExitedWithCode(0), "^it can$");
}

TEST(WhyNotTest, ForbiddenByAFilter) {
  EXPECT_EXIT(
      {
        if (!RefuseIoUring(EPERM)) std::_Exit(1);
        TellWhyNot<Fresh<1>>();
      },
      testing::ExitedWithCode(0), "io_uring is forbidden here \\(seccomp");
}

TEST(WhyNotTest, AKernelWithoutIt) {
  EXPECT_EXIT(
      {
        if (!RefuseIoUring(ENOSYS)) std::_Exit(1);
        TellWhyNot<Fresh<2>>();
      },
      testing::ExitedWithCode(0), "this kernel has no io_uring");
}

// What a ring says that is used although it could not be made.
template <class Mode>
[[noreturn]] void TellAttach() {
  IoUringIn<Mode> backend;
  typename IoUringIn<Mode>::Port port;
  const Result r = backend.Attach(port, NewPair().server);
  std::fprintf(stderr, "%s %d, %d polled", std::string(Name(r.err)).c_str(), r.os,
               backend.Poll(Deadline::Never()));
  std::_Exit(0);
}

TEST(WhyNotTest, NoThreadLeftToPollWith) {
  if (CannotRun<IoUringSqpoll>()) return;
  if (CannotBecomeLimited()) return;
  using Polled = Fresh<5, IoUringSqpollMode>;
  EXPECT_EXIT(
      {
        if (!BecomeLimited(Limit::kThreads)) std::_Exit(1);
        TellWhyNot<Polled>();
      },
      testing::ExitedWithCode(0), "^no thread or memory is left for a ring \\(ulimit -u\\)$");
}

// Would-block of the call that makes a ring is an error like any other, and no operation's.
TEST(WhyNotTest, ARingThatCouldNotBeMadeSaysSoAtAttach) {
  EXPECT_EXIT(
      {
        if (!RefuseIoUring(EAGAIN)) std::_Exit(1);
        TellAttach<Fresh<4>>();
      },
      testing::ExitedWithCode(0), "^resource 11, 0 polled$");
}

template <class Mode>
void ExpectWhenRegisteringFails(int error, const char* words) {
  EXPECT_EXIT(
      {
        if (!RefuseRegistering(error)) std::_Exit(1);
        TellWhyNot<Mode>();
      },
      testing::ExitedWithCode(0), words);
}

// A mode needs what it is named after. What the others have as well, they can do without.
TEST(WhyNotTest, WhatAModeIsNamedAfterIsRefused) {
  if (CannotRun<IoUring>()) return;
  ExpectWhenRegisteringFails<Fresh<6>>(EPERM, "^it can$");
  using Registered = Fresh<6, IoUringRegisteredMode>;
  ExpectWhenRegisteringFails<Registered>(EPERM,
                                         "^registering buffers is forbidden here \\(seccomp\\)$");
  ExpectWhenRegisteringFails<Registered>(
      ENOMEM, "^too little locked memory to register buffers \\(ulimit -l\\)$");
  ExpectWhenRegisteringFails<Registered>(EINVAL, "does not register buffers$");
  using RecvMany = Fresh<6, IoUringRecvManyMode>;
  ExpectWhenRegisteringFails<RecvMany>(EPERM, "^lending buffers is forbidden here \\(seccomp\\)$");
  ExpectWhenRegisteringFails<RecvMany>(
      ENOMEM, "^too little locked memory to lend buffers \\(ulimit -l\\)$");
  ExpectWhenRegisteringFails<RecvMany>(EINVAL, "takes no ring of buffers \\(Linux 5.19\\)$");
  ExpectWhenRegisteringFails<Fresh<6, IoUringSendZcMode>>(EPERM, "may not be asked");
}

TEST(WhyNotTest, NoLockedMemory) {
  if (CannotRun<IoUringRegistered>() || CannotBecomeLimited()) return;
  using Registered = Fresh<7, IoUringRegisteredMode>;
  EXPECT_EXIT(
      {
        if (!BecomeLimited(Limit::kLockedMemory)) std::_Exit(1);
        TellWhyNot<Registered>();
      },
      testing::ExitedWithCode(0), "^too little locked memory .*ulimit -l");
}

// None of it may be left behind by having looked.
TEST(WhyNotTest, LookingLeavesNothingOpen) {
  const auto open = OpenHandles();
  (void)IoUringIn<Fresh<8, IoUringRecvManyMode>>::WhyNot();
  (void)IoUringIn<Fresh<8, IoUringRegisteredMode>>::WhyNot();
  (void)IoUringIn<Fresh<8, IoUringSendZcMode>>::WhyNot();
  (void)IoUringIn<Fresh<8, IoUringSqpollMode>>::WhyNot();
  EXPECT_EQ(OpenHandles(), open);
}

TEST(WhyNotTest, NoDescriptorLeft) {
  if (CannotRun<IoUring>()) return;
  EXPECT_EXIT(
      {
        const HandleLimit none(0);
        TellWhyNot<Fresh<3>>();
      },
      testing::ExitedWithCode(0), "no descriptor is left for a ring");
}

}  // namespace
}  // namespace tare::io::contract
