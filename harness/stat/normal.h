// SPDX-License-Identifier: Apache-2.0
// Tails of the normal distribution, for samples too large to count.
#pragma once

namespace tare::stat {

// What stands for p values that a double cannot hold: none is 0.
inline constexpr double kLeastP = 1e-300;

// P(Z > z).
double UpperNormal(double z);

// The z with P(Z > z) = `tail`, which is above 0 and below 1/2.
double NormalQuantile(double tail);

}  // namespace tare::stat
