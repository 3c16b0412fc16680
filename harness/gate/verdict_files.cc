// SPDX-License-Identifier: Apache-2.0
// The verdict for programs: JSON and JUnit.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gate/verdict.h"
#include "result/number.h"
#include "result/utf8.h"

namespace tare::gate {
namespace {

std::string Quote(absl::string_view text) {
  return result::QuoteJson(std::string_view(text.data(), text.size()));
}

std::string Member(absl::string_view name, absl::string_view text) {
  return absl::StrCat(Quote(name), ": ", Quote(text));
}

std::string Fraction(absl::string_view name, const std::optional<Rational>& value) {
  if (!value.has_value()) return "";
  return absl::StrCat(", ", Quote(name), ": {\"total\": ", value->total, ", \"n\": ", value->n,
                      "}");
}

// The shortest text that reads back to the same double; JudgeTimes lets none be infinite.
std::string Number(double value) {
  return result::FormatDouble(value);
}

std::string Time(const std::optional<TimeChange>& time) {
  if (!time.has_value()) return "";
  return absl::StrCat(", \"time\": {\"ratio\": ", Number(time->ratio),
                      ", \"low\": ", Number(time->low), ", \"high\": ", Number(time->high),
                      ", \"p\": ", Number(time->p), ", \"p_holm\": ", Number(time->p_holm),
                      ", \"rounds\": ", time->rounds, ", \"seen_from\": ", Number(time->seen_from),
                      "}");
}

std::string Sites(const Finding& finding) {
  std::string out;
  if (!finding.sites_note.empty()) {
    absl::StrAppend(&out, ", ", Member("sites_note", finding.sites_note));
  }
  if (finding.sites.empty()) return out;
  absl::StrAppend(&out, ",\n     \"sites\": [");
  for (size_t i = 0; i < finding.sites.size(); ++i) {
    const Blame& site = finding.sites[i];
    absl::StrAppend(&out, i == 0 ? "\n" : ",\n", "      {", Member("change", site.change), ", ",
                    Member("function", site.function), ", ", Member("place", site.place),
                    Fraction("allocs", site.allocs), Fraction("bytes", site.bytes),
                    ", \"stack\": [");
    for (size_t j = 0; j < site.stack.size(); ++j) {
      absl::StrAppend(&out, j == 0 ? "" : ", ", Quote(site.stack[j]));
    }
    absl::StrAppend(&out, "]}");
  }
  return out + "]";
}

// XML 1.0 has no place for most control characters.
std::string Escape(absl::string_view text) {
  std::string out;
  for (const char c : result::ToUtf8(std::string_view(text.data(), text.size()))) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

// What a test case of JUnit is, the gravest first.
enum class Case { kError, kFailure, kSkipped, kPassed };

Case CaseOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFault:
    case Outcome::kCannotJudge:
      return Case::kError;
    case Outcome::kRegression:
    case Outcome::kImprovement:
      return Case::kFailure;
    case Outcome::kWaived:
    case Outcome::kUnbudgeted:
    case Outcome::kAbsent:
    case Outcome::kNotCounted:
      return Case::kSkipped;
    case Outcome::kPass:
      break;
  }
  return Case::kPassed;
}

struct TestCase {
  Case kind = Case::kPassed;
  std::string type;
  std::string text;  // a line a finding of that kind
};

}  // namespace

std::string RenderJson(const Verdict& verdict) {
  std::string out = "{\n  \"schema_version\": 1,\n";
  absl::StrAppend(&out, "  ", Member("verdict", verdict.Word()), ",\n",
                  "  \"exit_status\": ", verdict.ExitStatus(), ",\n", "  ",
                  Member("budgets", verdict.budgets), ",\n  \"sources\": [");
  for (size_t i = 0; i < verdict.sources.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ", ", Quote(verdict.sources[i]));
  }
  absl::StrAppend(&out, "],\n  \"benchmarks\": ", verdict.benchmarks, ",\n  \"findings\": [");
  for (size_t i = 0; i < verdict.findings.size(); ++i) {
    const Finding& f = verdict.findings[i];
    absl::StrAppend(&out, i == 0 ? "\n" : ",\n", "    {", Member("outcome", Name(f.outcome)));
    if (!f.benchmark.empty()) absl::StrAppend(&out, ", ", Member("benchmark", f.benchmark));
    if (!f.metric.empty()) absl::StrAppend(&out, ", ", Member("metric", f.metric));
    if (!f.where.empty()) absl::StrAppend(&out, ", ", Member("where", f.where));
    if (!f.message.empty()) absl::StrAppend(&out, ", ", Member("message", f.message));
    absl::StrAppend(&out, Fraction("budget", f.budget), Fraction("measured", f.measured),
                    Time(f.time), Sites(f), "}");
  }
  absl::StrAppend(&out, verdict.findings.empty() ? "]" : "\n  ]");
  if (verdict.self_test.has_value()) {
    absl::StrAppend(&out, ",\n  \"self_test\": {\"planted\": ", verdict.self_test->planted,
                    ", \"caught\": ", verdict.self_test->caught, ", \"blind\": [");
    for (size_t i = 0; i < verdict.self_test->blind.size(); ++i) {
      const Blind& b = verdict.self_test->blind[i];
      absl::StrAppend(&out, i == 0 ? "\n" : ",\n", "    {", Member("benchmark", b.benchmark), ", ",
                      Member("metric", b.metric), ", ", Member("plant", b.plant), ", ",
                      Member("reason", b.reason), ", \"declared\": ", b.declared ? "true" : "false",
                      "}");
    }
    absl::StrAppend(&out, "]}");
  }
  if (verdict.times.has_value()) {
    absl::StrAppend(&out, ",\n  \"times\": {", Member("base", verdict.times->base),
                    ", \"benchmarks\": ", verdict.times->benchmarks,
                    ", \"min_effect\": ", Number(verdict.times->min_effect),
                    ", \"alpha\": ", Number(verdict.times->alpha), "}");
  }
  return out + "\n}\n";
}

std::string RenderJunit(const Verdict& verdict) {
  std::map<std::string, TestCase> cases;
  for (const Finding& f : verdict.findings) {
    TestCase& test = cases[f.benchmark.empty() ? "(results)" : f.benchmark];
    const Case kind = CaseOf(f.outcome);
    if (kind > test.kind) continue;
    if (kind < test.kind) test = {kind, Name(f.outcome), ""};
    if (kind == Case::kPassed) continue;
    absl::StrAppend(&test.text, f.message, f.where.empty() ? "" : " [", f.where,
                    f.where.empty() ? "\n" : "]\n");
    for (const Blame& site : f.sites) {
      if (site.change == "same") continue;
      absl::StrAppend(&test.text, site.change, ": ", site.place, " ", site.function, "\n");
    }
  }
  int failures = 0, errors = 0, skipped = 0;
  std::string body;
  for (const auto& [name, test] : cases) {
    absl::StrAppend(&body, "    <testcase classname=\"tare.gate\" name=\"", Escape(name), "\"");
    if (test.kind == Case::kPassed) {
      absl::StrAppend(&body, "/>\n");
      continue;
    }
    failures += test.kind == Case::kFailure ? 1 : 0;
    errors += test.kind == Case::kError ? 1 : 0;
    skipped += test.kind == Case::kSkipped ? 1 : 0;
    if (test.kind == Case::kSkipped) {
      absl::StrAppend(&body, ">\n      <skipped message=\"", Escape(test.text),
                      "\"/>\n    </testcase>\n");
      continue;
    }
    const char* element = test.kind == Case::kError ? "error" : "failure";
    absl::StrAppend(&body, ">\n      <", element, " type=\"", test.type, "\" message=\"",
                    Escape(test.text), "\"/>\n    </testcase>\n");
  }
  const std::string counts = absl::StrCat("tests=\"", cases.size(), "\" failures=\"", failures,
                                          "\" errors=\"", errors, "\" skipped=\"", skipped, "\"");
  // `skipped` is an attribute of the suite only.
  const std::string total = counts.substr(0, counts.find(" skipped"));
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ", total,
                      ">\n  <testsuite name=\"tare gate\" ", counts, ">\n", body,
                      "  </testsuite>\n</testsuites>\n");
}

}  // namespace tare::gate
