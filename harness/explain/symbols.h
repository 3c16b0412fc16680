// SPDX-License-Identifier: Apache-2.0
// From return addresses of a process that has ended to functions, files and lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tare::explain {

struct Frame {
  std::string function;          // demangled; empty: unknown
  std::string file;              // as the compiler was given it, or absolute; empty: unknown
  int line = 0;                  // 0: unknown
  std::string module;            // the file that was loaded
  uint64_t offset = 0;           // of the call, from where the module begins
  std::string why_no_line = {};  // for people; empty where there is a line or nothing is known
  std::string symbol = {};       // of the function that all this was inlined into, demangled
};

// Reads symbols and debug information of the modules by libdw: from the files themselves, from
// those that their build id or .gnu_debuglink names, and where units are split, from .dwo files or
// from the <module>.dwp beside the module. Nothing is fetched from a network. A file that has
// changed since the process ran gives wrong answers.
class Symbols {
 public:
  Symbols();
  ~Symbols();
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  // The file `path` was loaded at `base` (what dl_iterate_phdr calls dlpi_addr). One that cannot be
  // read leaves its addresses without names. All modules are added before the first question.
  void AddModule(const std::string& path, uint64_t base);

  // The functions whose code a call that returns to this address stood in, the innermost first: the
  // last is the function that was called, those before it were inlined into it. Never empty.
  std::vector<Frame> Resolve(uint64_t return_address);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tare::explain
