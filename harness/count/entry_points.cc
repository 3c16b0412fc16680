// SPDX-License-Identifier: Apache-2.0
// The plants, one for each entry point; built with -fno-builtin, or the compiler removes them.

#include "count/entry_points.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cstdint>
#include <new>
#include <string>

#include "count/counters.h"

extern "C" {
void* __libc_malloc(size_t size);
void __libc_free(void* p);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* p, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* __libc_valloc(size_t size);
void* __libc_pvalloc(size_t size);
// Not in every C library; weak, so that the table runs without the counter as well.
[[gnu::weak]] void cfree(void* p);
[[gnu::weak]] void free_sized(void* p, size_t size);
[[gnu::weak]] void free_aligned_sized(void* p, size_t alignment, size_t size);
}

namespace tare::count {
namespace {

constexpr size_t kSizes[] = {0, 1, 8, 100, 512, 4096, 4097, 20000, 3 << 20};
const volatile size_t kHuge = SIZE_MAX / 2;  // volatile: the compiler knows it cannot be had
constexpr auto kAlign = std::align_val_t{64};

// What a call that returned `p` must count.
AllocCount Allocated(void* p, size_t requested) {
  AllocCount count;
  if (p == nullptr) return count;
  count.allocs = 1;
  count.bytes_requested = requested;
  count.bytes_usable = malloc_usable_size(p);
  return count;
}

// What freeing `p` must count. Ask before.
AllocCount Freed(void* p) {
  AllocCount count;
  if (p == nullptr) return count;
  count.frees = 1;
  count.bytes_freed = malloc_usable_size(p);
  return count;
}

template <class Alloc, class Free>
AllocCount Pairs(Alloc alloc, Free give_back) {
  AllocCount count;
  for (const size_t size : kSizes) {
    void* const p = alloc(size);
    if (p == nullptr) abort();
    count += Allocated(p, size) + Freed(p);
    give_back(p, size);
  }
  return count;
}

template <class Alloc>
AllocCount Pairs(Alloc alloc) {
  return Pairs(alloc, [](void* p, size_t) { free(p); });
}

// Every size to every size: growing, shrinking, in place and not, and from nothing.
template <class Realloc>
AllocCount Moves(Realloc resize) {
  AllocCount count;
  for (const size_t from : kSizes) {
    for (const size_t to : kSizes) {
      if (to == 0) continue;
      void* p = resize(nullptr, from);
      count += Allocated(p, from) + Freed(p);
      p = resize(p, to);
      count += Allocated(p, to) + Freed(p);
      free(p);
    }
  }
  return count;
}

// realloc(p, 0) frees p; where the allocator returns an empty block, that is an alloc.
template <class Realloc>
AllocCount ToNothing(Realloc resize) {
  AllocCount count;
  for (const size_t from : kSizes) {
    void* p = resize(nullptr, from);
    count += Allocated(p, from) + Freed(p);
    p = resize(p, 0);
    count += Allocated(p, 0) + Freed(p);
    free(p);
  }
  return count;
}

void Must(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "entry_points: %s\n", what);
  abort();
}

AllocCount Failures() {
  void* volatile p = malloc(100);  // volatile: the compiler takes a realloc for a free
  AllocCount count = Allocated(p, 100) + Freed(p);
  Must(malloc(kHuge) == nullptr, "malloc of half the address space succeeded");
  Must(malloc(kHuge * 2 + 1) == nullptr, "malloc of SIZE_MAX succeeded");
  Must(calloc(kHuge, 4) == nullptr, "calloc overflowed");
  Must(realloc(p, kHuge) == nullptr, "realloc to half the address space succeeded");
  Must(reallocarray(p, kHuge, 4) == nullptr, "reallocarray overflowed");
  Must(aligned_alloc(64, kHuge) == nullptr, "aligned_alloc succeeded");
  Must(memalign(64, kHuge) == nullptr, "memalign succeeded");
  Must(valloc(kHuge) == nullptr, "valloc succeeded");
  Must(pvalloc(kHuge * 2) == nullptr, "pvalloc overflowed");
  void* untouched = p;
  Must(posix_memalign(&untouched, 3, 100) != 0 && untouched == p, "alignment 3 was accepted");
  Must(posix_memalign(&untouched, 64, kHuge) != 0 && untouched == p, "posix_memalign succeeded");
  Must(::operator new(kHuge, std::nothrow) == nullptr, "new succeeded");
  Must(::operator new[](kHuge, kAlign, std::nothrow) == nullptr, "aligned new succeeded");
  free(p);
  return count;
}

AllocCount FreeNull() {
  void* volatile null = nullptr;
  free(null);
  if (&cfree != nullptr) cfree(null);
  __libc_free(null);
  ::operator delete(null);
  ::operator delete[](null);
  ::operator delete (null, size_t{8});
  ::operator delete (null, size_t{8}, kAlign);
  return {};
}

// One line, again and again. Opened before anything is counted: its memory is not planted.
FILE* Stream() {
  static char text[] = "one line\n";
  static FILE* const file = [] {
    FILE* const opened = fmemopen(text, sizeof text - 1, "r");
    Must(opened != nullptr, "fmemopen failed");
    setvbuf(opened, nullptr, _IONBF, 0);
    return opened;
  }();
  rewind(file);
  return file;
}

// The C library says how large a line it has allocated.
template <class Read>
AllocCount Line(Read read) {
  char* line = nullptr;
  size_t capacity = 0;
  Must(read(&line, &capacity, Stream()) == 9, "getline read another line");
  const AllocCount count = Allocated(line, capacity) + Freed(line);
  free(line);
  return count;
}

template <class T>
AllocCount Copied(T* copy, size_t size) {
  Must(copy != nullptr, "no memory");
  const AllocCount count = Allocated(copy, size) + Freed(copy);
  free(copy);
  return count;
}

AllocCount OpenFile() {
  FILE* const file = fopen("/dev/null", "r");
  Must(file != nullptr, "/dev/null cannot be opened");
  const AllocCount count = Allocated(file, 0) + Freed(file);
  fclose(file);
  return count;
}

// In libstdc++.so: its std::string calls operator new from there.
AllocCount String() {
  const std::string text(100, 'x');
  return Allocated(const_cast<char*>(text.data()), 101) + Freed(const_cast<char*>(text.data()));
}

void* PosixMemalign(size_t size) {
  void* p = nullptr;
  return posix_memalign(&p, 64, size) == 0 ? p : nullptr;
}

void Delete(void* p, size_t) {
  ::operator delete(p);
}
void DeleteArray(void* p, size_t) {
  ::operator delete[](p);
}
void DeleteAligned(void* p, size_t) {
  ::operator delete(p, kAlign);
}
void DeleteArrayAligned(void* p, size_t) {
  ::operator delete[](p, kAlign);
}

std::vector<EntryPoint> Table() {
  std::vector<EntryPoint> table;
  const auto malloc_row = [&table](const char* name, AllocCount (*plant)()) {
    table.push_back({name, /*by_new=*/false, /*requested_known=*/true, plant});
  };
  const auto new_row = [&table](const char* name, AllocCount (*plant)()) {
    table.push_back({name, /*by_new=*/true, /*requested_known=*/true, plant});
  };

  malloc_row("malloc", [] { return Pairs([](size_t n) { return malloc(n); }); });
  malloc_row("calloc", [] { return Pairs([](size_t n) { return calloc(1, n); }); });
  malloc_row("calloc of several", [] { return Copied(calloc(7, 100), 700); });
  malloc_row("realloc", [] { return Moves([](void* p, size_t n) { return realloc(p, n); }); });
  malloc_row("realloc to 0",
             [] { return ToNothing([](void* p, size_t n) { return realloc(p, n); }); });
  malloc_row("reallocarray",
             [] { return Moves([](void* p, size_t n) { return reallocarray(p, 1, n); }); });
  malloc_row("aligned_alloc", [] { return Pairs([](size_t n) { return aligned_alloc(64, n); }); });
  malloc_row("posix_memalign", [] { return Pairs(&PosixMemalign); });
  malloc_row("memalign", [] { return Pairs([](size_t n) { return memalign(256, n); }); });
  malloc_row("valloc", [] { return Pairs([](size_t n) { return valloc(n); }); });
  malloc_row("pvalloc", [] { return Pairs([](size_t n) { return pvalloc(n); }); });
  malloc_row("__libc_malloc", [] { return Pairs([](size_t n) { return __libc_malloc(n); }); });
  malloc_row("__libc_calloc", [] { return Pairs([](size_t n) { return __libc_calloc(1, n); }); });
  malloc_row("__libc_realloc",
             [] { return Moves([](void* p, size_t n) { return __libc_realloc(p, n); }); });
  malloc_row("__libc_memalign",
             [] { return Pairs([](size_t n) { return __libc_memalign(64, n); }); });
  malloc_row("__libc_valloc", [] { return Pairs([](size_t n) { return __libc_valloc(n); }); });
  malloc_row("__libc_pvalloc", [] { return Pairs([](size_t n) { return __libc_pvalloc(n); }); });
  malloc_row("__libc_free", [] {
    return Pairs([](size_t n) { return malloc(n); }, [](void* p, size_t) { __libc_free(p); });
  });
  if (&cfree != nullptr) {
    malloc_row("cfree", [] {
      return Pairs([](size_t n) { return malloc(n); }, [](void* p, size_t) { cfree(p); });
    });
  }
  if (&free_sized != nullptr && &free_aligned_sized != nullptr) {
    malloc_row("free_sized", [] {
      return Pairs([](size_t n) { return malloc(n); }, [](void* p, size_t n) { free_sized(p, n); });
    });
    malloc_row("free_aligned_sized", [] {
      return Pairs([](size_t n) { return aligned_alloc(64, n); },
                   [](void* p, size_t n) { free_aligned_sized(p, 64, n); });
    });
  }
  malloc_row("free of null", &FreeNull);
  malloc_row("calls that fail", &Failures);

  malloc_row("strdup", [] { return Copied(strdup("tare"), 5); });
  malloc_row("strndup", [] { return Copied(strndup("tare weight", 4), 5); });
  malloc_row("wcsdup", [] { return Copied(wcsdup(L"tare"), 5 * sizeof(wchar_t)); });
  malloc_row("getline", [] { return Line(&getline); });
  malloc_row("getdelim", [] {
    return Line([](char** line, size_t* n, FILE* file) { return getdelim(line, n, '\n', file); });
  });
  table.push_back({"fopen", /*by_new=*/false, /*requested_known=*/false, &OpenFile});

  new_row("new, delete", [] { return Pairs([](size_t n) { return ::operator new(n); }, &Delete); });
  new_row("new[], delete[]",
          [] { return Pairs([](size_t n) { return ::operator new[](n); }, &DeleteArray); });
  new_row("new nothrow, delete nothrow", [] {
    return Pairs([](size_t n) { return ::operator new(n, std::nothrow); },
                 [](void* p, size_t) { ::operator delete(p, std::nothrow); });
  });
  new_row("new[] nothrow, delete[] nothrow", [] {
    return Pairs([](size_t n) { return ::operator new[](n, std::nothrow); },
                 [](void* p, size_t) { ::operator delete[](p, std::nothrow); });
  });
  new_row("new, delete sized", [] {
    return Pairs([](size_t n) { return ::operator new(n); },
                 [](void* p, size_t n) { ::operator delete(p, n); });
  });
  new_row("new[], delete[] sized", [] {
    return Pairs([](size_t n) { return ::operator new[](n); },
                 [](void* p, size_t n) { ::operator delete[](p, n); });
  });
  new_row("new aligned, delete aligned",
          [] { return Pairs([](size_t n) { return ::operator new(n, kAlign); }, &DeleteAligned); });
  new_row("new[] aligned, delete[] aligned", [] {
    return Pairs([](size_t n) { return ::operator new[](n, kAlign); }, &DeleteArrayAligned);
  });
  new_row("new aligned, delete sized aligned", [] {
    return Pairs([](size_t n) { return ::operator new(n, kAlign); },
                 [](void* p, size_t n) { ::operator delete(p, n, kAlign); });
  });
  new_row("new[] aligned, delete[] sized aligned", [] {
    return Pairs([](size_t n) { return ::operator new[](n, kAlign); },
                 [](void* p, size_t n) { ::operator delete[](p, n, kAlign); });
  });
  new_row("new, delete aligned, both nothrow", [] {
    return Pairs([](size_t n) { return ::operator new(n, kAlign, std::nothrow); },
                 [](void* p, size_t) { ::operator delete(p, kAlign, std::nothrow); });
  });
  new_row("new[], delete[] aligned, both nothrow", [] {
    return Pairs([](size_t n) { return ::operator new[](n, kAlign, std::nothrow); },
                 [](void* p, size_t) { ::operator delete[](p, kAlign, std::nothrow); });
  });
  new_row("std::string in libstdc++", &String);
  return table;
}

}  // namespace

const std::vector<EntryPoint>& EntryPoints() {
  static const std::vector<EntryPoint> table = Table();
  return table;
}

std::vector<Verdict> CheckEntryPoints(std::string_view covers) {
  const std::vector<EntryPoint>& table = EntryPoints();
  std::vector<Verdict> verdicts;
  verdicts.reserve(table.size());
  Stream();
  for (const EntryPoint& entry : table) {
    const AllocCount before = ReadThisThread();
    AllocCount planted = entry.plant();
    const AllocCount counted = ReadThisThread() - before;
    if (covers != "malloc+new" && !(covers == "new" && entry.by_new)) planted = AllocCount{};
    if (!entry.requested_known) planted.bytes_requested = counted.bytes_requested;
    verdicts.push_back({entry.name, planted, counted, planted == counted});
  }
  return verdicts;
}

bool PrintVerdicts(const std::vector<Verdict>& verdicts) {
  printf("%-38s %21s %11s %21s %21s\n", "counted / planted", "allocs", "frees", "requested",
         "usable");
  bool all_equal = true;
  for (const Verdict& v : verdicts) {
    printf("%-38s %10ju/%-10ju %5ju/%-5ju %10ju/%-10ju %10ju/%-10ju  %s\n", v.name,
           uintmax_t{v.counted.allocs}, uintmax_t{v.planted.allocs}, uintmax_t{v.counted.frees},
           uintmax_t{v.planted.frees}, uintmax_t{v.counted.bytes_requested},
           uintmax_t{v.planted.bytes_requested}, uintmax_t{v.counted.bytes_usable},
           uintmax_t{v.planted.bytes_usable}, v.equal ? "equal" : "WRONG");
    all_equal = all_equal && v.equal;
  }
  return all_equal;
}

}  // namespace tare::count
