// SPDX-License-Identifier: Apache-2.0
// How long each process may time its row, so that a whole run keeps within its budget.
#pragma once

namespace tare::cli {

// A whole run, and one of the quick rows.
inline constexpr double kBudgetSeconds = 15 * 60;
inline constexpr double kQuickBudgetSeconds = 60;

// Of a process: start, set-up, the check of the answer, a thousand connections. On average over the
// rows of fd_ops, on a machine on which a round trip takes 10 us.
inline constexpr double kOverheadSeconds = 0.1;

// The least time, in seconds and with two significant digits, to ask of Google Benchmark for each
// of `rounds` processes of each of `rows` rows, where each row of a round costs `overhead_seconds`
// beside its timed loop. Between 0.01 s, below which a row is noise, and 0.5
// s, above which more rounds are worth more.
double MinTimeFor(double budget_seconds, int rows, int rounds,
                  double overhead_seconds = kOverheadSeconds);

}  // namespace tare::cli
