// SPDX-License-Identifier: Apache-2.0
// One line a row: for each column its value and weight, and from the second on what has changed.
#include "cli/compare_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "cli/printable.h"
#include "cli/text_table.h"
#include "result/number.h"
#include "result/words.h"
#include "stat/normal.h"

namespace tare::cli {
namespace {

using table::CellSummary;
using table::ComparedTable;
using table::Comparison;
using table::Outcome;

constexpr char kNothing[] = "-";
constexpr char kProbability[] = "p (Holm)";
constexpr char kJoint[] = " \u00B7 ";

std::string Sample(double value) {
  const double magnitude = std::fabs(value);
  return magnitude != 0 && magnitude < 0.01 ? result::Rounded(value, 3)
         : magnitude < 10                   ? absl::StrFormat("%.2f", value)
         : magnitude < 100                  ? absl::StrFormat("%.1f", value)
                                            : absl::StrFormat("%.0f", value);
}

// Rounded up: what is shown holds.
std::string PercentUp(double fraction) {
  // Less what rounding may have added, but never below zero.
  const double percent = std::max(0.0, fraction * 100 - 1e-9);
  return percent < 10 ? absl::StrFormat("%.1f %%", std::ceil(percent * 10) / 10)
                      : absl::StrFormat("%.0f %%", std::ceil(percent));
}

std::string Change(double ratio) {
  const double percent = (ratio - 1) * 100;
  return percent < 1000 ? absl::StrFormat("%+.2f %%", percent)
                        : absl::StrFormat("%+.0f %%", percent);
}

std::string Number(double value, bool exact) {
  return exact ? result::FormatDouble(value) : Sample(value);
}

std::string Value(const CellSummary& cell, bool exact) {
  std::string text = Number(cell.center, exact);
  if (cell.unstable) return text + "?";
  if (exact || !cell.interval.has_value() || !(cell.center > 0)) return text;
  const double reach =
      std::max(cell.interval->high - cell.center, cell.center - cell.interval->low) / cell.center;
  return absl::StrCat(text, " \u00B1", PercentUp(reach));
}

std::string Signed(double value, bool exact) {
  return absl::StrCat(value > 0 ? "+" : "", Number(value, exact));
}

// stat::kLeastP stands for less, and is multiplied in the correction: neither is a figure.
std::string Probability(double p) {
  return p < stat::kLeastP * 1e10 ? "<1e-290" : absl::StrFormat("%.3g", p);
}

std::string PText(const Comparison& comparison) {
  if (comparison.outcome == Outcome::kMixed || comparison.outcome == Outcome::kCounted) {
    return kNothing;
  }
  if (!comparison.p.has_value()) return "exact";
  return absl::StrCat(Probability(*comparison.p), " (", Probability(comparison.adjusted_p), ")",
                      comparison.paired ? " pairs" : "", comparison.approximate ? " approx." : "");
}

// What all columns but the first of a row come to, and how good it is.
struct RowVerdict {
  std::vector<std::string> texts;
  bool changed = false;  // or not comparable: what --only-changed shows
  int better = 0;
  double effect = 0;
};

class Renderer {
 public:
  Renderer(const table::Sheet& sheet, const ComparedTable& compared, const EmptyReasons& reasons,
           const CompareView& view)
      : sheet_(sheet), compared_(compared), reasons_(reasons), view_(view) {
    for (const std::optional<CellSummary>& cell : compared.cells) {
      if (!cell.has_value()) continue;
      weighs_ = weighs_ || cell->tare.has_value();
      has_ratios_ = has_ratios_ || cell->floor_ratio.has_value();
    }
    missing_.resize(compared.cells.size());
    for (const table::Missing& missing : compared.missing) {
      missing_[missing.row * compared.columns.size() + missing.column] = true;
    }
    by_cell_.resize(compared.cells.size());
    for (const Comparison& comparison : compared.comparisons) {
      by_cell_[comparison.row * compared.columns.size() + comparison.column] = &comparison;
    }
  }

  std::string Render() {
    std::vector<RowVerdict> verdicts;
    for (size_t r = 0; r < compared_.rows.size(); ++r) verdicts.push_back(VerdictOf(r));
    std::vector<size_t> order;
    for (size_t r = 0; r < verdicts.size(); ++r) {
      if (!view_.only_changed || verdicts[r].changed) order.push_back(r);
    }
    if (view_.by_effect) {
      std::stable_sort(order.begin(), order.end(),
                       [&](size_t a, size_t b) { return verdicts[a].effect > verdicts[b].effect; });
    }
    if (order.empty()) return "";
    return view_.form == CompareView::Form::kMarkdown ? Markdown(order, verdicts)
                                                      : Text(order, verdicts);
  }

 private:
  RowVerdict VerdictOf(size_t row) const {
    RowVerdict verdict;
    std::optional<size_t> base;
    for (size_t c = 0; c < compared_.columns.size(); ++c) {
      if (!compared_.At(row, c).has_value()) {
        if (!missing_[row * compared_.columns.size() + c]) continue;
        const auto reason = reasons_.find(table::CellId(compared_.rows[row], compared_.columns[c]));
        const bool known = reason != reasons_.end();
        verdict.texts.push_back(
            absl::StrCat("not in ", Label(c), known ? ": " : "", known ? reason->second : ""));
        verdict.changed = true;
        verdict.effect = std::numeric_limits<double>::infinity();
        continue;
      }
      if (!base.has_value()) base = c;
      const Comparison* comparison = by_cell_[row * compared_.columns.size() + c];
      if (comparison == nullptr) continue;
      const std::string text = VerdictText(compared_, *comparison);
      if (text.empty()) continue;
      verdict.texts.push_back(compared_.columns.size() > 2 ? absl::StrCat(Label(c), ": ", text)
                                                           : text);
      verdict.changed = verdict.changed || comparison->outcome == Outcome::kChanged ||
                        comparison->outcome == Outcome::kUnstable ||
                        comparison->outcome == Outcome::kMixed;
      if (comparison->outcome == Outcome::kChanged) {
        verdict.better = verdict.better < 0 ? -1 : comparison->better;
        verdict.effect = std::max(verdict.effect, EffectOf(*comparison));
      }
    }
    return verdict;
  }

  bool Unnamed(size_t column) const {
    return sheet_.columns().Text(compared_.columns[column]).empty();
  }

  std::string Label(size_t column) const {
    if (!Unnamed(column)) {
      return Printable(KeyText(sheet_.columns(), compared_.columns[column]));
    }
    std::string label = "no";
    for (const table::Dimension* dimension : sheet_.columns().Dimensions()) {
      absl::StrAppend(&label, " ", absl::StripPrefix(dimension->name, "/"));
    }
    return label;
  }

  struct Header {
    std::string name;
    size_t column = 0;    // of the table
    bool weight = false;  // goes with the value before it, which it explains
  };

  // What stands in each column of the output, but for the first and the verdicts.
  std::vector<Header> Headers() const {
    std::vector<Header> headers;
    for (size_t c = 0; c < compared_.columns.size(); ++c) {
      if (view_.parts.value) headers.push_back({compared_.exact ? "value" : "median", c});
      if (has_ratios_ && view_.parts.floor) headers.push_back({"vs floor", c, true});
      if (weighs_ && view_.parts.tare) headers.push_back({"tare", c, true});
      if (c > 0 && view_.parts.change) headers.push_back({"change", c});
      if (c > 0 && view_.parts.p) headers.push_back({kProbability, c});
    }
    return headers;
  }

  std::vector<std::string> Cells(size_t row) const {
    std::vector<std::string> cells{Printable(KeyText(sheet_.rows(), compared_.rows[row]))};
    for (size_t c = 0; c < compared_.columns.size(); ++c) {
      const std::optional<CellSummary>& cell = compared_.At(row, c);
      const bool floor = cell.has_value() && cell->floor_ratio.has_value();
      const bool tare = cell.has_value() && cell->tare.has_value();
      if (view_.parts.value) {
        cells.push_back(cell.has_value() ? Value(*cell, compared_.exact) : kNothing);
      }
      if (has_ratios_ && view_.parts.floor) {
        cells.push_back(floor ? absl::StrFormat("%.3f%s", *cell->floor_ratio,
                                                cell->weighed_in_rounds ? "" : " unpaired")
                              : "");
      }
      if (weighs_ && view_.parts.tare) {
        cells.push_back(tare ? Signed(*cell->tare, compared_.exact) : "");
      }
      if (c == 0) continue;
      const Comparison* comparison = by_cell_[row * compared_.columns.size() + c];
      if (view_.parts.change) {
        cells.push_back(comparison == nullptr ? "" : ChangeText(compared_, *comparison));
      }
      if (view_.parts.p) cells.push_back(comparison == nullptr ? "" : PText(*comparison));
    }
    return cells;
  }

  std::string Verdicts(const RowVerdict& verdict) const {
    return view_.parts.verdict ? absl::StrJoin(verdict.texts, "; ") : "";
  }

  std::string Text(const std::vector<size_t>& order,
                   const std::vector<RowVerdict>& verdicts) const {
    // Two lines: the label stands over the first of what is shown of its column.
    std::vector<std::string> labels{Printable(compared_.unit)}, names{""};
    size_t labelled = 0;  // columns so far
    for (const Header& header : Headers()) {
      labels.push_back(header.column < labelled ? "" : Label(header.column));
      labelled = header.column + 1;
      names.push_back(header.name);
    }
    std::vector<TextTable::Align> columns(labels.size(), TextTable::Align::kRight);
    columns[0] = TextTable::Align::kLeft;
    TextTable table(std::move(columns));
    // The verdict says what follows from them.
    for (size_t i = 1; i < names.size(); ++i) {
      if (names[i] == kProbability) table.MayLeaveOut(i);
    }
    table.AddRow(std::move(labels));
    table.AddRow(std::move(names));
    for (const size_t row : order) {
      std::string verdict = Verdicts(verdicts[row]);
      if (view_.colour && verdicts[row].better != 0) {
        verdict =
            absl::StrCat(verdicts[row].better > 0 ? "\x1b[32m" : "\x1b[31m", verdict, "\x1b[0m");
      }
      table.AddRowWithText(Cells(row), std::move(verdict));
    }
    return table.Render(view_.width);
  }

  std::string Markdown(const std::vector<size_t>& order,
                       const std::vector<RowVerdict>& verdicts) const {
    const auto line = [](const std::vector<std::string>& cells) {
      std::string text = "|";
      for (const std::string& cell : cells) {
        absl::StrAppend(&text, " ", absl::StrReplaceAll(cell, {{"|", "\\|"}}), " |");
      }
      return text + "\n";
    };
    // There is one line of headers, and little room: a value and its weight share a cell.
    const std::vector<Header> headers = Headers();
    const auto joins = [&](size_t i) {
      return headers[i].weight && i > 0 && headers[i - 1].column == headers[i].column;
    };
    std::vector<std::string> names{Printable(compared_.unit)};
    for (size_t i = 0; i < headers.size(); ++i) {
      if (joins(i)) {
        absl::StrAppend(&names.back(), kJoint, headers[i].name);
      } else {
        names.push_back(absl::StrCat(Label(headers[i].column), ": ", headers[i].name));
      }
    }
    std::string rule = "| --- |";
    for (size_t i = 1; i < names.size(); ++i) rule += " ---: |";
    if (view_.parts.verdict) {
      names.emplace_back("verdict");
      rule += " --- |";
    }
    std::string out = absl::StrCat(line(names), rule, "\n");
    for (const size_t row : order) {
      std::vector<std::string> parts = Cells(row);
      std::vector<std::string> cells{parts[0]};
      for (size_t i = 0; i < headers.size(); ++i) {
        std::string& part = parts[i + 1];
        if (!joins(i)) {
          cells.push_back(std::move(part));
        } else if (!part.empty()) {
          absl::StrAppend(&cells.back(), cells.back().empty() ? "" : kJoint, part);
        }
      }
      if (view_.parts.verdict) cells.push_back(Verdicts(verdicts[row]));
      absl::StrAppend(&out, line(cells));
    }
    return out;
  }

  const table::Sheet& sheet_;
  const ComparedTable& compared_;
  const EmptyReasons& reasons_;
  const CompareView& view_;
  bool weighs_ = false;      // some cell has a tare
  bool has_ratios_ = false;  // and a ratio: not where all floors are 0
  std::vector<const Comparison*> by_cell_;
  std::vector<bool> missing_;  // by cell
};

std::string Legend(const table::Sheet& sheet, const table::Report& report,
                   const table::CompareOptions& options) {
  const table::Tally tally = table::TallyOf(report);
  // Files are a before and an after; of backends none comes first.
  const std::vector<const table::Dimension*> columns = sheet.columns().Dimensions();
  const bool of_files = std::any_of(columns.begin(), columns.end(), [](const auto* dimension) {
    return dimension->name == ".file";
  });
  std::string missing;
  if (!of_files && tally.incomplete > 0) {
    absl::StrAppend(&missing, ", ", tally.incomplete, " not in every column");
  }
  if (of_files && tally.gone > 0) absl::StrAppend(&missing, ", ", tally.gone, " gone");
  if (of_files && tally.added > 0) absl::StrAppend(&missing, ", ", tally.added, " new");
  return absl::StrFormat(
      "%d changed (%d worse), %d same, %d cannot be told%s. %s; called changed at a "
      "Holm-corrected p of at most %g.\nThe change is the Hodges-Lehmann ratio to the base "
      "[%g %% interval]; same: shown to lie within %s %%.\n",
      tally.changed, tally.worse, tally.same, tally.unknown, missing,
      result::CountOf(report.tests, "test"), options.alpha, options.confidence * 100,
      result::Rounded(options.margin * 100, 6));
}

}  // namespace

std::string KeyText(const table::Projection& projection, table::Key key) {
  const std::vector<const table::Dimension*> dimensions = projection.Dimensions();
  std::vector<std::string> parts;
  for (const table::Dimension* dimension : dimensions) {
    const absl::string_view value = projection.Value(key, *dimension);
    if (value.empty()) continue;
    const bool bare = dimension == dimensions.front();
    parts.push_back(bare ? std::string(value)
                         : absl::StrCat(absl::StripPrefix(dimension->name, "/"), "=", value));
  }
  return absl::StrJoin(parts, " ");
}

std::string ChangeText(const ComparedTable& compared, const Comparison& comparison) {
  if (comparison.outcome == Outcome::kUnstable || comparison.outcome == Outcome::kMixed) {
    return kNothing;
  }
  if (!comparison.ratio.has_value() || compared.exact) {
    const std::string by = Signed(comparison.difference, compared.exact);
    return comparison.ratio.has_value() && comparison.difference != 0
               ? absl::StrCat(by, " (", Change(*comparison.ratio), ")")
               : by;
  }
  std::string text = Change(*comparison.ratio);
  if (comparison.interval.has_value()) {
    // An end at no change at all is not in the interval where the test, at this level, rejects it.
    const bool low_open = comparison.rejects_one && comparison.interval->low == 1;
    const bool high_open = comparison.rejects_one && comparison.interval->high == 1;
    absl::StrAppendFormat(&text, " %c%+.1f, %+.1f%c", low_open ? '(' : '[',
                          (comparison.interval->low - 1) * 100,
                          (comparison.interval->high - 1) * 100, high_open ? ')' : ']');
  }
  return text;
}

double EffectOf(const Comparison& comparison) {
  if (!comparison.ratio.has_value()) return std::numeric_limits<double>::infinity();
  return std::fabs(std::log(*comparison.ratio));
}

std::string VerdictText(const ComparedTable& compared, const Comparison& comparison) {
  const CellSummary& cell = *compared.At(comparison.row, comparison.column);
  const CellSummary& base = *compared.At(comparison.row, comparison.base);
  switch (comparison.outcome) {
    case Outcome::kChanged:
      return comparison.better > 0   ? "changed: better"
             : comparison.better < 0 ? "changed: worse"
                                     : "changed";
    case Outcome::kSame:
      return compared.exact ? "equal" : "same within " + PercentUp(comparison.within);
    case Outcome::kUnstable: {
      const stat::Interval& range = cell.unstable ? cell.range : base.range;
      return absl::StrCat("unstable: exact values range from ", result::FormatDouble(range.low),
                          " to ", result::FormatDouble(range.high));
    }
    case Outcome::kCounted:
      return "";
    case Outcome::kMixed:
      return "not compared: several results in one cell";
    case Outcome::kCannotTell:
      break;
  }
  const size_t n1 = base.cell->values.size(), n2 = cell.cell->values.size();
  const std::string n = comparison.paired ? absl::StrCat(comparison.pairs, " pairs")
                        : n1 == n2        ? absl::StrCat("n=", n1)
                                          : absl::StrCat("n=", n1, "+", n2);
  if (comparison.detectable.has_value()) {
    return absl::StrCat("cannot tell: ", n, " could see ", PercentUp(*comparison.detectable));
  }
  if (comparison.detectable_difference.has_value()) {
    return absl::StrCat("cannot tell: ", n, " could see a difference of ",
                        Sample(*comparison.detectable_difference),
                        ", and no ratio: a value is 0 or less");
  }
  if (comparison.least <= (comparison.paired ? comparison.pairs : std::min(n1, n2))) {
    return absl::StrCat("cannot tell: ", n, " could see no change: too many are equal");
  }
  return absl::StrCat("cannot tell: ", n, " could see no change, ", comparison.least,
                      comparison.paired ? " pairs could" : " a side could");
}

std::string RenderComparison(const table::Sheet& sheet, const table::Report& report,
                             const EmptyReasons& reasons, const table::CompareOptions& options,
                             const CompareView& view) {
  std::string out;
  std::string last_key;
  for (const ComparedTable& compared : report.tables) {
    const std::string text = Renderer(sheet, compared, reasons, view).Render();
    if (text.empty()) continue;
    if (!out.empty()) out += "\n";
    std::string key;
    for (const table::Dimension* dimension : sheet.tables().Dimensions()) {
      const absl::string_view value = sheet.tables().Value(compared.sheet->key, *dimension);
      if (dimension->name != ".unit" && !value.empty()) {
        absl::StrAppend(&key, dimension->name, ": ", Printable(value), "\n");
      }
    }
    if (key != last_key) absl::StrAppend(&out, key, key.empty() ? "" : "\n");
    last_key = key;
    absl::StrAppend(&out, text);
  }
  if (!view.parts.change && !view.parts.p && !view.parts.verdict) return out;
  const size_t width = view.form == CompareView::Form::kText ? view.width : 0;
  return absl::StrCat(out, out.empty() ? "" : "\n",
                      Folded(Legend(sheet, report, options), width, 0));
}

}  // namespace tare::cli
