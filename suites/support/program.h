// SPDX-License-Identifier: Apache-2.0
// What programs beside the benchmarks share: options, addresses, text, and a backend picked by
// name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "impl/backend/backends.h"
#include "impl/base/socket.h"

namespace tare::suites {

// Options with a value, `--name value` or `--name=value`: those of `defaults`. Options without one:
// those of `switches`. Each once, and no others. Beside them as many arguments that are no options
// as the program takes operands.
class Options {
 public:
  using Defaults = std::initializer_list<std::pair<const std::string, std::string>>;

  enum class Operand : uint8_t { kNone, kOne, kTwo };

  explicit Options(Defaults defaults, std::set<std::string> switches = {},
                   Operand operand = Operand::kNone)
      : values_(defaults), switches_(std::move(switches)), takes_(operand) {}

  // False, and says why on standard error, with `usage`, if the arguments are no such options.
  // After -h or --help it prints `usage` and ends the program with 0.
  bool Parse(int argc, char** argv, const char* usage);

  // Whether none of these was given, which say nothing without the option `needed`; else says which
  // was.
  bool AreLeftOut(std::initializer_list<const char*> names, const char* needed) const;
  // Whether an option was given, with a value or as a switch.
  bool Given(const std::string& name) const { return given_.count(name) > 0; }

  struct Bound {
    const char* name;
    uint64_t most;
    uint64_t least = 0;
  };
  // Whether these options are numbers, the last ones lists of such with commas between, each within
  // its bounds; else says which is not.
  using Bounds = std::initializer_list<Bound>;
  bool AreNumbers(Bounds numbers, Bounds lists = {}) const;

  const std::string& operator[](const std::string& name) const { return values_.at(name); }
  // The first one, or another; "" if it was not given.
  const std::string& operand(size_t i = 0) const { return operands_.at(i); }
  // Of one that is a number.
  uint64_t Number(const std::string& name) const { return Numbers(name).front(); }
  std::vector<uint64_t> Numbers(const std::string& name) const;

 private:
  // Takes the argument at `at`, and its value; nullptr, or what is wrong with it.
  const char* Take(int argc, char** argv, int& at);

  std::map<std::string, std::string> values_;
  std::set<std::string> switches_;
  std::set<std::string> given_;
  Operand takes_;
  std::array<std::string, 2> operands_;
};

// Of a dotted IPv4 address; size 0 where it is none. Names are not looked up.
io::Address AddressOf(const std::string& host, uint16_t port);
inline constexpr const char* kNoAddress =
    "is no IPv4 address; only dotted ones such as 127.0.0.1 are taken";

// HOST:PORT in its parts, an IPv6 address without its brackets; `port` is "" if there is none, and
// else not looked at. nullptr, or what is wrong with it, which lives for ever.
const char* SplitAuthority(std::string_view text, std::string& host, std::string& port);
// Whether all of `text` is a decimal number up to `most`. It may be written either way.
bool ToNumber(std::string_view text, uint64_t most, uint64_t& number);
// As it may stand in a URI: whatever RFC 3986 does not call unreserved as %XX.
std::string PercentEncoded(std::string_view text);
// As it may stand on a terminal: whatever is not printable ASCII as \xXX.
std::string Printable(std::string_view text);

template <class B, class Run>
bool RunOn(std::string_view name, Run& run, int& status) {
  if (B::kName != name && !name.empty()) return false;
  if (const char* why = B::WhyNot()) {
    if (name.empty()) return false;
    std::fprintf(stderr, "backend %s: %s\n", std::string(name).c_str(), why);
    status = 3;
    return true;
  }
  status = run.template operator()<B>();
  return true;
}

// run.operator()<B>() for the backend of that name; for the first that runs here if it is "". 3
// where there is none such, and it says why.
template <class Run, class... B>
int OnBackend(std::string_view name, Run run, io::BackendList<B...>) {
  int status = 3;
  if ((RunOn<B>(name, run, status) || ...)) return status;
  std::fprintf(stderr,
               "backend %s: there is none of that name; there are:", std::string(name).c_str());
  (std::fprintf(stderr, " %s", std::string(B::kName).c_str()), ...);
  std::fprintf(stderr, "\n");
  return status;
}

}  // namespace tare::suites
