// SPDX-License-Identifier: Apache-2.0
// Asks libdw for the module of an address, the functions around it, and where they were called.
#include "explain/symbols.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace tare::explain {
namespace {

// A separate file with debug information is not looked for: it might be fetched from a network.
int FindNoDebugInfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                    GElf_Word, char**) {
  return -1;
}

constexpr Dwfl_Callbacks kCallbacks = {
    .find_elf = &dwfl_build_id_find_elf,
    .find_debuginfo = &FindNoDebugInfo,
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

// Where an inlined function was called: by its DIE, in a unit with these files.
void TakeCallSite(Dwarf_Die* inlined, Dwarf_Files* files, Frame* caller) {
  const int64_t file = ConstantOf(inlined, DW_AT_call_file);
  const char* const name = files == nullptr
                               ? nullptr
                               : dwarf_filesrc(files, static_cast<size_t>(file), nullptr, nullptr);
  caller->file = name != nullptr ? name : "";
  caller->line = static_cast<int>(ConstantOf(inlined, DW_AT_call_line));
}

}  // namespace

class Symbols::Impl {
 public:
  Impl() : dwfl_(dwfl_begin(&kCallbacks)) {
    if (dwfl_ != nullptr) dwfl_report_begin(dwfl_);
  }
  ~Impl() {
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
    if (module == nullptr) return {Frame{absl::StrCat("0x", absl::Hex(address)), "", 0, ""}};
    const char* path =
        dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    std::vector<Frame> frames = Inlined(module, address);
    if (frames.empty()) frames.emplace_back();
    if (frames.back().function.empty()) {
      frames.back().function = Demangled(dwfl_module_addrname(module, address));
    }
    for (Frame& frame : frames) frame.module = path != nullptr ? path : "";
    return frames;
  }

  // By the debug information; nothing where there is none.
  static std::vector<Frame> Inlined(Dwfl_Module* module, uint64_t address) {
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = dwfl_module_addrdie(module, address, &bias);
    if (unit == nullptr) return {};
    Dwarf_Die* found = nullptr;
    const int found_count = dwarf_getscopes(unit, address - bias, &found);
    const std::unique_ptr<Dwarf_Die, Free> innermost(found);
    if (found_count <= 0) return {};
    // Outwards from where the code stands, not from where an inlined function was declared.
    Dwarf_Die* around = nullptr;
    const int count = dwarf_getscopes_die(innermost.get(), &around);
    const std::unique_ptr<Dwarf_Die, Free> scopes(around);

    Dwarf_Files* files = nullptr;
    if (dwarf_getsrcfiles(unit, &files, nullptr) != 0) files = nullptr;
    std::vector<Frame> frames;
    Frame next;
    if (Dwfl_Line* const line = dwfl_module_getsrc(module, address)) {
      const char* const file = dwfl_lineinfo(line, nullptr, &next.line, nullptr, nullptr, nullptr);
      next.file = file != nullptr ? file : "";
    }
    for (int i = 0; i < count; ++i) {
      Dwarf_Die* const scope = scopes.get() + i;
      const int tag = dwarf_tag(scope);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
      next.function = NameOf(scope);
      frames.push_back(next);
      if (tag == DW_TAG_subprogram) break;
      TakeCallSite(scope, files, &next);
    }
    return frames;
  }

  Dwfl* const dwfl_;
  bool reported_ = false;
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
