// SPDX-License-Identifier: Apache-2.0
// The exit statuses of the tare command: one list for all subcommands.
#pragma once

namespace tare::cli {

// Where several hold, the one that is first in this order is returned: kUsage, kFault,
// kCannotJudge, kRegression, kImprovement.
enum ExitCode : int {
  kOk = 0,
  kRegression = 1,    // a benchmark costs more than its budget, or a budget would have to rise
  kUsage = 2,         // bad flag, unknown suite, no such file, filter that matches nothing, ...
  kImprovement = 3,   // a benchmark costs less than its budget, and nobody has claimed it
  kCannotJudge = 4,   // every row of a suite is absent; budgets and results do not fit together
  kFault = 5,         // a bench program is none, died, hung or printed rubbish; results could not
                      // be written
  kSignalBase = 128,  // plus the signal's number: ended by a signal (130: interrupt)
};

inline constexpr char kExitCodeHelp[] =
    "Exit status:\n"
    "  0    all rows measured, or absent for the reason shown; all budgets kept\n"
    "  1    regression: a benchmark costs more than its budget\n"
    "  2    usage: unknown flag, suite or file, filter that matches nothing, unwritable directory\n"
    "  3    improvement: a benchmark costs less than its budget; `tare budget update` claims it\n"
    "  4    cannot judge: every row of a suite is absent, a budget is missing, or results are not\n"
    "       fit to be judged\n"
    "  5    fault: a bench program is none, died, hung or printed rubbish; the other rows are "
    "kept\n"
    "  130  interrupted (128 + the signal's number); what was measured is kept as partial\n";

// What they mean to the commands that measure nothing, or judge.
inline constexpr char kCompareExitHelp[] =
    "Exit status:\n"
    "  0    everything was compared, whatever came out\n"
    "  2    usage: unknown flag, a file that cannot be read, filter that matches nothing\n"
    "  4    something could not be judged: a line that is no measurement, a file without a "
    "result,\n"
    "       an unstable count, unlike machines, results together in one cell, nothing to compare\n"
    "  5    fault: standard output could not be written\n"
    "With --compat=benchstat its own: 2 for an unknown flag or no file, else 0; 5 as above.\n";

inline constexpr char kGateExitHelp[] =
    "Exit status:\n"
    "  0    all budgets kept\n"
    "  1    regression: a benchmark costs more than its budget, or takes longer (--times)\n"
    "  2    usage: unknown flag, suite or file\n"
    "  3    improvement: a benchmark costs less than its budget; `tare budget update` claims it\n"
    "  4    cannot judge: a budget is missing, or results are not fit to be judged\n"
    "  5    fault: a bench program is none, died, hung or printed rubbish; the verdict could not "
    "be\n"
    "       written\n"
    "  130  interrupted (128 + the signal's number)\n";

inline constexpr char kBudgetExitHelp[] =
    "Exit status:\n"
    "  0    the budgets are as the results are\n"
    "  1    a budget would have to rise, which nobody allowed\n"
    "  2    usage: unknown flag, suite or file; results that are not fit to be judged\n"
    "  5    fault: a bench program is none, died, hung or printed rubbish; a file could not be "
    "written\n"
    "  130  interrupted (128 + the signal's number)\n";

}  // namespace tare::cli
