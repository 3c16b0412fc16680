// SPDX-License-Identifier: Apache-2.0
// Edits lines by their numbers; the text is parsed before and after.
#include "gate/update_budgets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gate/budget.h"
#include "result/utf8.h"

namespace tare::gate {
namespace {

using State = Measured::State;

// The keys that [recorded] gets in a new file: what counts depend on.
constexpr const char* kRecorded[] = {"os", "arch", "compiler", "allocator"};

// In TOML's quotes.
std::string QuoteToml(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string NewFile(const std::vector<Evidence>& evidence) {
  std::string text =
      "# SPDX-License-Identifier: Apache-2.0\n"
      "# What each benchmark may cost: `tare gate` holds results against it, `tare budget update`\n"
      "# writes it. allocs and bytes are equalities, the others ceilings.\n"
      "version = 1\n\n[recorded]\n";
  for (const char* key : kRecorded) {
    const std::string* value = evidence.empty() ? nullptr : evidence[0].config.Find(key);
    if (value == nullptr) continue;
    absl::StrAppend(&text, key, " = ", QuoteToml(PatternOf(*value)), "\n");
  }
  return text + "\n[gate]\nbudgets = [\n]\n";
}

// Where the quote stands that ends the text which begins with the one at `begin`. Within single
// quotes nothing is escaped.
size_t EndOfText(absl::string_view line, size_t begin) {
  const char quote = line[begin];
  size_t i = begin + 1;
  for (; i < line.size() && line[i] != quote; ++i) {
    if (quote == '"' && line[i] == '\\') ++i;
  }
  return i;
}

// Where in a row the value of `key` stands: begin and length; nothing if the key is not there.
// Keys and values in quotes are passed over, and so is what stands in inner braces.
std::optional<std::pair<size_t, size_t>> FindValue(absl::string_view line, absl::string_view key) {
  int depth = 0;
  size_t word = absl::string_view::npos;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' || c == '\'') {
      i = EndOfText(line, i);
      continue;
    }
    if (c == '#') break;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_') {
      if (word == absl::string_view::npos) word = i;
      continue;
    }
    if (c == ' ' && word != absl::string_view::npos) {
      size_t next = i;
      while (next < line.size() && line[next] == ' ') ++next;
      if (next < line.size() && line[next] == '=') i = next;
    }
    const bool is_key = line[i] == '=' && depth == 1 && word != absl::string_view::npos &&
                        absl::StripAsciiWhitespace(line.substr(word, i - word)) == key;
    word = absl::string_view::npos;
    if (!is_key) continue;
    size_t begin = i + 1;
    while (begin < line.size() && line[begin] == ' ') ++begin;
    size_t end = begin;
    if (end < line.size() && (line[end] == '"' || line[end] == '\'')) end = EndOfText(line, end);
    while (end < line.size() && line[end] != ',' && line[end] != '}' && line[end] != ' ') ++end;
    return std::pair(begin, end - begin);
  }
  return std::nullopt;
}

// Where in a row the value of `end` stands in the braces that are the value of `key`.
std::optional<std::pair<size_t, size_t>> FindInRange(absl::string_view line, absl::string_view key,
                                                     absl::string_view end) {
  const auto range = FindValue(line, key);
  if (!range.has_value() || line.substr(range->first, 1) != "{") return std::nullopt;
  auto inner = FindValue(line.substr(range->first), end);
  if (inner.has_value()) inner->first += range->first;
  return inner;
}

// Behind the brace that closes the row which begins in this line; nothing if it ends in another, or
// something else than a comma and a comment follows.
std::optional<size_t> EndOfRow(absl::string_view line) {
  int depth = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' || c == '\'') {
      i = EndOfText(line, i);
    } else if (c == '#') {
      break;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      absl::string_view rest = absl::StripLeadingAsciiWhitespace(line.substr(i + 1));
      absl::ConsumePrefix(&rest, ",");
      rest = absl::StripLeadingAsciiWhitespace(rest);
      return rest.empty() || rest[0] == '#' ? std::optional(i + 1) : std::nullopt;
    }
  }
  return std::nullopt;
}

// How many system calls a benchmark makes may depend on scheduling; that it makes none does not.
Rational Ceiling(size_t metric, const Rational& cost) {
  if (cost.total == 0) return {0, 1};
  const int64_t whole = (cost.total + cost.n - 1) / cost.n;
  if (metric == kSyscalls) return {whole + whole / 2 + 1, 1};
  return metric == kUsable ? cost : Rational{whole, 1};
}

class Updater {
 public:
  Updater(Budgets budgets, absl::string_view text, const std::vector<Evidence>& evidence,
          const UpdateOptions& options)
      : budgets_(std::move(budgets)),
        evidence_(evidence),
        options_(options),
        lines_(absl::StrSplit(text, '\n')) {}

  absl::StatusOr<Update> Make() {
    for (const Evidence& e : evidence_) {
      if (!e.faults.empty()) return absl::InvalidArgumentError(e.faults[0]);
      for (const Measured& row : e.rows) Take(e, row);
    }
    if (options_.prune) Prune();
    if (!added_.empty() || !removed_.empty()) {
      if (absl::Status alone = RowsStandAlone(); !alone.ok()) return alone;
    }
    absl::Status added = Insert();
    if (!added.ok()) return added;
    std::vector<std::string> kept;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (!removed_.contains(i)) kept.push_back(std::move(lines_[i]));
    }
    update_.text = absl::StrJoin(kept, "\n");
    return std::move(update_);
  }

 private:
  void Take(const Evidence& e, const Measured& row) {
    seen_.insert(row.name);
    const Choice choice = ChooseBudget(budgets_, row.name, e.config);
    const Budget* budget = choice.budget;
    if (row.state == State::kAbsent) return;
    if (budget != nullptr &&
        (!budget->unbudgeted.empty() || budget->benchmark != PatternOf(row.name))) {
      return;
    }
    if (budget != nullptr && row.state == State::kUnstable && row.between[kAllocs].has_value() &&
        row.between[kBytes].has_value()) {
      return Change(*budget, row);
    }
    if (row.state != State::kCounted || !row.costs[kAllocs].has_value() ||
        !row.costs[kBytes].has_value()) {
      update_.refused.push_back(absl::StrCat(
          row.name, ": ", row.reason.empty() ? "it has no count of allocs and bytes" : row.reason));
      return;
    }
    if (budget == nullptr) {
      if (result::ToUtf8(row.name) != row.name) {
        update_.refused.push_back(
            absl::StrCat(result::ToUtf8(row.name), ": its name is no UTF-8, which TOML wants"));
      } else if (!choice.others.empty()) {
        update_.refused.push_back(absl::StrCat(row.name, ": ", choice.why));
      } else {
        Add(row);
      }
      return;
    }
    Change(*budget, row);
  }

  void Change(const Budget& budget, const Measured& row) {
    std::string& line = lines_[static_cast<size_t>(budget.line - 1)];
    std::string edited = line;
    std::vector<std::string> changes;
    for (size_t i = 0; i < kMetricCount; ++i) {
      if (!budget.limits[i].has_value()) {
        if (IsSplit(i) && row.costs[i].has_value() &&
            !AddTo(budget, row.name, i, *row.costs[i], &edited, &changes)) {
          return;
        }
        continue;
      }
      const bool exact = kMetrics[i].exact, is_range = budget.ranges[i].has_value();
      if (!row.between[i].has_value() && !row.costs[i].has_value()) continue;
      const auto [low, high] =
          row.between[i].has_value() ? *row.between[i] : std::pair(*row.costs[i], *row.costs[i]);
      if (exact && !is_range && low.Compare(high) != 0) {
        update_.refused.push_back(absl::StrCat(
            row.name, ": ", row.reason, "; if scheduling moves it, say ", kMetrics[i].key,
            " = { least = ", ToToml(low), ", most = ", ToToml(high), ", why = \"...\" }"));
        return;
      }
      // Above, or below an equality or a range; a ceiling is lowered by hand, but for one of no
      // call.
      const Rational& limit = *budget.limits[i];
      const bool rises = high.Compare(limit) > 0;
      const bool falls = is_range
                             ? low.Compare(budget.ranges[i]->least) < 0
                             : (exact || IsCeilingOfNone(i, limit, high)) && low.Compare(limit) < 0;
      if (!rises && !falls) continue;
      const char* const end = !is_range ? "" : rises ? "most" : "least";
      const Rational before = is_range && !rises ? budget.ranges[i]->least : limit;
      const Rational next = exact || is_range ? (rises ? high : low) : Ceiling(i, high);
      const std::string change = absl::StrCat(kMetrics[i].key, is_range ? " " : "", end, " ",
                                              ToText(before), " -> ", ToText(next));
      if (rises && !options_.allow_increase) {
        update_.refused.push_back(absl::StrCat(row.name, ": ", change, " is an increase"));
        return;
      }
      const auto place =
          is_range ? FindInRange(edited, kMetrics[i].key, end) : FindValue(edited, kMetrics[i].key);
      if (!place.has_value()) {
        update_.refused.push_back(absl::StrCat(budgets_.Where(budget.line), ": ", row.name,
                                               ": the row is not on one line; write it on one"));
        return;
      }
      edited.replace(place->first, place->second, ToToml(next));
      changes.push_back(change);
    }
    if (changes.empty()) return;
    line = edited;
    update_.changes.push_back(absl::StrCat(row.name, ": ", absl::StrJoin(changes, ", ")));
  }

  // Adds a limit of a benchmark that has come to account for a library. Whether there was room.
  bool AddTo(const Budget& budget, const std::string& name, size_t metric, const Rational& limit,
             std::string* line, std::vector<std::string>* changes) {
    const std::optional<size_t> end = EndOfRow(*line);
    if (!end.has_value()) {
      update_.refused.push_back(absl::StrCat(budgets_.Where(budget.line), ": ", name,
                                             ": the row is not on one line; write it on one"));
      return false;
    }
    size_t at = *end - 1;  // of the brace
    while (at > 0 && (*line)[at - 1] == ' ') --at;
    line->insert(at, absl::StrCat(", ", kMetrics[metric].key, " = ", ToToml(limit)));
    changes->push_back(absl::StrCat(kMetrics[metric].key, " added: ", ToText(limit)));
    return true;
  }

  void Add(const Measured& row) {
    std::string line = absl::StrCat("  { benchmark = ", QuoteToml(PatternOf(row.name)));
    for (size_t i = 0; i < kMetricCount; ++i) {
      if (!row.costs[i].has_value()) continue;
      const Rational limit = kMetrics[i].exact ? *row.costs[i] : Ceiling(i, *row.costs[i]);
      absl::StrAppend(&line, ", ", kMetrics[i].key, " = ", ToToml(limit));
    }
    added_[row.name] = line + " },";
    update_.changes.push_back(absl::StrCat("added ", row.name));
  }

  void Prune() {
    for (const Budget& budget : budgets_.budgets) {
      const bool used = std::any_of(seen_.begin(), seen_.end(), [&](const std::string& name) {
        return Matches(budget.benchmark, name);
      });
      if (used) continue;
      removed_.insert(static_cast<size_t>(budget.line - 1));
      update_.changes.push_back(absl::StrCat("removed ", budget.benchmark));
    }
  }

  // Lines can be put in and taken out only where each is one row, with its comma behind it.
  absl::Status RowsStandAlone() const {
    for (const Budget& budget : budgets_.budgets) {
      const std::string& line = lines_[static_cast<size_t>(budget.line - 1)];
      const std::optional<size_t> after = EndOfRow(line);
      if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "{") && after.has_value() &&
          (HasComma(line, *after) || NothingFollows(budget))) {
        continue;
      }
      return absl::InvalidArgumentError(
          absl::StrCat(budgets_.Where(budget.line),
                       ": rows cannot be added or taken out: write each row on one line of its "
                       "own, its comma behind it"));
    }
    return absl::OkStatus();
  }

  static bool HasComma(absl::string_view line, size_t after) {
    return absl::StartsWith(absl::StripLeadingAsciiWhitespace(line.substr(after)), ",");
  }

  // Whether the row is the last, with nothing but comments between it and the end of the list: its
  // comma could stand on a line of its own.
  bool NothingFollows(const Budget& budget) const {
    if (budget.line != budgets_.budgets.back().line) return false;
    for (int64_t i = budget.line; i + 1 < budgets_.budgets_end; ++i) {
      const auto line = absl::StripLeadingAsciiWhitespace(lines_[static_cast<size_t>(i)]);
      if (!line.empty() && line[0] != '#') return false;
    }
    return true;
  }

  // Puts each new row before the first one of a later name, or before the end of the list.
  absl::Status Insert() {
    if (added_.empty()) return absl::OkStatus();
    // Rows go in whole lines, so that the bracket must have one of its own.
    const auto end = static_cast<size_t>(budgets_.budgets_end - 1);
    if (budgets_.budgets_end == 0 || absl::StripAsciiWhitespace(lines_[end]) != "]") {
      return absl::InvalidArgumentError(
          absl::StrCat(budgets_.Where(1),
                       ": no place for new rows: [gate] needs a line 'budgets = [' and, below "
                       "its rows, a line ']'"));
    }
    // The last row may have gone without a comma.
    if (!budgets_.budgets.empty()) {
      std::string& last = lines_[static_cast<size_t>(budgets_.budgets.back().line - 1)];
      const std::optional<size_t> after = EndOfRow(last);
      const absl::string_view rest = absl::string_view(last).substr(*after);
      if (!absl::StartsWith(absl::StripLeadingAsciiWhitespace(rest), ",")) {
        last.insert(*after, 1, ',');
      }
    }
    for (auto it = added_.rbegin(); it != added_.rend(); ++it) {
      size_t at = end;
      for (const Budget& budget : budgets_.budgets) {
        if (budget.benchmark > it->first) {
          at = static_cast<size_t>(budget.line - 1);
          break;
        }
      }
      before_[at].insert(before_[at].begin(), it->second);
    }
    std::vector<std::string> merged;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (const auto rows = before_.find(i); rows != before_.end()) {
        merged.insert(merged.end(), rows->second.begin(), rows->second.end());
      }
      if (!removed_.contains(i)) merged.push_back(lines_[i]);
    }
    lines_ = std::move(merged);
    removed_.clear();
    return absl::OkStatus();
  }

  const Budgets budgets_;
  const std::vector<Evidence>& evidence_;
  const UpdateOptions& options_;
  std::vector<std::string> lines_;
  std::set<size_t> removed_;
  std::map<std::string, std::string> added_;
  std::map<size_t, std::vector<std::string>> before_;
  std::set<std::string> seen_;
  Update update_;
};

}  // namespace

absl::StatusOr<Update> UpdateBudgets(absl::string_view text, const std::string& file,
                                     const std::vector<Evidence>& evidence,
                                     const UpdateOptions& options) {
  const std::string old = text.empty() ? NewFile(evidence) : std::string(text);
  const absl::StatusOr<Budgets> budgets = ParseBudgets(old, file);
  if (!budgets.ok()) return budgets.status();
  auto update = Updater(*budgets, old, evidence, options).Make();
  if (!update.ok()) return update;
  // What would not read back is never written.
  const absl::StatusOr<Budgets> after = ParseBudgets(update->text, file);
  if (!after.ok()) {
    return absl::InternalError(
        absl::StrCat("the edited file would not read: ", std::string(after.status().message())));
  }
  return update;
}

}  // namespace tare::gate
