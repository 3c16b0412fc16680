// SPDX-License-Identifier: Apache-2.0
// Names of rows: the one rule that benchmark programs and readers of their JSON share.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tare::result {

// `text` with each stretch of white space replaced by "_": one word of the result format.
std::string OneWord(std::string_view text);

// The row's name of a run that Google Benchmark calls `name` (run_name in its JSON): the same name,
// with "<argument>:<integer>" as "<argument>=<integer>", without "/threads:1", in one word. What
// says how the benchmark is run stays as it is: process_time, real_time, manual_time, iterations:N,
// min_time:S, min_warmup_time:S, repeats:N.
std::string RowNameOfGbench(std::string_view name);

// What the row `name` was called before names said how a row is run. For messages about files
// and budgets that hold such names.
std::string FormerRowName(std::string_view name);

// Gives equal names "#01", "#02" and so on behind them, in the order in which they come, as Go's
// testing package has it: a number that a name has of its own is passed over.
class UniqueNames {
 public:
  std::string Give(const std::string& name);

 private:
  std::map<std::string, int> given_;  // how often each has been asked for or given
};

}  // namespace tare::result
