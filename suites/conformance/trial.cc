// SPDX-License-Identifier: Apache-2.0
// One row in this process: environment, needs, the check, and what is left behind.
#include "suites/conformance/trial.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "suites/conformance/check.h"
#include "suites/conformance/pending.h"
#include "suites/conformance/system.h"
#include "suites/support/time_scale.h"

namespace tare::conformance {
namespace {

using Handles = std::vector<std::string>;

std::string Without(const Handles& all, const Handles& known) {
  Handles rest;
  std::set_difference(all.begin(), all.end(), known.begin(), known.end(), std::back_inserter(rest));
  std::string text;
  for (const std::string& handle : rest) text += (text.empty() ? "" : ", ") + handle;
  return text.empty() ? "none" : text;
}

// A thread that was joined may be listed for a moment still.
void WantThreads(size_t before) {
  suites::Allowance patience(Prompt().count());
  size_t now = before;
  while ((now = ThreadCount().value_or(before)) != before) {
    if (patience.Spent()) {
      End(Outcome::kFail, "RS-04: " + Show(uint64_t{before}) + " threads before the row, " +
                              Show(uint64_t{now}) + " after it");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void WantHandles(const Handles& before) {
  const Handles now = OpenHandles().value_or(before);
  if (now == before) return;
  End(Outcome::kFail,
      "RS-02: new after the row: " + Without(now, before) + "; gone: " + Without(before, now));
}

}  // namespace

void RunTrial(const Row& row, const Candidate& candidate, Duration limit) {
  if (const std::string why = WhySocketsFail(); !why.empty()) {
    End(Outcome::kBrokenEnvironment, why);
  }
  NameThisThread("row");
  {
    const Watchdog watchdog(limit);
    const auto handles = OpenHandles();
    const auto threads = ThreadCount();
    {
      const std::unique_ptr<Subject> subject = candidate.make();
      if (const std::string why = subject->WhyWithout(row.needs); !why.empty()) {
        End(Outcome::kNotApplicable, "needs " + std::string(Name(row.needs)) + ": " + why);
      }
      row.check(*subject);
    }
    if (threads) WantThreads(*threads);
    if (handles) WantHandles(*handles);
  }
  SendReport(std::string(Name(Outcome::kPass)) + "\t\n");
}

}  // namespace tare::conformance
