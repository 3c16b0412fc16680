// SPDX-License-Identifier: Apache-2.0
// Looks units up in .debug_cu_index, and puts each into an ELF file in memory, as a program with
// one unit would have it: with the addresses of the program that it counts into.
#include "explain/dwarf_package.h"

#include <dwarf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace tare::explain {
namespace {

// The sections of an ELF file that hold debug information, decompressed, by name.
std::map<std::string, absl::string_view> SectionsOf(Elf* elf) {
  std::map<std::string, absl::string_view> sections;
  size_t names = 0;
  if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0) return sections;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* const name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || !absl::StartsWith(name, ".debug_")) continue;
    if ((header.sh_flags & SHF_COMPRESSED) != 0 && elf_compress(section, 0, 0) < 0) continue;
    const Elf_Data* const data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) continue;
    sections[name] = {static_cast<const char*>(data->d_buf), data->d_size};
  }
  return sections;
}

template <class T>
T At(absl::string_view data, size_t offset) {
  T value{};
  if (offset + sizeof value <= data.size()) std::memcpy(&value, data.data() + offset, sizeof value);
  return value;
}

// A part of a section; empty if it does not lie within.
absl::string_view Part(absl::string_view section, uint64_t offset, uint64_t size) {
  if (offset > section.size() || size > section.size() - offset) return {};
  return section.substr(offset, size);
}

// Where a unit's parts lie, by the names of their sections, from .debug_cu_index.
std::map<std::string, std::pair<uint32_t, uint32_t>> RowOf(absl::string_view index, uint64_t id) {
  std::map<std::string, std::pair<uint32_t, uint32_t>> row;
  const uint32_t version = At<uint16_t>(index, 0);
  const uint64_t columns = At<uint32_t>(index, 4), units = At<uint32_t>(index, 8);
  const uint64_t slots = At<uint32_t>(index, 12);
  if ((version != 2 && version != 5) || columns > 8) return row;
  const uint64_t rows = 16 + slots * 8, heads = rows + slots * 4;
  const uint64_t offsets = heads + columns * 4, sizes = offsets + units * columns * 4;
  if (sizes + units * columns * 4 > index.size()) return row;
  for (uint64_t slot = 0; slot < slots; ++slot) {
    const uint64_t number = At<uint32_t>(index, rows + slot * 4);
    if (number == 0 || number > units || At<uint64_t>(index, 16 + slot * 8) != id) continue;
    for (uint64_t column = 0; column < columns; ++column) {
      // What both versions call by the same number, and what 5 has beside it.
      const char* name = nullptr;
      switch (At<uint32_t>(index, heads + column * 4)) {
        case 1:
          name = ".debug_info";
          break;
        case 3:
          name = ".debug_abbrev";
          break;
        case 6:
          name = ".debug_str_offsets";
          break;
        case 8:
          name = version == 5 ? ".debug_rnglists" : nullptr;
          break;
        default:
          break;
      }
      const uint64_t at = ((number - 1) * columns + column) * 4;
      if (name != nullptr) {
        row[name] = {At<uint32_t>(index, offsets + at), At<uint32_t>(index, sizes + at)};
      }
    }
  }
  return row;
}

// An ELF file in memory with these sections: its descriptor, or -1.
int WriteElf(const std::map<std::string, absl::string_view>& sections, unsigned char order,
             GElf_Half machine) {
  const int file = memfd_create("tare-unit", MFD_CLOEXEC);
  if (file < 0) return -1;
  Elf* const elf = elf_begin(file, ELF_C_WRITE, nullptr);
  bool good = elf != nullptr && gelf_newehdr(elf, ELFCLASS64) != nullptr;
  std::string names(1, '\0');
  std::vector<Elf_Scn*> made;
  const auto add = [&](const std::string& name, absl::string_view data, GElf_Word type) {
    Elf_Scn* const section = good ? elf_newscn(elf) : nullptr;
    Elf_Data* const body = section != nullptr ? elf_newdata(section) : nullptr;
    GElf_Shdr header;
    good = body != nullptr && gelf_getshdr(section, &header) != nullptr;
    if (!good) return;
    body->d_buf = const_cast<char*>(data.data());
    body->d_size = data.size();
    body->d_align = 1;
    body->d_type = ELF_T_BYTE;
    body->d_version = EV_CURRENT;
    header.sh_type = type;
    header.sh_name = static_cast<GElf_Word>(names.find(std::string(1, '\0') + name) + 1);
    good = gelf_update_shdr(section, &header) != 0;
  };
  for (const auto& [name, data] : sections) names += name + std::string(1, '\0');
  names += std::string(".shstrtab") + std::string(1, '\0');
  for (const auto& [name, data] : sections) add(name, data, SHT_PROGBITS);
  add(".shstrtab", names, SHT_STRTAB);
  GElf_Ehdr head;
  if (good && gelf_getehdr(elf, &head) != nullptr) {
    head.e_ident[EI_DATA] = order;
    head.e_machine = machine;
    head.e_type = ET_EXEC;
    head.e_version = EV_CURRENT;
    head.e_shstrndx = static_cast<GElf_Half>(sections.size() + 1);
    good = gelf_update_ehdr(elf, &head) != 0 && elf_update(elf, ELF_C_WRITE) > 0;
  }
  if (elf != nullptr) elf_end(elf);
  if (good) return file;
  close(file);
  return -1;
}

std::optional<uint64_t> Constant(Dwarf_Die* die, std::initializer_list<unsigned> kinds) {
  for (const unsigned kind : kinds) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(die, kind, &attribute) != nullptr && dwarf_formudata(&attribute, &value) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

class DwarfPackage::Impl {
 public:
  explicit Impl(const std::string& path) : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    elf_version(EV_CURRENT);
    if (file_ >= 0) elf_ = elf_begin(file_, ELF_C_READ, nullptr);
    sections_ = SectionsOf(elf_);
  }
  ~Impl() {
    for (auto& [id, unit] : units_) unit.End();
    if (elf_ != nullptr) elf_end(elf_);
    if (file_ >= 0) close(file_);
  }

  bool Find(Dwarf_Die* skeleton, Dwarf* program, Dwarf_Die* whole) {
    if (sections_.empty()) return false;
    uint64_t id = 0;
    if (dwarf_cu_info(skeleton->cu, nullptr, nullptr, nullptr, nullptr, &id, nullptr, nullptr) !=
        0) {
      return false;
    }
    const auto [entry, is_new] = units_.try_emplace(id);
    if (is_new) Open(id, skeleton, program, &entry->second);
    Dwarf_CU* unit = nullptr;
    return entry->second.dwarf != nullptr && dwarf_get_units(entry->second.dwarf, nullptr, &unit,
                                                             nullptr, nullptr, whole, nullptr) == 0;
  }

 private:
  struct Unit {
    int file = -1;
    Elf* elf = nullptr;
    Dwarf* dwarf = nullptr;

    void End() const {
      if (dwarf != nullptr) dwarf_end(dwarf);
      if (elf != nullptr) elf_end(elf);
      if (file >= 0) close(file);
    }
  };

  void Open(uint64_t id, Dwarf_Die* skeleton, Dwarf* program, Unit* unit) const {
    const auto section = [](const std::map<std::string, absl::string_view>& of,
                            const std::string& name) {
      const auto found = of.find(name);
      return found != of.end() ? found->second : absl::string_view();
    };
    std::map<std::string, absl::string_view> parts;
    for (const auto& [name, place] : RowOf(section(sections_, ".debug_cu_index"), id)) {
      parts[name] = Part(section(sections_, name + ".dwo"), place.first, place.second);
    }
    if (parts[".debug_info"].empty() || parts[".debug_abbrev"].empty()) return;
    parts[".debug_str"] = section(sections_, ".debug_str.dwo");
    // From where this unit's begin.
    const auto own = SectionsOf(dwarf_getelf(program));
    const auto from = [&](const char* name, std::initializer_list<unsigned> kinds) {
      const absl::string_view all = section(own, name);
      return all.substr(std::min<uint64_t>(Constant(skeleton, kinds).value_or(0), all.size()));
    };
    parts[".debug_addr"] = from(".debug_addr", {DW_AT_addr_base, DW_AT_GNU_addr_base});
    parts[".debug_ranges"] = from(".debug_ranges", {DW_AT_GNU_ranges_base});
    for (auto part = parts.begin(); part != parts.end();) {
      part = part->second.empty() ? parts.erase(part) : std::next(part);
    }
    GElf_Ehdr head;
    if (gelf_getehdr(elf_, &head) == nullptr || head.e_ident[EI_CLASS] != ELFCLASS64) return;
    unit->file = WriteElf(parts, head.e_ident[EI_DATA], head.e_machine);
    if (unit->file < 0) return;
    unit->elf = elf_begin(unit->file, ELF_C_READ, nullptr);
    unit->dwarf =
        unit->elf != nullptr ? dwarf_begin_elf(unit->elf, DWARF_C_READ, nullptr) : nullptr;
  }

  const int file_;
  Elf* elf_ = nullptr;
  std::map<std::string, absl::string_view> sections_;
  std::map<uint64_t, Unit> units_;
};

DwarfPackage::DwarfPackage(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
DwarfPackage::~DwarfPackage() = default;

bool DwarfPackage::Find(Dwarf_Die* skeleton, Dwarf* program, Dwarf_Die* whole) {
  return impl_->Find(skeleton, program, whole);
}

}  // namespace tare::explain
