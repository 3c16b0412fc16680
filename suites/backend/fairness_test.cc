// SPDX-License-Identifier: Apache-2.0
// Sentence 16 of the contract of a backend: no port starves, however many there are.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/faults.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"
#include "suites/support/descriptors.h"

namespace tare::io::contract {
namespace {

CONTRACT_SUITE(FairnessTest);

// An op that starts itself again as long as the test is on, and ends at once.
template <class B>
void BeGreedy(Endpoint<B>& end, const bool& on) {
  end.in.then = [&end, &on](Call<B>&) {
    if (on) end.Recv({});
  };
  end.Recv({});
}

CONTRACT(FairnessTest, S16_AnOpThatAlwaysEndsAtOnceStarvesNobody) {
  Bed<B> bed;
  bool on = true;
  std::array<std::byte, 16> buffer;
  Line<B> greedy(bed), modest(bed);
  const Finally stop([&on] { on = false; });
  modest.end.Recv(buffer);
  bed.PollInVain();
  BeGreedy(greedy.end, on);
  Push(*modest.peer, Pattern(16));
  MUST(bed.PollUntilEnded(modest.end.in));
  MUST(modest.end.in.result.ok());
  MUST(greedy.end.in.pending());
  on = false;
  MUST(bed.PollUntilEnded(greedy.end.in));
  return bed.verdict();
}
CATCHES(FairnessTest, S16_AnOpThatAlwaysEndsAtOnceStarvesNobody, Starves, "PollUntilEnded")

CONTRACT(FairnessTest, S16_NorDoManyOfThem) {
  Bed<B> bed;
  bool on = true;
  std::array<std::byte, 16> buffer;
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (int i = 0; i < 300; ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  Line<B> modest(bed);
  const Finally stop([&on] { on = false; });
  modest.end.Recv(buffer);
  bed.PollInVain();
  for (const auto& line : lines) BeGreedy(line->end, on);
  Push(*modest.peer, Pattern(16));
  MUST(bed.PollUntilEnded(modest.end.in));
  on = false;
  for (const auto& line : lines) MUST(bed.PollUntilEnded(line->end.in));
  return bed.verdict();
}

// More than any backend takes from the system in one go, and each ready again as soon as it is
// served: who always begins with the first comes never to the last.
CONTRACT(FairnessTest, S16_FourHundredReadyPortsAreAllServed) {
  Bed<B> bed;
  constexpr size_t kPorts = 400;
  constexpr int kServed = 10;
  const auto byte = Pattern(1);
  std::vector<std::array<std::byte, 16>> buffers(kPorts);
  std::vector<std::unique_ptr<Line<B>>> lines;
  for (size_t i = 0; i < kPorts; ++i) lines.push_back(std::make_unique<Line<B>>(bed));
  size_t served = 0;
  for (size_t i = 0; i < kPorts; ++i) {
    Line<B>& line = *lines[i];
    line.end.in.then = [&line, &served, &byte, &buffer = buffers[i]](Call<B>& call) {
      if (call.ended == kServed) ++served;
      if (served == kPorts) return;
      Push(*line.peer, byte);
      line.end.Recv(buffer);
    };
    line.end.Recv(buffers[i]);
  }
  bed.PollInVain();
  for (const auto& line : lines) Push(*line->peer, byte);
  MUST(bed.PollUntil([&served] { return served == kPorts; }));
  for (const auto& line : lines) MUST(line->end.in.result.ok());
  return bed.verdict();
}

CONTRACT(FairnessTest, S16_AThousandPorts) {
  constexpr size_t kPorts = 1000;
  const std::string no_room = suites::EnsureDescriptors(2 * kPorts + 100);
  if (!no_room.empty()) return NotApplicable(no_room);
  Bed<B> bed;
  std::vector<std::array<std::byte, 64>> buffers(kPorts);
  const auto bytes = Pattern(64);
  std::vector<Pair> pairs(kPorts);
  MUST(TcpPairs(pairs).ok());
  std::vector<std::unique_ptr<Connection<B>>> connections;
  for (const Pair& pair : pairs) connections.push_back(std::make_unique<Connection<B>>(bed, pair));
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kPorts; ++i) connections[i]->server.Recv(buffers[i]);
    bed.PollInVain(1);
    // All at once; then one after the other while all others wait.
    for (size_t i = 0; i < kPorts; ++i) {
      Connection<B>& c = *connections[(i * 7) % kPorts];
      c.client.Send({bytes.data(), 1 + i % 64});
      if (round == 1) MUST(bed.PollUntilEnded(c.server.in));
    }
    for (const auto& c : connections) {
      MUST(bed.PollUntilEnded(c->client.out) && bed.PollUntilEnded(c->server.in));
      MUST(c->client.out.result.ok() && c->server.in.result.ok());
      MUST(c->server.in.result.n >= 1);
    }
  }
  // Detached in an order of its own.
  for (size_t i = 0; i < kPorts; ++i) connections[(i * 13) % kPorts].reset();
  bed.PollInVain();
  return bed.verdict();
}

}  // namespace
}  // namespace tare::io::contract
