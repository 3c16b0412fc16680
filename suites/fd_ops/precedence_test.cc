// SPDX-License-Identifier: Apache-2.0
// How an operation ends where several reasons hold (ER-06): closed, deadline, the system's error,
// end of stream; pairwise, and data before them all.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "suites/fd_ops/fd_fixture.h"
#include "suites/fd_ops/scripted.h"

namespace tare::io::fd_ops {
namespace {

enum class Reason { kClose, kDeadline, kCancel, kError, kEof, kData };

constexpr std::string_view kNames[] = {"close", "deadline", "cancel", "error", "eof", "data"};
constexpr Result kResetBySystem = {0, Errc::kReset, 104};

// One pending read on a backend that does what the script says.
class Script {
 public:
  Script() {
    Handle h = static_cast<Handle>(NewTcp4().n);
    EXPECT_TRUE(fd.Open(h).ok());
    fd.BeginRead(buffer);
  }

  void Strike(Reason reason) {
    switch (reason) {
      case Reason::kClose:
        EXPECT_EQ(fd.BeginClose(), Errc::kOk);
        return;
      case Reason::kDeadline:
        EXPECT_EQ(fd.SetReadDeadline(Deadline::Past()), Errc::kOk);
        return;
      case Reason::kCancel:
        return fd.CancelRead();
      case Reason::kError:
        return loop.backend().Say(Direction::kIn, kResetBySystem);
      case Reason::kEof:
        return loop.backend().Say(Direction::kIn, {0});
      case Reason::kData:
        return loop.backend().Say(Direction::kIn, {3});
    }
  }

  Loop<Scripted> loop;
  Probe<Fd<Scripted>> fd{loop};
  std::byte buffer[8] = {};
};

std::string Told(Reason strongest) {
  switch (strongest) {
    case Reason::kClose:
      return "0 closed";
    case Reason::kDeadline:
      return "0 timeout";
    case Reason::kCancel:
      return "0 canceled";
    case Reason::kError:
      return "0 reset";
    case Reason::kEof:
      return "0 eof";
    case Reason::kData:
      return "3 ok";
  }
  return "?";
}

struct Case {
  Reason strong;
  Reason weak;
};

// Which of the two is told. An operation that was canceled, but that the system has ended in its
// own way before, ends in that way: a cancel comes last.
constexpr Case kTable[] = {
    {Reason::kData, Reason::kClose},   {Reason::kData, Reason::kDeadline},
    {Reason::kData, Reason::kCancel},  {Reason::kClose, Reason::kDeadline},
    {Reason::kClose, Reason::kError},  {Reason::kClose, Reason::kEof},
    {Reason::kClose, Reason::kCancel}, {Reason::kDeadline, Reason::kError},
    {Reason::kDeadline, Reason::kEof}, {Reason::kDeadline, Reason::kCancel},
    {Reason::kError, Reason::kCancel}, {Reason::kEof, Reason::kCancel},
};

bool IsOurs(Reason r) {
  return r == Reason::kClose || r == Reason::kDeadline || r == Reason::kCancel;
}

class PrecedenceTest : public testing::TestWithParam<Case> {};

// Both hold by the time the descriptor is told, whichever came first. What the system says after it
// was asked to cancel is what it had in hand already.
TEST_P(PrecedenceTest, ER_06_TheStrongerReasonIsToldInEitherOrder) {
  RecordProperty("row", "ER-06");
  const auto [strong, weak] = GetParam();
  for (const auto& [first, second] : {std::pair(strong, weak), std::pair(weak, strong)}) {
    Script script;
    if (IsOurs(first)) script.loop.backend().LoseCancels();
    if (IsOurs(first) && IsOurs(second)) {
      script.Strike(first);
      // A deadline is not set on what is being closed: there its timer strikes. See the next test.
      if (first == Reason::kClose && second == Reason::kDeadline) {
        EXPECT_EQ(script.fd.SetReadDeadline(Deadline::Past()), Errc::kClosed);
      } else {
        script.Strike(second);
      }
      script.loop.backend().Say(Direction::kIn, {0, Errc::kCanceled, 0});
    } else {
      script.Strike(first);
      script.Strike(second);
    }
    script.loop.Turn(Deadline::Past());
    EXPECT_EQ(script.fd.read.times, 1);
    EXPECT_EQ(Text(script.fd.read.result), Told(strong))
        << kNames[static_cast<int>(first)] << " then " << kNames[static_cast<int>(second)];
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, PrecedenceTest, testing::ValuesIn(kTable), [](const auto& test) {
  return std::string(kNames[static_cast<int>(test.param.strong)]) + "_over_" +
         std::string(kNames[static_cast<int>(test.param.weak)]);
});

// What a write has moved is told beside the reason, and the whole of it is a success.
TEST(ScriptedPrecedenceTest, ER_06_DL_21_WhatAWriteHasMovedIsToldBesideTheReason) {
  const auto end = [](int64_t last, auto&& strike) {
    Script script;
    std::byte bytes[10] = {};
    script.fd.BeginWrite(bytes);
    script.loop.backend().Say(Direction::kOut, {4});
    script.loop.Turn(Deadline::Past());
    script.loop.backend().LoseCancels();
    strike(script.fd);
    script.loop.backend().Say(Direction::kOut, {last});
    script.loop.Turn(Deadline::Past());
    script.loop.Turn(Deadline::Past());
    const std::string text = Text(script.fd.written.result);
    if (script.loop.backend().Pending(Direction::kIn) != nullptr) {
      script.loop.backend().Say(Direction::kIn, {1});
    }
    return text;
  };
  const auto close = [](auto& fd) { (void)fd.BeginClose(); };
  const auto expire = [](auto& fd) { (void)fd.SetWriteDeadline(Deadline::Past()); };
  const auto cancel = [](auto& fd) { fd.CancelWrite(); };
  EXPECT_EQ(end(2, close), "6 closed");
  EXPECT_EQ(end(2, expire), "6 timeout");
  EXPECT_EQ(end(2, cancel), "6 canceled");
  EXPECT_EQ(end(6, close), "10 ok");
  EXPECT_EQ(end(6, expire), "10 ok");
  EXPECT_EQ(end(6, cancel), "10 ok");
}

// A system tells of a reset once; from then on it says end of stream.
TEST(ScriptedPrecedenceTest, EOF_08_AResetThatATimeoutHasHiddenIsToldLater) {
  Script script;
  script.Strike(Reason::kError);
  script.Strike(Reason::kDeadline);
  script.loop.Turn(Deadline::Past());
  EXPECT_EQ(Text(script.fd.read.result), "0 timeout");
  EXPECT_EQ(script.fd.SetReadDeadline(Deadline::Never()), Errc::kOk);
  script.fd.BeginRead(script.buffer);
  script.Strike(Reason::kEof);
  script.loop.Turn(Deadline::Past());
  EXPECT_EQ(Text(script.fd.read.result), "0 reset");
  EXPECT_EQ(script.fd.read.result.os, kResetBySystem.os);
}

template <class B>
class PrecedenceOnBackendTest : public FdTest<B> {
 protected:
  // The timer has come due and the loop has not seen it.
  void LetADeadlinePass() {
    const Deadline d = Now().Plus(20'000);
    EXPECT_EQ(this->a.SetReadDeadline(d), Errc::kOk);
    while (Now() < d) {
    }
  }
  void Reset() { EXPECT_EQ(Text(this->b.CloseNow()), "0 ok"); }
  void EndOfStream() { EXPECT_TRUE(ShutdownSend(this->b.handle()).ok()); }
};

FD_TEST(PrecedenceOnBackendTest, ER_06_ClosedOverADeadlineThatHasJustPassed) {
  this->a.BeginRead(this->buffer);
  this->LetADeadlinePass();
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 closed");
}

FD_TEST(PrecedenceOnBackendTest, ER_06_ClosedOverACancelThatComesLater) {
  this->a.BeginRead(this->buffer);
  EXPECT_EQ(this->a.BeginClose(), Errc::kOk);
  this->a.CancelRead();
  EXPECT_EQ(Text(this->a.Await(this->a.read)), "0 closed");
}

// The system has both in hand, and the loop has not asked it yet.
FD_TEST(PrecedenceOnBackendTest, ER_06_ClosedOverTheSystemsErrorAndOverEndOfStream) {
  for (const bool reset : {true, false}) {
    Pair pair;
    ASSERT_TRUE(TcpPairs({&pair, 1}).ok());
    Probe<Fd<B>> fd(this->loop);
    ASSERT_TRUE(fd.Open(pair.client).ok());
    fd.BeginRead(this->buffer);
    EXPECT_TRUE((reset ? CloseHandle(pair.server) : ShutdownSend(pair.server)).ok());
    EXPECT_EQ(fd.BeginClose(), Errc::kOk);
    EXPECT_EQ(Text(fd.Await(fd.read)), "0 closed");
    EXPECT_EQ(Text(fd.ReadNow(this->buffer)), "0 closed");
    if (!reset) (void)CloseHandle(pair.server);
  }
}

FD_TEST(PrecedenceOnBackendTest, ER_06_DeadlineOverTheSystemsError) {
  this->Reset();
  EXPECT_EQ(this->a.SetDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(Text(this->a.WriteNow(this->buffer)), "0 timeout");
  EXPECT_EQ(this->a.SetDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 reset");
}

FD_TEST(PrecedenceOnBackendTest, ER_06_DeadlineOverTheSystemsErrorThatCameWithIt) {
  this->a.BeginRead(this->buffer);
  this->Reset();
  this->LetADeadlinePass();
  this->loop.Turn(Deadline::Past());
  const Result r = this->a.Await(this->a.read);
  EXPECT_TRUE(Text(r) == "0 timeout" || Text(r) == "0 reset") << Text(r);
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 reset");
}

FD_TEST(PrecedenceOnBackendTest, ER_06_DeadlineOverEndOfStream) {
  this->EndOfStream();
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Past()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 timeout");
  EXPECT_EQ(this->a.SetReadDeadline(Deadline::Never()), Errc::kOk);
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 eof");
}

// Our own half is shut, so reads would say end of stream, and the peer has reset the connection.
FD_TEST(PrecedenceOnBackendTest, ER_06_TheSystemsErrorOverEndOfStream) {
  ASSERT_EQ(shutdown(static_cast<int>(this->a.handle()), SHUT_RD), 0);
  this->Reset();
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 reset");
  EXPECT_EQ(Text(this->a.ReadNow(this->buffer)), "0 reset");
}

// Of two descriptors whose reads end in one look at the system, the first to be told strikes at the
// other: what that one has in hand, it keeps. A backend may tell them one by one; then the second
// has nothing in hand, and no byte may have been taken from it.
FD_TEST(PrecedenceOnBackendTest, ER_06_DL_22_DataAlreadyHandedOverOverAll) {
  constexpr int kRounds = 60;
  using Strike = void (*)(Probe<Fd<B>>&);
  const Strike strikes[] = {
      [](Probe<Fd<B>>& fd) { EXPECT_EQ(fd.SetReadDeadline(Deadline::Past()), Errc::kOk); },
      [](Probe<Fd<B>>& fd) { fd.CancelRead(); },
      [](Probe<Fd<B>>& fd) { (void)fd.BeginClose(); },
  };
  int data_won = 0;
  for (int round = 0; round < kRounds; ++round) {
    Connection<Fd<B>> one(this->loop), two(this->loop);
    const Strike strike = strikes[round % 3];
    const auto at = [&](Probe<Fd<B>>& other) { return [&other, strike] { strike(other); }; };
    one.a.then_read = at(two.a);
    two.a.then_read = at(one.a);
    std::byte got[2][8] = {};
    // What is there already is handed over to both reads before either is told of it.
    one.b.BeginWrite(StreamBytes(0, 8));
    two.b.BeginWrite(StreamBytes(0, 8));
    ASSERT_TRUE(TurnUntil(this->loop, [&] { return one.b.written && two.b.written; }));
    one.a.BeginRead(got[0]);
    two.a.BeginRead(got[1]);
    const bool ended = TurnUntil(this->loop, [&] { return one.a.read && two.a.read; });
    ASSERT_TRUE(ended);
    for (auto* fd : {&one.a, &two.a}) fd->then_read = nullptr;
    EXPECT_EQ(one.a.read.times + two.a.read.times, 2);
    for (auto [fd, to] : {std::pair(&one.a, got[0]), std::pair(&two.a, got[1])}) {
      if (fd->read.result.ok()) {
        EXPECT_EQ(Text(fd->read.result), "8 ok");
        EXPECT_TRUE(IsStream({to, 8}, 0));
        ++data_won;
      } else {
        EXPECT_EQ(fd->read.result.n, 0);
        if (fd->SetReadDeadline(Deadline::Never()) == Errc::kOk) {
          EXPECT_EQ(Text(Drain(*fd, 8)), "8 ok");
        }
      }
    }
  }
  EXPECT_GT(data_won, kRounds) << "the second read never had anything in hand";
}

}  // namespace
}  // namespace tare::io::fd_ops
