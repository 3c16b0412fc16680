// SPDX-License-Identifier: Apache-2.0
// cpu-ns/op is what the whole process spends, whichever clock a benchmark asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "bench/run_program.h"
#include "result/result.h"

namespace tare::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kBurnNs = 500000;  // of each operation in plants/cpu.cc

const result::ResultFile& Results() {
  static const auto* const results =
      new result::ResultFile(ReadResults(RunProgram(CPU_PLANTS, {"--benchmark_min_time=0.02"})));
  return *results;
}

// Of the row that begins so and has so many threads; names may say the clock behind it.
double CpuOf(const std::string& name, int threads = 1) {
  for (const result::Row& row : Results().rows) {
    const bool has_two = row.name.find("/threads=2") != std::string::npos;
    if (!(row.name + "/").starts_with(name + "/") || has_two != (threads == 2)) continue;
    const double* cpu = row.Find(result::kCpuNsPerOp);
    if (cpu != nullptr) return *cpu;
  }
  ADD_FAILURE() << name << " has no cpu-ns/op";
  return 0;
}

// What is burnt is CPU time by the clock itself, so that a busy machine does not change it; the
// rest is what two threads need to wake each other.
TEST(CpuTime, IsTheWholeProcesss) {
  const std::pair<const char*, int> rows[] = {
      {"Helper/clock=default", 1},     {"Helper/clock=real", 1},         {"Helper/clock=manual", 1},
      {"Helper/clock=process", 1},     {"Helper/clock=process_real", 1}, {"Helper/clock=real", 2},
      {"Helper/clock=process_real", 2}};
  for (const auto& [name, threads] : rows) {
    // The thread's own would be next to nothing. The clock of a process lags behind its threads on
    // other CPUs by up to a tick, which is much of the few operations that a busy machine makes.
    EXPECT_GT(CpuOf(name, threads), 0.5 * kBurnNs) << name << " " << threads;
    // Twenty times as much was burnt before the loop, and after it.
    EXPECT_LT(CpuOf(name, threads), 3 * kBurnNs) << name << " " << threads;
  }
}

TEST(CpuTime, OfTheBenchmarksOwnThreadsIsCountedOnce) {
  for (const auto& [name, threads] : {std::pair("Loop", 1), {"Loop", 2}, {"Pause", 1}}) {
    EXPECT_GT(CpuOf(name, threads), 0.95 * kBurnNs) << name << " " << threads;
    EXPECT_LT(CpuOf(name, threads), 1.6 * kBurnNs) << name << " " << threads;
  }
}

TEST(CpuTime, IsNotSpentAsleep) {
  EXPECT_LT(CpuOf("Nowhere"), kBurnNs);
}

// Its own format keeps its own meaning, and shows nothing of ours.
TEST(CpuTime, IsGoogleBenchmarksOwnInItsFormat) {
  const Finished finished =
      RunProgram(CPU_PLANTS, {"--benchmark_min_time=0.01", "--benchmark_format=json",
                              "--benchmark_filter=^Helper/clock=real/real_time$"});
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_THAT(finished.out, Not(HasSubstr("tare:")));
  const size_t at = finished.out.find("\"cpu_time\": ");
  ASSERT_NE(at, std::string::npos) << finished.out;
  EXPECT_LT(std::stod(finished.out.substr(at + 12)), kBurnNs / 2);
}

}  // namespace
}  // namespace tare::bench
