// SPDX-License-Identifier: Apache-2.0
// Options and addresses of the programs.
#include "suites/ws_frames/programs/program.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace tare::suites::ws_frames {
namespace {

// Whether all of `text` is a decimal number up to `most`.
bool ToNumber(std::string_view text, uint64_t most, uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end && number <= most;
}

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

}  // namespace

bool Options::Parse(int argc, char** argv, const char* usage) {
  for (int i = 1; i < argc; ++i) {
    const std::string name(argv[i]);
    const auto value = name.substr(0, 2) == "--" ? values_.find(name.substr(2)) : values_.end();
    if (value == values_.end() || i + 1 == argc) {
      std::fprintf(stderr, "%s: %s\n%s", name.c_str(),
                   value == values_.end() ? "no such option" : "needs a value", usage);
      return false;
    }
    value->second = argv[++i];
  }
  return true;
}

bool Options::AreNumbers(Bounds numbers, Bounds lists) const {
  const auto check = [this](const char* name, uint64_t most, bool is_list) {
    const std::string& value = values_.at(name);
    uint64_t number = 0;
    for (const std::string& part : is_list ? PartsOf(value) : std::vector{value}) {
      if (ToNumber(part, most, number)) continue;
      std::fprintf(stderr, "--%s %s: '%s' is no number from 0 to %llu\n", name, value.c_str(),
                   part.c_str(), static_cast<unsigned long long>(most));
      return false;
    }
    return true;
  };
  for (const auto& [name, most] : numbers) {
    if (!check(name, most, false)) return false;
  }
  for (const auto& [name, most] : lists) {
    if (!check(name, most, true)) return false;
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

}  // namespace tare::suites::ws_frames
