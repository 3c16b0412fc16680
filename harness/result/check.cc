// SPDX-License-Identifier: Apache-2.0
// Looks at the bytes, the lines and the rows of a file of results.
#include "result/check.h"

#include <cmath>
#include <map>
#include <utility>

#include "result/encoding.h"
#include "result/file_kind.h"
#include "result/number.h"
#include "result/read_gbench_json.h"

namespace tare::result {
namespace {

constexpr size_t kShown = 60;  // bytes of a line that a message quotes

class Checker {
 public:
  Checker(std::string_view text, const std::string& file, const ReadOutcome& outcome)
      : file_(file), outcome_(outcome) {
    if (const std::string what = NotResults(text.substr(0, kTellingBytes)); !what.empty()) {
      faults_.push_back(file + ":1: " + what);
      return;
    }
    text.remove_prefix(ByteOrderMark(text));
    // What follows would repeat itself in other words, line by line.
    if (!CheckBytes(text)) return;
    faults_.insert(faults_.end(), outcome.errors.begin(), outcome.errors.end());
    for (const auto& [line, other] : outcome.others) {
      if (IsGoTestOutput(other)) continue;
      Add(line, "no line of the result format: '" + other.substr(0, kShown) +
                    (other.size() > kShown ? "...'" : "'"));
    }
    CheckRows();
    if (faults_.empty() && outcome.file.rows.empty() && outcome.file.notes.empty() &&
        outcome.file.head.empty()) {
      faults_.push_back(file + ":1: no row in the file");
    }
  }

  std::vector<std::string> Take() { return std::move(faults_); }

 private:
  void Add(int64_t line, std::string_view what) {
    faults_.push_back(file_ + ":" + std::to_string(line) + ": " + std::string(what));
  }

  bool CheckBytes(std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    int64_t line = 1;
    size_t begin = 0;
    for (size_t i = 0; i <= text.size(); ++i) {
      if (i == text.size() || text[i] == '\n') {
        if (i - begin > kLongestLine) {
          Add(line, "a line of " + std::to_string(i - begin) + " bytes; the longest allowed has " +
                        std::to_string(kLongestLine));
          return false;
        }
        begin = i + 1;
        ++line;
        continue;
      }
      const auto byte = static_cast<unsigned char>(text[i]);
      // A carriage return belongs to the end of a line; elsewhere it would end one when written.
      const bool ends_line = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
      if ((byte < 0x20 && byte != '\t' && !ends_line) || byte == 0x7F) {
        Add(line, std::string("the byte 0x") + kHex[byte >> 4] + kHex[byte & 15] +
                      ": this is no text file");
        return false;
      }
    }
    if (!IsGbenchJson(text) && text.back() != '\n') {
      Add(line - 1, "the last line has no end: the file is truncated");
      return false;
    }
    return true;
  }

  void CheckRows() {
    for (size_t i = 0; i < outcome_.file.rows.size(); ++i) {
      const Row& row = outcome_.file.rows[i];
      const int64_t line = outcome_.row_lines[i];
      if (row.iterations <= 0) {
        Add(line, row.name + " has " + std::to_string(row.iterations) +
                      " iterations: there is nothing to divide by");
      }
      for (const Value& value : row.values) CheckValue(row, value, line);
    }
  }

  void CheckValue(const Row& row, const Value& value, int64_t line) {
    const bool exact = outcome_.file.units.IsExact(value.unit) || IsExactUnit(value.unit);
    if (!std::isfinite(value.value)) {
      return Add(line, row.name + ": " + value.unit + " is " + FormatDouble(value.value) +
                           ", which is no measurement");
    }
    if (exact && value.value < 0) {
      return Add(line,
                 row.name + ": " + FormatDouble(value.value) + " " + value.unit + ": below zero");
    }
    if (value.unit.ends_with("/op") && outcome_.file.units.Find(value.unit) == nullptr &&
        !IsKnownUnit(value.unit)) {
      Add(line, row.name + ": unknown unit " + value.unit + "; describe it by a line 'Unit " +
                    value.unit + " better=lower'");
    }
    if (!exact) return;
    const auto [first, is_new] =
        seen_.try_emplace({row.name, value.unit}, std::pair(value.value, line));
    if (!is_new && first->second.first != value.value) {
      Add(line, row.name + " has " + FormatDouble(value.value) + " " + value.unit + " here and " +
                    FormatDouble(first->second.first) + " in line " +
                    std::to_string(first->second.second) + "; an exact unit has one value");
    }
  }

  const std::string& file_;
  const ReadOutcome& outcome_;
  std::vector<std::string> faults_;
  std::map<std::pair<std::string, std::string>, std::pair<double, int64_t>> seen_;
};

}  // namespace

std::vector<std::string> FindFaults(std::string_view text, const std::string& file,
                                    const ReadOutcome& outcome) {
  return Checker(text, file, outcome).Take();
}

}  // namespace tare::result
