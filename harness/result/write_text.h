// SPDX-License-Identifier: Apache-2.0
// Writes Go's benchmark format; what is written reads back to the same values, to the last bit.
#pragma once

#include <string>
#include <string_view>

#include "result/result.h"

namespace tare::result {

// Each appends one line to `out`. Names, keys, units and metadata must follow the grammar (no white
// space, keys start lower-case), and texts must hold no line end: they come from the program or
// from a line that was read. Anything else is a programmer error and aborts: a file that cannot be
// read back is never written.
void AppendComment(std::string_view text, std::string* out);
void AppendConfig(std::string_view key, std::string_view value, std::string* out);
void AppendUnit(const Unit& unit, std::string* out);
void AppendRow(const Row& row, std::string* out);

// The comments of the head, the configuration, the units; then the rows, then the notes.
std::string FormatText(const ResultFile& file);

}  // namespace tare::result
