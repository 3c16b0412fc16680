// SPDX-License-Identifier: Apache-2.0
// What everything a read or write needs, embedded in the descriptor, is worth: Go's TCP4Persistent
// in C++.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "impl/base/errc.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/baseline.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/floor.h"
#include "impl/fd_ops/hand_loop.h"
#include "impl/fd_ops/reference.h"
#include "suites/support/descriptors.h"
#include "suites/support/suite.h"

namespace tare::suites {
namespace {

namespace fd_ops = io::fd_ops;

std::string Say(std::string_view what, io::Result r) {
  std::string text(what);
  text.append(": ").append(Name(r.err));
  if (r.os != 0) text.append(", code ").append(std::to_string(r.os));
  return text;
}

// Connections over loopback that stay, and messages that go there and back.
template <class V>
class RoundTrips {
 public:
  RoundTrips(const Row& row, bool deadlines)
      : conns_(static_cast<size_t>(row["conns"])),
        exchange_{static_cast<size_t>(row["size"]), static_cast<size_t>(row["buf"]),
                  static_cast<int>(row["active"]), deadlines} {}
  ~RoundTrips() { answer_.Close(); }

  std::string Open() {
    if (std::string why = EnsureDescriptors(2 * conns_); !why.empty()) return why;
    std::vector<io::Pair> pairs(conns_);
    io::Result r = io::TcpPairs(pairs);
    if (!r.ok()) return Say("cannot make the connections", r);
    r = answer_.Open(pairs, exchange_);
    return r.ok() ? "" : Say("cannot open the connections", r);
  }

  // Every message is different, and must come back as it was.
  std::string Check() {
    for (int i = 0; i < exchange_.active; ++i) {
      unsigned value = static_cast<unsigned>(i) * 31;
      for (std::byte& b : answer_.Message(i)) b = static_cast<std::byte>(value = value * 5 + 7);
    }
    if (!Trip()) return Error();
    for (int i = 0; i < exchange_.active; ++i) {
      const std::span<const std::byte> sent = answer_.Message(i);
      const std::span<const std::byte> got = answer_.Received(i);
      if (!std::equal(sent.begin(), sent.end(), got.begin(), got.end())) {
        return "wrong answer on connection " + std::to_string(i) + ": " +
               std::to_string(got.size()) + " bytes came back of " + std::to_string(sent.size()) +
               ", or others than were sent";
      }
    }
    return "";
  }

  int64_t PerCall() const { return exchange_.active; }

  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }

  std::string Error() const { return Say("a round trip failed", result_); }

 private:
  size_t conns_;
  fd_ops::Exchange exchange_;
  io::Result result_;
  V answer_;
};

template <class V>
struct TCP4Persistent : RoundTrips<V> {
  explicit TCP4Persistent(const Row& row) : RoundTrips<V>(row, false) {}
};

// The same with a deadline set, an hour ahead, before every read and every write.
template <class V>
struct TCP4PersistentTimeout : RoundTrips<V> {
  explicit TCP4PersistentTimeout(const Row& row) : RoundTrips<V>(row, true) {}
};

template <template <class> class Body>
bool Register(const char* scenario) {
  return Suite<Body>(scenario)
      .Quick({{{"size", 512}},
              {{"size", 512}, {"buf", 512}},
              {{"size", 512}, {"conns", 64}},
              {{"size", 512}, {"conns", 1000}, {"active", 1}}})
      .Rows({{{"size", 64}},
             {{"size", 4096}},
             {{"size", 512}, {"conns", 1000}},
             {{"size", 512}, {"threads", 2}},
             {{"size", 512}, {"threads", 4}}})
      .template Floor<fd_ops::Floor>()
      .template HandLoop<fd_ops::HandLoop>()
      .template Baseline<fd_ops::Baseline>()
      .template Reference<fd_ops::Reference>()
      .Register();
}

const bool persistent = Register<TCP4Persistent>("FdOps/TCP4Persistent");
const bool timeout = Register<TCP4PersistentTimeout>("FdOps/TCP4PersistentTimeout");

}  // namespace
}  // namespace tare::suites
