// SPDX-License-Identifier: Apache-2.0
// Ends: the two far ends of a trip, who sends and who drops, by the same bare calls in all answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "impl/splice_write_to/contract.h"

namespace tare::io::splice_write_to {

// What is sent, over and over: byte `i` of a trip is Pattern()[i % kPattern].
inline constexpr size_t kPattern = 256 << 10;
std::span<const std::byte> Pattern() noexcept;

class Ends {
 public:
  Ends() = default;
  ~Ends() { Close(); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  // Takes the handles over.
  void Open(const Stage& stage);
  void Close() noexcept;

  const Stage& stage() const noexcept { return stage_; }
  // Of handles that the answer has given to descriptors of its own, which close them.
  void Forget(Handle Pair::*end, bool of_sink) noexcept;

  // Of the trips from now on.
  void set_size(uint64_t size) noexcept { stage_.size = size; }

  // A trip begins: nothing has been sent or dropped, and the file is at its beginning.
  Result Begin() noexcept;
  // Sends what fits, at most one pattern or piece; drops what has arrived. Never waits. n = how
  // many bytes in all.
  Result Serve() noexcept;
  // Whether everything has been sent and, where there is a sink, has arrived there.
  bool done() const noexcept {
    return sent_ == stage_.size && (stage_.sink.server == kNoHandle || dropped_ == stage_.size);
  }

  // While set, what arrives at the sink is kept, for the check.
  void Keep(std::vector<std::byte>* kept) noexcept { kept_ = kept; }

 private:
  Result Drop() noexcept;

  Stage stage_;
  bool truncates_ = false;  // what arrives may be dropped without a copy
  uint64_t sent_ = 0;
  uint64_t dropped_ = 0;
  std::vector<std::byte>* kept_ = nullptr;
};

}  // namespace tare::io::splice_write_to
