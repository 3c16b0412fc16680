// SPDX-License-Identifier: Apache-2.0
// Crossover: up to which size it is faster to copy than to splice, found where the program runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "impl/base/deadline.h"
#include "impl/base/socket.h"
#include "impl/splice_write_to/on_loop.h"
#include "impl/splice_write_to/same_ends.h"

namespace tare::io::splice_write_to {

// How long transfers of one size took, in nanoseconds, each way once a round: what has the same
// index is of the same round.
struct BothWays {
  uint64_t size = 0;  // bytes
  std::span<const int64_t> copied;
  std::span<const int64_t> spliced;
};

enum class Way : uint8_t { kNeither, kCopy, kSplice };

// The faster way: the one that was faster in so many rounds more than the other that a coin, thrown
// as often, is that far from even in one of twenty cases. kNeither for fewer than 6 rounds.
Way Faster(const BothWays& measured) noexcept;

// The largest size at which copying is faster, while at no smaller one splicing is; 0 for none. The
// sizes ascend.
uint64_t CopyUpTo(std::span<const BothWays> sizes) noexcept;

inline constexpr int64_t kMeasureFor = 20'000'000;  // nanoseconds

// Finds up to which size copying is the faster way on this machine, over backend B, and writes it
// into options.copy_to_files_up_to and options.copy_to_connections_up_to: to be called once, before
// pools are made of the options. What it moves goes from a TCP connection of its own into a file in
// memory and into another connection, on a loop of its own. It blocks for `most` nanoseconds and
// what one transfer takes, beside making these, and leaves nothing open. Where the time is up early
// fewer rounds count, and none if there are fewer than 6: then 0 is found. `now` is its clock.
//
// Where something cannot be made, or a transfer fails, the error says so, and nothing is changed.
template <Backend B>
Result MeasureCopyUpTo(Pool::Options& options, int64_t most = kMeasureFor,
                       Deadline (*now)() noexcept = &Now);

// The rounds of one kind of destination, as they come in.
class Rounds {
 public:
  static constexpr std::array<uint64_t, 9> kSizes = {64,      256,      1 << 10,  2 << 10, 4 << 10,
                                                     8 << 10, 16 << 10, 32 << 10, 64 << 10};
  static constexpr size_t kMost = 15;

  // Of a whole round.
  void Add(const std::array<std::array<int64_t, 2>, kSizes.size()>& copied_and_spliced) noexcept;
  bool full() const noexcept { return count_ == kMost; }
  uint64_t CopyUpTo() const noexcept;

 private:
  size_t count_ = 0;
  std::array<std::array<std::array<int64_t, kMost>, 2>, kSizes.size()> took_{};
};

namespace crossover {

// A connection that is fed, and a file in memory or another connection, for bytes to go to. All of
// it or none.
Result MakeStage(bool to_file, Stage& stage) noexcept;

// Both ways at every size, round by round, in turns; what the first round takes is for warming up.
template <Backend B>
Result Measure(bool to_file, Deadline until, Deadline (*now)() noexcept, uint64_t& up_to) {
  Stage stage;
  if (const Result made = MakeStage(to_file, stage); !made.ok()) return made;
  OnLoop<SameEnds<B>> answer;
  if (const Result opened = answer.Open(stage); !opened.ok()) return opened;
  Rounds rounds;
  for (bool warm = false; !rounds.full(); warm = true) {
    std::array<std::array<int64_t, 2>, Rounds::kSizes.size()> took{};
    for (size_t i = 0; i < took.size(); ++i) {
      answer.ends().set_size(Rounds::kSizes[i]);
      for (size_t turn = 0; turn < 2; ++turn) {
        const size_t way = (i + turn) % 2;  // neither is always the one that comes first
        answer.mover().set_copies(way == 0);
        const Deadline begin = now();
        if (begin >= until) {
          up_to = rounds.CopyUpTo();
          return {};
        }
        if (const Result moved = answer.Trip(); !moved.ok()) return moved;
        took[i][way] = now().ns - begin.ns;
      }
    }
    if (warm) rounds.Add(took);
  }
  up_to = rounds.CopyUpTo();
  return {};
}

}  // namespace crossover

template <Backend B>
Result MeasureCopyUpTo(Pool::Options& options, int64_t most, Deadline (*now)() noexcept) {
  uint64_t to_files = 0, to_connections = 0;
  const Deadline begin = now();
  Result r = crossover::Measure<B>(true, begin.Plus(most / 2), now, to_files);
  if (r.ok()) r = crossover::Measure<B>(false, begin.Plus(most), now, to_connections);
  if (!r.ok()) return r;
  options.copy_to_files_up_to = to_files;
  options.copy_to_connections_up_to = to_connections;
  return {};
}

}  // namespace tare::io::splice_write_to
