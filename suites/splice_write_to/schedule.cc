// SPDX-License-Identifier: Apache-2.0
// What is drawn for a schedule, and which calls fail in it.
#include "suites/splice_write_to/schedule.h"

#include <array>

namespace tare::suites {
namespace {

constexpr std::array<std::string_view, kFailures> kNames = {
    "none",           "source-ends",       "source-reset",
    "source-timeout", "source-closed",     "canceled",
    "far-end-goes",   "stalled",           "destination-shut",
    "changes",        "first-hop-refused", "second-hop-refused",
    "interrupted",    "would-block",       "fails",
    "no-pipes"};

constexpr std::array<int, 4> kRefusals = {EINVAL, ENOSYS, EPERM, EOPNOTSUPP};
constexpr std::array<int, 4> kErrors = {ENOSPC, EDQUOT, EIO, EFBIG};
constexpr std::array<int, 3> kExhausted = {EMFILE, ENFILE, ENOMEM};
constexpr std::array<Call, 5> kAny = {Call::kSpliceIn, Call::kSpliceOut, Call::kWrite,
                                      Call::kReadPipe, Call::kRecv};

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <class T, size_t N>
  T Of(const std::array<T, N>& list) {
    return list[Below(N)];
  }

 private:
  std::mt19937_64 random_;
};

// Sizes at which something changes: nothing, one byte, a page, a pipe, and around them.
uint64_t Size(Dice& dice) {
  static constexpr std::array<uint64_t, 12> kEdges = {
      0, 1, 42, 1025, 4096, 4097, 32769, 65536, 65537, 200'000, 1 << 20, (1 << 20) + 4097};
  const uint64_t edge = dice.Of(kEdges);
  return dice.OneIn(2) ? edge : edge + dice.Below(edge / 4 + 10);
}

}  // namespace

Drawn Draw(uint64_t seed) {
  Dice dice(seed);
  Drawn drawn;
  drawn.seed = seed;
  // Every pair of the two comes up as often as any other.
  const auto& destinations = DestinationNames();
  drawn.destination = destinations[seed % destinations.size()];
  drawn.failure = static_cast<Failure>(seed / destinations.size() % kFailures);
  drawn.total = Size(dice);
  drawn.limit = dice.OneIn(2) ? io::splice_write_to::kNoLimit : Size(dice);
  drawn.first = dice.OneIn(4) ? Size(dice) % 5000 : 0;
  drawn.pipe_size = dice.Of(std::array<size_t, 3>{4096, 64 << 10, 1 << 20});
  drawn.shorten = dice.OneIn(4) ? 1 + dice.Below(3000) : 0;
  drawn.copies = dice.OneIn(8);
  drawn.disks = dice.OneIn(4);
  drawn.strikes_after = static_cast<int64_t>(dice.Below(dice.OneIn(2) ? 3 : 12));
  drawn.for_good = dice.OneIn(2);
  drawn.which = static_cast<int>(dice.Below(1000));
  return drawn;
}

std::string Text(const Drawn& d) {
  std::ostringstream text;
  text << "seed " << d.seed << ": " << kNames[static_cast<size_t>(d.failure)] << " into "
       << d.destination << " after " << d.strikes_after << (d.for_good ? " for good" : "") << ", "
       << d.total << " bytes, limit " << d.limit << ", first " << d.first << ", pipe "
       << d.pipe_size << ", short " << d.shorten << (d.copies ? ", copies" : "")
       << (d.disks ? ", disks" : "") << ", which " << d.which;
  return text.str();
}

void Arm(const Drawn& d) {
  CallFaults::Clear();
  CallFaults::Shorten(d.shorten);
  const int64_t times = d.for_good ? kForGood : 1;
  const auto which = static_cast<size_t>(d.which);
  switch (d.failure) {
    case Failure::kFirstHopRefused:
      return CallFaults::Fail(Call::kSpliceIn, kRefusals[which % 4], d.strikes_after, times);
    case Failure::kSecondHopRefused:
      return CallFaults::Fail(Call::kSpliceOut, kRefusals[which % 4], d.strikes_after, times);
    case Failure::kInterrupted:
      return CallFaults::Fail(kAny[which % kAny.size()], EINTR, d.strikes_after, 3);
    case Failure::kWouldBlock:
      return CallFaults::Fail(which % 2 == 0 ? Call::kSpliceIn : Call::kSpliceOut, EAGAIN,
                              d.strikes_after, times);
    case Failure::kFails:
      CallFaults::Fail(Call::kSpliceOut, kErrors[which % 4], d.strikes_after, times);
      return CallFaults::Fail(Call::kWrite, kErrors[which % 4], d.strikes_after, times);
    case Failure::kNoPipes:
      if (which % 2 == 0)
        return CallFaults::Fail(Call::kSizePipe, which % 4 == 0 ? EPERM : EBUSY, 0, kForGood);
      return CallFaults::Fail(Call::kMakePipe, kExhausted[which % 3], 0, kForGood);
    default:
      return;
  }
}

}  // namespace tare::suites
