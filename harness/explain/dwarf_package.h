// SPDX-License-Identifier: Apache-2.0
// A .dwp file: the split units of a program in one file, which this libdw does not read by itself.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <string>

namespace tare::explain {

class DwarfPackage {
 public:
  // A file that is not there, or is none, has no units.
  explicit DwarfPackage(const std::string& path);
  ~DwarfPackage();
  DwarfPackage(const DwarfPackage&) = delete;
  DwarfPackage& operator=(const DwarfPackage&) = delete;

  // The whole unit that `skeleton`, of `program`, stands for; false if it is not here. Its
  // functions' addresses are those of the program, but for DW_AT_ranges that count from the
  // skeleton's lowest.
  bool Find(Dwarf_Die* skeleton, Dwarf* program, Dwarf_Die* whole);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tare::explain
