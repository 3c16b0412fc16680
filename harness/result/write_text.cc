// SPDX-License-Identifier: Apache-2.0
// Lines of Go's benchmark format, guarded against text that would not read back.
#include "result/write_text.h"

#include <cstdio>
#include <cstdlib>

#include "result/number.h"
#include "result/text_field.h"

namespace tare::result {
namespace {

void Require(bool holds, const char* rule, std::string_view text) {
  if (holds) return;
  std::fprintf(stderr, "tare: cannot write '%.*s' into a result file: %s\n",
               static_cast<int>(text.size()), text.data(), rule);
  std::abort();
}

bool IsOneField(std::string_view text) {
  std::string_view rest = text;
  return TakeField(&rest) == text;
}

void RequireOneLine(std::string_view text) {
  Require(text.find_first_of("\r\n") == std::string_view::npos, "it holds a line end", text);
}

void RequireField(std::string_view text) {
  Require(!text.empty() && IsOneField(text), "it must be one word", text);
}

}  // namespace

void AppendComment(std::string_view text, std::string* out) {
  RequireOneLine(text);
  out->append("# ").append(text).append("\n");
}

void AppendConfig(std::string_view key, std::string_view value, std::string* out) {
  std::string line = std::string(key) + ": " + std::string(value);
  std::string_view read_key, read_value;
  RequireOneLine(line);
  Require(SplitKeyValue(line, &read_key, &read_value) && read_key == key && read_value == value,
          "it does not read back as this key and value", line);
  out->append(line).append("\n");
}

void AppendUnit(const Unit& unit, std::string* out) {
  RequireField(unit.name());
  out->append("Unit ").append(unit.name());
  for (const auto& [key, value] : unit.metadata()) {
    RequireField(key);
    Require(key.find('=') == std::string::npos && IsOneField(value), "metadata must be one word",
            value);
    out->append(" ").append(key).append("=").append(value);
  }
  out->append("\n");
}

void AppendRow(const Row& row, std::string* out) {
  Require(IsOneField(row.name), "a benchmark's name holds no white space", row.name);
  Require(!row.values.empty(), "a row needs a measurement", row.name);
  out->append("Benchmark").append(row.name).append(" ").append(std::to_string(row.iterations));
  for (const Value& value : row.values) {
    RequireField(value.unit);
    out->append("  ").append(FormatDouble(value.value)).append(" ").append(value.unit);
  }
  out->append("\n");
}

std::string FormatText(const ResultFile& file) {
  std::string out;
  for (const std::string& line : file.head) AppendComment(line, &out);
  for (const auto& [key, value] : file.config.entries()) AppendConfig(key, value, &out);
  for (const Unit& unit : file.units.all()) AppendUnit(unit, &out);
  for (const Row& row : file.rows) AppendRow(row, &out);
  for (const std::string& line : file.notes) AppendComment(line, &out);
  return out;
}

}  // namespace tare::result
