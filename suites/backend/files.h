// SPDX-License-Identifier: Apache-2.0
// Files for the tests of kSendFile, and the stream that is made of one sent over and over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/kinds.h"
#include "suites/backend/stream.h"
#include "suites/backend/system.h"

namespace tare::io::contract {

template <class B>
inline constexpr bool kSends = (B::kFeatures & kSendsFiles) != 0;
inline constexpr char kWithoutSendFile[] = "the backend has no kSendFile";

// Whether the next `size` bytes that the peer gets are the pattern's from `place` on.
template <Backend B>
bool Arrive(Line<B>& line, size_t size, uint64_t place) {
  std::vector<std::byte> got(size);
  return Pull(*line.peer, got) == size && IsPattern(got, place);
}

// Sends it, and whether that ended with so many bytes.
template <Backend B>
bool Sent(Line<B>& line, FilePart& part, int64_t n) {
  SendFile(line.end, part);
  return line.end.bed().PollUntilEnded(line.end.out) && line.end.out.result.ok() &&
         line.end.out.result.n == n;
}

// A stream made of one file, sent over and over.
template <Backend B>
class Repeated {
 public:
  explicit Repeated(Endpoint<B>& end) : end_(end), file_(Pattern(kPeriod)) {}
  ~Repeated() { end_.Settle(); }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

  void Start(uint64_t size) {
    const uint64_t at = sent % kPeriod;
    part_ = {*file_, at, std::min(size, kPeriod - at)};
    SendFile(end_, part_);
  }
  // Counts what the operation that has ended has moved.
  const Result& Ended() {
    sent += static_cast<uint64_t>(end_.out.result.n);
    return end_.out.result;
  }
  // Sends until a send has to wait for the peer; false: one has ended without bytes.
  bool UntilBlocked() {
    for (;;) {
      Start(kPeriod);
      // What a peer has not taken may be on its way to it: blocked is what stays so for a while.
      std::optional<suites::Allowance> enough;
      while (end_.out.pending() && !(enough && enough->Spent())) {
        if (HasRoom(end_.handle())) {
          enough.reset();
        } else if (!enough) {
          enough.emplace(20 * kMilli);
        }
        (void)end_.bed().Poll(Now().Plus(kMilli));
      }
      if (end_.out.pending()) return true;
      if (!Ended().ok() || end_.out.result.n == 0) return false;
    }
  }
  // Takes all that was sent and not yet taken; whether it is the stream.
  bool TakenBy(Handle peer) {
    std::vector<std::byte> got(kPeriod);
    while (taken < sent) {
      const uint64_t at = taken % kPeriod;
      const size_t size = static_cast<size_t>(std::min(kPeriod - at, sent - taken));
      if (Pull(peer, std::span(got).first(size)) != size) return false;
      if (!IsPattern(std::span(got).first(size), at)) return false;
      taken += size;
    }
    return true;
  }
  File& file() { return file_; }

  uint64_t sent = 0, taken = 0;

 private:
  static constexpr uint64_t kPeriod = 200'003;

  Endpoint<B>& end_;
  File file_;
  FilePart part_;
};

}  // namespace tare::io::contract
