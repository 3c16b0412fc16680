// SPDX-License-Identifier: Apache-2.0
// What a judge must not overlook in results that were read: whatever might pass for a measurement.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "result/read_text.h"

namespace tare::result {

inline constexpr size_t kLongestLine = 64 << 10;  // bytes

// The faults of `text`, which was read from `file` into `outcome`, each as "<file>:<line>: <what>";
// none: it can be judged. A fault is
//   - a file that is no results but empty, compressed, CSV or UTF-16 (see file_kind.h), or one
//     without a row and without a word about any;
//   - a byte that no text holds, a line longer than kLongestLine, a last line without its end;
//   - a line that could not be read, or is none of the format's (PASS and ok are Go's own);
//   - a value that is not finite, or below zero in an exact unit; iterations that are not above 0;
//   - an exact unit with two values under one name;
//   - a unit "<something>/op" that nothing describes: neither a Unit line nor tare itself.
std::vector<std::string> FindFaults(std::string_view text, const std::string& file,
                                    const ReadOutcome& outcome);

}  // namespace tare::result
