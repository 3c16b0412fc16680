// SPDX-License-Identifier: Apache-2.0
// Streams in which every byte is known by its place, and a pump that moves one: nothing lost,
// doubled or mixed up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "suites/backend/bed.h"
#include "suites/backend/check.h"
#include "suites/backend/system.h"

namespace tare::io::contract {

// The byte at a place of a stream; streams with different seeds differ.
inline std::byte PatternAt(uint64_t place, uint64_t seed = 0) {
  return static_cast<std::byte>(((place + 1) * 0x9e3779b97f4a7c15u + seed * 0xff51afd7ed558ccdu) >>
                                56);
}

inline void FillPattern(std::span<std::byte> to, uint64_t place, uint64_t seed = 0) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = PatternAt(place + i, seed);
}

inline std::vector<std::byte> Pattern(size_t size, uint64_t place = 0, uint64_t seed = 0) {
  std::vector<std::byte> bytes(size);
  FillPattern(bytes, place, seed);
  return bytes;
}

inline bool IsPattern(std::span<const std::byte> bytes, uint64_t place, uint64_t seed = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != PatternAt(place + i, seed)) return false;
  }
  return true;
}

// Moves `total` bytes from one end to another in sends and receives of random sizes up to `most`,
// always with one of each pending. The buffer of a send is written anew in its `done`.
template <Backend B>
class Pump {
 public:
  Pump(Endpoint<B>& from, Endpoint<B>& to, uint64_t total, size_t most, uint64_t seed)
      : from_(from),
        to_(to),
        total_(total),
        most_(most),
        seed_(seed),
        random_(seed),
        sending_(most),
        receiving_(most) {
    from_.out.then = [this](Call<B>& call) { Sent(call.result); };
    to_.in.then = [this](Call<B>& call) { Received(call.result); };
  }
  ~Pump() {
    from_.out.then = to_.in.then = nullptr;
    from_.Settle();
    to_.Settle();
  }
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  void Start() {
    Receive();
    Send();
  }
  bool finished() const { return received_ == total_ || !wrong_.empty(); }
  uint64_t received() const { return received_; }
  // "" or what went wrong.
  const std::string& wrong() const { return wrong_; }

 private:
  size_t Size(uint64_t left) {
    return static_cast<size_t>(std::min<uint64_t>(left, 1 + random_() % most_));
  }

  void Send() {
    if (sent_ == total_ || !wrong_.empty()) return;
    const std::span<std::byte> chunk(sending_.data(), Size(total_ - sent_));
    FillPattern(chunk, sent_, seed_);
    from_.Send(chunk);
  }
  void Receive() {
    if (!finished()) to_.Recv({receiving_.data(), Size(most_)});
  }

  void Sent(const Result& r) {
    sent_ += static_cast<uint64_t>(r.n);
    if (!r.ok() || r.n == 0) return Wrong("a send", r);
    Send();
  }
  void Received(const Result& r) {
    if (!r.ok() || r.n == 0) return Wrong("a receive", r);
    if (!IsPattern({receiving_.data(), static_cast<size_t>(r.n)}, received_, seed_)) {
      return Wrong("the bytes of a receive", r);
    }
    received_ += static_cast<uint64_t>(r.n);
    Receive();
  }

  void Wrong(const char* what, const Result& r) {
    wrong_ = std::string(what) + " after " + std::to_string(received_) +
             " bytes: n=" + std::to_string(r.n) + " " + std::string(Name(r.err)) +
             " os=" + std::to_string(r.os);
  }

  Endpoint<B>& from_;
  Endpoint<B>& to_;
  const uint64_t total_;
  const size_t most_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<std::byte> sending_, receiving_;
  uint64_t sent_ = 0, received_ = 0;
  std::string wrong_;
};

// Sends until a send stays pending because the peer does not read; returns what was accepted
// before. The pattern of the stream goes on in the pending send, whose bytes are `chunk`'s.
template <Backend B>
uint64_t FillUntilBlocked(Bed<B>& bed, Endpoint<B>& end, std::span<std::byte> chunk) {
  uint64_t sent = 0;
  for (;;) {
    FillPattern(chunk, sent);
    end.Send(chunk);
    // A send that is pending although the socket has room is on its way, however slow the backend
    // is to take it; one that is held may be on its way for ever. Once it cannot go on it is
    // blocked if it has not ended in this time: for what was moved, the word may be on its way too.
    std::optional<suites::Allowance> enough;
    while (end.out.pending() && !(enough && enough->Spent())) {
      if (!enough && (kHolds<B> || !HasRoom(end.handle()))) enough.emplace(20 * kMilli);
      (void)bed.Poll(Now().Plus(kMilli));
    }
    if (end.out.pending()) return sent;
    if (!end.out.result.ok()) throw std::runtime_error("a send failed while filling");
    sent += static_cast<uint64_t>(end.out.result.n);
  }
}

}  // namespace tare::io::contract
