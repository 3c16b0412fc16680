// SPDX-License-Identifier: Apache-2.0
// How long each process may time its row, so that a whole run keeps within its budget.
#pragma once

namespace tare::cli {

// A whole run, and one of the quick rows.
inline constexpr double kBudgetSeconds = 15 * 60;
inline constexpr double kQuickBudgetSeconds = 60;

// The least time, in seconds and with two significant digits, to ask of Google Benchmark for each
// of `rounds` processes of each of `rows` rows. Between 0.01 s, below which a row is noise, and 0.5
// s, above which more rounds are worth more.
double MinTimeFor(double budget_seconds, int rows, int rounds);

}  // namespace tare::cli
