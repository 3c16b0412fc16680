// SPDX-License-Identifier: Apache-2.0
// The two forms of a run, for people and for programs.
#include "suites/conformance/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tare::conformance {
namespace {

// Lines of a detail become one.
std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < ' ') {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// `"key": value`, the value already JSON.
std::string Member(std::string_view key, std::string_view value) {
  return Quoted(key) + ": " + std::string(value);
}

size_t Count(const std::vector<RowResult>& results, Outcome outcome) {
  return static_cast<size_t>(
      std::count_if(results.begin(), results.end(),
                    [outcome](const RowResult& r) { return r.outcome == outcome; }));
}

std::string About(const RowResult& r) {
  std::string text = Member("id", Quoted(r.row->id)) + ", " + Member("theme", Quoted(r.theme)) +
                     ", " + Member("outcome", Quoted(Name(r.outcome))) + ", " +
                     Member("ms", Number(r.ms)) + ", " + Member("detail", Quoted(r.detail));
  if (!r.link.empty()) text += ", " + Member("link", Quoted(r.link));
  return "{" + text + "}";
}

// The elements between brackets, one a line.
std::string Array(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& e : elements) text += (text.size() > 1 ? ",\n    " : "\n    ") + e;
  return text + "\n  ]";
}

}  // namespace

std::string HeadLine(const Program& program, const Options& o) {
  return "conform " + program.subject + ", backend " + o.backend + ": seed " +
         std::to_string(o.seed) + ", time scale " + Number(o.scale) + ", " + Number(o.timeout) +
         " s a row before scaling";
}

std::string RowLine(const RowResult& r) {
  char head[64];
  std::snprintf(head, sizeof head, "%-7s %-18s %7.0f ms  ", r.row->id,
                std::string(Name(r.outcome)).c_str(), r.ms);
  return head + OneLine(r.detail.empty() ? r.row->promise : r.detail) +
         (r.link.empty() ? "" : " (" + r.link + ")");
}

std::string SummaryLine(const std::vector<RowResult>& results) {
  std::string text = std::to_string(results.size()) + " rows:";
  for (const Outcome outcome : kOutcomes) {
    if (const size_t n = Count(results, outcome); n > 0) {
      text +=
          (text.back() == ':' ? " " : ", ") + std::to_string(n) + " " + std::string(Name(outcome));
    }
  }
  const auto left_out =
      std::count_if(results.begin(), results.end(), [](const auto& r) { return !r.selected; });
  if (left_out > 0) text += " (" + std::to_string(left_out) + " not selected)";
  return text;
}

std::string ResultsJson(const Program& program, const Options& o,
                        const std::vector<RowResult>& results) {
  std::vector<std::string> rows;
  for (const RowResult& r : results) rows.push_back(About(r));
  std::string summary;
  for (const Outcome outcome : kOutcomes) {
    summary += (summary.empty() ? "" : ", ") +
               Member(Name(outcome), std::to_string(Count(results, outcome)));
  }
  return "{\n  " + Member("subject", Quoted(program.subject)) + ",\n  " +
         Member("backend", Quoted(o.backend)) + ",\n  " + Member("seed", std::to_string(o.seed)) +
         ",\n  " + Member("scale", Number(o.scale)) + ",\n  " + Member("rows", Array(rows)) +
         ",\n  " + Member("summary", "{" + summary + "}") + "\n}\n";
}

std::string ListJson(const Program& program) {
  std::vector<std::string> rows;
  for (const Theme& theme : Themes()) {
    for (const Row& row : theme.rows) {
      const std::string needs = row.needs == Part::kNone ? "" : Quoted(Name(row.needs));
      rows.push_back(
          "{" + Member("id", Quoted(row.id)) + ", " + Member("theme", Quoted(theme.name)) + ", " +
          Member("promise", Quoted(row.promise)) + ", " + Member("needs", "[" + needs + "]") + "}");
    }
  }
  return "{\n  " + Member("subject", Quoted(program.subject)) + ",\n  " +
         Member("rows", Array(rows)) + "\n}\n";
}

}  // namespace tare::conformance
