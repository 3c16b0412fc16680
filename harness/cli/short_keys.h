// SPDX-License-Identifier: Apache-2.0
// The keys of our benchmarks' names may be typed without their slash: `--col backend`.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tare::cli {

// The projection or filter with a slash before each key that is one of our names' and has none:
// variant, backend, mode, size, buf, conns, active, threads. Values, and what is quoted, stay as
// they are, and so does a text that has no tokens.
std::string WithSlashesInProjection(absl::string_view projection);
std::string WithSlashesInFilter(absl::string_view filter);

}  // namespace tare::cli
