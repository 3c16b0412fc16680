// SPDX-License-Identifier: Apache-2.0
// Text of a stranger, made fit for one line of a table, a terminal or a result file.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tare::cli {

// `text` without white space around it, control characters written as "\x1b"; what passes 300 bytes
// is cut off and marked by "...". UTF-8 stays as it is.
std::string Printable(absl::string_view text);

// The same between single quotes.
std::string Quoted(absl::string_view text);

// The last lines of what a program said, each printable and indented, with a line end.
std::string LastWords(absl::string_view text);

}  // namespace tare::cli
