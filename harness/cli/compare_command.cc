// SPDX-License-Identifier: Apache-2.0
// tare compare: reads result files, compares their rows, prints a table and how sure it is.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/commands.h"
#include "cli/compare_data.h"
#include "cli/compare_files.h"
#include "cli/compare_text.h"
#include "cli/exit_code.h"
#include "cli/fail_on.h"
#include "cli/printable.h"
#include "cli/short_keys.h"
#include "cli/suite_options.h"
#include "cli/suite_results.h"
#include "cli/terminal.h"
#include "result/number.h"
#include "result/row_names.h"
#include "result/unit.h"
#include "table/comparison.h"
#include "table/filter.h"
#include "table/input.h"
#include "table/projection.h"
#include "table/sheet.h"
#include "table/symbols.h"

namespace tare::cli {
namespace {

// So many lines that are none of the format's, and rows that --fail-on has something to say of.
constexpr size_t kNamedOthers = 5, kNamedRows = 20;

constexpr char kTable[] = "pkg";
constexpr char kTableOfDirectories[] = "pkg,suite";

struct Options {
  std::vector<std::string> files;
  std::string table;  // empty: kTable, or kTableOfDirectories
  std::string row = ".fullname";
  std::string column = ".file";
  std::string ignore;
  std::string filter = "*";
  table::CompareOptions compare;
  std::string pairs = "auto";
  std::string sort = "file";
  std::string format = "text";
  std::string colour = "auto";
  std::vector<std::string> show;  // empty: everything
  bool only_changed = false;
  bool force = false;
  std::string fail_on;
};

class Compare {
 public:
  explicit Compare(const Options& options) : options_(options), projections_(&symbols_) {}

  int Main() {
    if (!Parse()) return kUsage;
    table::Sheet sheet(tables_.get(), rows_.get(), columns_.get(), residue_.get());
    if (!Read(&sheet)) return kUsage;
    if (others_ > kNamedOthers) {
      Say(absl::StrCat("and ", others_ - kNamedOthers,
                       " more lines that are none of the format's"));
    }
    if (results_ == 0 && options_.filter != "*" && refused_ == 0 && exit_code_ == kOk) {
      Say(absl::StrCat("no result matches the filter '", options_.filter, "'"));
      return kUsage;
    }
    if (results_ == 0) {
      Say("nothing was compared: there is no result");
      return kCannotJudge;
    }
    SayWhatVaries(sheet);
    SayWhatWasRenamed();
    table::CompareOptions compare = options_.compare;
    if (!AreAlike(&compare)) exit_code_ = kCannotJudge;
    const table::Report report =
        table::CompareAll(sheet, symbols_, origins_, absent_, units_, compare);
    Print(sheet, report, compare);
    for (const table::ComparedTable& one : report.tables) {
      for (const table::Comparison& comparison : one.comparisons) {
        if (comparison.outcome == table::Outcome::kUnstable) exit_code_ = kCannotJudge;
      }
    }
    const bool compared = std::any_of(report.tables.begin(), report.tables.end(),
                                      [&](const table::ComparedTable& one) {
                                        return !one.comparisons.empty() || IsWeighed(one);
                                      });
    if (!compared) {
      Say("nothing was compared: no row was measured in two columns");
      exit_code_ = kCannotJudge;
    }
    if (fail_on_.asked) FailOnWorse(sheet, report);
    return exit_code_;
  }

 private:
  // What cannot be judged is graver than what is worse, as everywhere.
  void FailOnWorse(const table::Sheet& sheet, const table::Report& report) {
    const FailOnVerdict verdict = JudgeFailOn(sheet, report, reasons_, fail_on_);
    const std::string asked = "--fail-on " + options_.fail_on;
    const auto list = [&](const char* what, const std::vector<std::string>& lines) {
      for (size_t i = 0; i < std::min(lines.size(), kNamedRows); ++i) {
        Say(absl::StrCat(asked, ": ", what, ": ", lines[i]));
      }
      if (lines.size() > kNamedRows) {
        Say(absl::StrCat(asked, ": ", what, ": and ", lines.size() - kNamedRows, " more"));
      }
    };
    list("not judged", verdict.not_judged);
    list("worse", verdict.worse);
    Say(absl::StrCat(asked, ": ", verdict.passed, ", ", verdict.worse.size(), " worse, ",
                     verdict.not_judged.size(), " not judged"));
    if (!verdict.not_judged.empty()) exit_code_ = kCannotJudge;
    if (!verdict.worse.empty() && exit_code_ == kOk) exit_code_ = kRegression;
  }

  // Whether the ratio to a floor, or what is left without it, was asked for, and is there: one
  // column says something then.
  bool IsWeighed(const table::ComparedTable& table) const {
    const auto is_asked = [](const std::string& part) { return part == "floor" || part == "tare"; };
    return std::any_of(options_.show.begin(), options_.show.end(), is_asked) &&
           std::count_if(table.cells.begin(), table.cells.end(), [](const auto& cell) {
             return cell.has_value() && cell->tare.has_value();
           }) > 1;  // a floor is one of them
  }

  static void Say(const std::string& text) { std::fprintf(stderr, "tare: %s\n", text.c_str()); }

  std::unique_ptr<table::Projection> Project(const char* flag, const std::string& expression,
                                             bool with_units = false) {
    auto projection =
        projections_.Parse(WithSlashesInProjection(expression), filter_.get(), with_units);
    if (projection.ok()) return *std::move(projection);
    Say(absl::StrCat(flag, ": ", projection.status().message()));
    return nullptr;
  }

  // Everything of the command line. False: it was said what is wrong.
  bool Parse() {
    const bool is_table = options_.format == "text" || options_.format == "markdown";
    if (!is_table && (options_.only_changed || options_.sort != "file" || !options_.show.empty())) {
      Say(absl::StrCat("--only-changed, --sort and --show are for text and markdown: ",
                       options_.format, " has every cell, in the order of the files"));
      return false;
    }
    auto filter = table::Filter::Parse(WithSlashesInFilter(options_.filter), &symbols_);
    if (!filter.ok()) {
      Say(absl::StrCat("--filter: ", filter.status().message()));
      return false;
    }
    filter_ = std::make_unique<table::Filter>(*std::move(filter));
    auto files = FilesToCompare(options_.files);
    auto fail_on = ParseFailOn(options_.fail_on);
    for (const auto& [flag, status] :
         {std::pair("", files.status()), std::pair("--fail-on: ", fail_on.status())}) {
      if (status.ok()) continue;
      Say(absl::StrCat(flag, status.message()));
      return false;
    }
    files_ = *std::move(files);
    fail_on_ = *fail_on;
    in_turn_.resize(files_.files.size());
    seen_.resize(files_.files.size());
    const std::string usual = files_.by_suite ? kTableOfDirectories : kTable;
    tables_ = Project("--table", options_.table.empty() ? usual : options_.table, true);
    rows_ = tables_ == nullptr ? nullptr : Project("--row", options_.row);
    columns_ = rows_ == nullptr ? nullptr : Project("--col", options_.column);
    ignored_ = columns_ == nullptr ? nullptr : Project("--ignore", options_.ignore);
    if (ignored_ == nullptr) return false;
    residue_ = projections_.Residue(/*with_file=*/true);  // and .config, which is not named yet
    config_ = Project("the configuration", ".config");
    return config_ != nullptr;
  }

  bool Read(table::Sheet* sheet) {
    const table::Symbol file_key = symbols_.Intern(".file"), suite_key = symbols_.Intern("suite");
    table::InputVisitor visitor;
    visitor.on_result = [&, file_key, suite_key](table::ResultLine& line) {
      if (!filter_->Apply(&line)) return;
      ++results_;
      seen_[line.source] = true;
      sheet->Add(line);
      const uint64_t cell = table::CellId(rows_->Of(line), columns_->Of(line));
      const table::Symbol file = line.Config(file_key);
      const table::Symbol run = in_turn_[line.source] != 0 ? in_turn_[line.source] : file;
      const auto [origin, is_new] =
          origins_.try_emplace(cell, table::Origin{symbols_.Intern(line.name), file, run});
      if (!is_new && origin->second.file != file) origin->second.several_files = true;
      // Files of one directory are different programs, and each is held against its namesake.
      const table::Symbol group = files_.by_suite ? line.Config(suite_key) : 0;
      configs_[group].insert(config_->Of(line));
    };
    visitor.on_error = [&](const std::string& error) {
      std::fprintf(stderr, "%s\n", Printable(error).c_str());
      exit_code_ = kCannotJudge;
    };
    visitor.on_remark = [](const std::string& remark) {
      std::fprintf(stderr, "%s\n", Printable(remark).c_str());
    };
    visitor.on_refused = [&](table::ResultLine& line) {
      ++refused_;
      if (filter_->Apply(&line)) sheet->AddHole(line);
    };
    visitor.on_other = [&](const std::string& where) {
      if (++others_ <= kNamedOthers) {
        std::fprintf(stderr, "%s: ignored, for it is no line of the format\n", where.c_str());
      }
    };
    visitor.on_comment = [&](const std::string& text, const table::ResultLine& at) {
      NoteReason(text, at);
    };
    const absl::Status status =
        table::ReadInputs(files_.files, {.strict = true}, visitor, &symbols_, &units_);
    if (!status.ok()) {
      Say(std::string(status.message()));
      return false;
    }
    // A file that says nothing is a mistake: a run that failed, or a filter that names another's.
    for (size_t i = 0; i < seen_.size(); ++i) {
      // Where nothing matches a filter, that is said once.
      if (seen_[i] || (results_ == 0 && options_.filter != "*")) continue;
      // A filter for one suite leaves the others of a directory out.
      if (files_.by_suite && options_.filter != "*") continue;
      Say(absl::StrCat("no result in ", NameOf(files_, i),
                       options_.filter == "*" ? "" : " that matches the filter"));
      exit_code_ = kCannotJudge;
    }
    return true;
  }

  // "absent NAME: reason", "error NAME: reason" and "unstable NAME: reason", as tare run writes
  // them. Only what is absent may be.
  void NoteReason(absl::string_view text, const table::ResultLine& at) {
    if (absl::StartsWith(text, kInTurn)) in_turn_[at.source] = symbols_.Intern(text);
    if (absl::StartsWith(text, "partial:")) {
      Say(absl::StrCat("the run of ", Quoted(symbols_.Text(at.Config(symbols_.Intern(".file")))),
                       " was interrupted: ", Printable(text)));
      exit_code_ = kCannotJudge;
      return;
    }
    // A value that was left out of its row: its own cell is empty for that reason.
    if (absl::ConsumePrefix(&text, "note ") && absl::ConsumeSuffix(&text, "; left out")) {
      const size_t end = text.find(": ");
      if (end == absl::string_view::npos) return;
      table::ResultLine line;
      line.config = at.config;
      line.name = std::string(text.substr(0, end));
      std::string& reason = reasons_[table::CellId(rows_->Of(line), columns_->Of(line))];
      absl::StrAppend(&reason, reason.empty() ? "" : "; ", Printable(text.substr(end + 2)));
      return;
    }
    const bool failed = absl::StartsWith(text, "error "),
               unstable = absl::StartsWith(text, "unstable ");
    if (!absl::StartsWith(text, "absent ") && !failed && !unstable) return;
    text.remove_prefix(text.find(' ') + 1);
    const size_t colon = text.find(": ");
    if (colon == absl::string_view::npos) return;
    table::ResultLine line;
    line.config = at.config;
    line.name = std::string(text.substr(0, colon));
    if (failed || unstable) {
      table::ResultLine asked = line;
      asked.values = {{0, symbols_.Intern(failed ? "ns/op" : "allocs/op"), 0}};
      if (!filter_->Apply(&asked)) return;
      Say(absl::StrCat(Printable(line.name), failed ? " failed" : " is unstable", " in ",
                       Quoted(symbols_.Text(at.Config(symbols_.Intern(".file")))), ": ",
                       Printable(text.substr(colon + 2))));
      exit_code_ = kCannotJudge;
    }
    absent_.push_back({rows_->Of(line), columns_->Of(line)});
    reasons_.insert_or_assign(table::CellId(absent_.back().row, absent_.back().column),
                              Printable(text.substr(colon + 2)));
  }

  // Cells that take results of several benchmarks, files or configurations together.
  void SayWhatVaries(const table::Sheet& sheet) {
    size_t cells = 0;
    std::string first;
    std::set<std::string> in;
    for (const table::SheetTable* one : sheet.Tables()) {
      for (const table::SheetCell& cell : one->cells) {
        if (cell.other_residues.empty()) continue;
        if (++cells == 1) {
          first = absl::StrCat(Quoted(rows_->Text(cell.row)), " in ",
                               Quoted(columns_->Text(cell.column)));
        }
        for (std::string& key : sheet.VaryingIn(cell)) in.insert(std::move(key));
      }
    }
    if (cells == 0) return;
    Say(absl::StrCat("not compared: ", cells, cells == 1 ? " cell takes" : " cells take",
                     " results together that differ in ", absl::StrJoin(in, ", "), ", first ",
                     first,
                     "; name what tells them apart in --table, --row or --col, or --ignore it"));
    exit_code_ = kCannotJudge;
  }

  // Rows that one file has under a name from before names said how they are run, and another one
  // under the present one.
  void SayWhatWasRenamed() {
    std::map<absl::string_view, std::set<table::Symbol>> files;  // of each name
    for (const auto& [cell, origin] : origins_) {
      files[symbols_.Text(origin.name)].insert(origin.file);
    }
    size_t renamed = 0;
    std::string first;
    for (const auto& [name, in] : files) {
      const std::string former = result::FormerRowName(std::string_view(name.data(), name.size()));
      const auto before = former == name ? files.end() : files.find(former);
      if (before == files.end() || std::any_of(in.begin(), in.end(), [&](table::Symbol file) {
            return before->second.contains(file);
          })) {
        continue;
      }
      if (++renamed > 1) continue;
      first = absl::StrCat(Quoted(former), " in ", Quoted(symbols_.Text(*before->second.begin())),
                           " is ", Quoted(name), " in ", Quoted(symbols_.Text(*in.begin())));
    }
    if (renamed == 0) return;
    Say(absl::StrCat(renamed, renamed == 1 ? " row is" : " rows are",
                     " called otherwise, for names say how a benchmark is run now: ", first,
                     "; measure the older file anew"));
  }

  // Whether the configuration that no flag names is one. If not, nothing or only exact counts may
  // be compared, and it is said why.
  bool AreAlike(table::CompareOptions* compare) {
    std::vector<std::string> unlike;
    bool counts_too = false;
    for (const table::Dimension* dimension : config_->Dimensions()) {
      for (const auto& [group, keys] : configs_) {
        std::vector<std::string> values;
        for (const table::Key key : keys) {
          const absl::string_view value = config_->Value(key, *dimension);
          const std::string text = value.empty() ? "(not said)" : Quoted(value);
          if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(text);
        }
        if (values.size() < 2) continue;
        unlike.push_back(absl::StrCat(dimension->name, ": ", absl::StrJoin(values, ", ")));
        counts_too = counts_too || !MattersToTimesOnly(dimension->name);
        break;  // one example tells
      }
    }
    if (unlike.empty()) return true;
    const std::string what = absl::StrJoin(unlike, "; ");
    if (options_.force) {
      Say(absl::StrCat("compared though the results differ in ", what));
      return true;
    }
    Say(absl::StrCat(counts_too ? "not compared: the results differ in "
                                : "times are not compared: the results differ in ",
                     what,
                     ". --ignore KEY if it does not matter, --col KEY to compare by it, "
                     "--force to compare all the same"));
    compare->exact_only = true;
    compare->nothing = counts_too;
    return false;
  }

  void Print(const table::Sheet& sheet, const table::Report& report,
             const table::CompareOptions& compare) const {
    const Sink sink = [](absl::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stdout);
    };
    if (options_.format == "csv") {
      WriteComparisonCsv(sheet, report, reasons_, sink);
    } else if (options_.format == "json") {
      WriteComparisonJson(sheet, report, reasons_, compare, sink);
    } else if (!report.tables.empty()) {
      CompareView view;
      view.form =
          options_.format == "markdown" ? CompareView::Form::kMarkdown : CompareView::Form::kText;
      view.colour =
          options_.colour == "always" || (options_.colour == "auto" && MayColour(STDOUT_FILENO));
      view.width = TerminalWidth(STDOUT_FILENO);
      if (!options_.show.empty()) {
        const auto shows = [&](const char* part) {
          return std::count(options_.show.begin(), options_.show.end(), part) > 0;
        };
        view.parts = {shows("value"),  shows("floor"), shows("tare"),
                      shows("change"), shows("p"),     shows("verdict")};
      }
      view.only_changed = options_.only_changed;
      view.by_effect = options_.sort == "effect";
      sink(RenderComparison(sheet, report, reasons_, compare, view));
    }
  }

  const Options& options_;
  table::Symbols symbols_;
  table::Projections projections_;
  std::unique_ptr<table::Filter> filter_;
  std::unique_ptr<table::Projection> tables_, rows_, columns_, ignored_, config_, residue_;
  result::Units units_;
  table::Origins origins_;
  std::vector<table::Absent> absent_;
  EmptyReasons reasons_;
  CompareFiles files_;
  FailOn fail_on_;
  std::map<table::Symbol, std::set<table::Key>> configs_;  // by suite, where that counts
  size_t results_ = 0, refused_ = 0;
  std::vector<bool> seen_;              // files with a result
  std::vector<table::Symbol> in_turn_;  // by file: the run in turn that it is of; 0: none
  size_t others_ = 0;
  int exit_code_ = kOk;
};

}  // namespace

int CompareResultFiles(const std::vector<std::string>& files) {
  Options options;
  options.files = files;
  return Compare(options).Main();
}

void AddCompareCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Subcommand command = line.AddCommand(
      "compare", "Result files side by side: what changed, what is the same, what cannot be told",
      kCompareExitHelp);
  command
      .AddOption("files", options->files,
                 "Result files or directories of them, label=path, or - for standard input; files "
                 "of one label are one column")
      .Required();
  command.AddOption("--col", options->column,
                    "What is compared: keys that make the columns (default: .file), e.g. backend");
  command.AddOption("--row", options->row, "Keys that make the rows (default: .fullname)");
  command.AddOption("--table", options->table,
                    "Keys that make tables (default: pkg, and suite between directories)");
  command.AddOption("--ignore", options->ignore, "Keys in which results may differ");
  command.AddOption("--filter", options->filter, "Only what matches, e.g. '.unit:ns/op size:512'");
  command
      .AddOption("--alpha", options->compare.alpha,
                 "How often a report without changes may call one (default: 0.05)")
      .Must(Between("1e-9", "0.49"));
  command
      .AddOption("--confidence", options->compare.confidence,
                 "Confidence of the intervals (default: 0.95)")
      .Must(Between("0.01", "0.999999"));
  command
      .AddOption("--margin", options->compare.margin,
                 "Times are the same if shown to differ by less (default: 0.05)")
      .Must(Between("0", "10"));
  command
      .AddOption("--pairs", options->pairs,
                 "Take k-th values as pairs: within a file or a run in turn (tare run --against), "
                 "or always, or never")
      .OneOf({"auto", "always", "never"});
  command.AddOption("--sort", options->sort, "Order of rows: as in the file, or by effect")
      .OneOf({"file", "effect"});
  command.AddFlag("--only-changed", options->only_changed,
                  "Leave out rows that are the same or cannot be told");
  command
      .AddOption("--show", options->show,
                 "Of each column only these, with commas: value,floor,tare,change,p,verdict")
      .Separated(',')
      .OneOf({"value", "floor", "tare", "change", "p", "verdict"});
  command.AddOption("--format", options->format, "text, markdown, csv or json")
      .OneOf({"text", "markdown", "csv", "json"});
  command.AddOption("--color", options->colour, "Colour of verdicts: auto, always or never")
      .OneOf({"auto", "always", "never"});
  command.AddFlag("--force", options->force, "Compare results of unlike machines");
  command
      .AddOption("--fail-on", options->fail_on,
                 "Status 1 where a row is worse ('worse'), or worse by more than a percentage "
                 "('worse:5')")
      .Must(IsNotEmpty())
      .Named("worse[:PERCENT]");
  command.AddOption("--compat", "benchstat: as the first argument, what benchstat prints")
      .Must({[](const std::string&) {
        return std::string("--compat=benchstat must be the first argument of compare");
      }});
  command.Does([options] {
    using Pairs = table::CompareOptions::Pairs;
    options->compare.pairs = options->pairs == "always"  ? Pairs::kAlways
                             : options->pairs == "never" ? Pairs::kNever
                                                         : Pairs::kAuto;
    return Compare(*options).Main();
  });
}

}  // namespace tare::cli
