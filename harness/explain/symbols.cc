// SPDX-License-Identifier: Apache-2.0
// Asks libdw for the module of an address, the functions around it, and where they were called.
#include "explain/symbols.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "explain/dwarf_package.h"

namespace tare::explain {
namespace {

// A separate file with debug information is looked for by the build's id and by .gnu_debuglink, on
// this machine alone: libdw would ask a server next, where the environment names one.
int FindDebugInfo(Dwfl_Module* module, void** user, const char* name, Dwarf_Addr base,
                  const char* file, const char* debuglink, GElf_Word crc, char** found) {
  constexpr char kServers[] = "DEBUGINFOD_URLS";
  const char* const servers = std::getenv(kServers);
  const std::string kept = servers != nullptr ? servers : "";
  if (servers != nullptr) unsetenv(kServers);
  const int descriptor =
      dwfl_standard_find_debuginfo(module, user, name, base, file, debuglink, crc, found);
  if (servers != nullptr) setenv(kServers, kept.c_str(), 1);
  return descriptor;
}

constexpr Dwfl_Callbacks kCallbacks = {
    .find_elf = &dwfl_build_id_find_elf,
    .find_debuginfo = &FindDebugInfo,
    .section_address = &dwfl_offline_section_address,
    .debuginfo_path = nullptr,
};

struct Free {
  void operator()(void* p) const { std::free(p); }
};

std::string Demangled(const char* name) {
  if (name == nullptr) return "";
  int status = 0;
  const std::unique_ptr<char, Free> text(abi::__cxa_demangle(name, nullptr, nullptr, &status));
  return status == 0 ? text.get() : name;
}

std::string NameOf(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, kind, &attribute) != nullptr) {
      return Demangled(dwarf_formstring(&attribute));
    }
  }
  const char* const name = dwarf_diename(die);
  return name != nullptr ? name : "";
}

int64_t ConstantOf(Dwarf_Die* die, unsigned kind) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, kind, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) {
    return 0;
  }
  return static_cast<int64_t>(value);
}

const char* NameOfFile(Dwarf_Files* files, int64_t number) {
  const char* const name =
      files == nullptr ? nullptr
                       : dwarf_filesrc(files, static_cast<size_t>(number), nullptr, nullptr);
  return name != nullptr ? name : "";
}

// Where an inlined function was called: by its DIE, in a unit with these files.
void TakeCallSite(Dwarf_Die* inlined, Dwarf_Files* files, Frame* caller) {
  caller->file = NameOfFile(files, ConstantOf(inlined, DW_AT_call_file));
  caller->line = static_cast<int>(ConstantOf(inlined, DW_AT_call_line));
}

// Whether the code of `die` is at `pc`. `base`: what the ranges of a unit from a package may count
// from; 0 where they do not.
bool HasCode(Dwarf_Die* die, Dwarf_Addr pc, Dwarf_Addr base) {
  if (dwarf_haspc(die, pc) == 1) return true;
  return base != 0 && dwarf_hasattr(die, DW_AT_ranges) != 0 && dwarf_haspc(die, pc - base) == 1;
}

// The function whose code is at `pc`, and what is inlined there, the outermost first: added to
// `scopes`. True if there is one below `die`. With `everywhere`, also in functions whose own code
// is elsewhere: a function of a local class stands in one.
bool FindScopes(Dwarf_Die* die, Dwarf_Addr pc, Dwarf_Addr base, bool everywhere,
                std::vector<Dwarf_Die>* scopes) {
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return false;
  do {
    switch (dwarf_tag(&child)) {
      case DW_TAG_subprogram:
      case DW_TAG_inlined_subroutine:
        if (HasCode(&child, pc, base)) {
          scopes->push_back(child);
          FindScopes(&child, pc, base, false, scopes);
          return true;
        }
        if (everywhere && FindScopes(&child, pc, base, true, scopes)) return true;
        break;
      case DW_TAG_lexical_block:
        if (HasCode(&child, pc, base) || everywhere) {
          if (FindScopes(&child, pc, base, everywhere, scopes)) return true;
        }
        break;
      case DW_TAG_namespace:
      case DW_TAG_module:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        if (FindScopes(&child, pc, base, everywhere, scopes)) return true;
        break;
      default:
        break;
    }
  } while (dwarf_siblingof(&child, &child) == 0);
  return false;
}

// A unit of a module's debug information, and the addresses of its code.
struct Unit {
  Dwarf_Die die{};      // of a split unit: of its skeleton, which has the lines
  Dwarf_Addr bias = 0;  // from its addresses to those of the process
  std::vector<std::pair<Dwarf_Addr, Dwarf_Addr>> ranges;  // [begin, end), unbiased
};

// Of all units: .debug_aranges, which libdw goes by, lacks what clang and GCC's LTO have compiled.
std::vector<Unit> UnitsOf(Dwfl_Module* module) {
  std::vector<Unit> units;
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* die = dwfl_module_nextcu(module, nullptr, &bias); die != nullptr;
       die = dwfl_module_nextcu(module, die, &bias)) {
    Unit unit{*die, bias, {}};
    Dwarf_Addr base = 0, begin = 0, end = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) {
      unit.ranges.emplace_back(begin, end);
    }
    if (!unit.ranges.empty()) units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace

class Symbols::Impl {
 public:
  Impl() : dwfl_(dwfl_begin(&kCallbacks)) {
    if (dwfl_ != nullptr) dwfl_report_begin(dwfl_);
  }
  ~Impl() {
    packages_.clear();
    if (dwfl_ != nullptr) dwfl_end(dwfl_);
  }

  void AddModule(const std::string& path, uint64_t base) {
    if (dwfl_ == nullptr) return;
    dwfl_report_elf(dwfl_, path.c_str(), path.c_str(), -1, base, /*add_p_vaddr=*/true);
  }

  const std::vector<Frame>& Resolve(uint64_t return_address) {
    const auto [entry, is_new] = known_.try_emplace(return_address);
    // The call is the instruction before the one that it returns to.
    if (is_new) entry->second = Look(return_address - 1);
    return entry->second;
  }

 private:
  std::vector<Frame> Look(uint64_t address) {
    if (!reported_ && dwfl_ != nullptr) dwfl_report_end(dwfl_, nullptr, nullptr);
    reported_ = true;
    Dwfl_Module* const module = dwfl_ != nullptr ? dwfl_addrmodule(dwfl_, address) : nullptr;
    if (module == nullptr) {
      return {Frame{absl::StrCat("0x", absl::Hex(address)), "", 0, "", address}};
    }
    Dwarf_Addr start = 0;
    const char* path =
        dwfl_module_info(module, nullptr, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
    std::string why_no_line;
    std::vector<Frame> frames = ByDebugInformation(module, address, &why_no_line);
    const std::string symbol = Demangled(dwfl_module_addrname(module, address));
    if (frames.back().function.empty()) frames.back().function = symbol;
    for (Frame& frame : frames) {
      frame.module = path != nullptr ? path : "";
      frame.offset = address - start;
      frame.symbol = symbol;
      if (frame.line == 0) frame.why_no_line = why_no_line;
    }
    return frames;
  }

  // What the debug information says: at least one frame, of which nothing may be known.
  std::vector<Frame> ByDebugInformation(Dwfl_Module* module, uint64_t address, std::string* why) {
    const Unit* const unit = UnitAt(module, address);
    if (unit == nullptr) {
      *why = WhyNoUnit(module);
      return {Frame()};
    }
    const Dwarf_Addr pc = address - unit->bias;
    Dwarf_Die skeleton = unit->die;
    Frame next;
    if (Dwarf_Line* const line = dwarf_getsrc_die(&skeleton, pc)) {
      const char* const file = dwarf_linesrc(line, nullptr, nullptr);
      next.file = file != nullptr ? file : "";
      dwarf_lineno(line, &next.line);
    }
    std::vector<Dwarf_Die> scopes;
    Dwarf_Die whole;
    Dwarf_Addr base = 0;
    if (!WholeOf(module, *unit, &whole, &base, why)) {
      // What is inlined here is not known, so a header's line is not this function's own.
      if (absl::StartsWith(next.file, "/usr/")) next = Frame();
      return {next};
    }
    if (!FindScopes(&whole, pc, base, false, &scopes)) {
      FindScopes(&whole, pc, base, true, &scopes);
    }
    if (scopes.empty()) return {next};
    // The numbers of files in a split unit are those of its skeleton's table.
    Dwarf_Files* files = nullptr;
    if (dwarf_getsrcfiles(&skeleton, &files, nullptr) != 0) files = nullptr;
    std::vector<Frame> frames;
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
      next.function = NameOf(&*scope);
      frames.push_back(next);
      if (dwarf_tag(&*scope) == DW_TAG_subprogram) break;
      TakeCallSite(&*scope, files, &next);
    }
    return frames;
  }

  const Unit* UnitAt(Dwfl_Module* module, uint64_t address) {
    const auto [entry, is_new] = units_.try_emplace(module);
    if (is_new) entry->second = UnitsOf(module);
    const Unit* found = nullptr;
    Dwarf_Addr size = 0;
    for (const Unit& unit : entry->second) {
      const Dwarf_Addr pc = address - unit.bias;
      for (const auto& [begin, end] : unit.ranges) {
        // What the linker has dropped is at 0, and may seem to lie around other code.
        if (begin > pc || pc >= end || (found != nullptr && end - begin >= size)) continue;
        found = &unit;
        size = end - begin;
      }
    }
    return found;
  }

  static std::string WhyNoUnit(Dwfl_Module* module) {
    Dwarf_Addr bias = 0;
    if (dwfl_module_getdwarf(module, &bias) != nullptr) return "compiled without -g; build with -g";
    GElf_Word crc = 0;
    Elf* const elf = dwfl_module_getelf(module, &bias);
    const char* const link = elf != nullptr ? dwelf_elf_gnu_debuglink(elf, &crc) : nullptr;
    if (link != nullptr) {
      return absl::StrCat("its debug information, ", link, ", is not found, or of another build");
    }
    return "no debug information: build with -g, and do not strip it";
  }

  // The unit with its functions: itself, or what its skeleton stands for, in a .dwo file or in the
  // package beside the module. `base` as in HasCode.
  bool WholeOf(Dwfl_Module* module, const Unit& unit, Dwarf_Die* whole, Dwarf_Addr* base,
               std::string* why) {
    Dwarf_Die skeleton = unit.die;
    uint8_t type = 0;
    Dwarf_Die split{};
    *whole = skeleton;
    if (dwarf_cu_info(skeleton.cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) !=
            0 ||
        type != DW_UT_skeleton) {
      return true;
    }
    *whole = split;
    if (split.addr != nullptr) return true;
    std::unique_ptr<DwarfPackage>& package = packages_[module];
    if (package == nullptr) {
      const char* const path =
          dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
      package = std::make_unique<DwarfPackage>(absl::StrCat(path != nullptr ? path : "", ".dwp"));
    }
    Dwarf_Addr bias = 0;
    if (package->Find(&skeleton, dwfl_module_getdwarf(module, &bias), whole)) {
      if (dwarf_lowpc(&skeleton, base) != 0) *base = 0;
      return true;
    }
    Dwarf_Attribute attribute;
    const char* name = nullptr;
    for (const unsigned kind : {DW_AT_dwo_name, DW_AT_GNU_dwo_name}) {
      if (dwarf_attr(&skeleton, kind, &attribute) != nullptr) name = dwarf_formstring(&attribute);
    }
    *why = absl::StrCat("compiled with -gsplit-dwarf, and ", name != nullptr ? name : "its file",
                        " is not found");
    return false;
  }

  Dwfl* const dwfl_;
  bool reported_ = false;
  absl::flat_hash_map<Dwfl_Module*, std::vector<Unit>> units_;
  absl::flat_hash_map<Dwfl_Module*, std::unique_ptr<DwarfPackage>> packages_;
  absl::flat_hash_map<uint64_t, std::vector<Frame>> known_;
};

Symbols::Symbols() : impl_(std::make_unique<Impl>()) {}
Symbols::~Symbols() = default;

void Symbols::AddModule(const std::string& path, uint64_t base) {
  impl_->AddModule(path, base);
}

std::vector<Frame> Symbols::Resolve(uint64_t return_address) {
  return impl_->Resolve(return_address);
}

}  // namespace tare::explain
