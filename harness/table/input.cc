// SPDX-License-Identifier: Apache-2.0
// Pieces of whole lines through result::TextReader; symbols for all that repeats.
#include "table/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "result/check.h"
#include "result/encoding.h"
#include "result/file_kind.h"
#include "result/number.h"
#include "result/read_gbench_json.h"
#include "result/read_text.h"
#include "result/text_field.h"
#include "table/tidy_unit.h"

namespace tare::table {
namespace {

constexpr size_t kPiece = 1 << 18;

// The clock rates that were read so far, each with its text. Two runs on one machine seldom measure
// the same to the megahertz.
class ClockRates {
 public:
  std::string_view AsBefore(std::string_view text) {
    double mhz = 0;
    if (result::ParseDouble(text, &mhz) != result::NumberError::kNone) return text;
    for (const auto& [known, as_before] : rates_) {
      if (std::abs(mhz - known) <= kMoves * known) return as_before;
    }
    rates_.emplace_back(mhz, text);
    return text;
  }

 private:
  static constexpr double kMoves = 0.05;
  std::vector<std::pair<double, std::string>> rates_;
};

// The system's words in small letters, as Go has them.
std::string Reason(int error) {
  return absl::AsciiStrToLower(std::strerror(error));
}

class FileReader {
 public:
  // `source`: which of the files it is.
  FileReader(const InputFile& path, uint32_t source, const InputOptions& options,
             const InputVisitor& visitor, Symbols* symbols, result::Units* units,
             ClockRates* clock_rates)
      : path_(path),
        options_(options),
        visitor_(visitor),
        symbols_(symbols),
        units_(units),
        clock_rates_(*clock_rates) {
    line_.source = source;
    line_.config.push_back({symbols->Intern(".file"), symbols->Intern(path.label), false});
    if (!path.suite.empty()) OnConfig("suite", path.suite);
  }

  absl::Status Read() {
    const bool is_stdin = path_.path == "-";
    const int fd = is_stdin ? STDIN_FILENO : open(path_.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return absl::NotFoundError(absl::StrCat("open ", path_.path, ": ", Reason(errno)));
    }
    const absl::Status status = ReadFrom(fd);
    if (!is_stdin) close(fd);
    return status;
  }

 private:
  absl::Status ReadFrom(int fd) {
    std::string text;  // what is left of the last piece, then the next one
    while (true) {
      const size_t kept = text.size();
      text.resize(kept + kPiece);
      const ssize_t n = read(fd, text.data() + kept, kPiece);
      if (n < 0 && errno == EINTR) {
        text.resize(kept);
        continue;
      }
      if (n < 0) {
        return absl::UnavailableError(
            absl::StrCat(path_.path, ":", lines_, ": read ", path_.path, ": ", Reason(errno)));
      }
      text.resize(kept + static_cast<size_t>(n));
      if (options_.strict && !looked_at_) {
        if (n > 0 && text.size() < result::kTellingBytes) continue;
        looked_at_ = true;
        const auto beginning = std::string_view(text).substr(0, result::kTellingBytes);
        if (const std::string what = result::NotResults(beginning); !what.empty()) {
          visitor_.on_error(absl::StrCat(path_.path, ":1: ", what));
          return absl::OkStatus();
        }
        text.erase(0, result::ByteOrderMark(text));
      }
      if (options_.strict && lines_ == 0 && result::IsGbenchJson(text)) {
        if (n > 0) continue;  // all of it
        Json(text);
        return absl::OkStatus();
      }
      if (const size_t last = text.rfind('\n'); last != std::string::npos) {
        const absl::Status status = Lines(absl::string_view(text).substr(0, last + 1));
        if (!status.ok()) return status;
        text.erase(0, last + 1);
      } else if (n > 0) {
        if (LongestLine() > 0 && text.size() >= LongestLine()) return Lines(text);
        continue;
      }
      if (n > 0) continue;
      if (!options_.strict || text.empty()) return Lines(text);
      // The line may be cut off within its unit or its value.
      visitor_.on_error(absl::StrCat(path_.path, ":", lines_ + 1,
                                     ": the last line has no end: the file is truncated"));
      return absl::OkStatus();
    }
  }

  size_t LongestLine() const {
    if (options_.longest_line > 0) return options_.longest_line;
    return options_.strict ? result::kLongestLine + 1 : 0;
  }

  void Json(const std::string& text) {
    const result::ReadOutcome outcome = result::ReadGbenchJson(text, path_.path);
    for (const std::string& error : outcome.errors) visitor_.on_error(error);
    for (const std::string& remark : outcome.remarks) Remark(remark);
    for (const auto& [key, value] : outcome.file.config.entries()) OnConfig(key, value);
    for (const auto* comments : {&outcome.file.head, &outcome.file.notes}) {
      for (const std::string& comment : *comments) {
        if (visitor_.on_comment != nullptr) visitor_.on_comment(comment, line_);
      }
    }
    for (size_t i = 0; i < outcome.file.rows.size(); ++i) {
      const result::Row& row = outcome.file.rows[i];
      const auto where = [&] { return absl::StrCat(path_.path, ":", outcome.row_lines[i]); };
      if (OnRow(row, where) || visitor_.on_refused == nullptr) continue;
      line_.name = row.name;
      line_.values.clear();
      for (const result::Value& value : row.values) {
        line_.values.push_back({0, symbols_->Intern(value.unit), 0});
      }
      visitor_.on_refused(line_);
    }
  }

  void Remark(const std::string& remark) const {
    if (visitor_.on_remark != nullptr) visitor_.on_remark(remark);
  }

  // Whole lines. A line that is too long ends the reading, after what stands before it.
  absl::Status Lines(absl::string_view text) {
    if (LongestLine() == 0) {
      Parse(text);
      return absl::OkStatus();
    }
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = text.find('\n', begin);
      const size_t size = (end == absl::string_view::npos ? text.size() : end) - begin;
      if (size >= LongestLine()) {
        Parse(text.substr(0, begin));
        if (options_.strict) {
          return absl::InvalidArgumentError(
              absl::StrCat(path_.path, ":", lines_ + 1, ": a line of more than ",
                           result::kLongestLine, " bytes, the most that the format allows"));
        }
        return absl::InvalidArgumentError(
            absl::StrCat(path_.path, ":", lines_, ": bufio.Scanner: token too long"));
      }
      begin += size + 1;
    }
    Parse(text);
    return absl::OkStatus();
  }

  void Parse(absl::string_view text) {
    using Line = result::TextReader::Line;
    result::TextReader reader(std::string_view(text.data(), text.size()), path_.path, lines_);
    int64_t unit_line = 0;  // its errors were told already
    for (Line line = reader.Next(); line != Line::kEnd; line = reader.Next()) {
      lines_ = reader.line_number();
      std::string_view fields = reader.line();
      if ((line == Line::kUnit || line == Line::kError) && result::TakeField(&fields) == "Unit") {
        if (unit_line != lines_) OnUnit(reader.Where(), fields);
        unit_line = lines_;
      } else if (line == Line::kResult) {
        if (!OnRow(reader.row(), [&] { return reader.Where(); })) Refuse(reader.line());
      } else if (line == Line::kConfig) {
        OnConfig(reader.key(), reader.value());
      } else if (line == Line::kError) {
        visitor_.on_error(reader.error());
        Refuse(reader.line());
      } else if (line == Line::kComment && visitor_.on_comment != nullptr) {
        visitor_.on_comment(std::string(reader.value()), line_);
      } else if (line == Line::kOther && visitor_.on_other != nullptr && !reader.line().empty() &&
                 !result::IsGoTestOutput(reader.line())) {
        visitor_.on_other(reader.Where());
      }
    }
  }

  // Of a line that could not be read, or must not be used: "Benchmark<name> <iterations> <value>
  // <unit>..." as far as it goes.
  void Refuse(std::string_view fields) {
    constexpr std::string_view kBenchmark = "Benchmark";
    if (visitor_.on_refused == nullptr || !fields.starts_with(kBenchmark)) return;
    fields.remove_prefix(kBenchmark.size());
    line_.name = std::string(result::TakeField(&fields));
    line_.values.clear();
    (void)result::TakeField(&fields);  // iterations
    while (!fields.empty()) {
      (void)result::TakeField(&fields);  // a value
      const std::string_view unit = result::TakeField(&fields);
      if (unit.empty()) break;
      line_.values.push_back({0, symbols_->Intern(absl::string_view(unit.data(), unit.size())), 0});
    }
    visitor_.on_refused(line_);
  }

  // False: it is refused, and was named; `where` gives file and line.
  template <class Where>
  bool OnRow(const result::Row& row, Where where) {
    const bool is_finite =
        std::all_of(row.values.begin(), row.values.end(),
                    [](const result::Value& value) { return std::isfinite(value.value); });
    if (!options_.strict || is_finite) return TakeRow(row, where);
    result::Row kept = row;
    for (const std::string& what : result::TakeUnusable(*units_, &kept)) {
      Remark(absl::StrCat(where(), ": ", row.name, ": ", what, ": left out, the row is kept"));
    }
    return TakeRow(kept, where);
  }

  template <class Where>
  bool TakeRow(const result::Row& row, Where where) {
    if (options_.strict) {
      if (const std::string fault = FaultOf(row); !fault.empty()) {
        visitor_.on_error(absl::StrCat(where(), ": ", fault));
        return false;
      }
    }
    line_.name = row.name;
    line_.values.clear();
    for (const result::Value& value : row.values) {
      const Symbol written = symbols_->Intern(value.unit);
      Measurement measurement{value.value, written, 0};
      if (options_.tidy_units) {
        const auto& [unit, factor] = Tidied(written);
        // A value that the factor leaves alone keeps its unit, as in the original.
        if (value.value * factor != value.value) {
          measurement = {value.value * factor, unit, written};
        }
      }
      line_.values.push_back(measurement);
    }
    visitor_.on_result(line_);
    return true;
  }

  // Why the row is no measurement, as result/check.h has it.
  std::string FaultOf(const result::Row& row) const {
    if (row.iterations <= 0) {
      return absl::StrCat(row.iterations, " iterations: there is nothing to divide by");
    }
    for (const result::Value& value : row.values) {
      if (!std::isfinite(value.value)) {
        return absl::StrCat(value.unit, " is ", result::FormatDouble(value.value),
                            ", which is no measurement");
      }
      const bool counts = result::IsKnownUnit(value.unit) && !result::IsLeftUnit(value.unit);
      if (value.value < 0 && (counts || units_->IsExact(value.unit))) {
        return absl::StrCat(result::FormatDouble(value.value), " ", value.unit, ": below zero");
      }
    }
    return "";
  }

  void OnConfig(std::string_view key, std::string_view value) {
    const Symbol symbol = symbols_->Intern(absl::string_view(key.data(), key.size()));
    std::vector<ConfigEntry>& config = line_.config;
    size_t i = 0;
    while (i < config.size() && config[i].key != symbol) ++i;
    if (value.empty()) {
      if (i == config.size()) return;
      std::swap(config[i], config.back());
      config.pop_back();
      return;
    }
    if (i == config.size()) config.push_back({symbol, 0, true});
    if (options_.strict && key == "mhz_per_cpu") value = clock_rates_.AsBefore(value);
    config[i].value = symbols_->Intern(absl::string_view(value.data(), value.size()));
  }

  // "Unit" is taken off. All of the line counts, whatever is wrong within it.
  void OnUnit(const std::string& where, std::string_view fields) {
    const std::string_view unit = result::TakeField(&fields);
    if (unit.empty()) return visitor_.on_error(where + ": missing unit");
    const Symbol written = symbols_->Intern(absl::string_view(unit.data(), unit.size()));
    const absl::string_view text =
        symbols_->Text(options_.tidy_units ? Tidied(written).first : written);
    const std::string_view name(text.data(), text.size());
    while (!fields.empty()) {
      const std::string_view pair = result::TakeField(&fields);
      const size_t equals = pair.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        visitor_.on_error(where + ": expected key=value");
        continue;
      }
      const std::string_view key = pair.substr(0, equals);
      if (units_->Set(name, key, pair.substr(equals + 1)).empty()) continue;
      visitor_.on_error(absl::StrCat(where, ": metadata ", std::string(key), " of unit ",
                                     std::string(unit), " already set to ",
                                     *units_->Find(name)->Find(key)));
    }
  }

  const std::pair<Symbol, double>& Tidied(Symbol written) {
    const auto [known, is_new] = tidied_.try_emplace(written);
    if (is_new) {
      const TidyUnit tidy = Tidy(symbols_->Text(written));
      known->second = {symbols_->Intern(tidy.unit), tidy.factor};
    }
    return known->second;
  }

  const InputFile& path_;
  const InputOptions& options_;
  const InputVisitor& visitor_;
  Symbols* symbols_;
  result::Units* units_;
  ClockRates& clock_rates_;
  int64_t lines_ = 0;       // read so far
  bool looked_at_ = false;  // whether the file may be results at all
  ResultLine line_;
  absl::flat_hash_map<Symbol, std::pair<Symbol, double>> tidied_;
};

}  // namespace

std::vector<InputFile> InputFiles(const std::vector<std::string>& arguments) {
  std::vector<InputFile> files;
  absl::flat_hash_map<std::string, int> given, numbered;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      files.push_back({argument, "", false, ""});
      ++given[argument];
    } else {
      files.push_back({argument.substr(equals + 1), argument.substr(0, equals), true, ""});
    }
  }
  for (InputFile& file : files) {
    if (file.labelled) continue;
    file.label =
        given[file.path] == 1 ? file.path : absl::StrCat(file.path, "#", numbered[file.path]++);
  }
  return files;
}

absl::Status ReadInputs(const std::vector<InputFile>& files, const InputOptions& options,
                        const InputVisitor& visitor, Symbols* symbols, result::Units* units) {
  uint32_t source = 0;
  ClockRates clock_rates;
  for (const InputFile& file : files) {
    const absl::Status status =
        FileReader(file, source++, options, visitor, symbols, units, &clock_rates).Read();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tare::table
