// SPDX-License-Identifier: Apache-2.0
// Names and selects the rows of a program.
#include "bench/rows.h"

#include <regex.h>

#include <cstdio>
#include <map>
#include <utility>

#include "result/text_field.h"

namespace tare::bench {
namespace {

// "size:64/8" as "/size=64/8". Values are integers, so that a name's own colons do no harm.
std::string ArgsSuffix(std::string_view args) {
  std::string suffix;
  while (!args.empty()) {
    const std::string_view arg = args.substr(0, args.find('/'));
    args.remove_prefix(std::min(args.size(), arg.size() + 1));
    const size_t colon = arg.rfind(':');
    suffix += '/';
    if (colon != std::string_view::npos) suffix.append(arg.substr(0, colon)).append("=");
    suffix += arg.substr(colon + 1);  // npos + 1 is 0
  }
  return suffix;
}

std::string ThreadsSuffix(std::string_view threads) {
  if (threads.empty() || threads == "threads:1") return "";
  return "/threads=" + std::string(threads.substr(threads.find(':') + 1));
}

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

std::string OneWord(std::string_view text) {
  std::string word;
  while (true) {
    const std::string_view field = result::TakeField(&text);
    word += field;
    if (text.empty()) return word;
    word += '_';
  }
}

std::string RowName(const benchmark::BenchmarkName& name) {
  return OneWord(name.function_name + ArgsSuffix(name.args) + ThreadsSuffix(name.threads));
}

std::vector<Row> AllRows() {
  std::vector<Row> rows;
  std::map<std::string, int> seen;  // how often a name has been given
  for (const Family& family : Families::All().list()) {
    for (Instance& instance : InstancesOf(*family.benchmark)) {
      Row row{&family, {}, instance.name.str(), RowName(instance.name)};
      row.instance = std::move(instance);
      if (const int before = seen[row.name]++; before > 0) {
        char suffix[16];
        std::snprintf(suffix, sizeof suffix, "#%02d", before);
        row.name += suffix;
      }
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
