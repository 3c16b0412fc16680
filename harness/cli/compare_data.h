// SPDX-License-Identifier: Apache-2.0
// A comparison for programs: CSV and JSON, one record a cell, nothing rounded.
#pragma once

#include <functional>

#include "absl/strings/string_view.h"
#include "cli/compare_text.h"
#include "table/comparison.h"
#include "table/sheet.h"

namespace tare::cli {

// Takes the text piece by piece.
using Sink = std::function<void(absl::string_view)>;

// With a line of headers. A field that does not apply is empty.
void WriteComparisonCsv(const table::Sheet& sheet, const table::Report& report,
                        const EmptyReasons& reasons, const Sink& sink);

// As harness/cli/compare.schema.json says. Never NaN or Infinity: what is no number is left out.
void WriteComparisonJson(const table::Sheet& sheet, const table::Report& report,
                         const EmptyReasons& reasons, const table::CompareOptions& options,
                         const Sink& sink);

}  // namespace tare::cli
