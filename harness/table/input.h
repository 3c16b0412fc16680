// SPDX-License-Identifier: Apache-2.0
// Reads the files of a comparison in turn, line by line, as results under their configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "result/unit.h"
#include "table/result_line.h"
#include "table/symbols.h"

namespace tare::table {

struct InputOptions {
  bool tidy_units = false;  // "sec/op" for "ns/op", as benchstat has it
  size_t longest_line = 0;  // in bytes with its end; 0: any, or what the format allows if strict
  // Whatever might pass for a measurement and is none is an error, and left out: values that are no
  // number, infinite, or of one of tare's units and below zero; iterations that are not above zero;
  // a last line without its end; a file that is empty, compressed, CSV or UTF-16
  // (result/file_kind.h). A counter of the benchmark's own that is no finite number costs itself
  // and not its row. A byte-order mark is passed over. A file that begins with '{' is read as
  // Google Benchmark's JSON.
  bool strict = false;
};

// What is found, in the order of the files. The line and the texts are valid during the call.
struct InputVisitor {
  std::function<void(ResultLine&)> on_result;
  std::function<void(const std::string&)> on_error;  // "FILE:LINE: what", once a line
  // After the error: the name and the units of the result that was refused, as far as they can be
  // read. Its round is missing, and no other line takes its place.
  std::function<void(ResultLine&)> on_refused;
  std::function<void(const std::string&)> on_other;  // "FILE:LINE" that is none of the format's,
                                                     // nor of what `go test` prints itself
  // "FILE:LINE: what" of a value that was left out of a row which was kept.
  std::function<void(const std::string&)> on_remark;
  // What stands behind a '#', with the configuration in force there (name and values are stale).
  std::function<void(const std::string&, const ResultLine&)> on_comment;
};

// A file that is to be read.
struct InputFile {
  std::string path;       // "-": standard input
  std::string label;      // the value of .file
  bool labelled = false;  // the label was given, and is not made of the path
  std::string suite;      // the value of the key `suite` before the file says its own; may be empty
};

// `arguments` are paths or label=path; without a label the path is it. A path that is given twice
// is told apart as path#0, path#1. Several files may be given one label.
std::vector<InputFile> InputFiles(const std::vector<std::string>& arguments);

// Reads the files in turn. The configuration is each file's own; what is said of units lasts, and
// is added to `units`. A value of mhz_per_cpu, which Google Benchmark measures anew in each run, is
// taken for the first one that lies within 5 % of it.
//
// Files are read in pieces: memory does not grow with their size. Fails where a file cannot be read
// or a line is too long, with "open F: no such file or directory" or "F:LINE: ..." where LINE is
// the last one that was read.
absl::Status ReadInputs(const std::vector<InputFile>& files, const InputOptions& options,
                        const InputVisitor& visitor, Symbols* symbols, result::Units* units);

}  // namespace tare::table
