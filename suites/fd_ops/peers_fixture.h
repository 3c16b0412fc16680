// SPDX-License-Identifier: Apache-2.0
// The peers as a table of tests, and one row of a suite run as the benchmark program runs it.
#pragma once

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "suites/fd_ops/asio.h"
#include "suites/fd_ops/libevent.h"
#include "suites/fd_ops/libuv.h"
#include "suites/fd_ops/round_trips.h"
#include "suites/support/suite.h"

namespace tare::suites {

using AllPeers = testing::Types<Asio, AsioCoro, Libevent, LibeventBufferevent, Libuv, LibuvTry>;

using AllDialingPeers = testing::Types<AsioOneShot, LibeventOneShot, LibuvOneShot>;

struct PeerNames {
  template <class V>
  static std::string GetName(int i) {
    constexpr const char* kNames[] = {"asio",  "asio_coro", "libevent", "libevent_bufferevent",
                                      "libuv", "libuv_try"};
    return kNames[i];
  }
};

struct DialingPeerNames {
  template <class V>
  static std::string GetName(int i) {
    constexpr const char* kNames[] = {"asio", "libevent_bufferevent", "libuv"};
    return kNames[i];
  }
};

template <class V>
struct OneConnection : RoundTrips<V> {
  explicit OneConnection(const Row&) : RoundTrips<V>(1, {}) {}
  static int64_t Counted(const Row&) { return 100; }
};

// What Google Benchmark reports of the variant V in a row of a suite.
template <class V>
benchmark::BenchmarkReporter::Run RunInSuite(const std::string& name) {
  class Collector final : public benchmark::BenchmarkReporter {
   public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& of) override {
      runs.insert(runs.end(), of.begin(), of.end());
    }
    std::vector<Run> runs;
  } collector;
  benchmark::ClearRegisteredBenchmarks();
  Suite<OneConnection>("Tested").Rows({{{"size", 512}}}).template Variant<V>(name).Register();
  benchmark::RunSpecifiedBenchmarks(&collector, "Tested");
  EXPECT_EQ(collector.runs.size(), 1u);
  return collector.runs.empty() ? benchmark::BenchmarkReporter::Run() : collector.runs.front();
}

}  // namespace tare::suites
