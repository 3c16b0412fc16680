// SPDX-License-Identifier: Apache-2.0
// Moves: what all answers of splice_write_to are asked to do, checked before it is timed or
// counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "impl/splice_write_to/contract.h"
#include "impl/splice_write_to/ends.h"

namespace tare::suites {

enum class MovesTo : int64_t {
  kMemory,  // a file of tmpfs
  kDisk,    // a file without a name in /var/tmp
  kSocket,  // another connection
};

// From here on each trip is counted alone.
inline constexpr uint64_t kHuge = 256 << 20;  // bytes
// A trip of more is checked by one of so many: a look at a gibibyte takes longer than bringing it
// over, and counts are taken seven times.
inline constexpr uint64_t kMostChecked = 16 << 20;  // bytes

// Makes both ends; "" or what went wrong, or why that cannot be here. The size is the caller's to
// set.
std::string MakeStage(MovesTo to, io::splice_write_to::Stage& stage);
// Compares what is in the file, or was kept of the sink, with the pattern.
std::string CompareFile(io::Handle file, uint64_t size);
std::string CompareKept(const std::vector<std::byte>& kept, uint64_t size);
// "a transfer failed: reset, code 104".
std::string SayFailed(io::Result r);

// One connection that is fed, and the place where its bytes go. V is an Answer.
template <class V>
class Moves {
 public:
  // `piece`: how many bytes are sent at a time, 0 for as many as fit.
  Moves(MovesTo to, uint64_t size, uint64_t piece) : to_(to), size_(size), piece_(piece) {}
  ~Moves() { answer_.Close(); }
  Moves(const Moves&) = delete;
  Moves& operator=(const Moves&) = delete;

  std::string Open() {
    io::splice_write_to::Stage stage;
    if (const std::string why = MakeStage(to_, stage); !why.empty()) return why;
    stage.size = size_;
    stage.piece = piece_;
    file_ = stage.file;
    const io::Result opened = answer_.Open(stage);
    return opened.ok() ? "" : SayFailed(opened);
  }

  // Twice, for what is left of the first trip is no answer to the second.
  std::string Check() {
    const uint64_t size = std::min(size_, kMostChecked);
    answer_.ends().set_size(size);
    for (int trip = 0; trip < 2; ++trip) {
      std::vector<std::byte> kept;
      if (to_ == MovesTo::kSocket) answer_.ends().Keep(&kept);
      const bool good = Trip();
      answer_.ends().Keep(nullptr);
      if (!good) return Error();
      const std::string wrong =
          to_ == MovesTo::kSocket ? CompareKept(kept, size) : CompareFile(file_, size);
      if (!wrong.empty()) return wrong;
    }
    answer_.ends().set_size(size_);
    return "";
  }

  static int64_t PerCall() { return 1; }
  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }
  std::string Error() const { return SayFailed(result_); }

 private:
  MovesTo to_;
  uint64_t size_;
  uint64_t piece_;
  io::Handle file_ = io::kNoHandle;  // the answer's
  io::Result result_;
  V answer_;
};

}  // namespace tare::suites
