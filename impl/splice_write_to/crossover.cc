// SPDX-License-Identifier: Apache-2.0
// What is made of times, and the ends between which they are taken.
#include "impl/splice_write_to/crossover.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

namespace tare::io::splice_write_to {

Way Faster(const BothWays& measured) noexcept {
  constexpr int64_t kLeastRounds = 6;
  const size_t rounds = std::min(measured.copied.size(), measured.spliced.size());
  int64_t copy = 0, splice = 0;
  for (size_t i = 0; i < rounds; ++i) {
    if (measured.copied[i] < measured.spliced[i]) ++copy;
    if (measured.copied[i] > measured.spliced[i]) ++splice;
  }
  // A round without a winner says nothing. The standard deviation of the difference between heads
  // and tails is the root of their number; twice that is what is asked for.
  const int64_t thrown = copy + splice;
  const int64_t ahead = copy - splice;
  if (thrown < kLeastRounds || ahead * ahead < 4 * thrown) return Way::kNeither;
  return ahead > 0 ? Way::kCopy : Way::kSplice;
}

uint64_t CopyUpTo(std::span<const BothWays> sizes) noexcept {
  uint64_t up_to = 0;
  for (const BothWays& measured : sizes) {
    const Way faster = Faster(measured);
    if (faster == Way::kSplice) break;
    if (faster == Way::kCopy) up_to = measured.size;
  }
  return up_to;
}

void Rounds::Add(
    const std::array<std::array<int64_t, 2>, kSizes.size()>& copied_and_spliced) noexcept {
  for (size_t i = 0; i < kSizes.size(); ++i) {
    for (size_t way = 0; way < 2; ++way) took_[i][way][count_] = copied_and_spliced[i][way];
  }
  ++count_;
}

uint64_t Rounds::CopyUpTo() const noexcept {
  std::array<BothWays, kSizes.size()> sizes;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    const auto of = [&](size_t way) { return std::span(took_[i][way]).first(count_); };
    sizes[i] = {kSizes[i], of(0), of(1)};
  }
  return splice_write_to::CopyUpTo(sizes);
}

Result crossover::MakeStage(bool to_file, Stage& stage) noexcept {
  stage = {};
  std::array<Pair, 2> pairs;
  const Result made = TcpPairs(std::span(pairs).first(to_file ? 1 : 2));
  if (!made.ok()) return made;
  stage.source = pairs[0];
  if (!to_file) {
    stage.sink = pairs[1];
    return {};
  }
  stage.file = memfd_create("crossover", MFD_CLOEXEC);
  if (stage.file != kNoHandle) return {};
  const int error = errno;
  CloseAll(std::span(pairs).first(1));
  return {0, FromErrno(error), error};
}

}  // namespace tare::io::splice_write_to
