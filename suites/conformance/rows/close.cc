// SPDX-License-Identifier: Apache-2.0
// CL: closing ends what is pending, here and at the peer, and what comes later.
#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

void EndsPending(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  Call<Result> read("reader", [&] { return ReadByte(*pipe.a); });
  Call<Result> write("writer", [&] { return pipe.a->Write(Much()); });
  read.WantPending();
  write.WantPending();
  Close(*pipe.a);
  WantNothing(Error::kClosed, read.Get());
  const Result wrote = write.Get();
  TARE_WANT(wrote.error == Error::kClosed && wrote.n < Much().size(), wrote);

  const auto listener = MakeListener(subject);
  Call<Result> accept("acceptor", [&] { return AcceptOnce(*listener); });
  accept.WantPending();
  Close(*listener);
  Want(Error::kClosed, accept.Get());
}

void EndsPendingReceive(Subject& subject) {
  const auto packets = MakePackets(subject, "packets");
  Call<Result> receive("receiver", [&] {
    std::byte b{};
    std::string from;
    return packets->ReceiveFrom({&b, 1}, from);
  });
  receive.WantPending();
  Close(*packets);
  WantNothing(Error::kClosed, receive.Get());
}

void WakesThePeer(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  Call<Result> read("reader", [&] { return ReadByte(*pipe.a); });
  read.WantPending();
  Close(*pipe.b);
  WantNothing(Error::kEof, read.Get());
}

void LaterIsClosed(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  const auto listener = MakeListener(subject);
  Want(Error::kOk, WriteByte(*pipe.b));  // and be there something to read
  Close(*pipe.a);
  Close(*listener);
  for (int i = 0; i < 2; ++i) {
    WantNothing(Error::kClosed, Within(Prompt(), [&] { return ReadByte(*pipe.a); }));
    WantNothing(Error::kClosed, Within(Prompt(), [&] { return WriteByte(*pipe.a); }));
    Want(Error::kClosed, Within(Prompt(), [&] { return AcceptOnce(*listener); }));
  }
}

constexpr Row kRows[] = {
    {"CL-01", "close ends pending read, write and accept with closed, promptly", EndsPending},
    {"CL-01r", "close ends a pending receive of a datagram with closed, promptly",
     EndsPendingReceive, Part::kPackets},
    {"CL-02", "peer close wakes a blocked read with EOF", WakesThePeer},
    {"CL-03", "later operations: closed error, n = 0", LaterIsClosed},
};

}  // namespace

const std::span<const Row> kCloseRows = kRows;

}  // namespace tare::conformance
