// SPDX-License-Identifier: Apache-2.0
// Any bytes as Go's benchmark format: read, checked, and, where nothing is wrong, written and read
// back to the same rows.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "result/check.h"
#include "result/read_text.h"
#include "result/write_text.h"

namespace {

using tare::fuzz::Require;

bool SameRows(const tare::result::ResultFile& a, const tare::result::ResultFile& b) {
  if (a.rows.size() != b.rows.size()) return false;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    const tare::result::Row &x = a.rows[i], &y = b.rows[i];
    if (x.name != y.name || x.iterations != y.iterations || x.values.size() != y.values.size()) {
      return false;
    }
    for (size_t j = 0; j < x.values.size(); ++j) {
      if (x.values[j].unit != y.values[j].unit || x.values[j].value != y.values[j].value) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tare::result::ReadOutcome outcome = tare::result::ReadText(text, "f");
  Require(outcome.row_lines.size() == outcome.file.rows.size(), "a row without a line");
  if (!tare::result::FindFaults(text, "f", outcome).empty()) return 0;
  const std::string written = tare::result::FormatText(outcome.file);
  const tare::result::ReadOutcome again = tare::result::ReadText(written, "f");
  Require(again.errors.empty(), "what was written does not read back");
  Require(SameRows(outcome.file, again.file), "what was written reads back to other rows");
  return 0;
}
