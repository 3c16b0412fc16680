// SPDX-License-Identifier: Apache-2.0
// Parses addresses, resolves them, cuts what is not the benchmark's, and merges what looks the
// same.
#include "explain/sites.h"

#include <algorithm>
#include <filesystem>
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

bool IsAllocator(const Frame& frame) {
  const std::string name = ShortName(frame.function);
  return absl::StartsWith(name, "tare::count::") || absl::StartsWith(name, "operatornew") ||
         std::find(std::begin(kAllocators), std::end(kAllocators), name) != std::end(kAllocators);
}

bool IsBeginning(const Frame& frame) {
  const std::string name = ShortName(frame.function);
  return absl::StartsWith(name, "benchmark::internal::") ||
         absl::StrContains(frame.module, "/libbenchmark.") ||
         std::find(std::begin(kBeginnings), std::end(kBeginnings), name) != std::end(kBeginnings);
}

// Frames are never all cut: one that says little says more than none.
std::vector<Frame> Cut(std::vector<Frame> frames) {
  auto begin = std::find_if(frames.begin(), frames.end(), IsAllocator);
  begin =
      begin == frames.end() ? frames.begin() : std::find_if_not(begin, frames.end(), IsAllocator);
  const auto end = std::find_if(begin, frames.end(), IsBeginning);
  if (begin == end) return frames;
  return {begin, end};
}

bool IsSystems(const Frame& frame) {
  return frame.file.empty() || absl::StartsWith(frame.file, "/usr/");
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
                      return x.function == y.function && x.file == y.file && x.line == y.line;
                    });
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
    }
    for (SiteRun& run : runs_) {
      std::stable_sort(run.sites.begin(), run.sites.end(),
                       [](const Site& a, const Site& b) { return a.allocs > b.allocs; });
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
    std::vector<Frame> frames;
    for (size_t i = 3; i < words.size(); ++i) {
      uint64_t address = 0;
      if (!ParseHex(words[i], &address)) return false;
      const std::vector<Frame> resolved = symbols_.Resolve(address);
      frames.insert(frames.end(), resolved.begin(), resolved.end());
    }
    site.frames = Cut(std::move(frames));
    for (Site& other : runs_.back().sites) {
      if (!SameFrames(site, other)) continue;
      other.allocs += site.allocs;
      other.bytes += site.bytes;
      return true;
    }
    runs_.back().sites.push_back(std::move(site));
    return true;
  }

  const absl::string_view name_;
  Symbols symbols_;
  std::vector<SiteRun> runs_;
};

}  // namespace

const Frame& Site::Culprit() const {
  const auto found = std::find_if_not(frames.begin(), frames.end(), IsSystems);
  return found != frames.end() ? *found : frames.front();
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
