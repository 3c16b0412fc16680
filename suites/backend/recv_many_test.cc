// SPDX-License-Identifier: Apache-2.0
// Sentence 19 of the contract of a backend: one receive for all that arrives, in lent buffers.
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(RecvManyTest);

// A stream that is received so, and looked at as it comes.
template <Backend B>
struct Arrivals : RecvMany {
  explicit Arrivals(Endpoint<B>& the_end) : end(the_end) { more = &OnMore; }

  void Start() { ReceiveMany(end, *this); }
  // All of the first `total` bytes have come, right and in order.
  bool Until(uint64_t total) {
    return end.bed().PollUntil([&] { return place >= total || !end.in.pending(); }) &&
           place == total && right;
  }

  Endpoint<B>& end;
  uint64_t place = 0;
  int times = 0;
  bool right = true;  // the bytes are the pattern's, and come while the op is pending
  std::function<void()> then;

 private:
  static void OnMore(Op& op, const std::byte* data, size_t size) noexcept {
    Arrivals& to = static_cast<Arrivals&>(*op.many);
    to.right = to.right && size > 0 && IsPattern({data, size}, to.place) && to.end.in.pending();
    to.place += size;
    ++to.times;
    to.end.bed().SawArrival();
    if (to.then) to.then();
  }
};

template <class B>
constexpr bool kHasMany = (B::kFeatures & kRecvsMany) != 0;

const char* const kWithoutMany = "the backend has no kRecvMany";

CONTRACT(RecvManyTest, S19_WithoutTheFeatureItIsRefused) {
  if (kHasMany<B>) return NotApplicable("the backend has kRecvMany");
  Bed<B> bed;
  Line<B> line(bed);
  Arrivals<B> arrivals(line.end);
  Push(*line.peer, Pattern(10));
  arrivals.Start();
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == Errc::kUnsupported);
  MUST(arrivals.times == 0);
  return bed.verdict();
}

CONTRACT(RecvManyTest, S19_WhatArrivesIsToldAtEachArrival) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  for (const Transport transport : {Transport::kTcp4, Transport::kUnix}) {
    Line<B> line(bed, NewPair(transport));
    Arrivals<B> arrivals(line.end);
    Push(*line.peer, Pattern(100));
    arrivals.Start();
    MUST(arrivals.times == 0);
    for (uint64_t pushed = 100; pushed < 100'000; pushed += 333) {
      MUST(arrivals.Until(pushed));
      Push(*line.peer, Pattern(333, pushed));
    }
    MUST(line.end.in.pending());
    MUST(arrivals.times >= 300);
    // The other direction is free.
    line.end.Send(Pattern(10));
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.ok());
  }
  return bed.verdict();
}

// A fault between the arrival and who is told.
template <class B>
class ChangesArrivals : public Forward<B> {
 protected:
  virtual void Tell(Op& op, const std::byte* data, size_t size) noexcept = 0;
  RecvMany* told_ = nullptr;

 private:
  struct Between : RecvMany {
    ChangesArrivals* fault = nullptr;
  };

  void StartInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kRecvMany) {
      told_ = inner.many;
      between_.fault = this;
      between_.more = [](Op& op, const std::byte* data, size_t size) noexcept {
        auto& in = static_cast<typename Forward<B>::Inner&>(op);
        static_cast<Between*>(op.many)->fault->Tell(*in.outer, data, size);
      };
      inner.many = &between_;
    }
    this->real().Start(port, inner);
  }

  Between between_;
};

template <class B>
class LosesAnArrival : public ChangesArrivals<B> {
  void Tell(Op& op, const std::byte* data, size_t size) noexcept override {
    if (++count_ != 5) this->told_->more(op, data, size);
  }
  int count_ = 0;
};
CATCHES(RecvManyTest, S19_WhatArrivesIsToldAtEachArrival, LosesAnArrival,
        kHasMany<TypeParam> ? "arrivals.Until(pushed)" : "")

// Lends what is written over before it is told: the buffer goes back too early.
template <class B>
class TakesBackTooEarly : public ChangesArrivals<B> {
  void Tell(Op& op, const std::byte* data, size_t size) noexcept override {
    auto* lent = const_cast<std::byte*>(data);
    if (++count_ == 5) lent[size / 2] ^= std::byte{1};
    this->told_->more(op, data, size);
  }
  int count_ = 0;
};
CATCHES(RecvManyTest, S19_WhatArrivesIsToldAtEachArrival, TakesBackTooEarly,
        kHasMany<TypeParam> ? "arrivals.Until(pushed)" : "")

CONTRACT(RecvManyTest, S19_OutOfBuffersItGoesOnByItself) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  if (kHolds<B>) return NotApplicable(kHeld);
  Bed<B> bed;
  std::vector<std::vector<std::byte>> chunks(3, std::vector<std::byte>(256 << 10));
  // Each of them has more in its socket than all the buffers hold that they share.
  std::vector<std::unique_ptr<Connection<B>>> connections;
  std::vector<std::unique_ptr<Arrivals<B>>> arrivals;
  std::vector<uint64_t> sent;
  for (size_t i = 0; i < chunks.size(); ++i) {
    connections.push_back(std::make_unique<Connection<B>>(bed));
    Connection<B>& c = *connections.back();
    sent.push_back(FillUntilBlocked(bed, c.client, chunks[i]));
    MUST(sent.back() > 256 << 10);
    arrivals.push_back(std::make_unique<Arrivals<B>>(c.server));
  }
  for (auto& each : arrivals) each->Start();
  for (size_t i = 0; i < sent.size(); ++i) {
    // The send that was blocked ends now.
    Call<B>& blocked = connections[i]->client.out;
    MUST(bed.PollUntilEnded(blocked));
    MUST(blocked.result.ok());
    MUST(arrivals[i]->Until(sent[i] + static_cast<uint64_t>(blocked.result.n)));
  }
  for (auto& c : connections) MUST(c->server.in.pending());
  return bed.verdict();
}

CONTRACT(RecvManyTest, S19_ItEndsWithTheStream) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  for (const Transport transport : {Transport::kTcp4, Transport::kUnix}) {
    Line<B> line(bed, NewPair(transport));
    Arrivals<B> arrivals(line.end);
    arrivals.Start();
    bed.PollInVain();
    Push(*line.peer, Pattern(50'000));
    MUST(ShutdownSend(*line.peer).ok());
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
    MUST(arrivals.place == 50'000 && arrivals.right);
    // And again, for the end stays.
    arrivals.Start();
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.ok() && line.end.in.result.n == 0);
    MUST(arrivals.place == 50'000);
    MUST(line.end.in.ended == 2);
  }
  return bed.verdict();
}

CONTRACT(RecvManyTest, S19_ItEndsWithAReset) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  Line<B> line(bed);
  Arrivals<B> arrivals(line.end);
  arrivals.Start();
  bed.PollInVain();
  line.peer.Close();  // which resets
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == Errc::kReset);
  MUST(line.end.in.result.os != 0);
  MUST(line.end.in.ended == 1);
  return bed.verdict();
}

// After a cancel: one end, nothing told, nothing lost. What had been taken is in `n`, the rest in
// the socket.
CONTRACT(RecvManyTest, S19_AfterCancelNothingIsTold) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  std::vector<std::byte> buffer(64 << 10);
  Line<B> line(bed);
  uint64_t place = 0, pushed = 0;
  for (int round = 0; round < 1000 / kSlowness; ++round) {
    Arrivals<B> arrivals(line.end);
    arrivals.place = place;
    const auto push = [&] {
      Push(*line.peer, Pattern(5000, pushed));
      pushed += 5000;
    };
    if (round % 2 == 0) push();
    arrivals.Start();
    if (round % 3 == 0) (void)bed.Poll(Deadline::Past());
    if (round % 5 == 0) push();
    line.end.Cancel(line.end.in);
    const int told = arrivals.times;
    if (round % 7 == 0) push();
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.err == Errc::kCanceled);
    MUST(arrivals.times == told);
    MUST(arrivals.right);
    place = arrivals.place + static_cast<uint64_t>(line.end.in.result.n);
    bed.PollInVain(1);
    MUST(arrivals.times == told);
    // Every third time the next one finds the rest, else a receive of the plain kind does.
    while (round % 3 != 0 && place < pushed) {
      line.end.Recv(buffer);
      MUST(bed.PollUntilEnded(line.end.in));
      const auto n = static_cast<size_t>(line.end.in.result.n);
      MUST(line.end.in.result.ok() && n > 0);
      MUST(IsPattern({buffer.data(), n}, place));
      place += n;
    }
  }
  return bed.verdict();
}

template <class B>
class TellsAfterCancel : public ChangesArrivals<B> {
  void Tell(Op& op, const std::byte* data, size_t size) noexcept override {
    this->told_->more(op, data, size);
  }
  void CancelInner(typename B::Port& port, typename Forward<B>::Inner& inner) noexcept override {
    if (inner.kind == Op::Kind::kRecvMany) canceled_ = inner.outer;
    this->real().Cancel(port, inner);
  }
  void End(Op& op) noexcept override {
    const std::byte late{};
    if (canceled_ == &op) this->told_->more(op, &late, 1);
    canceled_ = nullptr;
    Forward<B>::End(op);
  }
  Op* canceled_ = nullptr;
};
CATCHES(RecvManyTest, S19_AfterCancelNothingIsTold, TellsAfterCancel,
        kHasMany<TypeParam> ? "arrivals.times == told" : "")

// Does not say what a canceled one has taken.
template <class B>
class ForgetsWhatACancelTook : public Forward<B> {
  void End(Op& op) noexcept override {
    if (op.result.err == Errc::kCanceled) op.result.n = 0;
    Forward<B>::End(op);
  }
};

// Data is there and taken, and the cancel comes from the end of another op in the same Poll.
CONTRACT(RecvManyTest, S19_ACancelInTheBatchOfAnArrivalCountsIt) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  std::array<std::byte, 8> one;
  std::vector<std::byte> buffer(5000);
  Line<B> first(bed), second(bed);
  first.end.in.then = [&second](Call<B>&) { second.end.Cancel(second.end.in); };
  uint64_t place = 0, pushed = 0;
  int64_t counted = 0;
  for (int round = 0; round < 300 / kSlowness + 50; ++round) {
    Arrivals<B> arrivals(second.end);
    arrivals.place = place;
    first.end.Recv(one);
    arrivals.Start();
    (void)bed.Poll(Deadline::Past());
    Push(*first.peer, Pattern(8));
    Push(*second.peer, Pattern(5000, pushed));
    pushed += 5000;
    MUST(bed.PollUntilEnded(first.end.in) && bed.PollUntilEnded(second.end.in));
    MUST(second.end.in.result.err == Errc::kCanceled);
    MUST(arrivals.right);
    counted += second.end.in.result.n;
    place = arrivals.place + static_cast<uint64_t>(second.end.in.result.n);
    while (place < pushed) {
      second.end.Recv(buffer);
      MUST(bed.PollUntilEnded(second.end.in));
      const auto n = static_cast<size_t>(second.end.in.result.n);
      MUST(second.end.in.result.ok() && IsPattern({buffer.data(), n}, place));
      MUST(n > 0);
      place += n;
    }
    MUST(place == pushed);
  }
  MUST(counted > 0);
  return bed.verdict();
}
CATCHES(RecvManyTest, S19_ACancelInTheBatchOfAnArrivalCountsIt, ForgetsWhatACancelTook,
        kHasMany<TypeParam> ? "not true" : "")

// Far more cancels that find bytes than any backend lends buffers; the next receive gets its bytes.
CONTRACT(RecvManyTest, S19_CancelsGiveBackTheBuffersTheyTook) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  constexpr int kEnough = 200;
  Bed<B> bed;
  std::array<std::byte, 8> one;
  Line<B> first(bed), second(bed);
  first.end.in.then = [&second](Call<B>&) { second.end.Cancel(second.end.in); };
  uint64_t place = 0;
  int with_bytes = 0;
  for (int round = 0; round < 20 * kEnough && with_bytes < kEnough; ++round) {
    Arrivals<B> arrivals(second.end);
    arrivals.place = place;
    first.end.Recv(one);
    arrivals.Start();
    (void)bed.Poll(Deadline::Past());
    Push(*first.peer, Pattern(8));
    Push(*second.peer, Pattern(100, place));
    MUST(bed.PollUntilEnded(first.end.in) && bed.PollUntilEnded(second.end.in));
    MUST(second.end.in.result.err == Errc::kCanceled && arrivals.right);
    const auto taken = static_cast<uint64_t>(second.end.in.result.n);
    with_bytes += taken > 0;
    // What was not taken stays for the next, here a plain one.
    std::array<std::byte, 100> rest;
    uint64_t got = arrivals.place - place + taken;
    while (got < 100) {
      second.end.Recv(rest);
      MUST(bed.PollUntilEnded(second.end.in));
      MUST(second.end.in.result.ok() && second.end.in.result.n > 0);
      got += static_cast<uint64_t>(second.end.in.result.n);
    }
    place += 100;
  }
  MUST(with_bytes == kEnough);
  Arrivals<B> arrivals(second.end);
  arrivals.place = place;
  arrivals.Start();
  Push(*second.peer, Pattern(100'000, place));
  MUST(arrivals.Until(place + 100'000));
  return bed.verdict();
}

CONTRACT(RecvManyTest, S19_MoreMayCancelItsOwnOp) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  Line<B> line(bed);
  std::vector<std::byte> buffer(100'000);
  Push(*line.peer, Pattern(100'000));
  Arrivals<B> arrivals(line.end);
  arrivals.then = [&line] { line.end.Cancel(line.end.in); };
  arrivals.Start();
  MUST(bed.PollUntilEnded(line.end.in));
  MUST(line.end.in.result.err == Errc::kCanceled);
  MUST(arrivals.times == 1 && arrivals.right);
  uint64_t place = arrivals.place + static_cast<uint64_t>(line.end.in.result.n);
  while (place < 100'000) {
    line.end.Recv(buffer);
    MUST(bed.PollUntilEnded(line.end.in));
    const auto n = static_cast<size_t>(line.end.in.result.n);
    MUST(n > 0 && IsPattern({buffer.data(), n}, place));
    place += n;
  }
  return bed.verdict();
}

CONTRACT(RecvManyTest, S19_MoreMayStartOtherOps) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  Line<B> line(bed);
  const auto answer = Pattern(10);
  std::vector<std::byte> answers(500);
  Arrivals<B> arrivals(line.end);
  arrivals.then = [&] {
    if (!line.end.out.pending()) line.end.Send(answer);
  };
  arrivals.Start();
  for (uint64_t pushed = 0; pushed < 500; pushed += 10) {
    Push(*line.peer, Pattern(10, pushed));
    MUST(arrivals.Until(pushed + 10));
    MUST(bed.PollUntilEnded(line.end.out));
    MUST(line.end.out.result.ok());
  }
  MUST(Pull(*line.peer, answers) == 500);
  return bed.verdict();
}

// Once it has ended, the port is as any other.
CONTRACT(RecvManyTest, S19_EndedItLeavesNothingBehind) {
  if (!kHasMany<B>) return NotApplicable(kWithoutMany);
  Bed<B> bed;
  std::array<std::byte, 100> buffer;
  for (int round = 0; round < 50; ++round) {
    Line<B> line(bed);
    {
      Arrivals<B> arrivals(line.end);
      arrivals.Start();
      Push(*line.peer, Pattern(10));
      MUST(arrivals.Until(10));
      line.end.Cancel(line.end.in);
      MUST(bed.PollUntilEnded(line.end.in));
    }
    line.end.Detach();
    line.end.Attach();
    Push(*line.peer, Pattern(100));
    line.end.Recv(buffer);
    MUST(bed.PollUntilEnded(line.end.in));
    MUST(line.end.in.result.n == 100 && IsPattern(buffer, 0));
    // Its close is the peer's end at once.
    (void)ResetOnClose(line.end.handle());
    line.end.Close();
    std::byte none;
    bool reset = false;
    try {
      (void)Pull(*line.peer, {&none, 1});
    } catch (const std::system_error& e) {
      reset = e.code().value() == ECONNRESET;
    }
    MUST(reset);
  }
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
