// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of budgets: read, asked, judged by, and edited; an edit never spoils it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/require.h"
#include "gate/budget.h"
#include "gate/judge.h"
#include "gate/update_budgets.h"

namespace {

constexpr char kResults[] =
    "os: linux\nallocator: jemalloc-5.3.0\n"
    "BenchmarkA 8  0 allocs/op  0 B/op  0 usable-B/op  1.5 syscalls/op  0 fds-left  0 live-B\n"
    "BenchmarkA/backend=epoll 1000  2.001 allocs/op  96 B/op  112 usable-B/op\n"
    "# absent B: no\n# unstable C: allocs/op 1/8 then 2/8\n";
// What a range of a budget is held against.
constexpr char kVarying[] =
    "os: linux\n"
    "# unstable A: allocs/op 1/8 then 2/8, B/op 8/8 then 9/8, usable-B/op 8/8 then 8/8, "
    "syscalls/op 8/8 then 9/8, fds-left 0 then 0, live-B 0 then -8\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tare::fuzz::Require;
  static const std::vector<tare::gate::Evidence> evidence = {
      tare::gate::ReadEvidence(kResults, "r")};
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto budgets = tare::gate::ParseBudgets(text, "b");
  if (!budgets.ok()) {
    Require(!budgets.status().message().empty(), "an error without words");
    return 0;
  }
  tare::gate::JudgeOptions options;
  options.today = "2026-11-21";
  const tare::gate::Verdict verdict = Judge(*budgets, evidence, options);
  const tare::gate::Choice of_c = ChooseBudget(*budgets, "C", evidence[0].config);
  const bool gated = of_c.budget == nullptr || of_c.budget->unbudgeted.empty();
  Require(verdict.Count(gated ? tare::gate::Outcome::kCannotJudge
                              : tare::gate::Outcome::kUnbudgeted) > 0,
          gated ? "C is unstable, and that passed" : "C is not budgeted, and that is not said");
  RenderJson(verdict);
  RenderJunit(verdict);
  static const std::vector<tare::gate::Evidence> varying = {
      tare::gate::ReadEvidence(kVarying, "v")};
  RenderJson(Judge(*budgets, varying, options));
  const auto widened = UpdateBudgets(text, "b", varying, {true, false});
  Require(widened.ok() || widened.status().code() != absl::StatusCode::kInternal,
          "an edit of a range spoilt the file");
  for (const bool prune : {false, true}) {
    const auto update = UpdateBudgets(text, "b", evidence, {true, prune});
    Require(update.ok() || update.status().code() != absl::StatusCode::kInternal,
            "an edit spoilt the file");
  }
  return 0;
}
