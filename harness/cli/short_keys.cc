// SPDX-License-Identifier: Apache-2.0
// Tells keys from values by the tokens around them.
#include "cli/short_keys.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "table/token.h"

namespace tare::cli {
namespace {

constexpr absl::string_view kKeys[] = {"variant", "backend", "mode",   "size",
                                       "buf",     "conns",   "active", "threads"};

// Inserts slashes where a key is one of ours. `sign` stands before values: they are one word, or a
// list in parentheses. Only values may be regular expressions.
std::string WithSlashes(absl::string_view text, char sign, bool with_regexps) {
  std::vector<size_t> places;
  table::Tokenizer tokens(text);
  char previous = 0;
  bool in_list = false;
  for (;;) {
    const bool is_value = in_list || previous == sign;
    const table::Token token = tokens.Next(with_regexps && is_value);
    if (token.kind == 0) break;
    if (!is_value && token.kind == 'w' &&
        std::find(std::begin(kKeys), std::end(kKeys), token.text) != std::end(kKeys)) {
      places.push_back(token.offset);
    }
    in_list = token.kind == '(' ? is_value : in_list && token.kind != ')';
    previous = token.kind;
  }
  if (!tokens.status().ok()) return std::string(text);  // its parser says what is wrong, and where
  std::string out;
  size_t done = 0;
  for (const size_t place : places) {
    absl::StrAppend(&out, text.substr(done, place - done), "/");
    done = place;
  }
  absl::StrAppend(&out, text.substr(done));
  return out;
}

}  // namespace

std::string WithSlashesInProjection(absl::string_view projection) {
  return WithSlashes(projection, '@', false);
}

std::string WithSlashesInFilter(absl::string_view filter) {
  return WithSlashes(filter, ':', true);
}

}  // namespace tare::cli
