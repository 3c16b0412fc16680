// SPDX-License-Identifier: Apache-2.0
// The complementary error function, and bisection for its inverse.
#include "stat/normal.h"

#include <cmath>

namespace tare::stat {

double UpperNormal(double z) {
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

double NormalQuantile(double tail) {
  double low = 0, high = 40;  // beyond 40 it is below the smallest double
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (UpperNormal(middle) > tail ? low : high) = middle;
  }
  return high;
}

}  // namespace tare::stat
