// SPDX-License-Identifier: Apache-2.0
// Reads the environment from uname and /proc.
#include "bench/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>

#include "tare/alloc_scope.h"

namespace tare::bench {

[[gnu::weak]] extern const char kProgramCompiler[];  // compiler.cc

namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Go's names, which benchstat's users know.
std::string Arch(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

std::string FirstLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "";
}

// All processors of the machine, also where this process is pinned to some.
std::string Cpu() {
  const std::string model = CpuModel();
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  if (model.empty() || processors < 1) return model;
  return model + ", " + std::to_string(processors) + (processors == 1 ? " thread" : " threads");
}

// A program that was linked by hand may lack compiler.cc: then nothing is said.
std::string Compiler() {
  return kProgramCompiler == nullptr ? "" : kProgramCompiler;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Environment() {
  utsname system{};
  if (uname(&system) != 0) system = {};
  std::vector<std::pair<std::string, std::string>> environment = {
      {"os", Lower(system.sysname)},
      {"arch", Arch(system.machine)},
      {"cpu", Cpu()},
      {"kernel", system.release},
      {"tcp", FirstLine("/proc/sys/net/ipv4/tcp_congestion_control")},
      {"compiler", Compiler()},
      {"allocator", std::string(AllocScope::Allocator())},
  };
  std::erase_if(environment, [](const auto& entry) { return entry.second.empty(); });
  return environment;
}

}  // namespace tare::bench
