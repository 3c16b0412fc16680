// SPDX-License-Identifier: Apache-2.0
// The exit statuses of the tare command: one list for all subcommands.
#pragma once

namespace tare::cli {

// Where several hold, the one that is first in this order is returned: kUsage, kFault,
// kCannotJudge.
enum ExitCode : int {
  kOk = 0,
  kUsage = 2,         // bad flag, unknown suite, no such file, filter that matches nothing, ...
  kCannotJudge = 4,   // nothing was measured: every row of a suite is absent
  kFault = 5,         // a bench program is none, died, hung or printed rubbish; results could not
                      // be written
  kSignalBase = 128,  // plus the signal's number: ended by a signal (130: interrupt)
};

inline constexpr char kExitCodeHelp[] =
    "Exit status:\n"
    "  0    all rows measured, or absent for the reason shown\n"
    "  2    usage: unknown flag, suite or file, filter that matches nothing, unwritable directory\n"
    "  4    nothing to judge: every row of a suite is absent\n"
    "  5    fault: a bench program is none, died, hung or printed rubbish; the other rows are "
    "kept\n"
    "  130  interrupted (128 + the signal's number); what was measured is kept as partial\n";

}  // namespace tare::cli
