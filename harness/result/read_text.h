// SPDX-License-Identifier: Apache-2.0
// Reads Go's benchmark format, line by line or a whole file; every line it cannot read is named.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "result/result.h"

namespace tare::result {

// Cuts a text into lines and says what each of them is. It interprets nothing: which configuration
// is in force and which unit metadata wins is for the caller (see ReadText). A reader can therefore
// serve files that follow each other, or another tool's conventions.
//
// The text must outlive the reader. Views are valid until the next call of Next().
class TextReader {
 public:
  enum class Line {
    kEnd,     // no more lines
    kResult,  // row(): "Benchmark<name> <iterations> <value> <unit>..."
    kConfig,  // key(), value(): "key: value"; an empty value takes the key away
    kUnit,  // key(): the unit; metadata(): its pairs, at least one: "Unit <unit> <key>=<value>..."
    kComment,  // value(): the text after "#"
    kOther,    // anything else; Go's tools ignore such lines (PASS, ok, log output, blank lines)
    kError,    // error(): a result or unit line that cannot be read
  };

  // `file` is the name that errors begin with. Where the text is a later piece of a file, `lines`
  // are before it.
  TextReader(std::string_view text, std::string file, int64_t lines = 0)
      : rest_(text), file_(std::move(file)), line_number_(lines) {}

  Line Next();

  // Number of the current line, from 1, and its bytes without the line end.
  int64_t line_number() const { return line_number_; }
  std::string_view line() const { return line_; }
  // "<file>:<line number>", how errors and messages about the current line begin.
  std::string Where() const;

  const Row& row() const { return row_; }
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  const std::vector<std::pair<std::string_view, std::string_view>>& metadata() const {
    return metadata_;
  }
  // "<file>:<line>: <what is wrong>". The words are those of Go's tools.
  const std::string& error() const { return error_; }

 private:
  Line ReadResult();
  Line ReadUnit(std::string_view fields);
  Line Fail(std::string_view what);

  std::string_view rest_;
  std::string file_;
  int64_t line_number_;
  std::string_view line_;
  bool error_is_due_ = false;  // the line gave something before its error
  Row row_;
  std::string_view key_, value_;
  std::vector<std::pair<std::string_view, std::string_view>> metadata_;
  std::string error_;
};

// Whether a line that is none of the format's is what `go test` prints beside results, with -v too:
// PASS, ok, "=== RUN ...", "--- BENCH: ...", a log of a test, a benchmark's name alone. What says
// that a test failed is none.
bool IsGoTestOutput(std::string_view line);

// Takes out of `row` what costs itself and not the row: values of its own counters (see unit.h)
// that are no finite numbers, unless nothing would be left. Returns what is wrong with each, such
// as "hit_rate is NaN, which is no measurement".
std::vector<std::string> TakeUnusable(const Units& units, Row* row);

struct ReadOutcome {
  ResultFile file;                  // what could be read
  std::vector<int64_t> row_lines;   // the line of each of file.rows, from 1
  std::vector<std::string> errors;  // "<file>:<line>: ..." for each line that could not
  // "<file>:<line>: ..." of values that were left out of rows which were kept.
  std::vector<std::string> remarks;
  // Lines that are none of the format's, numbered: other tools ignore them, and so may the caller.
  std::vector<std::pair<int64_t, std::string>> others;  // blank lines are not listed
};

// Reads a file with one configuration, behind a byte-order mark perhaps: a `key: value` line that
// changes a key after the first result is an error, and so is unit metadata that contradicts
// itself.
ReadOutcome ReadText(std::string_view text, const std::string& file);

}  // namespace tare::result
