// SPDX-License-Identifier: Apache-2.0
// Any bytes as Google Benchmark's JSON: read, checked, and, where nothing is wrong, written as
// text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"
#include "result/check.h"
#include "result/read_gbench_json.h"
#include "result/write_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tare::result::ReadOutcome outcome = tare::result::ReadGbenchJson(text, "f");
  tare::fuzz::Require(outcome.row_lines.size() == outcome.file.rows.size(), "a row without a line");
  if (!tare::result::FindFaults(text, "f", outcome).empty()) return 0;
  const tare::result::ReadOutcome again =
      tare::result::ReadText(tare::result::FormatText(outcome.file), "f");
  tare::fuzz::Require(again.errors.empty(), "what was written as text does not read back");
  tare::fuzz::Require(again.file.rows.size() == outcome.file.rows.size(), "rows were lost");
  return 0;
}
