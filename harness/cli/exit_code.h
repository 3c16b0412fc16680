// SPDX-License-Identifier: Apache-2.0
// The exit statuses of the tare command: one list for all subcommands.
#pragma once

namespace tare::cli {

// Where several hold, the one that is first in this order is returned: kUsage, kFault,
// kCannotJudge, kRegression, kImprovement.
enum ExitCode : int {
  kOk = 0,
  kRegression = 1,    // a benchmark costs more than its budget, a budget would have to rise, or a
                      // row of a comparison is worse
  kUsage = 2,         // bad flag, unknown suite, no such file, filter that matches nothing, ...
  kImprovement = 3,   // a benchmark costs less than its budget, and nobody has claimed it
  kCannotJudge = 4,   // every row of a suite is absent; budgets and results do not fit together
  kFault = 5,         // a bench program is none, died, hung or printed rubbish; results could not
                      // be written
  kSignalBase = 128,  // plus the signal's number: ended by a signal (130: interrupt)
};

// What they mean to each command, in its --help: those that it can return, and no other.
inline constexpr char kExitCodeHelp[] =
    "Exit status, as far as a command can return it (its own --help says which, and when):\n"
    "  0    done, and nothing to complain of\n"
    "  1    regression: something costs more than it may\n"
    "  2    usage: unknown flag, suite or file, filter that matches nothing\n"
    "  3    improvement: a benchmark costs less than its budget\n"
    "  4    cannot judge: what was measured or given does not suffice\n"
    "  5    fault: a bench program failed, or something could not be written\n"
    "  130  interrupted (128 + the signal's number)\n"
    "Where several hold, the first of 2, 5, 4, 1, 3 is returned.\n";

inline constexpr char kRunExitHelp[] =
    "Exit status:\n"
    "  0    all rows measured, or absent for the reason shown\n"
    "  2    usage: unknown flag, suite or file, filter that matches nothing, a directory that "
    "cannot "
    "be\n"
    "       written to or has results already (--force)\n"
    "  4    cannot judge: every row of a suite is absent\n"
    "  5    fault: a bench program is none, died, hung or printed what is no result (the other "
    "rows "
    "are\n"
    "       kept); results or standard output could not be written\n"
    "  130  interrupted (128 + the signal's number); what was measured is kept as partial\n";

inline constexpr char kListExitHelp[] =
    "Exit status:\n"
    "  0    all rows listed\n"
    "  2    usage: unknown flag, suite or file, filter that matches nothing\n"
    "  5    fault: a bench program is none, died or hung; standard output could not be written\n"
    "  130  interrupted (128 + the signal's number)\n";

inline constexpr char kExplainExitHelp[] =
    "Exit status:\n"
    "  0    the places are listed\n"
    "  2    usage: unknown flag, suite or file, a benchmark that none of them has\n"
    "  4    cannot judge: the benchmark is absent here, or places cannot be recorded\n"
    "  5    fault: a bench program is none, died or hung; standard output could not be written\n"
    "  130  interrupted (128 + the signal's number)\n";

inline constexpr char kCompareExitHelp[] =
    "Exit status:\n"
    "  0    everything was compared, whatever came out; with --fail-on: and nothing is worse\n"
    "  1    regression, with --fail-on alone: a row is worse\n"
    "  2    usage: unknown flag, a file that cannot be read, filter that matches nothing\n"
    "  4    something could not be judged: a line that is no measurement, a file without a "
    "result,\n"
    "       an unstable count, unlike machines, results together in one cell, nothing to compare;\n"
    "       with --fail-on also a row that is gone or has too few values to show a change\n"
    "  5    fault: standard output could not be written\n"
    "With --compat=benchstat its own: 2 for an unknown flag or no file, else 0; 5 as above.\n";

inline constexpr char kGateExitHelp[] =
    "Exit status:\n"
    "  0    all budgets kept\n"
    "  1    regression: a benchmark costs more than its budget, or takes longer (--times)\n"
    "  2    usage: unknown flag, suite or file\n"
    "  3    improvement: a benchmark costs less than its budget; `tare budget update` claims it\n"
    "  4    cannot judge: a budget is missing, or results are not fit to be judged\n"
    "  5    fault: a bench program is none, died, hung or printed what is no result; the verdict "
    "or\n"
    "       standard output could not be written\n"
    "  130  interrupted (128 + the signal's number)\n";

inline constexpr char kBudgetExitHelp[] =
    "Exit status:\n"
    "  0    a budget holds (explain); the budgets are as the results are (update)\n"
    "  1    a budget would have to rise, which nobody allowed (update)\n"
    "  2    usage: unknown flag, suite or file; results that are not fit to be judged\n"
    "  4    cannot judge: no budget holds (explain)\n"
    "  5    fault: a bench program is none, died, hung or printed what is no result; a file or\n"
    "       standard output could not be written\n"
    "  130  interrupted (128 + the signal's number) (update)\n";

inline constexpr char kBudgetExplainExitHelp[] =
    "Exit status:\n"
    "  0    a budget holds\n"
    "  2    usage: unknown flag, a file that is not there or cannot be understood\n"
    "  4    cannot judge: no budget holds\n"
    "  5    fault: standard output could not be written\n";

inline constexpr char kBudgetUpdateExitHelp[] =
    "Exit status:\n"
    "  0    the budgets are as the results are\n"
    "  1    a budget would have to rise, which nobody allowed\n"
    "  2    usage: unknown flag, suite or file; results that are not fit to be judged\n"
    "  5    fault: a bench program is none, died, hung or printed what is no result; a file or\n"
    "       standard output could not be written\n"
    "  130  interrupted (128 + the signal's number)\n";

}  // namespace tare::cli
