// SPDX-License-Identifier: Apache-2.0
// DL: deadlines end calls when they should, only those, and can be taken back.
#include <array>

#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

using std::chrono::milliseconds;

// A call that ends at once with a timeout and nothing done, twice in a row.
template <class F>
void WantTimeoutTwice(F&& call, Place at = Place::Here()) {
  for (int i = 0; i < 2; ++i) WantNothing(Error::kTimeout, Within(Prompt(), call, at), at);
}

void PastRead(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  // In one piece: once the first has been read the second is here.
  const std::array sent = {std::byte{1}, std::byte{2}};
  Want(Error::kOk, pipe.b->Write(sent));
  Want(Error::kOk, ReadByte(*pipe.a));
  Deadline(*pipe.a, Which::kRead, kPast);
  WantTimeoutTwice([&] { return ReadByte(*pipe.a); });
  Deadline(*pipe.a, Which::kRead, kNever);
  std::byte second{};
  ReadFull(*pipe.a, {&second, 1});
  TARE_WANT(second == sent[1], "another byte than the one that was ready");
}

void PastWrite(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  Deadline(*pipe.a, Which::kWrite, kPast);
  WantTimeoutTwice([&] { return WriteByte(*pipe.a, std::byte{1}); });
  Deadline(*pipe.a, Which::kWrite, kNever);
  Want(Error::kOk, WriteByte(*pipe.a, std::byte{2}));
  std::byte got{};
  ReadFull(*pipe.b, {&got, 1});
  TARE_WANT(got == std::byte{2}, "a byte of the write that timed out");
}

void PastAccept(Subject& subject) {
  const auto listener = MakeListener(subject);
  Deadline(*listener, Which::kRead, kPast);
  const auto waiting = Dial(subject, listener->LocalAddress());
  WantTimeoutTwice([&] { return AcceptOnce(*listener); });
  Deadline(*listener, Which::kRead, kNever);
  Want(Error::kOk, Within(Prompt(), [&] { return AcceptOnce(*listener); }));
}

void PastReceive(Subject& subject) {
  const auto sender = MakePackets(subject, "sender"), receiver = MakePackets(subject, "receiver");
  const std::byte sent{1};
  std::byte got{};
  std::string from;
  const auto receive = [&] { return receiver->ReceiveFrom({&got, 1}, from); };
  for (int i = 0; i < 2; ++i) {
    Want(Error::kOk, sender->SendTo({&sent, 1}, receiver->LocalAddress()));
  }
  Want(Error::kOk, Within(Prompt(), receive));
  Deadline(*receiver, Which::kRead, kPast);
  WantTimeoutTwice(receive);
  Deadline(*receiver, Which::kRead, kNever);
  Want(Error::kOk, Within(Prompt(), receive));
}

void PastSend(Subject& subject) {
  const auto sender = MakePackets(subject, "sender"), receiver = MakePackets(subject, "receiver");
  std::byte value{1};
  std::string from;
  const auto send = [&] { return sender->SendTo({&value, 1}, receiver->LocalAddress()); };
  Deadline(*sender, Which::kWrite, kPast);
  WantTimeoutTwice(send);
  Deadline(*sender, Which::kWrite, kNever);
  value = std::byte{2};
  Want(Error::kOk, Within(Prompt(), send));
  Want(Error::kOk, Within(Prompt(), [&] { return receiver->ReceiveFrom({&value, 1}, from); }));
  TARE_WANT(value == std::byte{2}, "the datagram of the send that timed out");
}

void FutureSticks(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  const TimePoint deadline = Clock::now() + Scaled(milliseconds(200));
  Deadline(*pipe.a, Which::kBoth, deadline);
  // On a busy machine an exchange may come too late; then, and only then, it may fail.
  const auto want_in_time = [&](const Result& r) {
    TARE_WANT(r.ok() || (r.error == Error::kTimeout && Clock::now() >= deadline), r);
  };
  want_in_time(WriteByte(*pipe.a));
  Want(Error::kOk, WriteByte(*pipe.b));
  want_in_time(ReadByte(*pipe.a));

  const Result after = Within(Scaled(milliseconds(200)) + Prompt(), [&] {
    Result r = ReadByte(*pipe.a);
    while (r.ok()) r = ReadByte(*pipe.a);
    return r;
  });
  WantNothing(Error::kTimeout, after);
  TARE_WANT(Clock::now() >= deadline, deadline - Clock::now());
  Want(Error::kOk, WriteByte(*pipe.b));  // nor does it help that there is something to read
  for (int i = 0; i < 3; ++i) {
    WantTimeoutTwice([&] { return ReadByte(*pipe.a); });
    WantTimeoutTwice([&] { return WriteByte(*pipe.a); });
  }
  Deadline(*pipe.a, Which::kBoth, kNever);
  Want(Error::kOk, Within(Prompt(), [&] { return ReadByte(*pipe.a); }));
  Resync(*pipe.a, *pipe.b);
}

void DirectionsApart(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  {
    Call<Result> write("writer", [&] { return pipe.a->Write(Much()); });
    Deadline(*pipe.a, Which::kRead, kPast);
    WantTimeoutTwice([&] { return ReadByte(*pipe.a); });
    write.WantPending();
    Drain(*pipe.b, Much().size());
    Want(Error::kOk, write.Get());
  }
  Deadline(*pipe.a, Which::kRead, kNever);
  Call<Result> read("reader", [&] { return ReadByte(*pipe.a); });
  Deadline(*pipe.a, Which::kWrite, kPast);
  WantTimeoutTwice([&] { return WriteByte(*pipe.a); });
  read.WantPending();
  Want(Error::kOk, WriteByte(*pipe.b));
  Want(Error::kOk, read.Get());
}

void PastEndsPending(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  Call<Result> read("reader", [&] { return ReadByte(*pipe.a); });
  Call<Result> write("writer", [&] { return pipe.a->Write(Much()); });
  read.WantPending();
  write.WantPending();
  Deadline(*pipe.a, Which::kBoth, kPast);
  WantNothing(Error::kTimeout, read.Get());
  const Result wrote = write.Get();
  TARE_WANT(wrote.error == Error::kTimeout && wrote.n < Much().size(), wrote);
}

void UsableAfterwards(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  for (const TimePoint deadline : {kPast, Clock::now() + Scaled(milliseconds(20))}) {
    Deadline(*pipe.a, Which::kBoth, deadline);
    Want(Error::kTimeout, Within(Prompt(), [&] { return ReadByte(*pipe.a); }));
    Want(Error::kTimeout, Within(Prompt(), [&] { return pipe.a->Write(Much()); }));
    Deadline(*pipe.a, Which::kBoth, kNever);
    Resync(*pipe.a, *pipe.b);
    RoundTrip(pipe);
  }
}

// Wants the call of one direction to time out, and then, the deadline taken back, to stay pending.
template <class F>
void WantCleared(Endpoint& on, Which which, F&& call, Endpoint& ended_by,
                 Place at = Place::Here()) {
  Deadline(on, Which::kBoth, kPast, at);
  WantTimeoutTwice(call, at);
  Deadline(on, which, kNever, at);
  Call<Result> pending("caller", call);
  pending.WantPendingFor(Scaled(milliseconds(100)), at);
  Close(ended_by, at);
  (void)pending.Get(at);
}

void ClearingWorks(Subject& subject) {
  {
    const Pipe pipe = MakePipe(subject);
    WantCleared(
        *pipe.a, Which::kRead, [&] { return ReadByte(*pipe.a); }, *pipe.b);
  }
  {
    const Pipe pipe = MakePipe(subject);
    WantCleared(
        *pipe.a, Which::kWrite, [&] { return pipe.a->Write(Much()); }, *pipe.a);
  }
  const auto listener = MakeListener(subject);
  WantCleared(
      *listener, Which::kRead, [&] { return AcceptOnce(*listener); }, *listener);
}

// None, and then soon: must fire.
template <class F>
void WantFired(Endpoint& on, Which which, F&& call, Place at = Place::Here()) {
  Deadline(on, which, kNever, at);
  const TimePoint deadline = Clock::now() + Scaled(milliseconds(10));
  Deadline(on, which, deadline, at);
  Want(Error::kTimeout, Within(Scaled(milliseconds(1000)), call, at), at);
}

void NoneThenSoon(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  WantFired(*pipe.a, Which::kRead, [&] { return ReadByte(*pipe.a); });
  WantFired(*pipe.a, Which::kWrite, [&] { return pipe.a->Write(Much()); });
  const auto listener = MakeListener(subject);
  WantFired(*listener, Which::kRead, [&] { return AcceptOnce(*listener); });
}

constexpr Row kRows[] = {
    {"DL-01", "past read deadline fails at once with n = 0 although data is ready, twice in a row",
     PastRead},
    {"DL-02w", "past write deadline fails at once with n = 0 although there is buffer space",
     PastWrite},
    {"DL-02a", "past accept deadline fails at once although a connection is waiting", PastAccept},
    {"DL-02r", "past receive deadline fails at once with n = 0 although a datagram is ready",
     PastReceive, Part::kPackets},
    {"DL-02s", "past send deadline fails at once with n = 0, and nothing is sent", PastSend,
     Part::kPackets},
    {"DL-03",
     "future deadline: operations succeed before it, fail after it, and go on failing until reset",
     FutureSticks},
    {"DL-04", "read deadline never touches write, and the reverse", DirectionsApart},
    {"DL-05",
     "past deadline set while a read and a write are pending ends both at once; neither ends "
     "before it was set",
     PastEndsPending},
    {"DL-06", "after a timeout the connection is reusable: resync and round trip pass",
     UsableAfterwards},
    {"DL-07",
     "clearing works: read, write and accept do not return for 100 ms after past-then-none, with "
     "the other direction's deadline left in the past",
     ClearingWorks},
    {"DL-08", "none-then-10 ms fires within 1 s", NoneThenSoon},
};

}  // namespace

const std::span<const Row> kDeadlineRows = kRows;

}  // namespace tare::conformance
