// SPDX-License-Identifier: Apache-2.0
// Planted system calls are counted exactly by --counts-only, and nowhere else; what cannot be
// counted says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/run_program.h"
#include "result/result.h"

namespace tare::bench {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr char kUnit[] = "syscalls/op";

// Why the head says that system calls are not counted; empty if it says nothing of it.
std::string Reason(const result::ResultFile& results) {
  const std::string begin = "not applicable: syscalls/op: ";
  for (const std::string& comment : results.head) {
    if (comment.starts_with(begin)) return comment.substr(begin.size());
  }
  return "";
}

// Counts the rows that `filter` selects. Nothing, said aloud, where this machine forbids it.
std::vector<result::Row> CountRows(const std::string& filter) {
  const Finished finished =
      RunProgram(SYSCALL_PLANTS, {"--counts-only", "--benchmark_filter=" + filter});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  if (const std::string reason = Reason(results); !reason.empty()) {
    std::cout << "not applicable: " << reason << "\n";
    EXPECT_THAT(finished.out, Not(ContainsRegex("[0-9] syscalls/op")));
    return {};
  }
  EXPECT_FALSE(results.rows.empty()) << finished.out;
  const result::Unit* const unit = results.units.Find(kUnit);
  EXPECT_TRUE(unit != nullptr && !results.units.IsExact(kUnit));
  return results.rows;
}

int64_t TotalOf(const result::Row& row) {
  const double* const value = row.Find(kUnit);
  if (value == nullptr) return -1;
  return result::IntegerTotal(*value, row.iterations).value_or(-1);
}

TEST(Syscalls, EveryPlantIsCountedExactly) {
  const std::map<std::string, int64_t> planted = {
      {"Empty", 0},   {"Empty/threads=2", 0},   {"Empty/threads=4", 0},
      {"Calls/1", 1}, {"Calls/1/threads=2", 1}, {"Calls/1/threads=4", 1},
      {"Calls/4", 4}, {"Calls/4/threads=2", 4}, {"Calls/4/threads=4", 4},
      {"Paused", 2},  {"Paused/threads=2", 2},  {"WithHelper/3/iterations:8", 3},
  };
  const std::vector<result::Row> rows = CountRows("Empty|Calls|Paused|WithHelper");
  for (const result::Row& row : rows) {
    ASSERT_TRUE(planted.contains(row.name)) << row.name;
    EXPECT_EQ(TotalOf(row), planted.at(row.name) * row.iterations) << row.name;
  }
  EXPECT_TRUE(rows.empty() || rows.size() == planted.size());
}

// The comparison above is not blind: the total is kept, to the call.
TEST(Syscalls, AFractionKeepsItsTotal) {
  for (const result::Row& row : CountRows("EverySeventh")) {
    EXPECT_EQ(TotalOf(row), (row.iterations + 6) / 7);
  }
}

// Unlike allocations they may differ from run to run: the row is not unstable.
TEST(Syscalls, AreASample) {
  for (const result::Row& row : CountRows("Varying")) {
    EXPECT_EQ(TotalOf(row), 3 * row.iterations);  // the third run: a warm-up and one before it
  }
}

TEST(Syscalls, AreNotCountedWhileTimed) {
  const Finished finished = RunProgram(
      SYSCALL_PLANTS, {"--benchmark_min_time=0.002", "--benchmark_filter=^Calls/4/threads:1$"});
  const result::ResultFile results = ReadResults(finished);
  ASSERT_EQ(results.rows.size(), 1u) << finished.out;
  EXPECT_EQ(results.rows[0].Find(kUnit), nullptr);
  EXPECT_NE(results.rows[0].Find("ns/op"), nullptr);
  EXPECT_THAT(Reason(results), Not(IsEmpty()));
}

struct Refusal {
  std::vector<std::string> calls;
  std::string reason;  // a regular expression
};

// The rows keep what else is counted, and no system calls: not even 0.
void ExpectReason(const Refusal& refusal) {
  std::vector<std::string> args = refusal.calls;
  args.insert(args.end(),
              {"--", SYSCALL_PLANTS, "--counts-only", "--benchmark_filter=^Calls/1/threads:1$"});
  const Finished finished = RunProgram(REFUSE, args);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  EXPECT_THAT(Reason(results), ContainsRegex(refusal.reason));
  EXPECT_EQ(results.units.Find(kUnit), nullptr);
  EXPECT_THAT(finished.out, Not(ContainsRegex("[0-9] syscalls/op")));
  for (const result::Row& row : results.rows) EXPECT_NE(row.Find("allocs/op"), nullptr);
}

TEST(Syscalls, RefusedByTheKernelSaysWhy) {
  if (CountRows("EverySeventh").empty()) return;  // said why
  ExpectReason(
      {{"perf_event_open", "EPERM"}, "^perf_event_open: Operation not permitted; it needs root"});
  ExpectReason({{"perf_event_open", "EACCES"}, "^perf_event_open: Permission denied; .*PERFMON"});
  ExpectReason({{"perf_event_open", "ENOSYS"}, "^perf_event_open: Function not implemented$"});
}

// The id of the tracepoint stands in tracefs only.
TEST(Syscalls, WithoutTracefsSaysWhatToDo) {
  for (const char* const tracefs : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    const std::string events = std::string(tracefs) + "/events";
    if (access(events.c_str(), F_OK) != 0) continue;
    std::cout << "not applicable: tracefs is mounted at " << tracefs << "\n";
    return;
  }
  if (CountRows("EverySeventh").empty()) return;  // said why
  ExpectReason({{"fsopen", "EPERM"}, "sys_enter: .*; have root mount -t tracefs"});
}

// One thread's counter cannot be opened: no thread's part is passed off as the whole.
TEST(Syscalls, AFailureOnTheWaySaysWhy) {
  if (CountRows("EverySeventh").empty()) return;  // said why
  const Finished finished =
      RunProgram(SYSCALL_PLANTS, {"--counts-only", "--benchmark_filter=NoDescriptor"});
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const result::ResultFile results = ReadResults(finished);
  ASSERT_EQ(results.rows.size(), 1u) << finished.out;
  EXPECT_EQ(results.rows[0].Find(kUnit), nullptr);
  EXPECT_NE(results.rows[0].Find("allocs/op"), nullptr);
  EXPECT_THAT(results.notes,
              ElementsAre("note NoDescriptor/1/threads=2: syscalls/op is not counted: "
                          "perf_event_open: Too many open files"));
}

}  // namespace
}  // namespace tare::bench
