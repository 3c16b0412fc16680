// SPDX-License-Identifier: Apache-2.0
// IO: what was written is what is read.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "suites/conformance/crew.h"
#include "suites/conformance/exchange.h"

namespace tare::conformance {
namespace {

void ArrivesIdentical(Subject& subject) {
  constexpr size_t kChunk = 1024;
  std::vector<std::byte> sent(1 << 20);
  Random(0).Fill(sent);
  const Pipe pipe = MakePipe(subject);
  Crew crew;
  crew.Add("writer", [&] {
    for (size_t at = 0; at < sent.size(); at += kChunk) {
      const Result r = pipe.a->Write({sent.data() + at, kChunk});
      TARE_WANT(r.ok() && r.n == kChunk, r);
    }
    Close(*pipe.a);
  });
  std::vector<std::byte> got(sent.size());
  ReadFull(*pipe.b, got);
  const auto [a, b] = std::mismatch(sent.begin(), sent.end(), got.begin());
  TARE_WANT(sent == got, "another byte at " + Show(uint64_t(a - sent.begin())));
  WantNothing(Error::kEof, ReadByte(*pipe.b));
  Close(*pipe.b);
}

// Answers each number with the next one, until the peer has the last.
void Bounce(Conn& conn, uint64_t first) {
  for (uint64_t want = first; want < 1000; want += 2) {
    std::array<std::byte, sizeof want> bytes{};
    ReadFull(conn, bytes);
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    TARE_WANT(value == want, Show(value) + " in place of " + Show(want));
    if (++value == 1000) return;
    std::memcpy(bytes.data(), &value, sizeof value);
    Want(Error::kOk, conn.Write(bytes));
  }
}

void PingPong(Subject& subject) {
  const Pipe pipe = MakePipe(subject);
  Crew crew;
  crew.Add("ponger", [&] {
    Bounce(*pipe.b, 0);
    const Result end = Within(Prompt(), [&] { return ReadByte(*pipe.b); });
    WantNothing(Error::kEof, end);
    Close(*pipe.b);
  });
  const std::array<std::byte, sizeof(uint64_t)> zero{};
  Want(Error::kOk, pipe.a->Write(zero));
  Bounce(*pipe.a, 1);
  Close(*pipe.a);
}

constexpr Row kRows[] = {
    {"IO-01",
     "1 MiB of seeded bytes sent in 1,024-byte writes arrives identical; both ends close without "
     "error",
     ArrivesIdentical},
    {"IO-02", "8-byte ping-pong to 1,000, each side sees +2 every time; ends by EOF", PingPong},
};

}  // namespace

const std::span<const Row> kIoRows = kRows;

}  // namespace tare::conformance
