// SPDX-License-Identifier: Apache-2.0
// EOF: how a stream ends.
#include <vector>

#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

void BytesThenEof(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  std::vector<std::byte> sent(100'000), got(sent.size());
  Random(0).Fill(sent);
  Crew crew;
  crew.Add("writer", [&] {
    Want(Error::kOk, pipe.a->Write(sent));
    Close(*pipe.a);
  });
  ReadFull(*pipe.b, got);
  TARE_WANT(sent == got, "other bytes before the end");
  for (int i = 0; i < 3; ++i) {
    WantNothing(Error::kEof, Within(Prompt(), [&] { return ReadByte(*pipe.b); }));
  }
}

constexpr Row kRows[] = {
    {"EOF-01", "peer close: all earlier bytes first, then EOF, and EOF is sticky", BytesThenEof},
};

}  // namespace

const std::span<const Row> kEofRows = kRows;

}  // namespace tare::conformance
