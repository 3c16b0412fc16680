// SPDX-License-Identifier: Apache-2.0
// Fields of a line of Go's benchmark format: how it is split, and what may be a configuration key.
#pragma once

#include <cstddef>
#include <string_view>

namespace tare::result {

// Takes the first field off `line`: returns what stands before the first white space (as Unicode
// defines it, read as UTF-8), and leaves in `line` what follows that white space.
std::string_view TakeField(std::string_view* line);

// The bytes of white space that `text` begins with.
size_t LeadingSpace(std::string_view text);

// Whether `line` is `key: value`, or `key:` alone. A key starts with a lower-case letter and holds
// neither white space nor upper-case letters; white space stands before the value. Letters beyond
// Latin-1, Greek and Cyrillic count as lower-case.
bool SplitKeyValue(std::string_view line, std::string_view* key, std::string_view* value);

}  // namespace tare::result
