// SPDX-License-Identifier: Apache-2.0
// MessageTrips: whole messages there and back over one connection, checked before they are timed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "impl/base/socket.h"
#include "suites/support/descriptors.h"
#include "suites/support/row.h"
#include "suites/ws_frames/wire.h"
#include "tare/benchmem.h"

namespace tare::suites {

// A is an io::ws_frames::MessageAnswer; the row says the size.
template <class A>
class MessageTrips {
 public:
  explicit MessageTrips(const Row& row) : size_(static_cast<size_t>(row["size"])) {}
  ~MessageTrips() { answer_.Close(); }
  MessageTrips(const MessageTrips&) = delete;
  MessageTrips& operator=(const MessageTrips&) = delete;

  // A mebibyte there and back takes a millisecond.
  static int64_t Counted(const Row& row) { return row["size"] > 16384 ? 50 : 1000; }

  std::string Open() {
    if (const std::string why = EnsureDescriptors(2); !why.empty()) {
      return std::string(kNotApplicable) + why;
    }
    io::Pair pair;
    io::Result r = io::TcpPairs({&pair, 1});
    if (r.ok()) r = answer_.Open(pair, size_);
    return r.ok() ? "" : "cannot open the connection: " + std::string(Name(r.err));
  }

  // "" or what is wrong with the answers: every message is another one.
  std::string Check() {
    for (uint64_t trip = 1; trip <= 3; ++trip) {
      const ws_frames::Bytes sent = ws_frames::Noise(size_, trip);
      std::copy(sent.begin(), sent.end(), answer_.Message().begin());
      if (!Trip()) return Error();
      const auto got = answer_.Received();
      if (!std::equal(sent.begin(), sent.end(), got.begin(), got.end())) {
        return "another message came back: of " + std::to_string(got.size()) + " bytes";
      }
    }
    return "";
  }

  int64_t PerCall() const { return 1; }
  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }
  std::string Error() const { return "a trip failed: " + std::string(Name(result_.err)); }

 private:
  size_t size_;
  io::Result result_;
  A answer_;
};

}  // namespace tare::suites
