// SPDX-License-Identifier: Apache-2.0
// Row: the parameters of one line of a suite's table, and the name they give it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tare::suites {

// One parameter, such as size=512. `threads` is Google Benchmark's: it runs the row in that many
// threads.
struct Param {
  std::string_view key;
  int64_t value;
};

// The parameters of a row. What is not given is at its default: buf 4096, conns 1, active = conns,
// threads 1.
class Row {
 public:
  Row(std::initializer_list<Param> params) : params_(params) {}

  // The same row with parameters that are not part of its name.
  Row With(const std::vector<Param>& unnamed) const;

  // The given or default value of `key`; the program ends at a key that is neither.
  int64_t operator[](std::string_view key) const;

  // The row's key in results and budgets:
  // "Suite/Scenario/variant=reference/backend=epoll/size=512/conns=64". Keys in the one order of
  // all suites, those of the suite's own last; without what is at its default, without `backend`
  // and `mode` if they are empty, and without threads, which Google Benchmark's side adds.
  std::string Name(std::string_view scenario, std::string_view variant, std::string_view backend,
                   std::string_view mode) const;

 private:
  std::vector<Param> params_;
  std::vector<Param> unnamed_;
};

}  // namespace tare::suites
