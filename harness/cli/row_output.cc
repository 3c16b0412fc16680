// SPDX-License-Identifier: Apache-2.0
// Reads the result text of one process, strictly: whatever is not understood is a fault.
#include "cli/row_output.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/printable.h"
#include "result/read_text.h"

namespace tare::cli {
namespace {

// The text of "<what> <name>: <text>", or nothing. A name is one word: it ends at the first ": ".
std::optional<std::string> TextOf(absl::string_view what, absl::string_view comment) {
  if (!absl::ConsumePrefix(&comment, absl::StrCat(what, " "))) return std::nullopt;
  const size_t colon = comment.find(": ");
  return colon == absl::string_view::npos ? std::nullopt
                                          : std::optional(Printable(comment.substr(colon + 2)));
}

// From the provenance line "tare 1 · ... · counts malloc+new · ...".
std::string CountsOf(const std::vector<std::string>& head) {
  for (absl::string_view line : head) {
    if (!absl::StartsWith(line, "tare ")) continue;
    for (absl::string_view part : absl::StrSplit(line, " \u00B7 ")) {
      if (absl::ConsumePrefix(&part, "counts ")) return Printable(part);
    }
  }
  return "";
}

bool HasControls(absl::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
}

// The first line that is none of the format's, or that holds a control character (it may drive a
// terminal, and not read back from a file): quoted, with its number. Or the empty string.
std::string FirstBadLine(const std::string& text, const std::string& source) {
  result::TextReader reader(text, source);
  while (true) {
    const result::TextReader::Line kind = reader.Next();
    const std::string line(reader.line());
    if (kind == result::TextReader::Line::kEnd) return "";
    if (kind == result::TextReader::Line::kError) {
      return absl::StrCat(reader.error(), ": ", Quoted(line));
    }
    if (HasControls(line) || (kind == result::TextReader::Line::kOther && !line.empty())) {
      return absl::StrCat(reader.Where(), ": ", Quoted(line));
    }
  }
}

// What is wrong with one of the rows that were printed, or the empty string.
std::string FaultOfRow(const result::Row& row, Pass pass, const std::string& name) {
  if (row.name != name) return absl::StrCat("printed another row: ", Quoted(row.name));
  if (row.iterations <= 0) return absl::StrCat("printed a row of ", row.iterations, " iterations");
  // As result/check.h has it of files; what a run has left behind may be less than nothing.
  for (const result::Value& value : row.values) {
    if (result::IsExactUnit(value.unit) && !(value.value >= 0)) {
      return absl::StrCat("printed ", value.value, " ", value.unit);
    }
    if (row.Find(value.unit) != &value.value) {
      return absl::StrCat("printed two values of ", Printable(value.unit));
    }
  }
  const double* ns = row.Find(result::kNsPerOp);
  if (pass == Pass::kCounts) return ns == nullptr ? "" : "printed ns/op in the counting pass";
  if (ns == nullptr) return "printed no ns/op";
  if (!(*ns > 0) || std::isinf(*ns)) return absl::StrCat("printed ", *ns, " ns/op");
  return "";
}

// The same of all of them. Counts are of one run, times of one or of `repetitions`.
std::string FaultOfRows(const std::vector<result::Row>& rows, Pass pass, const std::string& name,
                        size_t repetitions = 1) {
  if (rows.empty()) return "printed no result";
  for (const result::Row& row : rows) {
    if (std::string fault = FaultOfRow(row, pass, name); !fault.empty()) return fault;
  }
  if (rows.size() == 1 || (pass == Pass::kTimes && rows.size() == repetitions)) return "";
  return absl::StrCat(
      "printed ", rows.size(), " rows instead of ",
      pass == Pass::kCounts || repetitions == 1 ? "one" : absl::StrCat(repetitions));
}

// Takes "planted <kind> <name>: <line of a row>". Returns what is wrong with it, or "".
std::string TakePlanted(const std::string& comment, const std::string& name, RowOutput* output) {
  const std::vector<std::string> words = absl::StrSplit(comment, absl::MaxSplits(' ', 2));
  if (words.size() < 3 || words[0] != "planted") return "";
  const size_t colon = words[2].find(": ");
  if (colon == std::string::npos) return absl::StrCat("no planted row: ", Quoted(comment));
  const std::string line = words[2].substr(colon + 2) + "\n";
  const result::ReadOutcome read = result::ReadText(line, "planted row");
  if (!read.errors.empty()) return Printable(read.errors[0]);
  const std::string fault = FaultOfRows(read.file.rows, Pass::kCounts, name);
  if (fault.empty()) output->planted.emplace_back(Printable(words[1]), read.file.rows[0]);
  return fault;
}

}  // namespace

RowOutput JudgeOutput(const ProcessEnd& end, Pass pass, const std::string& name,
                      const std::string& source, size_t repetitions) {
  RowOutput output;
  const auto fail = [&](std::string reason) {
    output.kind = RowOutput::Kind::kFailed;
    output.reason = std::move(reason);
    return output;
  };
  if (end.how != ProcessEnd::How::kExited) return fail(end.Describe());

  result::ReadOutcome read = result::ReadText(end.out, source);
  std::vector<std::string> comments = std::move(read.file.head);
  comments.insert(comments.end(), read.file.notes.begin(), read.file.notes.end());
  for (const std::string& comment : comments) {
    if (const auto message = TextOf("error", comment)) return fail(*message);
  }
  if (end.code != 0) return fail(end.Describe());
  if (const std::string line = FirstBadLine(end.out, source); !line.empty()) {
    return fail(absl::StrCat("printed rubbish: ", line));
  }
  // Lines that contradict each other.
  if (!read.errors.empty()) {
    return fail(absl::StrCat("printed rubbish: ", Printable(read.errors[0])));
  }
  for (const std::string& comment : comments) {
    if (const auto reason = TextOf("absent", comment)) {
      output.kind = RowOutput::Kind::kAbsent;
      output.reason = *reason;
      return output;
    }
    if (const auto text = TextOf("unstable", comment)) output.unstable = *text;
    if (const std::string fault = TakePlanted(comment, name, &output); !fault.empty()) {
      return fail(absl::StrCat("printed rubbish: ", fault));
    }
    for (const absl::string_view what : {"module ", "sites ", "site ", "held ", "block ",
                                         "descriptor ", "not applicable: sites: "}) {
      if (absl::StartsWith(comment, what)) output.sites.push_back(comment);
    }
    if (absl::string_view unit = comment; absl::ConsumePrefix(&unit, "not applicable: ")) {
      output.not_applicable.push_back(Printable(unit));
    }
    for (const absl::string_view what : {"label", "note"}) {
      if (const auto text = TextOf(what, comment)) {
        output.notes.push_back(absl::StrCat(what, " ", name, ": ", *text));
      }
    }
  }
  // Where all counts were unstable there may be nothing left to print.
  const bool nothing_stable =
      pass == Pass::kCounts && !output.unstable.empty() && read.file.rows.empty();
  if (!nothing_stable) {
    const std::string fault = FaultOfRows(read.file.rows, pass, name, repetitions);
    if (!fault.empty()) return fail(fault);
    output.row = read.file.rows[0];
    if (pass == Pass::kTimes) output.repetitions = std::move(read.file.rows);
  }
  output.kind = RowOutput::Kind::kMeasured;
  output.counts = CountsOf(comments);
  output.config = std::move(read.file.config);
  output.units = std::move(read.file.units);
  return output;
}

void KeepMedian(std::vector<result::Row>* repetitions) {
  if (repetitions->size() < 2) return;
  const auto middle = repetitions->begin() + static_cast<int64_t>((repetitions->size() - 1) / 2);
  std::nth_element(repetitions->begin(), middle, repetitions->end(),
                   [](const result::Row& a, const result::Row& b) {
                     return *a.Find(result::kNsPerOp) < *b.Find(result::kNsPerOp);
                   });
  *repetitions = {*middle};
}

}  // namespace tare::cli
