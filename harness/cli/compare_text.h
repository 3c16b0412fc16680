// SPDX-License-Identifier: Apache-2.0
// A comparison for people: aligned text, in colour on a terminal, or Markdown.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "table/comparison.h"
#include "table/projection.h"
#include "table/sheet.h"

namespace tare::cli {

// Why a cell is empty, by table::CellId.
using EmptyReasons = absl::flat_hash_map<uint64_t, std::string>;

// The values of a key of rows or columns: of its first dimension bare, of others as name=value.
std::string KeyText(const table::Projection& projection, table::Key key);

struct CompareView {
  enum class Form { kText, kMarkdown } form = Form::kText;
  bool colour = false;        // verdicts: green for better, red for worse
  bool only_changed = false;  // leaves out what is the same or cannot be told
  bool by_effect = false;     // the largest change first; else as in the files
  size_t width = 0;           // of the terminal, for kText; 0: any
  // What is shown of each column: the others are left out.
  struct Parts {
    bool value = true;
    bool floor = true;  // where a floor was measured, as `tare`
    bool tare = true;
    bool change = true;
    bool p = true;
    bool verdict = true;
  } parts;
};

std::string RenderComparison(const table::Sheet& sheet, const table::Report& report,
                             const EmptyReasons& reasons, const table::CompareOptions& options,
                             const CompareView& view);

// "same within 1.2 %", "cannot tell: this n could see 5.1 %", ... in all forms alike.
std::string VerdictText(const table::ComparedTable& table, const table::Comparison& comparison);

// "+9.55 % [+8.0, +11.1]", of exact units "+3 (+150.00 %)".
std::string ChangeText(const table::ComparedTable& table, const table::Comparison& comparison);

// How large the change is, for sorting: the same for a half and for a double.
double EffectOf(const table::Comparison& comparison);

}  // namespace tare::cli
