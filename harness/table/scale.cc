// SPDX-License-Identifier: Apache-2.0
// The thresholds at which a number takes the next prefix or one digit less.
#include "table/scale.h"

#include <cmath>

#include "table/go_text.h"

namespace tare::table {
namespace {

struct Step {
  double factor;
  const char* prefix;
  double one_decimal, two_decimals, three_decimals;  // from here on
};
// clang-format off
constexpr Step kDecimal[] = {
    {1e12, "T", 99.995e12, 9.9995e12, .99995e12},
    {1e9, "G", 99.995e9, 9.9995e9, .99995e9},
    {1e6, "M", 99.995e6, 9.9995e6, .99995e6},
    {1e3, "k", 99.995e3, 9.9995e3, .99995e3},
    {1e0, "", 99.995e0, 9.9995e0, .99995e0},
    {1e-3, "m", 99.995e-3, 9.9995e-3, .99995e-3},
    {1e-6, "\u00B5", 99.995e-6, 9.9995e-6, .99995e-6},
    {1e-9, "n", 99.995e-9, 9.9995e-9, .99995e-9},
};
constexpr Step kBinary[] = {
    {0x1p40, "Ti", 99.995 * 0x1p40, 9.9995 * 0x1p40, .99995 * 0x1p40},
    {0x1p30, "Gi", 99.995 * 0x1p30, 9.9995 * 0x1p30, .99995 * 0x1p30},
    {0x1p20, "Mi", 99.995 * 0x1p20, 9.9995 * 0x1p20, .99995 * 0x1p20},
    {0x1p10, "Ki", 99.995 * 0x1p10, 9.9995 * 0x1p10, .99995 * 0x1p10},
    {0x1p0, "", 99.995 * 0x1p0, 9.9995 * 0x1p0, .99995 * 0x1p0},
};
// clang-format on
// Below the last prefix: from here on three decimals, four, ...; then ten.
constexpr double kMoreDecimals[] = {9.9995e-1, 9.9995e-2, 9.9995e-3, 9.9995e-4,
                                    9.9995e-5, 9.9995e-6, 9.9995e-7};

}  // namespace

Scale::Scale(std::span<const double> values, bool binary) {
  double least = 0;
  for (const double value : values) {
    const double magnitude = std::fabs(value);
    if (magnitude != 0 && (least == 0 || magnitude < least)) least = magnitude;
  }
  if (least == 0) return;
  const std::span<const Step> steps =
      binary ? std::span<const Step>(kBinary) : std::span<const Step>(kDecimal);
  for (const Step& step : steps) {
    factor_ = step.factor;
    prefix_ = step.prefix;
    decimals_ = least >= step.one_decimal      ? 1
                : least >= step.two_decimals   ? 2
                : least >= step.three_decimals ? 3
                                               : 0;
    if (decimals_ > 0) return;
  }
  decimals_ = 3;
  for (const double threshold : kMoreDecimals) {
    if (least / factor_ >= threshold) return;
    ++decimals_;
  }
}

std::string Scale::Format(double value) const {
  return GoFixed(value / factor_, decimals_) + prefix_;
}

}  // namespace tare::table
