// SPDX-License-Identifier: Apache-2.0
// The grammar of Go's benchmark format, as golang.org/x/perf/benchfmt reads it.
#include "result/read_text.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "result/encoding.h"
#include "result/number.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

constexpr std::string_view kBenchmark = "Benchmark";
constexpr std::string_view kUnit = "Unit";

// A benchmark's name alone: `go test -v` prints it before the benchmark runs.
bool IsAnnouncement(std::string_view line) {
  if (!line.starts_with(kBenchmark)) return false;
  TakeField(&line);
  return line.empty();
}

// What a test logs: "x_test.go:12: text".
bool IsTestLog(std::string_view line) {
  const size_t file = line.find(".go:");
  if (file == std::string_view::npos || file == 0 || line.find(' ') < file) return false;
  line.remove_prefix(file + 4);
  const size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  return digits > 0 && line.substr(digits).starts_with(":");
}

}  // namespace

std::string TextReader::Where() const {
  return file_ + ":" + std::to_string(line_number_);
}

TextReader::Line TextReader::Fail(std::string_view what) {
  error_ = Where();
  error_ += ": ";
  error_ += what;
  return Line::kError;
}

TextReader::Line TextReader::Next() {
  if (error_is_due_) {
    error_is_due_ = false;
    return Line::kError;
  }
  if (rest_.empty()) return Line::kEnd;
  const size_t end = rest_.find('\n');
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++line_number_;

  if (line_.starts_with(kBenchmark)) return ReadResult();
  if (line_.starts_with('#')) {
    value_ = line_.substr(line_.starts_with("# ") ? 2 : 1);
    return Line::kComment;
  }
  if (line_.starts_with(kUnit)) {
    std::string_view fields = line_;
    if (TakeField(&fields) == kUnit) return ReadUnit(fields);
  }
  return SplitKeyValue(line_, &key_, &value_) ? Line::kConfig : Line::kOther;
}

TextReader::Line TextReader::ReadResult() {
  std::string_view fields = line_.substr(kBenchmark.size());
  const std::string_view name = TakeField(&fields);
  // A name alone announces a benchmark whose result follows on a line of its own (go test -v).
  if (kBenchmark.size() + name.size() == line_.size()) return Line::kOther;

  const std::string_view iterations = TakeField(&fields);
  if (iterations.empty()) return Fail("missing iteration count");
  if (const NumberError error = ParseInt64(iterations, &row_.iterations);
      error != NumberError::kNone) {
    return Fail("parsing iteration count: " + std::string(ToString(error)));
  }
  if (fields.empty()) return Fail("missing measurements");

  row_.name = name;
  size_t count = 0;
  while (!fields.empty()) {
    if (count == row_.values.size()) row_.values.emplace_back();
    Value& value = row_.values[count++];
    if (const NumberError error = ParseDouble(TakeField(&fields), &value.value);
        error != NumberError::kNone) {
      return Fail("parsing measurement: " + std::string(ToString(error)));
    }
    value.unit = TakeField(&fields);
    if (value.unit.empty()) return Fail("missing units");
  }
  row_.values.resize(count);
  return Line::kResult;
}

TextReader::Line TextReader::ReadUnit(std::string_view fields) {
  key_ = TakeField(&fields);
  if (key_.empty()) return Fail("missing unit");
  metadata_.clear();
  while (!fields.empty()) {
    const std::string_view pair = TakeField(&fields);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      Fail("expected key=value");
      error_is_due_ = !metadata_.empty();
      return error_is_due_ ? Line::kUnit : Line::kError;
    }
    metadata_.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return metadata_.empty() ? Line::kOther : Line::kUnit;
}

bool IsGoTestOutput(std::string_view line) {
  constexpr std::string_view kBeginnings[] = {
      "ok ",       "ok\t",       "=== RUN ",   "=== PAUSE ",  "=== CONT ",
      "=== NAME ", "--- PASS: ", "--- SKIP: ", "--- BENCH: ", "?   \t"};
  if (line == "PASS" || IsAnnouncement(line)) return true;
  const bool indented = line.starts_with(' ') || line.starts_with('\t');
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return (indented && IsTestLog(line)) ||
         std::any_of(std::begin(kBeginnings), std::end(kBeginnings), [&](std::string_view begin) {
           // Results of subtests are indented, and nothing else is.
           return line.starts_with(begin) && (!indented || begin.starts_with('-'));
         });
}

std::vector<std::string> TakeUnusable(const Units& units, Row* row) {
  const auto is_unusable = [&](const Value& value) {
    return !std::isfinite(value.value) && IsOwnCounter(value.unit, units);
  };
  if (std::all_of(row->values.begin(), row->values.end(), is_unusable)) return {};
  std::vector<std::string> unusable;
  std::erase_if(row->values, [&](const Value& value) {
    if (!is_unusable(value)) return false;
    unusable.push_back(value.unit + " is " + FormatDouble(value.value) +
                       ", which is no measurement");
    return true;
  });
  return unusable;
}

ReadOutcome ReadText(std::string_view text, const std::string& file) {
  ReadOutcome outcome;
  if (const std::string wrong = WrongEncoding(text); !wrong.empty()) {
    outcome.errors.push_back(file + ":1: " + wrong);
    return outcome;
  }
  text.remove_prefix(ByteOrderMark(text));
  ResultFile& result = outcome.file;
  TextReader reader(text, file);
  while (true) {
    switch (reader.Next()) {
      case TextReader::Line::kEnd:
        return outcome;
      case TextReader::Line::kResult:
        result.rows.push_back(reader.row());
        outcome.row_lines.push_back(reader.line_number());
        for (const std::string& what : TakeUnusable(result.units, &result.rows.back())) {
          outcome.remarks.push_back(reader.Where() + ": " + result.rows.back().name + ": " + what +
                                    ": left out, the row is kept");
        }
        break;
      case TextReader::Line::kConfig: {
        const std::string* old = result.config.Find(reader.key());
        const bool changes = old == nullptr ? !reader.value().empty() : *old != reader.value();
        if (changes && !result.rows.empty()) {
          outcome.errors.push_back(reader.Where() + ": key " + std::string(reader.key()) +
                                   " changes after the first result; one file holds one "
                                   "configuration");
        } else {
          result.config.Set(reader.key(), reader.value());
        }
        break;
      }
      case TextReader::Line::kUnit:
        for (const auto& [key, value] : reader.metadata()) {
          const std::string conflict = result.units.Set(reader.key(), key, value);
          if (!conflict.empty()) outcome.errors.push_back(reader.Where() + ": " + conflict);
        }
        break;
      case TextReader::Line::kComment:
        (result.rows.empty() ? result.head : result.notes).emplace_back(reader.value());
        break;
      case TextReader::Line::kOther:
        if (!reader.line().empty()) {
          outcome.others.emplace_back(reader.line_number(), reader.line());
        }
        break;
      case TextReader::Line::kError:
        outcome.errors.push_back(reader.error());
        break;
    }
  }
}

}  // namespace tare::result
