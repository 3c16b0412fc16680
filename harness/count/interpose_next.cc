// SPDX-License-Identifier: Apache-2.0
// Interposes malloc's whole family and operator new, counts, and forwards to the malloc that would
// have served the process otherwise: glibc's, or that of a shared library (tcmalloc, mimalloc).
//
// That malloc is what comes next in the order of the dynamic linker. All that it lacks is made of
// what it has: a function of another module would take memory from another heap.

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>

#include "count/slot.h"

namespace tare::count {

const char kCovers[] = "malloc+new";
const char tare_count_interposer = 1;
const char kWhyNot[] = "";

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local volatile uint64_t t_usable = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local volatile uint64_t t_freed = 0;

constinit char g_name[64] = "";

// Until it is known who comes next. Looking that up may ask for memory and does without.
void* NoMalloc(size_t) noexcept {
  errno = ENOMEM;
  return nullptr;
}
void* NoCalloc(size_t, size_t) noexcept {
  return NoMalloc(0);
}
void* NoRealloc(void*, size_t) noexcept {
  return NoMalloc(0);
}
void* NoMemalign(size_t, size_t) noexcept {
  return NoMalloc(0);
}
void NoFree(void*) noexcept {}
size_t NoUsableSize(void*) noexcept {
  return 0;
}

struct Next {
  void* (*malloc)(size_t) noexcept = &NoMalloc;
  void (*free)(void*) noexcept = &NoFree;
  void* (*calloc)(size_t, size_t) noexcept = &NoCalloc;
  void* (*realloc)(void*, size_t) noexcept = &NoRealloc;
  void* (*memalign)(size_t, size_t) noexcept = &NoMemalign;
  size_t (*usable_size)(void*) noexcept = &NoUsableSize;
};
constinit Next g_next;

[[noreturn]] void Refuse(const char* what) noexcept {
  static char message[256];
  std::snprintf(message, sizeof message,
                "tare::count_next: %s; link tare::count, which brings its own allocator\n", what);
  Die(message);
}

// The next definition of `name`, which must be in the file loaded at `base`; null: not there.
template <class Function>
bool Take(const char* name, const void* base, Function* function) noexcept {
  void* const found = dlsym(RTLD_NEXT, name);
  Dl_info info;
  if (found == nullptr || dladdr(found, &info) == 0 || info.dli_fbase != base) return false;
  std::memcpy(function, &found, sizeof found);
  return true;
}

// "tcmalloc-2.10", "mimalloc-2.0.9", "jemalloc-5.3.0", "glibc-2.36"; else the file's name.
void NameIt(const Dl_info& file) noexcept {
  if (const auto version = reinterpret_cast<const char* (*)(int*, int*, const char**)>(
          dlsym(RTLD_NEXT, "tc_version"))) {
    int major = 0, minor = 0;
    const char* patch = "";
    version(&major, &minor, &patch);
    std::snprintf(g_name, sizeof g_name, "tcmalloc-%d.%d%s", major, minor, patch);
  } else if (const auto number = reinterpret_cast<int (*)()>(dlsym(RTLD_NEXT, "mi_version"))) {
    const int n = number();  // 209: 2.0.9
    std::snprintf(g_name, sizeof g_name, "mimalloc-%d.%d.%d", n / 100, n / 10 % 10, n % 10);
  } else if (std::strstr(file.dli_fname, "/libc.so.6") != nullptr) {
    std::snprintf(g_name, sizeof g_name, "glibc-%s", gnu_get_libc_version());
  } else {
    const char* const slash = std::strrchr(file.dli_fname, '/');
    std::snprintf(g_name, sizeof g_name, "%.60s", slash != nullptr ? slash + 1 : file.dli_fname);
  }
}

void FindNext() noexcept {
  void* const malloc = dlsym(RTLD_NEXT, "malloc");
  Dl_info file;
  if (malloc == nullptr || dladdr(malloc, &file) == 0) {
    Refuse("no malloc comes next: this program is linked statically");
  }
  Next next;
  const void* const base = file.dli_fbase;
  if (!Take("malloc", base, &next.malloc) || !Take("free", base, &next.free) ||
      !Take("calloc", base, &next.calloc) || !Take("realloc", base, &next.realloc) ||
      !Take("malloc_usable_size", base, &next.usable_size) ||
      (!Take("memalign", base, &next.memalign) && !Take("aligned_alloc", base, &next.memalign))) {
    Refuse("the malloc that comes next lacks calloc, realloc, memalign or malloc_usable_size");
  }
  NameIt(file);
  // The first time that tcmalloc is asked for a size it makes an object, by our operator new: which
  // may not ask for the size of that.
  const auto usable_size = next.usable_size;
  next.usable_size = &NoUsableSize;
  g_next = next;
  void* const p = next.malloc(1);
  if (p != nullptr) static_cast<void>(usable_size(p));
  next.free(p);
  g_next.usable_size = usable_size;
}

// --- The allocator, uncounted but for the bytes that it sets aside -----------------------------

inline void* Took(void* p) noexcept {
  if (p != nullptr) [[likely]]
    t_usable = t_usable + g_next.usable_size(p);
  return p;
}

inline void GiveBack(void* p) noexcept {
  t_freed = t_freed + g_next.usable_size(p);
  g_next.free(p);
}

inline void* Allocate(size_t size) noexcept {
  return CountAlloc(size, [=] { return Took(g_next.malloc(size)); });
}

inline void Free(void* p) noexcept {
  CountFree(p, [=] { GiveBack(p); });
}

inline void* AllocateZeroed(size_t count, size_t size) noexcept {
  return CountAlloc(count * size, [=] { return Took(g_next.calloc(count, size)); });
}

bool IsPowerOfTwo(size_t n) noexcept {
  return n != 0 && (n & (n - 1)) == 0;
}

// As the C library's: an alignment that is no power of two is rounded up to one.
inline void* AllocateAligned(size_t alignment, size_t size) noexcept {
  size_t power = sizeof(void*);
  while (power < alignment && power <= SIZE_MAX / 2) power *= 2;
  return CountAlloc(size, [=] { return Took(g_next.memalign(power, size)); });
}

size_t PageSize() noexcept {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

inline void* AllocatePages(size_t size) noexcept {
  return AllocateAligned(PageSize(), size);
}

// As valloc, rounded up to whole pages. Counted as asked for.
void* AllocateWholePages(size_t size) noexcept {
  const size_t page = PageSize();
  size_t rounded = 0;
  if (__builtin_add_overflow(size, page - 1, &rounded)) {
    errno = ENOMEM;
    return nullptr;
  }
  rounded &= ~(page - 1);
  return CountAlloc(size, [=] { return Took(g_next.memalign(page, rounded)); });
}

// realloc(p, 0) gives an empty block or, in glibc and tcmalloc, frees p and returns null.
void* ReallocateToNothing(void* old) noexcept {
  const Special special(Call::kFree);
  NoteFree(old);
  const size_t before = g_next.usable_size(old);
  void* const p = Took(g_next.realloc(old, 0));
  if (p != nullptr) {
    t_slot.allocs.Add(1);
    NoteSite(p, 0);
  }
  t_slot.frees.Add(1);
  t_freed = t_freed + before;
  return p;
}

// One alloc of all of `size`, and one free if there was a block.
void* Reallocate(void* old, size_t size) noexcept {
  if (old == nullptr) return Allocate(size);
  if (size == 0) return ReallocateToNothing(old);
  return CountAlloc</*kFrees=*/1>(
      size,
      [=] {
        const size_t before = g_next.usable_size(old);
        void* const p = Took(g_next.realloc(old, size));
        if (p != nullptr) t_freed = t_freed + before;
        return p;
      },
      old);
}

// Tries until there is memory or no handler is left to make some; null then.
template <class Try>
void* TryNew(Try try_once) {
  for (;;) {
    if (void* const p = Took(try_once())) return p;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

}  // namespace

namespace raw {

inline void* New(size_t size) {
  return TryNew([=] { return g_next.malloc(size != 0 ? size : 1); });
}
inline void* NewAligned(size_t size, std::align_val_t alignment) {
  const size_t align = static_cast<size_t>(alignment);
  const size_t at_least = align < sizeof(void*) ? sizeof(void*) : align;
  return TryNew([=] { return g_next.memalign(at_least, size != 0 ? size : 1); });
}
inline void* NewNothrow(size_t size) noexcept {
  try {
    return New(size);
  } catch (const std::bad_alloc&) {  // from the handler
    return nullptr;
  }
}
inline void* NewAlignedNothrow(size_t size, std::align_val_t alignment) noexcept {
  try {
    return NewAligned(size, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
inline void Delete(void* p) noexcept {
  GiveBack(p);
}
inline void DeleteSized(void* p, size_t) noexcept {
  GiveBack(p);
}
inline void DeleteSizedAligned(void* p, size_t, std::align_val_t) noexcept {
  GiveBack(p);
}

}  // namespace raw

void StartAllocator(Slot&) noexcept {
  RefuseWhatCannotBeCounted();
  FindNext();
}

void BindUsable(Slot& slot) noexcept {
  slot.bytes_usable = &t_usable;
  slot.bytes_freed = &t_freed;
}

const char* AllocatorName() noexcept {
  return g_name;
}

// Functions with C linkage are the same in whatever namespace they stand.
#pragma GCC visibility push(default)
extern "C" {

size_t malloc_usable_size(void* p) noexcept {
  return p != nullptr ? g_next.usable_size(p) : 0;
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  if (!IsPowerOfTwo(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return AllocateAligned(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) noexcept {
  if (!IsPowerOfTwo(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const int kept = errno;
  void* const p = AllocateAligned(alignment, size);
  errno = kept;  // reported by value only
  if (p == nullptr) return ENOMEM;
  *out = p;
  return 0;
}

// C23's sized frees, which libraries newer than this C library may call.
void free_sized(void* p, size_t) noexcept {
  Free(p);
}
void free_aligned_sized(void* p, size_t, size_t) noexcept {
  Free(p);
}

}  // extern "C"
#pragma GCC visibility pop

}  // namespace tare::count

#include "count/malloc_family.h"

#ifdef TARE_PROGRAM_HAS_OPERATOR_NEW
// Whatever operator new the program has, its own or the C++ library's, calls malloc.
bool tare::count::OperatorsAreOurs() noexcept {
  return true;
}
#else
#include "count/operators.h"
#endif
