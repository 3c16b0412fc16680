// SPDX-License-Identifier: Apache-2.0
// Numbers with a prefix and about four digits, as benchstat shows them.
#pragma once

#include <span>
#include <string>

namespace tare::table {

class Scale {
 public:
  // One that suits all of a row: by the smallest magnitude that is not 0. `binary`: in powers of
  // 1,024.
  Scale(std::span<const double> values, bool binary);

  // "1.718µ".
  std::string Format(double value) const;

 private:
  double factor_ = 1;
  const char* prefix_ = "";
  int decimals_ = 3;
};

}  // namespace tare::table
