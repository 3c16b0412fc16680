// SPDX-License-Identifier: Apache-2.0
// Options and addresses of the programs.
#include "suites/ws_frames/programs/program.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdlib>
#include <cstring>

namespace tare::suites::ws_frames {

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

uint64_t Options::Number(const std::string& name) const {
  return std::strtoull(values_.at(name).c_str(), nullptr, 10);
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
