// SPDX-License-Identifier: Apache-2.0
// Finds the row that each line names; lines without one wait for the next that has.
#include "cli/batch_output.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tare::cli {
namespace {

// The word that would be a row's name: of "Benchmark<name> ..." or "# <kind> <name>: ...".
absl::string_view NamedIn(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "Benchmark")) return line.substr(0, line.find_first_of(" \t"));
  if (!absl::ConsumePrefix(&line, "# ")) return {};
  const size_t colon = line.find(": ");
  if (colon == absl::string_view::npos) return {};
  const absl::string_view before = line.substr(0, colon);
  const size_t space = before.rfind(' ');
  return space == absl::string_view::npos ? absl::string_view() : before.substr(space + 1);
}

// A line that every process prints first.
bool IsHead(absl::string_view line) {
  return absl::StartsWith(line, "# tare ") || absl::StartsWith(line, "# not applicable: ") ||
         absl::StartsWith(line, "Unit ");
}

}  // namespace

std::vector<std::optional<std::string>> OutputsOfRows(absl::string_view text,
                                                      const std::vector<std::string>& names) {
  std::vector<std::optional<std::string>> outputs(names.size());
  absl::flat_hash_map<absl::string_view, size_t> places;
  for (size_t i = 0; i < names.size(); ++i) places.emplace(names[i], i);
  std::string head, waiting;
  bool in_head = true;
  std::optional<size_t> last;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const absl::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const auto place =
        IsHead(line) ? places.end() : places.find(NamedIn(absl::StripSuffix(line, "\n")));
    if (place == places.end()) {
      // The head ends with the units; what a row prints may come before the line that names it.
      absl::StrAppend(in_head && !absl::StartsWith(line, "Benchmark") ? &head : &waiting, line);
      continue;
    }
    in_head = false;
    last = place->second;
    std::optional<std::string>& output = outputs[*last];
    if (!output.has_value()) output = head;
    absl::StrAppend(&*output, waiting, line);
    waiting.clear();
  }
  if (last.has_value()) outputs[*last]->append(waiting);
  return outputs;
}

bool HasErrorComment(absl::string_view text) {
  return absl::StartsWith(text, "# error ") || absl::StrContains(text, "\n# error ");
}

}  // namespace tare::cli
