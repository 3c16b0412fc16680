// SPDX-License-Identifier: Apache-2.0
// What the fuzzers of tare-httpget's readers share: rules with words, and a text in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tare::suites::splice_write_to {

// What must hold for every input, in words, or the fuzzer stops.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

// Cuts a text into pieces of sizes that follow from the seed, many of them small; 0: into one.
class Cutter {
 public:
  Cutter(std::string_view text, uint64_t seed) : text_(text), seed_(seed) {}
  // By pieces of sizes that follow from the text.
  explicit Cutter(std::string_view text) : Cutter(text, text.size()) {
    for (const char c : text.substr(0, 64)) seed_ = seed_ * 31 + static_cast<unsigned char>(c);
    seed_ |= 1;
  }

  bool empty() const { return text_.empty(); }
  // The next one. Wants some of the text left.
  std::string_view Next() {
    seed_ *= 6364136223846793005u;
    const uint64_t most = seed_ >> 63 == 0 ? 3 : 5000;
    const std::string_view piece = seed_ == 0 ? text_ : text_.substr(0, 1 + (seed_ >> 33) % most);
    text_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view text_;
  uint64_t seed_;
};

}  // namespace tare::suites::splice_write_to
