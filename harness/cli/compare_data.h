// SPDX-License-Identifier: Apache-2.0
// A comparison for programs: CSV and JSON, one record a cell, nothing rounded.
#pragma once

#include <string>

#include "cli/compare_text.h"
#include "table/comparison.h"
#include "table/sheet.h"

namespace tare::cli {

// With a line of headers. A field that does not apply is empty.
std::string ComparisonCsv(const table::Sheet& sheet, const table::Report& report,
                          const EmptyReasons& reasons);

// As harness/cli/compare.schema.json says. Never NaN or Infinity: what is no number is left out.
std::string ComparisonJson(const table::Sheet& sheet, const table::Report& report,
                           const EmptyReasons& reasons, const table::CompareOptions& options);

}  // namespace tare::cli
