// SPDX-License-Identifier: Apache-2.0
// A body that gives a library apart has the units of that in its rows, and no other body has.
#include "suites/support/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tare/account.h"
#include "tare/alloc_scope.h"

namespace tare::suites {
namespace {

struct Apart {
  static constexpr bool kLibraryApart = true;
  static const char* WhyNot() { return nullptr; }
};
struct ApartNot {
  static constexpr bool kLibraryApart = false;
  static const char* WhyNot() { return nullptr; }
};

// 1 of ours and 2 of a library's a trip.
struct Trips {
  explicit Trips(const Row&) {}
  static std::string Open() { return ""; }
  static std::string Check() { return ""; }
  static int64_t PerCall() { return 1; }
  static bool Trip() {
    const auto allocate = [] {
      const std::unique_ptr<char[]> block(new char[16]);
      benchmark::DoNotOptimize(block.get());
    };
    allocate();
    const LibraryScope library;
    allocate();
    allocate();
    return true;
  }
  static std::string Error() { return ""; }
  static int64_t Counted(const Row&) { return 8; }
};

template <class V>
struct Saying : Trips {
  using Trips::Trips;
  static constexpr bool kLibraryApart = V::kLibraryApart;
};
template <class V>
struct Silent : Trips {
  using Trips::Trips;
};

// What each row counted of its own, by the row's name.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      for (const auto& [unit, counter] : run.counters) {
        counts_[run.run_name.function_name][unit] = counter.value;
      }
    }
  }
  std::map<std::string, std::map<std::string, double>> counts_;
};

TEST(SuiteTest, ABodyMaySayThatALibraryIsGivenApart) {
  Suite<Saying>("Said").Rows({Row{}}).Variant<Apart>("apart").Variant<ApartNot>("not").Register();
  Suite<Silent>("Unsaid").Rows({Row{}}).Variant<Apart>("apart").Register();
  Reporter reporter;
  EXPECT_EQ(benchmark::RunSpecifiedBenchmarks(&reporter, "aid"), 3u);
  std::map<std::string, std::map<std::string, double>> expected;
  if (AllocScope::WhyNot().empty()) {
    expected["Said/variant=apart"] = {{"allocs/op", 3},     {"B/op", 48},     {"own-allocs/op", 1},
                                      {"lib-allocs/op", 2}, {"own-B/op", 16}, {"lib-B/op", 32},
                                      {"usable-B/op", 48}};
  } else {
    std::cout << "not applicable: " << AllocScope::WhyNot() << "\n";
  }
  EXPECT_EQ(reporter.counts_, expected);
}

}  // namespace
}  // namespace tare::suites
