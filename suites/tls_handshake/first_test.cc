// SPDX-License-Identifier: Apache-2.0
// The first use of a connection: one handshake, whoever comes first, and who may end it.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <deque>

#include "suites/support/faulty_calls.h"
#include "suites/tls_handshake/connection_fixture.h"

namespace tare::suites::tls_handshake {
namespace {

template <class B>
class FirstTest : public ConnectionTest<B> {};
TYPED_TEST_SUITE(FirstTest, AllBackends, BackendNames);

TLS_TEST(FirstTest, TL_01_WhoeverComesFirstPerformsIt) {
  for (const Version version : kVersions) {
    for (const int how : {0, 1, 2}) {
      typename FirstTest<B>::Both both(t.loop, version);
      Shaking shaking;
      EXPECT_FALSE(both.client->ready());
      if (how == 0) both.client->Handshake(shaking);
      if (how == 1) both.client->BeginRead();
      if (how == 2) both.client->BeginWrite("first");
      EXPECT_EQ(both.server->ShakeNow(), Errc::kOk);
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.client->ready(); }));
      EXPECT_EQ(both.client->version(), version);
      // It is over, and a repetition does nothing.
      EXPECT_EQ(both.server->ShakeNow(), Errc::kOk);
      if (how == 0) {
        EXPECT_TRUE(both.client->Await(shaking.end));
      }
      if (how == 1) {
        EXPECT_EQ(both.server->WriteNow("an answer"), Errc::kOk);
        EXPECT_TRUE(both.client->Await(both.client->read));
        EXPECT_EQ(both.client->ReadText(), "an answer");
      }
      if (how == 2) {
        EXPECT_EQ(both.server->ReadNow(), "first");
      }
      EXPECT_EQ(both.client->ShakeNow(), Errc::kOk);
      both.Usable();
    }
  }
}

// In both orders, on both ends.
TLS_TEST(FirstTest, TL_02_ManyFirstUsersHaveOneHandshake) {
  for (int round = 0; round < 32; ++round) {
    typename FirstTest<B>::Both both(t.loop, kVersions[round % 2]);
    std::array<std::deque<Shaking>, 2> waiting;
    const auto begin = [&](int i) {
      auto& end = both.end(i);
      const int before = (round / 4) % 4;
      for (int k = 0; k < before; ++k) end.Handshake(waiting[i].emplace_back());
      if (round % 8 < 4) end.BeginWrite("data");
      end.BeginRead();
      if (round % 8 >= 4) end.BeginWrite("data");
      for (int k = before; k < 4; ++k) end.Handshake(waiting[i].emplace_back());
    };
    begin(round / 2 % 2);
    begin(1 - round / 2 % 2);
    EXPECT_TRUE(TurnUntil(t.loop, [&] {
      return both.client->read && both.server->read && both.client->written && both.server->written;
    }));
    for (int i = 0; i < 2; ++i) {
      for (const Shaking& s : waiting[i]) {
        EXPECT_EQ(s.end.times, 1);
        EXPECT_EQ(s.end.result.err, Errc::kOk);
      }
      EXPECT_EQ(both.end(i).ReadText(), "data");
      EXPECT_EQ(both.end(i).written.result.err, Errc::kOk);
    }
  }
}

TLS_TEST(FirstTest, TL_06_AFailedHandshakeStaysFailed) {
  for (const Version version : kVersions) {
    typename FirstTest<B>::Both both(t.loop, *ClientOf(version),
                                     *ServerOf(version, Certificates::Get().expired));
    both.server->BeginRead();
    EXPECT_EQ(both.client->ShakeNow(), Errc::kInvalid);
    EXPECT_EQ(both.client->detail(), "certificate has expired");
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(both.client->ReadNow(), "invalid");
      EXPECT_EQ(both.client->WriteNow("data"), Errc::kInvalid);
      EXPECT_EQ(both.client->ShakeNow(), Errc::kInvalid);
      EXPECT_EQ(both.client->ShakeNow(Deadline::Past()), Errc::kInvalid);
      EXPECT_EQ(both.client->CloseWrite(), Errc::kInvalid);
    }
    EXPECT_FALSE(both.client->ready());
    EXPECT_TRUE(both.server->Await(both.server->read));
    EXPECT_EQ(both.server->ReadText(), "invalid");  // the alert
    EXPECT_EQ(both.client->CloseNow(), Errc::kOk);
  }
}

// A connection whose promise can be broken.
template <class B>
class Broken : public Tls<B> {
 public:
  using Tls<B>::Tls;
  void RecordAnError() { this->failure_ = {0, Errc::kInvalid, 0}; }
  void MarkReady() { this->phase_ = Tls<B>::Phase::kReady; }
};

TLS_TEST(FirstTest, TL_07_SD_2_02_OverAndFailedIsAnErrorAndNoAbort) {
  using Probe = Probing<Broken<B>>;
  typename ConnectionTest<B>::template BothOf<Probe, typename FirstTest<B>::Probe> both(
      t.loop, Version::kTls13);
  // While it is under way.
  Shaking shaking;
  both.client->Handshake(shaking);
  both.client->BeginRead();
  both.client->RecordAnError();
  both.server->BeginRead();
  EXPECT_TRUE(both.client->Await(shaking.end));
  EXPECT_EQ(shaking.end.result.err, Errc::kOther);
  EXPECT_EQ(both.client->ReadText(), "other");
  EXPECT_EQ(both.client->WriteNow("data"), Errc::kOther);
  EXPECT_FALSE(both.client->ready());
  EXPECT_TRUE(both.server->Await(both.server->read));
  EXPECT_FALSE(both.server->read.result.ok());  // the transport is closed
  EXPECT_EQ(both.client->CloseNow(), Errc::kClosed);

  // Of one that has failed and says that it is over.
  typename ConnectionTest<B>::template BothOf<Probe, typename FirstTest<B>::Probe> failed(
      t.loop, *ClientOf(Version::kTls13), *ServerOf(Version::kTls13, Certificates::Get().expired));
  failed.server->BeginRead();
  EXPECT_EQ(failed.client->ShakeNow(), Errc::kInvalid);
  failed.client->MarkReady();
  EXPECT_EQ(failed.client->ReadNow(), "invalid");  // TL-06: nothing goes past it
  EXPECT_EQ(failed.client->WriteNow("data"), Errc::kInvalid);
  EXPECT_EQ(failed.client->ShakeNow(), Errc::kOther);
  EXPECT_FALSE(failed.client->ready());
  EXPECT_EQ(failed.client->ReadNow(), "other");
  EXPECT_EQ(failed.client->CloseNow(), Errc::kClosed);
}

// One who is alone gives up, as a waiter, a read or a write; by a cancel or by his deadline.
TLS_TEST(FirstTest, TL_08_GivingUpDuringItClosesTheTransport) {
  for (const bool by_deadline : {false, true}) {
    for (const int how : {0, 1, 2}) {
      for (const int side : {0, 1}) {
        typename FirstTest<B>::Both both(t.loop, Version::kTls13);
        auto& end = both.end(side);
        Shaking shaking(by_deadline ? Now().Plus(2 * kMillisecond) : Deadline::Never());
        const Errc why = by_deadline ? Errc::kTimeout : Errc::kCanceled;
        if (by_deadline && how == 1) (void)end.SetReadDeadline(shaking.deadline);
        if (by_deadline && how == 2) (void)end.SetWriteDeadline(shaking.deadline);
        if (how == 0) end.Handshake(shaking);
        if (how == 1) end.BeginRead();
        if (how == 2) end.BeginWrite("data");
        if (!by_deadline) {
          t.loop.Turn(Deadline::Past());
          if (how == 0) end.Cancel(shaking);
          if (how == 1) end.CancelRead();
          if (how == 2) end.CancelWrite();
        }
        const Ending& ended = how == 0 ? shaking.end : how == 1 ? end.read : end.written;
        EXPECT_EQ(ended.times, 0);
        EXPECT_TRUE(end.Await(ended));
        EXPECT_EQ(ended.result.err, why);
        EXPECT_EQ(ended.result.n, 0);
        EXPECT_FALSE(end.open());
        EXPECT_EQ(end.ShakeNow(), why);
        EXPECT_EQ(end.ReadNow(), Name(why));
        EXPECT_EQ(both.end(1 - side).ReadNow(), "reset");
        EXPECT_EQ(end.CloseNow(), Errc::kClosed);
        EXPECT_EQ(end.ShakeNow(), Errc::kClosed);
      }
    }
  }
}

TLS_TEST(FirstTest, TL_09_AnEndedDeadlineAfterCompletionHurtsNobody) {
  for (const Version version : kVersions) {
    typename FirstTest<B>::Both both(t.loop, version);
    both.Ready();
    for (int i = 0; i < 100; ++i) {
      Shaking shaking(i % 2 == 0 ? Deadline::Past() : Deadline::Never());
      auto& end = both.end(i / 2 % 2);
      end.Handshake(shaking);
      end.Cancel(shaking);
      EXPECT_TRUE(end.Await(shaking.end));
      EXPECT_EQ(shaking.end.result.err, Errc::kOk);
    }
    both.Usable();
  }
}

// A cancel after so many turns: ok and usable, or canceled and closed.
TLS_TEST(FirstTest, TL_10_CancelAtEachStep) {
  for (const Version version : kVersions) {
    bool through = false;
    for (int turns = 0; !through; ++turns) {
      ASSERT_LT(turns, 100);
      typename FirstTest<B>::Both both(t.loop, version);
      Shaking client, server;
      both.server->Handshake(server);
      both.client->Handshake(client);
      for (int i = 0; i < turns && !client.end; ++i) t.loop.Turn(Now().Plus(kMillisecond));
      through = bool{client.end};
      both.client->Cancel(client);
      EXPECT_TRUE(both.client->Await(client.end));
      EXPECT_EQ(client.end.times, 1);
      if (client.end.result.ok()) {
        EXPECT_TRUE(both.client->open());
        EXPECT_TRUE(both.server->Await(server.end));
        both.Usable();
      } else {
        EXPECT_EQ(client.end.result.err, Errc::kCanceled);
        EXPECT_FALSE(both.client->open());
        EXPECT_EQ(both.client->CloseNow(), Errc::kClosed);
        EXPECT_TRUE(both.server->Await(server.end));
      }
    }
  }
}

// One of two gives up after so many turns: the other's handshake goes on.
TLS_TEST(FirstTest, TL_11_SD_2_03_AWaiterThatIsCanceledTakesNobodyWithIt) {
  for (const bool first : {true, false}) {
    for (int turns = 0; turns < 6; ++turns) {
      const Version version = kVersions[turns % 2];
      typename FirstTest<B>::Both both(t.loop, version);
      Shaking one, other, late(Now().Plus(kMillisecond / 10));
      both.client->Handshake(one);
      both.client->Handshake(other);
      both.client->Handshake(late);
      for (int i = 0; i < turns; ++i) t.loop.Turn(Deadline::Past());
      Shaking& canceled = first ? one : other;
      Shaking& stays = first ? other : one;
      both.client->Cancel(canceled);
      both.server->BeginRead();
      EXPECT_TRUE(TurnUntil(t.loop, [&] { return one.end && other.end && late.end; }));
      EXPECT_EQ(stays.end.result.err, Errc::kOk);
      if (turns == 0) {
        EXPECT_EQ(canceled.end.result.err, Errc::kCanceled);
      }
      EXPECT_EQ(both.client->WriteNow("data"), Errc::kOk);
      EXPECT_TRUE(both.server->Await(both.server->read));
      EXPECT_EQ(both.server->ReadText(), "data");
    }
  }
}

// Who reads and who writes are waiters as others are.
TLS_TEST(FirstTest, TL_11_AReadThatGivesUpLeavesTheWriteItsHandshake) {
  typename FirstTest<B>::Both both(t.loop, Version::kTls13);
  both.client->BeginRead();
  both.client->BeginWrite("data");
  both.client->CancelRead();
  EXPECT_TRUE(both.client->Await(both.client->read));
  EXPECT_EQ(both.client->ReadText(), "canceled");
  EXPECT_EQ(both.server->ReadNow(), "data");
  both.Usable();
}

// Whether the sends of this backend are made by calls that a test sees.
template <class B>
bool SendsAreSeen() {
  if (B::kName != "io_uring") return true;
  NotApplicable("io_uring makes no call for a send that a test could see or fail");
  return false;
}

TLS_TEST(FirstTest, TL_13_AWriteErrorOfTheTransportIsReturnedAsItIs) {
  if (!SendsAreSeen<B>()) return;
  for (const Version version : kVersions) {
    for (const int failing : {0, 1}) {
      typename FirstTest<B>::WithBare with(t.loop, Role::kClient, version);
      const FaultyCalls calls(SystemCall::kSend, failing == 0 ? std::vector<int>{ENETUNREACH}
                                                              : std::vector<int>{0, ENETUNREACH});
      Shaking shaking;
      with.end->Handshake(shaking);
      EXPECT_TRUE(with.MoveUntil([&] { return bool{shaking.end}; }));
      EXPECT_EQ(shaking.end.result.err, Errc::kUnreachable);
      EXPECT_EQ(shaking.end.result.os, ENETUNREACH);
      EXPECT_EQ(with.end->WriteNow("data"), Errc::kUnreachable);
      EXPECT_EQ(calls.left(), 0u);
    }
  }
}

// A flight is one write: client 2; server 2 with TLS 1.2, and with TLS 1.3 1, and 1 more for all
// tickets.
TLS_TEST(FirstTest, TL_14_WritesPerHandshake) {
  if (!SendsAreSeen<B>()) return;
  for (const Version version : kVersions) {
    for (const int tickets : {0, 2}) {
      typename FirstTest<B>::Both both(t.loop, *ClientOf(version),
                                       *ServerOf(version, Certificates::Get().server, tickets));
      FaultyCalls calls(SystemCall::kSend, {});
      int from[2] = {};
      calls.before = [&](int handle, const void*, size_t) {
        ++from[handle == both.client->handle() ? 0 : 1];
      };
      both.Ready();
      EXPECT_EQ(from[0], 2);
      EXPECT_EQ(from[1], version == Version::kTls13 && tickets == 0 ? 1 : 2);
    }
  }
}

TLS_TEST(FirstTest, TL_15_TheAlertOfAFailureIsOneWrite) {
  if (!SendsAreSeen<B>()) return;
  for (const Version version : kVersions) {
    typename FirstTest<B>::Both both(t.loop, *ClientOf(version),
                                     *ServerOf(version, Certificates::Get().expired));
    FaultyCalls calls(SystemCall::kSend, {});
    int sends = 0;
    calls.before = [&](int handle, const void*, size_t) {
      sends += handle == both.client->handle();
    };
    both.server->BeginRead();
    EXPECT_EQ(both.client->ShakeNow(), Errc::kInvalid);
    EXPECT_TRUE(both.server->Await(both.server->read));
    EXPECT_EQ(both.server->ReadText(), "invalid");
    EXPECT_NE(both.server->detail().find("alert"), std::string_view::npos);
    EXPECT_EQ(sends, 2);  // the hello and the alert
  }
}

TLS_TEST(FirstTest, TL_21_CloseWhileThePeerIsIdleIsClosed) {
  for (const int side : {0, 1}) {
    typename FirstTest<B>::Both both(t.loop, Version::kTls13);
    auto& end = both.end(side);
    Shaking shaking(Now().Plus(kPatience));
    end.Handshake(shaking);
    end.BeginRead();
    end.BeginWrite("data");
    t.loop.Turn(Deadline::Past());
    EXPECT_EQ(end.BeginClose(), Errc::kOk);
    EXPECT_EQ(end.BeginClose(), Errc::kClosed);
    EXPECT_EQ(shaking.end.times, 0);
    EXPECT_TRUE(end.Await(end.closed));
    EXPECT_EQ(shaking.end.result.err, Errc::kClosed);
    EXPECT_EQ(end.ReadText(), "closed");
    EXPECT_EQ(end.written.result.err, Errc::kClosed);
    EXPECT_EQ(end.closed.result.err, Errc::kOk);
    EXPECT_EQ(end.BeginClose(), Errc::kClosed);
  }
}

TLS_TEST(FirstTest, TL_25_NothingReadOrWrittenPerformsTheHandshake) {
  for (const Version version : kVersions) {
    typename FirstTest<B>::Both both(t.loop, version);
    both.client->BeginRead(std::span<std::byte>());
    both.server->BeginWrite("");
    EXPECT_TRUE(TurnUntil(t.loop, [&] { return both.client->read && both.server->written; }));
    EXPECT_TRUE(both.client->ready() && both.server->ready());
    EXPECT_EQ(both.client->read.result.err, Errc::kOk);
    EXPECT_EQ(both.client->read.result.n, 0);
    EXPECT_EQ(both.server->written.result.err, Errc::kOk);
    both.Usable();
  }
}

TLS_TEST(FirstTest, TL_31_AFlightThatIsLongerThanTheRoomForIt) {
  for (const Version version : kVersions) {
    typename FirstTest<B>::Both both(t.loop, *ClientOf(version),
                                     *ServerOf(version, Certificates::Get().long_one));
    both.Ready();
    both.Usable();
  }
}

}  // namespace
}  // namespace tare::suites::tls_handshake
