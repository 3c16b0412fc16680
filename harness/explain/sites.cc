// SPDX-License-Identifier: Apache-2.0
// Parses addresses, resolves them, cuts what is not the benchmark's, and merges what looks the
// same.
#include "explain/sites.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tare::explain {
namespace {

constexpr absl::string_view kAllocators[] = {
    "malloc",        "calloc",         "realloc",        "reallocarray",   "memalign",
    "valloc",        "pvalloc",        "aligned_alloc",  "posix_memalign", "__libc_malloc",
    "__libc_calloc", "__libc_realloc", "__libc_memalign"};

// Where a thread or the program begins, and what runs a benchmark.
constexpr absl::string_view kBeginnings[] = {"main",   "_start",   "start_thread",     "clone",
                                             "clone3", "__clone3", "__libc_start_main"};

bool IsAllocator(absl::string_view function) {
  const std::string name = ShortName(function);
  return absl::StartsWith(name, "tare::count::") || absl::StartsWith(name, "operatornew") ||
         std::find(std::begin(kAllocators), std::end(kAllocators), name) != std::end(kAllocators);
}

// Debug information may name a function alone, without its namespace; its symbol does not.
bool IsAllocator(const Frame& frame) {
  return IsAllocator(frame.function) || IsAllocator(frame.symbol);
}

bool IsBeginning(const Frame& frame) {
  const std::string name = ShortName(frame.function);
  return absl::StartsWith(name, "benchmark::internal::") ||
         absl::StrContains(frame.module, "/libbenchmark.") ||
         std::find(std::begin(kBeginnings), std::end(kBeginnings), name) != std::end(kBeginnings);
}

// Frames are never all cut: one that says little says more than none.
std::vector<Frame> Cut(std::vector<Frame> frames) {
  const auto is_allocator = [](const Frame& frame) { return IsAllocator(frame); };
  auto begin = std::find_if(frames.begin(), frames.end(), is_allocator);
  begin =
      begin == frames.end() ? frames.begin() : std::find_if_not(begin, frames.end(), is_allocator);
  const auto end = std::find_if(begin, frames.end(), IsBeginning);
  if (begin == end) return frames;
  return {begin, end};
}

bool StartsWithOneOf(absl::string_view text, std::initializer_list<absl::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](absl::string_view b) { return absl::StartsWith(text, b); });
}

std::string AddressIn(const Frame& frame) {
  return absl::StrCat(frame.module, "+0x", absl::Hex(frame.offset));
}

absl::Status Malformed(absl::string_view comment) {
  return absl::DataLossError(absl::StrCat("no line about sites: '", comment, "'"));
}

bool ParseHex(absl::string_view text, uint64_t* value) {
  return absl::ConsumePrefix(&text, "0x") && absl::SimpleHexAtoi(text, value);
}

// The rest of "<what> <name>: ..." in words; nothing if `comment` is something else.
std::vector<absl::string_view> WordsOf(absl::string_view comment, absl::string_view what,
                                       absl::string_view name) {
  if (!absl::ConsumePrefix(&comment, what) || !absl::ConsumePrefix(&comment, name) ||
      !absl::ConsumePrefix(&comment, ": ")) {
    return {};
  }
  return absl::StrSplit(comment, ' ');
}

// Two stacks that differ in addresses only, such as two calls in one line, are one site.
bool SameFrames(const Site& a, const Site& b) {
  return std::equal(a.frames.begin(), a.frames.end(), b.frames.begin(), b.frames.end(),
                    [](const Frame& x, const Frame& y) {
                      return x.function == y.function && x.file == y.file && x.line == y.line &&
                             (!x.function.empty() || AddressIn(x) == AddressIn(y));
                    });
}

bool ComesFirst(const Site& a, const Site& b) {
  const auto rank = [](const Site& site) {
    return std::make_tuple(-site.allocs, -site.bytes, PlaceOrName(site.Culprit()),
                           PlaceOrName(site.frames.back()));
  };
  return rank(a) < rank(b);
}

class Reader {
 public:
  explicit Reader(absl::string_view name) : name_(name) {}

  absl::StatusOr<std::vector<SiteRun>> Read(const std::vector<std::string>& comments) {
    for (const std::string& comment : comments) {
      absl::string_view rest = comment;
      if (absl::ConsumePrefix(&rest, "not applicable: sites: ")) {
        return absl::UnavailableError(rest);
      }
      if (absl::ConsumePrefix(&rest, "module ")) {
        const std::pair<absl::string_view, absl::string_view> parts =
            absl::StrSplit(rest, absl::MaxSplits(' ', 1));
        uint64_t base = 0;
        if (!ParseHex(parts.first, &base)) return Malformed(comment);
        symbols_.AddModule(std::string(parts.second), base);
      }
    }
    for (const std::string& comment : comments) {
      if (const auto words = WordsOf(comment, "sites ", name_); !words.empty()) {
        if (!TakeRun(words)) return Malformed(comment);
      }
      if (const auto words = WordsOf(comment, "site ", name_); !words.empty()) {
        if (!TakeSite(words)) return Malformed(comment);
      }
      if (const auto words = WordsOf(comment, "held ", name_); !words.empty()) {
        if (!TakeHeld(words)) return Malformed(comment);
      }
      if (const auto words = WordsOf(comment, "block ", name_); !words.empty()) {
        if (!TakeBlock(words)) return Malformed(comment);
      }
      if (const auto words = WordsOf(comment, "descriptor ", name_); !words.empty()) {
        if (!TakeDescriptor(words)) return Malformed(comment);
      }
    }
    for (SiteRun& run : runs_) {
      // The order in which stacks were met is that of their hashes, another in each process.
      std::sort(run.sites.begin(), run.sites.end(), ComesFirst);
      if (run.held.has_value()) {
        std::sort(run.held->blocks.begin(), run.held->blocks.end(), ComesFirst);
      }
    }
    return std::move(runs_);
  }

 private:
  bool TakeRun(const std::vector<absl::string_view>& words) {
    SiteRun& run = runs_.emplace_back();
    return words.size() == 5 && absl::SimpleAtoi(words[0], &run.run) &&
           absl::SimpleAtoi(words[1], &run.operations) && run.operations > 0 &&
           absl::SimpleAtoi(words[2], &run.allocs) && absl::SimpleAtoi(words[3], &run.bytes) &&
           absl::SimpleAtoi(words[4], &run.lost);
  }

  bool TakeSite(const std::vector<absl::string_view>& words) {
    int number = 0;
    Site site;
    if (words.size() < 4 || !absl::SimpleAtoi(words[0], &number) || runs_.empty() ||
        runs_.back().run != number || !absl::SimpleAtoi(words[1], &site.allocs) ||
        !absl::SimpleAtoi(words[2], &site.bytes)) {
      return false;
    }
    if (!TakeFrames(words, 3, &site)) return false;
    Merge(std::move(site), &runs_.back().sites);
    return true;
  }

  // Resolves the addresses from `words[begin]` on.
  bool TakeFrames(const std::vector<absl::string_view>& words, size_t begin, Site* site) {
    std::vector<Frame> frames;
    for (size_t i = begin; i < words.size(); ++i) {
      uint64_t address = 0;
      if (!ParseHex(words[i], &address)) return false;
      const std::vector<Frame> resolved = symbols_.Resolve(address);
      frames.insert(frames.end(), resolved.begin(), resolved.end());
    }
    if (!frames.empty()) site->frames = Cut(std::move(frames));
    return true;
  }

  static void Merge(Site site, std::vector<Site>* sites) {
    for (Site& other : *sites) {
      if (!SameFrames(site, other)) continue;
      other.allocs += site.allocs;
      other.bytes += site.bytes;
      return;
    }
    sites->push_back(std::move(site));
  }

  bool TakeHeld(const std::vector<absl::string_view>& words) {
    if (runs_.empty()) return false;
    Held& held = runs_.front().held.emplace();
    return words.size() == 4 && absl::SimpleAtoi(words[0], &held.bytes) &&
           absl::SimpleAtoi(words[1], &held.descriptors) &&
           absl::SimpleAtoi(words[2], &held.older_freed) && absl::SimpleAtoi(words[3], &held.lost);
  }

  bool TakeBlock(const std::vector<absl::string_view>& words) {
    Site site;
    if (words.size() < 3 || runs_.empty() || !runs_.front().held.has_value() ||
        !absl::SimpleAtoi(words[0], &site.allocs) || !absl::SimpleAtoi(words[1], &site.bytes) ||
        !TakeFrames(words, 2, &site)) {
      return false;
    }
    Merge(std::move(site), &runs_.front().held->blocks);
    return true;
  }

  bool TakeDescriptor(const std::vector<absl::string_view>& words) {
    Held::Descriptor descriptor;
    if (words.size() < 2 || runs_.empty() || !runs_.front().held.has_value() ||
        !absl::SimpleAtoi(words[0], &descriptor.number) ||
        !TakeFrames(words, 2, &descriptor.opened_at)) {
      return false;
    }
    descriptor.what = std::string(words[1]);
    runs_.front().held->opened.push_back(std::move(descriptor));
    return true;
  }

  const absl::string_view name_;
  Symbols symbols_;
  std::vector<SiteRun> runs_;
};

}  // namespace

bool IsSystems(const Frame& frame) {
  if (!frame.file.empty()) return absl::StartsWith(frame.file, "/usr/");
  // Without a line the name has to do, and where the code was loaded from.
  return StartsWithOneOf(frame.module, {"/usr/lib", "/lib", "linux-vdso"}) ||
         StartsWithOneOf(ShortName(frame.function), {"std::", "__gnu_cxx::"});
}

const Frame& Site::Culprit() const {
  const auto found = std::find_if_not(frames.begin(), frames.end(), IsSystems);
  return found != frames.end() ? *found : frames.front();
}

std::vector<StackLine> Site::Stack(bool folded) const {
  std::vector<StackLine> lines;
  const Frame* const culprit = &Culprit();
  size_t hidden = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = frames[i];
    // Of the frames of a library that call each other, the outermost says what was called.
    if (folded && &frame != culprit && i + 1 < frames.size() && IsSystems(frame) &&
        IsSystems(frames[i + 1])) {
      ++hidden;
      continue;
    }
    const std::string function = ShortName(frame.function);
    std::string line = absl::StrCat(function.empty() ? "?" : function, "  ", PlaceOrName(frame));
    if (hidden > 0) absl::StrAppend(&line, "  (and ", hidden, " below it)");
    lines.push_back({std::move(line), &frame == culprit});
    hidden = 0;
  }
  return lines;
}

std::string SiteRun::WhyNoLines() const {
  std::vector<std::string> reasons;
  for (const Site& site : sites) {
    const Frame& culprit = site.Culprit();
    if (culprit.line != 0 || culprit.why_no_line.empty()) continue;
    std::string reason = absl::StrCat("no line in ", culprit.module, ": ", culprit.why_no_line);
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
      reasons.push_back(std::move(reason));
    }
  }
  return absl::StrJoin(reasons, "; ");
}

std::string CostOfBlocks(const Site& site) {
  return absl::StrCat(site.bytes, " live-B in ", site.allocs,
                      site.allocs == 1 ? " block" : " blocks");
}

std::string Held::WhatIsNotShown() const {
  int64_t sum = 0;
  for (const Site& site : blocks) sum += site.bytes;
  std::string text;
  if (older_freed > 0) {
    text = absl::StrCat("freed in return: ", older_freed, " bytes of blocks from before the run");
  }
  if (lost > 0) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", lost,
                    " blocks found no room to be remembered");
  }
  if (const int64_t rest = bytes - (sum - older_freed); rest != 0) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", rest, " live-B have no site");
  }
  return text;
}

int64_t SiteRun::Missing() const {
  int64_t sum = 0;
  for (const Site& site : sites) sum += site.allocs;
  return allocs - sum;
}

absl::StatusOr<std::vector<SiteRun>> ReadSites(const std::vector<std::string>& comments,
                                               absl::string_view name) {
  return Reader(name).Read(comments);
}

std::string ShortName(absl::string_view function) {
  // What an operator is called is no bracket; what stands behind it may be.
  constexpr absl::string_view kAnonymous = "(anonymous namespace)";
  constexpr absl::string_view kOperators[] = {
      "operator()", "operator->*", "operator->", "operator<=>", "operator<<=", "operator>>=",
      "operator<<", "operator>>",  "operator<=", "operator>=",  "operator<",   "operator>"};
  constexpr absl::string_view kLambda = "{lambda";
  std::string text;
  int depth = 0;
  char last = ' ';
  while (!function.empty()) {
    if (depth == 0) {
      if (absl::ConsumePrefix(&function, kAnonymous)) {
        text += "anonymous";
        continue;
      }
      const auto* const op =
          std::find_if(std::begin(kOperators), std::end(kOperators),
                       [&](absl::string_view o) { return absl::StartsWith(function, o); });
      if (op != std::end(kOperators)) {
        text += std::string(*op);
        function.remove_prefix(op->size());
        continue;
      }
      if (absl::StartsWith(function, kLambda)) text += "lambda";
    }
    const char c = function.front();
    function.remove_prefix(1);
    if (c == '<' || c == '(' || c == '{' || c == '[') {
      ++depth;
    } else if (c == '>' || c == ')' || c == '}' || c == ']') {
      --depth;
    } else if (depth == 0 && c == ' ') {
      if (last == ')') break;                               // qualifiers of the function
      if (!absl::EndsWith(text, "operator")) text.clear();  // the type of its result
    } else if (depth == 0) {
      text += c;
    }
    last = c;
  }
  return text;
}

std::string Place(const Frame& frame) {
  if (frame.file.empty() || frame.line == 0) return "";
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string() + "/";
  const std::string path = std::filesystem::path(frame.file).lexically_normal().string();
  absl::string_view file = path;
  if (!error) absl::ConsumePrefix(&file, here);
  // Of a compiler that ran in a build directory inside the tree.
  while (absl::ConsumePrefix(&file, "../")) {
  }
  return absl::StrCat(file, ":", frame.line);
}

std::string PlaceOrName(const Frame& frame) {
  if (std::string place = Place(frame); !place.empty()) return place;
  if (frame.module.empty()) return "unknown";
  return frame.function.empty() ? AddressIn(frame) : frame.module;
}

std::string Folded(absl::string_view name, const SiteRun& run) {
  std::string text;
  for (const Site& site : run.sites) {
    absl::StrAppend(&text, name);
    for (auto frame = site.frames.rbegin(); frame != site.frames.rend(); ++frame) {
      const std::string function = ShortName(frame->function);
      absl::StrAppend(&text, ";", function.empty() ? "?" : function);
    }
    absl::StrAppend(&text, " ", site.allocs, "\n");
  }
  return text;
}

}  // namespace tare::explain
