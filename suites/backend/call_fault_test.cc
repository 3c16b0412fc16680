// SPDX-License-Identifier: Apache-2.0
// What system calls may say on the way of readiness: interruptions and aborted connections never
// come out, errors do, as they are.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <time.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "impl/backend/backends.h"
#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/files.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"
#include "suites/support/faulty_calls.h"

namespace tare::io::contract {
namespace {

using suites::FaultyCalls;
using suites::SystemCall;

// Those that make their calls in this process; io_uring's has a test of its own.
template <class B>
class CallFaultTest : public testing::Test {};
TYPED_TEST_SUITE(CallFaultTest, suites::AllBackends, suites::BackendNames);

template <class B>
bool MakesNoCalls() {
  if constexpr (requires(typename B::Port port) { port.may_try; }) return CannotRun<B>();
  return NotApplicable("the kernel makes its calls: test_io_uring injects its completions").empty();
}

// An op of any kind that moves 100 bytes from or to `peer`, whose call meets `errors` first.
template <class B>
std::string Meets(SystemCall call, Op::Kind kind, std::vector<int> errors, bool wait_first) {
  Bed<B> bed;
  Line<B> line(bed);
  std::vector<std::byte> bytes = Pattern(100);
  Piece pieces[2] = {{bytes.data(), 40}, {bytes.data() + 40, 60}};
  Message message;
  message.pieces = pieces;
  const bool in = DirectionOf(kind) == Direction::kIn;
  if (in && !wait_first) Push(*line.peer, Pattern(100));
  const auto start = [&] { StartMove(line.end, kind, bytes, message, 2); };
  if (wait_first) {
    start();
    bed.PollInVain();
    MUST(line.end.in.pending());
    Push(*line.peer, Pattern(100));
  }
  const FaultyCalls faulty(call, errors);
  if (!wait_first) start();
  Call<B>& op = in ? line.end.in : line.end.out;
  MUST(bed.PollUntilEnded(op));
  MUST(faulty.left() == 0);
  const int last = errors.back();
  if (last == EINTR || last == EAGAIN) {
    MUST(op.result.ok());
    MUST(op.result.n == 100);
  } else {
    MUST(op.result.err == FromErrno(last));
    MUST(op.result.os == last);
    MUST(op.result.n == 0);
  }
  return bed.verdict();
}

struct Kind {
  SystemCall call;
  Op::Kind kind;
};
constexpr Kind kKinds[] = {
    {SystemCall::kRecv, Op::Kind::kRecv},         {SystemCall::kRecvMsg, Op::Kind::kReadv},
    {SystemCall::kRecvFrom, Op::Kind::kRecvFrom}, {SystemCall::kSend, Op::Kind::kSend},
    {SystemCall::kSendMsg, Op::Kind::kWritev},    {SystemCall::kSendTo, Op::Kind::kSendTo}};

TYPED_TEST(CallFaultTest, S12_InterruptedCallsAreMadeAgain) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const Kind& k : kKinds) {
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EINTR}, false), "") << static_cast<int>(k.kind);
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EINTR, EINTR, EINTR}, false), "");
    if (DirectionOf(k.kind) == Direction::kOut) continue;
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EINTR}, true), "") << static_cast<int>(k.kind);
  }
}

// The system said that it was ready, and then it was not; or there was no memory to say more.
TYPED_TEST(CallFaultTest, S12_AWouldBlockIsWaitedFor) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const Kind& k : kKinds) {
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EAGAIN}, false), "") << static_cast<int>(k.kind);
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EINTR, EAGAIN}, false), "");
  }
}

TYPED_TEST(CallFaultTest, S12_ErrorsComeOutAsTheyAre) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const Kind& k : kKinds) {
    for (const int error : {ENOMEM, ENOBUFS, ECONNRESET, EIO, ETIMEDOUT}) {
      EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {error}, false), "") << error;
    }
    EXPECT_EQ(Meets<TypeParam>(k.call, k.kind, {EINTR, EIO}, false), "");
  }
}

// The calls that io_uring's engine makes itself, as those of readiness do: of them all backends.
template <class B>
class MovedByTheProcess : public testing::Test {};
TYPED_TEST_SUITE(MovedByTheProcess, suites::AllBackends, suites::BackendNames);

// 100 bytes between a connection and a pipe, or from a file, by a call that meets `errors` first.
template <class B>
std::string MovesBeside(Op::Kind kind, std::vector<int> errors) {
  Bed<B> bed;
  const std::vector<std::byte> bytes = Pattern(100);
  const File file(bytes);
  FilePart part{*file, 0, 100};
  int ends[2];
  MUST(pipe2(ends, O_CLOEXEC) == 0);
  const OwnedHandle from(ends[0]), to(ends[1]);
  Splice splice{kind == Op::Kind::kSpliceIn ? *to : *from};
  Line<B> line(bed);
  const SystemCall call = kind == Op::Kind::kSendFile ? SystemCall::kSendFile : SystemCall::kSplice;
  const FaultyCalls faulty(call, errors);
  if (kind == Op::Kind::kSendFile) {
    SendFile(line.end, part);
  } else if (kind == Op::Kind::kSpliceIn) {
    Push(*line.peer, Pattern(100));
    SpliceIn(line.end, splice, 100);
  } else {
    MUST(write(*to, bytes.data(), 100) == 100);
    SpliceOut(line.end, splice, 100);
  }
  Call<B>& op = DirectionOf(kind) == Direction::kIn ? line.end.in : line.end.out;
  MUST(bed.PollUntilEnded(op));
  MUST(faulty.left() == 0);
  const int last = errors.back();
  if (last == EINTR || last == EAGAIN) {
    MUST(op.result.ok());
    MUST(op.result.n == 100);
  } else {
    MUST(op.result.err == FromErrno(last));
    MUST(op.result.os == last);
    MUST(op.result.n == 0);
    // Nothing has moved, so it can be done again, or in another way.
    line.end.Send(std::span(bytes).first(10));
    MUST(bed.PollUntilEnded(line.end.out));
    std::vector<std::byte> got(10);
    MUST(Pull(*line.peer, got) == 10 && IsPattern(got, 0));
  }
  return bed.verdict();
}

constexpr Op::Kind kMovedByTheProcess[] = {Op::Kind::kSpliceIn, Op::Kind::kSpliceOut,
                                           Op::Kind::kSendFile};

TYPED_TEST(MovedByTheProcess, S12_WhatTheCallsSay) {
  if (CannotRun<TypeParam>()) return;
  for (const Op::Kind kind : kMovedByTheProcess) {
    const uint32_t feature = kind == Op::Kind::kSendFile ? kSendsFiles : kSplices;
    if ((TypeParam::kFeatures & feature) == 0) continue;
    const std::vector<std::vector<int>> table = {
        {EINTR},      {EINTR, EINTR, EINTR},
        {EAGAIN},     {EINTR, EAGAIN, EINTR},
        {EINVAL},     {ENOMEM},
        {ECONNRESET}, {EINTR, EIO},
        {ENOSYS},     {EAGAIN, EPERM},
    };
    for (const std::vector<int>& errors : table) {
      EXPECT_EQ(MovesBeside<TypeParam>(kind, errors), "")
          << static_cast<int>(kind) << ", " << errors.front() << " to " << errors.back();
    }
  }
}

// The port has room and the file says would-block: nobody waits for a file, and none spins.
TYPED_TEST(MovedByTheProcess, S21_AFileThatIsNotReadyEndsTheSend) {
  if (CannotRun<TypeParam>() || !kSends<TypeParam>) return;
  Bed<TypeParam> bed;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const OwnedHandle from(ends[0]), to(ends[1]);
  FilePart part{*from, 0, 100};
  Line<TypeParam> line(bed);
  const FaultyCalls faulty(SystemCall::kSendFile, {EAGAIN});
  SendFile(line.end, part);
  ASSERT_TRUE(bed.PollUntilEnded(line.end.out));
  EXPECT_EQ(line.end.out.result.err, Errc::kResource);
  EXPECT_EQ(line.end.out.result.n, 0);
  EXPECT_EQ(bed.verdict(), "");
}

template <class B>
std::string AcceptMeets(std::vector<int> errors, Errc expected) {
  Bed<B> bed;
  Address at = Loopback4();
  Endpoint<B> listener(bed, OwnedHandle(Listen(at)));
  const OwnedHandle dialer(Dial(at));
  (void)ResetOnClose(*dialer);
  const FaultyCalls faulty(SystemCall::kAccept4, std::move(errors));
  listener.Accept();
  MUST(bed.PollUntilEnded(listener.in));
  MUST(faulty.left() == 0);
  MUST(listener.in.result.err == expected);
  if (expected == Errc::kOk) {
    const OwnedHandle accepted(listener.in.result);
    MUST(ToString(RemoteAddress(*accepted)) == ToString(LocalAddress(*dialer)));
  }
  return bed.verdict();
}

TYPED_TEST(CallFaultTest, S12_AcceptsSkipAbortedConnectionsAndInterruptions) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const int error : {EINTR, ECONNABORTED, EPROTO, EAGAIN}) {
    EXPECT_EQ(AcceptMeets<TypeParam>({error}, Errc::kOk), "") << error;
  }
  EXPECT_EQ(AcceptMeets<TypeParam>({ECONNABORTED, EINTR, ECONNABORTED}, Errc::kOk), "");
  EXPECT_EQ(AcceptMeets<TypeParam>({ENFILE}, Errc::kResource), "");
}

template <class B>
std::string ConnectMeets(int error, Errc expected) {
  Bed<B> bed;
  Address at = Loopback4();
  const OwnedHandle listener(Listen(at));
  Endpoint<B> dialer(bed, OwnedHandle(NewTcp4()));
  (void)ResetOnClose(dialer.handle());
  const FaultyCalls faulty(SystemCall::kConnect, {error});
  dialer.Connect(at);
  MUST(bed.PollUntilEnded(dialer.out));
  MUST(faulty.left() == 0);
  MUST(dialer.out.result.err == expected);
  if (expected == Errc::kOk) MUST(ToString(RemoteAddress(dialer.handle())) == ToString(at));
  return bed.verdict();
}

TYPED_TEST(CallFaultTest, S12_AnInterruptedConnectIsWaitedFor) {
  if (MakesNoCalls<TypeParam>()) return;
  EXPECT_EQ(ConnectMeets<TypeParam>(EINTR, Errc::kOk), "");
  EXPECT_EQ(ConnectMeets<TypeParam>(EADDRNOTAVAIL, Errc::kNotAvailable), "");
  EXPECT_EQ(ConnectMeets<TypeParam>(ENETUNREACH, Errc::kUnreachable), "");
}

// A Poll that told one alone would ask the system between any two of them.
TYPED_TEST(CallFaultTest, S16_WhatDoneStartsAndEndsAtOnceIsToldInTheSamePoll) {
  if (MakesNoCalls<TypeParam>()) return;
  Bed<TypeParam> bed;
  Line<TypeParam> line(bed);
  int left = 64, polls = 0;
  line.end.in.then = [&](Call<TypeParam>&) {
    if (--left > 0) line.end.Recv({});
  };
  line.end.Recv({});
  for (; left > 0 && polls < 64; ++polls) (void)bed.Poll(Deadline::Past());
  EXPECT_EQ(left, 0);
  EXPECT_LE(polls, 8);
  EXPECT_EQ(bed.verdict(), "");
}

TYPED_TEST(CallFaultTest, S07_AReceiveOnANewConnectionIsNotTriedInVain) {
  if (MakesNoCalls<TypeParam>()) return;
  Bed<TypeParam> bed;
  Address at = Loopback4();
  Endpoint<TypeParam> listener(bed, OwnedHandle(Listen(at)));
  Endpoint<TypeParam> dialer(bed, OwnedHandle(NewTcp4()));
  (void)ResetOnClose(dialer.handle());
  int tried = 0;
  FaultyCalls receives(SystemCall::kRecv, {});
  receives.before = [&tried](int, const void*, size_t) { ++tried; };
  std::array<std::byte, 16> buffer;
  listener.Accept();
  dialer.Connect(at);
  ASSERT_TRUE(bed.PollUntilEnded(dialer.out) && bed.PollUntilEnded(listener.in));
  ASSERT_TRUE(dialer.out.result.ok() && listener.in.result.ok());
  const OwnedHandle accepted(listener.in.result);
  dialer.Recv(buffer);
  bed.PollInVain();
  EXPECT_EQ(tried, 0);
  Push(*accepted, Pattern(1));
  ASSERT_TRUE(bed.PollUntilEnded(dialer.in));
  EXPECT_EQ(tried, 1);
  EXPECT_EQ(bed.verdict(), "");
}

// What a Poll limits its waits to, in nanoseconds, and what was left just after.
struct Limit {
  int64_t nanos;
  int64_t left;
};

// The limits that a Poll gives to its waits of one kind; the first of them is interrupted, and the
// next one woken.
template <class B>
std::vector<Limit> LimitsOf(SystemCall call, Bed<B>& bed, Deadline d) {
  std::vector<Limit> limits;
  FaultyCalls waits(call, {EINTR});
  waits.before = [&](int, const void* limit, size_t size) {
    const int64_t left = d.ns - Now().ns;
    if (size == sizeof(timespec)) {
      const auto* time = static_cast<const timespec*>(limit);
      limits.push_back({time->tv_sec * kSecond + time->tv_nsec, left});
    } else {
      limits.push_back({*static_cast<const int*>(limit) * kMilli, left});
    }
    bed.backend.Wake();
  };
  EXPECT_EQ(bed.Poll(d), 0);
  return limits;
}

constexpr int64_t kLittle = 100 * kMilli;  // that a long wait may be shorter, for it looks again

TYPED_TEST(CallFaultTest, S14_AWaitIsLimitedToWhatIsLeft) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const int64_t wait : {300 * kMilli, kSecond + 100 * kMilli, 3 * kSecond - 1, 90 * kSecond}) {
    Bed<TypeParam> bed;
    const auto limits = LimitsOf(SystemCall::kWait, bed, Now().Plus(wait));
    ASSERT_EQ(limits.size(), 1u);
    EXPECT_LE(limits[0].nanos, wait);
    EXPECT_GT(limits[0].nanos, limits[0].left - kLittle);
    EXPECT_EQ(bed.verdict(), "");
  }
}

// A kernel before Linux 5.11, or a filter: milliseconds then, and never less than asked.
TYPED_TEST(CallFaultTest, S14_WithoutNanosecondsAWaitIsRoundedUp) {
  if (MakesNoCalls<TypeParam>()) return;
  for (const int error : {ENOSYS, EPERM}) {
    Bed<TypeParam> bed;
    const FaultyCalls refused(SystemCall::kWait, {error});
    constexpr int64_t kMonth = 30 * 24 * 3600 * kSecond;
    for (const int64_t wait : {300 * kMilli, 400 * kMilli, 500 * kMilli, 5 * kSecond, kMonth}) {
      const auto limits = LimitsOf(SystemCall::kWaitMillis, bed, Now().Plus(wait));
      if (limits.empty()) {
        (void)NotApplicable("this backend does not wait by epoll_pwait2");
        break;
      }
      EXPECT_EQ(refused.left(), 0u);
      EXPECT_LE(limits[0].nanos, wait + kMilli);
      const int64_t least = wait == kMonth   ? INT32_MAX * kMilli
                            : wait < kSecond ? limits[0].left
                                             : limits[0].left - kLittle;
      EXPECT_GE(limits[0].nanos, least) << wait;
    }
    EXPECT_EQ(bed.verdict(), "");
  }
}

// Setting a timer is a call more, which pays where a deadline is asked for again and again.
TYPED_TEST(CallFaultTest, S14_ADeadlineIsSetOnceItIsAskedForAgain) {
  if (MakesNoCalls<TypeParam>()) return;
  Bed<TypeParam> bed;
  int set = 0;
  FaultyCalls timer(SystemCall::kSetTimer, {});
  timer.before = [&set](int, const void*, size_t) { ++set; };
  const auto ask = [&bed](Deadline d) {
    bed.backend.Wake();
    return bed.Poll(d);
  };
  const Deadline base = Now().Plus(60 * kSecond);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(base.Plus(i)), 0);
  EXPECT_EQ(set, 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(base.Plus(9)), 0);
  EXPECT_EQ(set, 1);
  EXPECT_EQ(bed.verdict(), "");
}

// A splice that says would-block while bytes are there, or the end of the stream is: nobody would
// be woken for them.
template <class B>
std::string SaysWouldBlock(std::vector<int> errors, bool at_the_end, Result wanted) {
  Bed<B> bed;
  Line<B> line(bed);
  int ends[2];
  MUST(pipe2(ends, O_CLOEXEC) == 0);
  const OwnedHandle from(ends[0]), to(ends[1]);
  Splice splice{*to};
  if (at_the_end) {
    MUST(ShutdownSend(*line.peer).ok());
  } else {
    Push(*line.peer, Pattern(100));
  }
  const FaultyCalls faulty(SystemCall::kSplice, errors);
  SpliceIn(line.end, splice, 4096);
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == wanted.err);
  MUST(line.end.in.result.n == wanted.n);
  return bed.verdict();
}

TYPED_TEST(CallFaultTest, S18_RG_06_ASpliceThatWouldBlockBesideBytesIsTriedOnceMoreAndNoFurther) {
  if (MakesNoCalls<TypeParam>()) return;
  EXPECT_EQ(SaysWouldBlock<TypeParam>({EAGAIN}, false, {100}), "");
  EXPECT_EQ(SaysWouldBlock<TypeParam>({EAGAIN}, true, {0}), "");
  const Result refused = {0, Errc::kUnsupported, 0};
  EXPECT_EQ(SaysWouldBlock<TypeParam>({EAGAIN, EAGAIN}, false, refused), "");
  EXPECT_EQ(SaysWouldBlock<TypeParam>({EAGAIN, EAGAIN}, true, refused), "");
}

}  // namespace
}  // namespace tare::io::contract
