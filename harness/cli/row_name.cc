// SPDX-License-Identifier: Apache-2.0
// Cutting names at slashes, and telling keys by their prefix.
#include "cli/row_name.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tare::cli {

RowName::RowName(absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (absl::ConsumePrefix(&part, "variant=")) {
      variant = std::string(part);
    } else if (absl::ConsumePrefix(&part, "backend=")) {
      backend = std::string(part);
    } else if (absl::ConsumePrefix(&part, "mode=")) {
      mode = std::string(part);
    } else {
      has_threads = has_threads || absl::StartsWith(part, "threads=");
      absl::StrAppend(&question, question.empty() ? "" : "/", part);
    }
  }
}

}  // namespace tare::cli
