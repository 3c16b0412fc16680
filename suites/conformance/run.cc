// SPDX-License-Identifier: Apache-2.0
// Runs a row in a process of its own and makes an outcome of how that went.
#include "suites/conformance/run.h"

#include <algorithm>
#include <string>

#include "suites/conformance/system.h"

namespace tare::conformance {
namespace {

// Beyond a row's own limit, for the watchdog in its process to be the first.
constexpr std::chrono::seconds kGrace{5};

std::string HowItEnded(const ChildEnd& end) {
  if (end.killed) return "the process did not end and was killed";
  if (end.signal != 0) return "the process was ended by signal " + std::to_string(end.signal);
  return "the process ended with status " + std::to_string(end.exit_status);
}

// What the process of a row has sent and how it has ended, as an outcome.
void Judge(const ChildEnd& end, RowResult* r) {
  const size_t tab = end.report.find('\t');
  const std::string sent = end.report.substr(0, tab);
  const auto outcome =
      std::find_if(kOutcomes.begin(), kOutcomes.end(), [&](Outcome o) { return sent == Name(o); });
  if (outcome == kOutcomes.end() || tab == sent.npos) {
    r->outcome = end.killed ? Outcome::kTimeout : Outcome::kFail;
    r->detail = HowItEnded(end) + ", without a word";
    return;
  }
  r->outcome = *outcome;
  r->detail = end.report.substr(tab + 1);
  while (!r->detail.empty() && r->detail.back() == '\n') r->detail.pop_back();
  if (r->outcome == Outcome::kPass && (end.killed || end.signal != 0 || end.exit_status != 0)) {
    r->outcome = end.killed ? Outcome::kTimeout : Outcome::kFail;
    r->detail = "the row passed, but then " + HowItEnded(end) + "; see what it printed";
  }
}

void ApplyExcuse(const Candidate& candidate, RowResult* r) {
  for (const auto& excuse : candidate.excuses) {
    if (excuse.row != r->row->id) continue;
    if (r->outcome == Outcome::kPass) {
      r->detail = "passes, although it is excused: " + std::string(excuse.why);
    } else if (r->outcome == Outcome::kFail || r->outcome == Outcome::kTimeout) {
      r->outcome = Outcome::kDeviation;
      r->detail = std::string(excuse.why) + "; seen: " + r->detail;
    } else {
      return;
    }
    r->link = excuse.link;
  }
}

}  // namespace

bool RunRow(const Options& o, const Candidate& candidate, RowResult* r) {
  const TimePoint start = Clock::now();
  const ChildEnd end =
      RunSelf({"--trial", "--backend=" + o.backend, std::string("--row=") + r->row->id,
               "--seed=" + std::to_string(o.seed), "--scale=" + std::to_string(o.scale),
               "--timeout=" + std::to_string(o.timeout)},
              o.Limit() + kGrace);
  r->ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (!end.fault.empty()) {
    r->detail = end.fault;
    return false;
  }
  Judge(end, r);
  ApplyExcuse(candidate, r);
  return true;
}

}  // namespace tare::conformance
