// SPDX-License-Identifier: Apache-2.0
// Precedence of outcomes, and the verdict in words.
#include "gate/verdict.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gate/where.h"
#include "result/words.h"

namespace tare::gate {
namespace {

using result::CountOf;
using result::Rounded;

// What fails, the gravest first.
constexpr Outcome kFailing[] = {Outcome::kFault, Outcome::kCannotJudge, Outcome::kRegression,
                                Outcome::kImprovement};
constexpr Outcome kRemarks[] = {Outcome::kWaived, Outcome::kNotCounted, Outcome::kUnbudgeted,
                                Outcome::kAbsent};
constexpr size_t kMarkdownBytes = 60000;  // a comment on GitHub may have 64 KiB

const char* Heading(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFault:
      return "faults of the harness or of a bench program";
    case Outcome::kCannotJudge:
      return "cannot be judged";
    case Outcome::kRegression:
      return "regressions";
    case Outcome::kImprovement:
      return "improvements that no budget claims";
    case Outcome::kWaived:
      return "waived";
    case Outcome::kNotCounted:
      return "not counted here";
    case Outcome::kUnbudgeted:
      return "not budgeted";
    case Outcome::kAbsent:
      return "absent here";
    case Outcome::kPass:
      break;
  }
  return "passed";
}

const char* HeadingOfOne(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFault:
      return "fault of the harness or of a bench program";
    case Outcome::kRegression:
      return "regression";
    case Outcome::kImprovement:
      return "improvement that no budget claims";
    default:
      return Heading(outcome);
  }
}

// "3 benchmarks judged, 12 checks passed, 1 regression ..."
std::string Summary(const Verdict& verdict) {
  std::string text =
      absl::StrCat(CountOf(static_cast<size_t>(verdict.benchmarks), "benchmark"), " judged, ",
                   CountOf(verdict.Count(Outcome::kPass), "check"), " passed");
  for (const Outcome outcome : kFailing) {
    if (const size_t n = verdict.Count(outcome); n > 0) {
      absl::StrAppend(&text, ", ", n, " ", n == 1 ? HeadingOfOne(outcome) : Heading(outcome));
    }
  }
  for (const Outcome outcome : kRemarks) {
    if (const size_t n = verdict.Count(outcome); n > 0) {
      absl::StrAppend(&text, ", ", n, " ", Heading(outcome));
    }
  }
  return text;
}

std::string SelfTestSummary(const SelfTest& test) {
  size_t undeclared = 0;
  for (const Blind& blind : test.blind) undeclared += blind.declared ? 0 : 1;
  return absl::StrCat("self-test: ", CountOf(static_cast<size_t>(test.planted), "fault"),
                      " injected, ", test.caught, " caught, ", CountOf(undeclared, "gate"),
                      " blind, ", CountOf(test.blind.size() - undeclared, "gate"),
                      " without a limit");
}

// What was judged of times, and which benchmark would have hidden the most.
std::string TimesSummary(const Verdict& verdict) {
  const TimesJudged& times = *verdict.times;
  std::string text = absl::StrFormat(
      "times: %s against %s; a regression lies beyond %s %% with its "
      "%.4g %% interval, and Holm's p is at most %.4g",
      CountOf(times.benchmarks, "benchmark"), times.base, Rounded(100 * times.min_effect, 4),
      100 * (1 - times.alpha), times.alpha);
  const Finding* bluntest = nullptr;
  for (const Finding& finding : verdict.findings) {
    if (finding.time.has_value() && finding.outcome == Outcome::kPass &&
        (bluntest == nullptr || finding.time->seen_from > bluntest->time->seen_from)) {
      bluntest = &finding;
    }
  }
  if (bluntest != nullptr) {
    absl::StrAppendFormat(
        &text,
        "; of those that passed, %s would have hidden the most: it is seen from %s %% slower on",
        bluntest->benchmark, Rounded(100 * bluntest->time->seen_from, 3));
  }
  return text;
}

// Ceilings of one system call over benchmarks that make none; "" where there is none.
std::string OpenCeilings(const Verdict& verdict) {
  const auto is_open = [](const Finding& finding) { return finding.is_open; };
  const auto open = std::count_if(verdict.findings.begin(), verdict.findings.end(), is_open);
  if (open == 0) return "";
  const auto first = std::find_if(verdict.findings.begin(), verdict.findings.end(), is_open);
  return absl::StrCat("note: ", result::CountOf(static_cast<uint64_t>(open), "ceiling"),
                      " would let a benchmark without system calls make one an operation, such as ",
                      first->benchmark, " [", first->where,
                      "]; `tare budget update` lowers such a ceiling of 1 to 0");
}

// One line of a list; the name stands in front of what is said of it.
std::string Line(const Finding& finding) {
  std::string text = finding.benchmark.empty() ? "" : finding.benchmark + ": ";
  absl::StrAppend(&text, finding.message);
  if (!finding.where.empty()) absl::StrAppend(&text, " [", finding.where, "]");
  return text;
}

// In a cell of a Markdown table.
std::string Cell(absl::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|' || c == '`' || c == '<' || c == '*' || c == '\\') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

}  // namespace

const char* Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kRegression:
      return "regression";
    case Outcome::kImprovement:
      return "improvement";
    case Outcome::kCannotJudge:
      return "cannot judge";
    case Outcome::kFault:
      return "fault";
    case Outcome::kWaived:
      return "waived";
    case Outcome::kUnbudgeted:
      return "unbudgeted";
    case Outcome::kAbsent:
      return "absent";
    case Outcome::kNotCounted:
      break;
  }
  return "not counted";
}

void Verdict::TakeSelfTest(SelfTest test) {
  const auto add = [&](std::string message) -> Finding& {
    Finding& finding = findings.emplace_back();
    finding.outcome = Outcome::kCannotJudge;
    finding.message = std::move(message);
    return finding;
  };
  if (test.planted == 0) add("self-test: no fault could be planted anywhere");
  for (const Blind& blind : test.blind) {
    if (blind.declared) continue;
    Finding& finding =
        add(absl::StrCat("blind: it did not see '", blind.plant, "' planted: ", blind.reason));
    finding.benchmark = blind.benchmark;
    finding.metric = blind.metric;
  }
  self_test = std::move(test);
}

size_t Verdict::Count(Outcome outcome) const {
  return static_cast<size_t>(std::count_if(findings.begin(), findings.end(),
                                           [&](const Finding& f) { return f.outcome == outcome; }));
}

int Verdict::ExitStatus() const {
  if (Count(Outcome::kFault) > 0) return 5;
  if (Count(Outcome::kCannotJudge) > 0) return 4;
  if (Count(Outcome::kRegression) > 0) return 1;
  return Count(Outcome::kImprovement) > 0 ? 3 : 0;
}

const char* Verdict::Word() const {
  for (const Outcome outcome : kFailing) {
    if (Count(outcome) > 0) return Name(outcome);
  }
  return Name(Outcome::kPass);
}

std::string RenderText(const Verdict& verdict) {
  std::string text;
  const auto list = [&](Outcome outcome) {
    if (verdict.Count(outcome) == 0) return;
    absl::StrAppend(&text, Heading(outcome), ":\n");
    for (const Finding& finding : verdict.findings) {
      if (finding.outcome != outcome) continue;
      absl::StrAppend(&text, "  ", Line(finding), "\n");
    }
  };
  for (const Outcome outcome : kFailing) list(outcome);
  for (const Outcome outcome : kRemarks) list(outcome);
  text += RenderWhere(verdict);
  if (verdict.self_test.has_value()) {
    absl::StrAppend(&text, SelfTestSummary(*verdict.self_test), "\n");
  }
  if (verdict.times.has_value()) absl::StrAppend(&text, TimesSummary(verdict), "\n");
  if (const std::string open = OpenCeilings(verdict); !open.empty()) {
    absl::StrAppend(&text, open, "\n");
  }
  absl::StrAppend(&text, "gate: ", verdict.Word(), ": ", Summary(verdict), "\n");
  return text;
}

std::string RenderMarkdown(const Verdict& verdict) {
  std::string text =
      absl::StrCat("### Allocation gate: ", verdict.Word(), "\n\n", Cell(Summary(verdict)), ".\n");
  if (verdict.self_test.has_value()) {
    absl::StrAppend(&text, "\n", Cell(SelfTestSummary(*verdict.self_test)), ".\n");
  }
  if (verdict.times.has_value()) absl::StrAppend(&text, "\n", Cell(TimesSummary(verdict)), ".\n");
  if (const std::string open = OpenCeilings(verdict); !open.empty()) {
    absl::StrAppend(&text, "\n", Cell(open), ".\n");
  }
  const auto list = [&](Outcome outcome) {
    if (verdict.Count(outcome) == 0) return;
    bool is_cut = false;
    absl::StrAppend(&text, "\n**", Heading(outcome), "**\n\n| benchmark | finding | budget |\n",
                    "| --- | --- | --- |\n");
    for (const Finding& finding : verdict.findings) {
      if (finding.outcome != outcome) continue;
      std::string message = Cell(finding.message);
      for (const Blame& site : finding.sites) {
        if (IsNews(site)) absl::StrAppend(&message, "<br>", Cell(SiteLine(site)));
      }
      const std::string row = absl::StrCat("| ", Cell(finding.benchmark), " | ", message, " | ",
                                           Cell(finding.where), " |\n");
      if (text.size() + row.size() <= kMarkdownBytes) {
        text += row;
      } else {
        is_cut = true;
      }
    }
    if (is_cut) absl::StrAppend(&text, "\nMore than fits here; the JSON file has all of it.\n");
  };
  for (const Outcome outcome : kFailing) list(outcome);
  list(Outcome::kWaived);
  list(Outcome::kAbsent);
  return text;
}

}  // namespace tare::gate
