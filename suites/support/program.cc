// SPDX-License-Identifier: Apache-2.0
// Options, addresses and text of the programs.
#include "suites/support/program.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace tare::suites {
namespace {

// What stands between the commas.
std::vector<std::string> PartsOf(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// What `stays` as it is, the rest as two digits behind `mark`.
std::string Escaped(std::string_view text, const char* mark, bool (*stays)(char)) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    if (stays(c)) {
      escaped += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      escaped.append(mark).append({kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return escaped;
}

}  // namespace

const char* Options::Take(int argc, char** argv, int& at) {
  const std::string argument(argv[at]);
  const size_t equals = std::min(argument.find('='), argument.size());
  if (takes_ != Operand::kNone && !argument.starts_with("-")) {
    if (argument.empty()) return "empty";
    for (size_t i = 0; i < static_cast<size_t>(takes_); ++i) {
      if (!operands_[i].empty()) continue;
      operands_[i] = argument;
      return nullptr;
    }
    return "one argument too many";
  }
  if (!argument.starts_with("--")) return "no such option";
  const std::string name = argument.substr(2, equals - 2);
  const bool has_value = equals<argument.size(), is_switch = switches_.count(name)> 0;
  const auto value = values_.find(name);
  if (value == values_.end() && !is_switch) return "no such option";
  if (!given_.insert(name).second) return "given twice";
  if (is_switch) return has_value ? "takes no value" : nullptr;
  if (!has_value && at + 1 == argc) return "needs a value";
  value->second = has_value ? argument.substr(equals + 1) : argv[++at];
  return nullptr;
}

bool Options::Parse(int argc, char** argv, const char* usage) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument == "--help" || argument == "-h") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (const char* why = Take(argc, argv, i)) {
      std::fprintf(stderr, "%s: %s\n%s", std::string(argument).c_str(), why, usage);
      return false;
    }
  }
  return true;
}

bool Options::AreLeftOut(std::initializer_list<const char*> names, const char* needed) const {
  for (const char* name : names) {
    if (!Given(name)) continue;
    std::fprintf(stderr, "--%s says something about --%s only, which is not given\n", name, needed);
    return false;
  }
  return true;
}

bool Options::AreNumbers(Bounds numbers, Bounds lists) const {
  const auto check = [this](const Bound& bound, bool is_list) {
    const std::string& value = values_.at(bound.name);
    uint64_t number = 0;
    for (const std::string& part : is_list ? PartsOf(value) : std::vector{value}) {
      if (ToNumber(part, bound.most, number) && number >= bound.least) continue;
      std::fprintf(stderr, "--%s %s: '%s' is no number from %llu to %llu\n", bound.name,
                   value.c_str(), part.c_str(), static_cast<unsigned long long>(bound.least),
                   static_cast<unsigned long long>(bound.most));
      return false;
    }
    return true;
  };
  for (const Bound& bound : numbers) {
    if (!check(bound, false)) return false;
  }
  for (const Bound& bound : lists) {
    if (!check(bound, true)) return false;
  }
  return true;
}

std::vector<uint64_t> Options::Numbers(const std::string& name) const {
  std::vector<uint64_t> numbers;
  for (const std::string& part : PartsOf(values_.at(name))) {
    numbers.push_back(0);
    (void)ToNumber(part, UINT64_MAX, numbers.back());
  }
  return numbers;
}

io::Address AddressOf(const std::string& host, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  io::Address address;
  if (inet_pton(AF_INET, host.c_str(), &in.sin_addr) != 1) return address;
  std::memcpy(address.bytes, &in, sizeof in);
  address.size = sizeof in;
  return address;
}

const char* SplitAuthority(std::string_view text, std::string& host, std::string& port) {
  if (text.starts_with("[")) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return "has an IPv6 address without its ']'";
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
  }
  if (host.empty()) return "names no host";
  if (!text.empty() && text.front() != ':') return "has something between ']' and the port";
  port = text.empty() ? text : text.substr(1);
  return nullptr;
}

bool ToNumber(std::string_view text, uint64_t most, uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end && number <= most;
}

std::string PercentEncoded(std::string_view text) {
  return Escaped(text, "%", [](char c) {
    return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
  });
}

std::string Printable(std::string_view text) {
  return Escaped(text, "\\x", [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace tare::suites
