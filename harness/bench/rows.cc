// SPDX-License-Identifier: Apache-2.0
// Names and selects the rows of a program.
#include "bench/rows.h"

#include <regex.h>

#include <utility>

#include "result/row_names.h"

namespace tare::bench {
namespace {

class Regex {
 public:
  explicit Regex(const std::string& pattern)
      : error_(regcomp(&regex_, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {}
  ~Regex() {
    if (error_ == 0) regfree(&regex_);
  }
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  std::string Error() const {
    if (error_ == 0) return "";
    char text[256];
    regerror(error_, &regex_, text, sizeof text);
    return text;
  }
  bool Matches(const std::string& text) const {
    return regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_;
  int error_;
};

}  // namespace

std::vector<Row> AllRows() {
  std::vector<Row> rows;
  result::UniqueNames names;
  for (const Family& family : Families::All().list()) {
    for (Instance& instance : InstancesOf(*family.benchmark)) {
      Row row{&family, {}, instance.name.str(), ""};
      benchmark::BenchmarkName name = instance.name;
      if (family.omits_time_type) name.time_type.clear();
      row.name = names.Give(result::RowNameOfGbench(name.str()));
      row.instance = std::move(instance);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string Select(std::string filter, std::vector<Row>* rows) {
  if (filter.empty() || filter == "all") return "";
  const bool others = filter.front() == '-';
  if (others) filter.erase(0, 1);
  const Regex regex(filter);
  if (const std::string error = regex.Error(); !error.empty()) return error;
  std::erase_if(*rows, [&](const Row& row) { return regex.Matches(row.gbench_name) == others; });
  return "";
}

}  // namespace tare::bench
