// SPDX-License-Identifier: Apache-2.0
// Text as Go's fmt, strconv and encoding/csv write it; widths count code points.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tare::table {

// A number as Println writes it: the shortest digits that read back, with an exponent below -4 and
// from 6 on; "NaN", "+Inf", "-Inf".
std::string GoFloat(double value);

// "%.<decimals>f", and "%+.<decimals>f" with a sign; "NaN" ("+NaN"), "+Inf", "-Inf".
std::string GoFixed(double value, int decimals, bool with_sign = false);

// The bytes of the first code point of a text that is not empty; a byte that is not UTF-8 stands
// alone.
size_t CodePointSize(absl::string_view text);
size_t CodePoints(absl::string_view text);

// The bytes of white space (as Unicode has it) that the text begins with.
size_t LeadingSpaceSize(absl::string_view text);

// `text` between double quotes, with escapes for what cannot be printed; and back. UnquoteGo is
// false where the quoted text holds a line end or an escape that Go does not know.
std::string QuoteGo(absl::string_view text);
bool UnquoteGo(absl::string_view quoted, std::string* text);

// One line of CSV, with its line end.
class CsvLine {
 public:
  void Add(absl::string_view field);
  size_t size() const { return fields_; }
  // Appends the line to `out` and begins the next.
  void Flush(std::string* out);

 private:
  size_t fields_ = 0;
  std::string line_;
};

}  // namespace tare::table
