// SPDX-License-Identifier: Apache-2.0
// The one verdict of a gate: every text, file and exit status that it gives is made from this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gate/rational.h"

namespace tare::gate {

enum class Outcome {
  kPass,
  kRegression,   // it costs more than its budget
  kImprovement,  // it costs less than an equality: the budget is to be lowered
  kCannotJudge,  // the budget, the results or both do not suffice
  kFault,        // a bench program died, hung or printed rubbish
  kWaived,       // a regression that a waiver excuses
  kUnbudgeted,   // not gated, with a reason
  kAbsent,       // cannot run here, and no budget wants it to, or --allow-absent
  kNotCounted,   // a ceiling whose unit cannot be counted here
};

// The name of an outcome in JSON: "pass", "regression", ...
const char* Name(Outcome outcome);

// From where a benchmark allocates, for the finding that it fails by.
struct Blame {
  std::string
      change;  // "new", "more", "fewer", "same" against the record; "varies" between runs; "left"
  std::string function;  // whose line it is
  std::string place;     // "<file>:<line>"
  std::string cost;      // "1 allocs/op, 32 B/op"; of what is left behind "2 fds-left"
  Rational allocs;       // by operation
  Rational bytes;
  std::vector<std::string> stack;  // "<function> <place>", the innermost first
  // The same for people: what the system's headers and libraries call inside is one line.
  std::vector<std::string> folded_stack;
};

// The time of a benchmark against that of the base build, from rounds that were taken in turn.
struct TimeChange {
  double ratio = 1;          // new to base, the Hodges-Lehmann estimate
  double low = 1, high = 1;  // its interval
  double p = 1;              // that nothing changed, by the exact test of the pairs
  double p_holm = 1;         // corrected for the number of benchmarks
  size_t rounds = 0;
  double seen_from = 0;  // slower than the base by this fraction, it would have been a regression
};

// How times were judged.
struct TimesJudged {
  std::string base;       // the program or directory
  size_t benchmarks = 0;  // judged
  double min_effect = 0;  // as a fraction: a regression lies beyond it
  double alpha = 0;
};

// One thing found: of one metric of one benchmark where both are named.
struct Finding {
  Outcome outcome = Outcome::kPass;
  std::string benchmark;  // empty: of a file, or of the whole
  std::string metric;     // a key of kMetrics, or kTimeMetric; empty: of the whole benchmark
  std::string where;      // "<file>:<line>" of the budget or the results; may be empty
  std::string message;    // one line
  std::optional<Rational> budget;
  std::optional<Rational> measured;
  bool is_open = false;  // a pass: the ceiling of 1 that tare used to write for no system call
  std::optional<TimeChange> time;
  std::vector<Blame> sites;  // what is new or more first
  std::string sites_note;    // what is to be said of them: their sum, or why there are none
};

// A gate that --self-test found blind, or could not try.
struct Blind {
  std::string benchmark;
  std::string metric;
  std::string plant;  // as --tare_plant calls it
  std::string reason;
  bool declared = false;  // the file of budgets says so: no limit, or unbudgeted
};

struct SelfTest {
  int planted = 0;  // faults
  int caught = 0;
  std::vector<Blind> blind;
};

struct Verdict {
  std::string budgets;               // file
  std::vector<std::string> sources;  // files of results, or suites
  std::vector<Finding> findings;     // every check made, and everything else found
  int benchmarks = 0;                // judged: with a budget and counts
  std::optional<SelfTest> self_test;
  std::optional<TimesJudged> times;  // nothing: nobody asked for them

  // Puts the test's outcome into the verdict: what it could not prove cannot be judged.
  void TakeSelfTest(SelfTest test);

  size_t Count(Outcome outcome) const;
  // 0, 1, 3, 4 or 5, the first that holds of 5, 4, 1, 3.
  int ExitStatus() const;
  // The same in a word: "pass", "regression", "improvement", "cannot judge", "fault".
  const char* Word() const;
};

// For people. Passes are counted only; what fails comes first.
std::string RenderText(const Verdict& verdict);
// The same as a summary for a pull request: at most 60,000 bytes, cut with a word about it.
std::string RenderMarkdown(const Verdict& verdict);
// All of it, after docs/verdict.schema.json; integers stay integers.
std::string RenderJson(const Verdict& verdict);
// A test case a benchmark: a regression or improvement is a failure, what cannot be judged an
// error, what is waived, unbudgeted or absent skipped.
std::string RenderJunit(const Verdict& verdict);

}  // namespace tare::gate
