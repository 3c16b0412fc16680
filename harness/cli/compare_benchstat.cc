// SPDX-License-Identifier: Apache-2.0
// Go's form of flags, then the pipeline of harness/table in the order in which benchstat complains.
#include "cli/compare_benchstat.h"

#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"
#include "result/number.h"
#include "result/unit.h"
#include "table/benchstat_table.h"
#include "table/filter.h"
#include "table/input.h"
#include "table/projection.h"
#include "table/sheet.h"
#include "table/symbols.h"

namespace tare::cli {
namespace {

constexpr char kCompat[] = "--compat=benchstat";

// As long as a line may be there, with its end.
constexpr size_t kLongestLine = 65536;

constexpr char kUsageText[] =
    "Usage: tare compare --compat=benchstat [-flag value]... FILE|LABEL=FILE|-...\n"
    "\n"
    "Prints what benchstat prints for these files, defects included.\n"
    "  -alpha P         call a difference at P or less (0.05)\n"
    "  -col KEYS        what makes columns (.file)\n"
    "  -confidence P    of the intervals (0.95)\n"
    "  -filter QUERY    only the results that match (*)\n"
    "  -format FORMAT   text, or csv, whose warnings go to standard error (text)\n"
    "  -ignore KEYS     results may differ in these\n"
    "  -row KEYS        what makes rows (.fullname)\n"
    "  -table KEYS      what makes tables (.config)\n";

struct Flags {
  std::string table = ".config";
  std::string row = ".fullname";
  std::string column = ".file";
  std::string ignore;
  std::string filter = "*";
  std::string format = "text";
  double alpha = 0.05;
  double confidence = 0.95;
  std::vector<std::string> inputs;
};

std::string* TextFlag(absl::string_view name, Flags* flags) {
  if (name == "table") return &flags->table;
  if (name == "row") return &flags->row;
  if (name == "col") return &flags->column;
  if (name == "ignore") return &flags->ignore;
  if (name == "filter") return &flags->filter;
  if (name == "format") return &flags->format;
  return nullptr;
}

double* NumberFlag(absl::string_view name, Flags* flags) {
  if (name == "alpha") return &flags->alpha;
  return name == "confidence" ? &flags->confidence : nullptr;
}

// Flags as Go's package flag takes them: -name value or -name=value, with one hyphen or two, up to
// the first argument that is none, or "--". The message of what is wrong; kHelp for -h.
constexpr char kHelp[] = "help";

std::string ParseFlags(const std::vector<std::string>& arguments, Flags* flags) {
  size_t i = 0;
  for (; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') break;
    if (argument == "--") {
      ++i;
      break;
    }
    const size_t begin = argument[1] == '-' ? 2 : 1;
    const size_t equals = argument.find('=', begin);
    const std::string name =
        argument.substr(begin, equals == std::string::npos ? equals : equals - begin);
    if (name.empty() || name[0] == '-') return "bad flag syntax: " + argument;
    std::string* text = TextFlag(name, flags);
    double* number = NumberFlag(name, flags);
    if (text == nullptr && number == nullptr) {
      return name == "h" || name == "help" ? kHelp : "flag provided but not defined: -" + name;
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      return "flag needs an argument: -" + name;
    }
    const std::string value =
        equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
    if (text != nullptr) {
      *text = value;
    } else if (const result::NumberError error = result::ParseDouble(value, number);
               error != result::NumberError::kNone) {
      return absl::StrCat(
          "invalid value \"", value, "\" for flag -", name, ": ",
          error == result::NumberError::kRange ? "value out of range" : "parse error");
    }
  }
  flags->inputs.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
  return "";
}

absl::Status Prefixed(absl::string_view prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, status.message()));
}

absl::Status Run(const Flags& flags) {
  table::Symbols symbols;
  absl::StatusOr<table::Filter> filter = table::Filter::Parse(flags.filter, &symbols);
  if (!filter.ok()) return Prefixed("parsing -filter: ", filter.status());

  table::Projections projections(&symbols);
  absl::Status first_error;
  const auto parse = [&](const char* name, const std::string& text, bool with_units) {
    auto projection = projections.Parse(text, &*filter, with_units);
    if (projection.ok()) return *std::move(projection);
    if (first_error.ok()) {
      first_error = Prefixed(absl::StrCat("parsing ", name, ": "), projection.status());
    }
    return std::unique_ptr<table::Projection>();
  };
  const auto tables = parse("-table", flags.table, true);
  const auto rows = parse("-row", flags.row, false);
  const auto columns = parse("-col", flags.column, false);
  const auto ignored = parse("-ignore", flags.ignore, false);
  const auto residue = projections.Residue();
  if (!first_error.ok()) return first_error;
  if (flags.alpha < 0 || flags.alpha > 1) {
    return absl::InvalidArgumentError("-alpha must be in range [0, 1]");
  }
  if (flags.confidence < 0 || flags.confidence > 1) {
    return absl::InvalidArgumentError("-confidence must be in range [0, 1]");
  }
  if (flags.format != "text" && flags.format != "csv") {
    return absl::InvalidArgumentError("-format must be text or csv");
  }

  table::Sheet sheet(tables.get(), rows.get(), columns.get(), residue.get());
  table::InputVisitor visitor;
  visitor.on_result = [&](table::ResultLine& line) {
    if (filter->Apply(&line)) sheet.Add(line);
  };
  visitor.on_error = [](const std::string& error) { std::fprintf(stderr, "%s\n", error.c_str()); };
  result::Units units;
  const table::InputOptions options{.tidy_units = true, .longest_line = kLongestLine};
  const absl::Status read =
      table::ReadInputs(table::InputFiles(flags.inputs), options, visitor, &symbols, &units);
  if (!read.ok()) return read;

  const table::BenchstatOptions statistics{flags.alpha, flags.confidence};
  std::string notes;
  const std::string out = flags.format == "text"
                              ? table::BenchstatText(sheet, units, statistics)
                              : table::BenchstatCsv(sheet, units, statistics, &notes);
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fwrite(notes.data(), 1, notes.size(), stderr);
  return absl::OkStatus();
}

}  // namespace

bool AsksForBenchstat(int argc, const char* const* argv) {
  return argc >= 3 && std::string_view(argv[1]) == "compare" &&
         std::string_view(argv[2]) == kCompat;
}

int CompareAsBenchstat(const std::vector<std::string>& arguments) {
  Flags flags;
  const std::string wrong = ParseFlags(arguments, &flags);
  if (wrong == kHelp) {
    std::fputs(kUsageText, stderr);
    return kOk;
  }
  if (!wrong.empty() || flags.inputs.empty()) {
    std::fprintf(stderr, "%s%s%s", wrong.c_str(), wrong.empty() ? "" : "\n", kUsageText);
    return kUsage;
  }
  if (const absl::Status status = Run(flags); !status.ok()) {
    std::fprintf(stderr, "benchstat: %s\n", std::string(status.message()).c_str());
  }
  // The one status that is not the original's: output that is lost must not look like none.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("tare: standard output could not be written\n", stderr);
    return kFault;
  }
  return kOk;
}

}  // namespace tare::cli
