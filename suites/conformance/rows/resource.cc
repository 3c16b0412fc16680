// SPDX-License-Identifier: Apache-2.0
// RS: what a subject leaves behind. Both promises are also held around every other row, by
// trial.cc; these rows give them a life of their own to look at.
#include <memory>
#include <vector>

#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

// Connections closed here, by the peer, twice, and never; a listener that is left open.
void HandlesComeBack(Subject& subject) {
  std::vector<std::unique_ptr<Listener>> left;
  for (int i = 0; i < 20; ++i) {
    const Pipe pipe = MakePipe(subject);
    RoundTrip(pipe);
    if (i % 2 == 0) Close(*pipe.a);
    if (i % 3 == 0) Close(*pipe.b);
    if (i % 4 == 0) Want(Error::kClosed, {0, pipe.a->Close(), 0});
    left.push_back(MakeListener(subject));
  }
}

// Ten calls blocked at once, ended by a deadline, by close, and by the peer.
void ThreadsComeBack(Subject& subject) {
  std::vector<Pipe> pipes;
  for (int i = 0; i < 10; ++i) pipes.push_back(MakePipe(subject));
  Crew readers;
  for (const Pipe& pipe : pipes) {
    readers.Add("reader", [&] { TARE_WANT(!ReadByte(*pipe.a).ok(), "a byte that nobody sent"); });
  }
  for (size_t i = 0; i < pipes.size(); ++i) {
    if (i % 3 == 0) Deadline(*pipes[i].a, Which::kRead, Clock::now() + Watch());
    if (i % 3 == 1) Close(*pipes[i].a);
    if (i % 3 == 2) Close(*pipes[i].b);
  }
}

constexpr Row kRows[] = {
    {"RS-02", "handle table (numbers and kinds) identical before and after", HandlesComeBack},
    {"RS-04", "thread count back to baseline afterwards", ThreadsComeBack},
};

}  // namespace

const std::span<const Row> kResourceRows = kRows;

}  // namespace tare::conformance
