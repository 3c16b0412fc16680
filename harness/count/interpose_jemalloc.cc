// SPDX-License-Identifier: Apache-2.0
// Interposes malloc's whole family and operator new, counts, and forwards to the renamed jemalloc.
//
// The definitions here are the process's own: the dynamic linker binds every library's calls to
// them, those of the C library and of libraries loaded later too (not with RTLD_DEEPBIND).
// jemalloc lacks pvalloc, reallocarray, cfree and the __libc_ names: left undefined, calls of them
// would reach glibc's heap uncounted, and their memory could not be freed here.

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "count/jemalloc.h"
#include "count/slot.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TARE_SANITIZER_OWNS_MALLOC
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define TARE_SANITIZER_OWNS_MALLOC
#endif
#endif
#ifdef TARE_SANITIZER_OWNS_MALLOC
#error \
    "a sanitizer owns malloc: configure with -DTARE_SANITIZE=<its name>, so that nothing is counted"
#endif

namespace tare::count {

const char kCovers[] = "malloc+new";
const char tare_count_interposer = 1;
const char kWhyNot[] = "";

namespace raw {

inline void* New(size_t size) {
  return tare_je_new(size);
}
inline void* NewNothrow(size_t size) noexcept {
  return tare_je_new_nothrow(size, std::nothrow);
}
inline void* NewAligned(size_t size, std::align_val_t a) {
  return tare_je_new_aligned(size, a);
}
inline void* NewAlignedNothrow(size_t size, std::align_val_t a) noexcept {
  return tare_je_new_aligned_nothrow(size, a, std::nothrow);
}
inline void Delete(void* p) noexcept {
  tare_je_free(p);
}  // as jemalloc's own operator delete
inline void DeleteSized(void* p, size_t size) noexcept {
  tare_je_delete_sized(p, size);
}
// jemalloc 5.3 sets `a` bytes aside for an empty block, and here takes it for one of 8 bytes.
inline void DeleteSizedAligned(void* p, size_t size, std::align_val_t a) noexcept {
  tare_je_delete_sized_aligned(p, size != 0 ? size : 1, a);
}

}  // namespace raw

namespace {

// jemalloc's per-thread totals lie in static TLS as our slot does, so their distance is the same in
// every thread. Asking jemalloc in each would not do: to ask initializes a thread in full, which
// must not happen to one that only frees on its way out.
constinit ptrdiff_t g_usable_offset = 0;
constinit ptrdiff_t g_freed_offset = 0;
constinit char g_name[64] = "jemalloc";

template <class T>
T Ask(const char* name) noexcept {
  T value{};
  size_t size = sizeof value;
  if (tare_je_mallctl(name, &value, &size, nullptr, 0) != 0) {
    Die("tare::count: jemalloc does not answer mallctl; is it linked, and built with "
        "statistics?\n");
  }
  return value;
}

ptrdiff_t OffsetFrom(const Slot& slot, const uint64_t* p) noexcept {
  return reinterpret_cast<const char*>(p) - reinterpret_cast<const char*>(&slot);
}

const volatile uint64_t* At(const Slot& slot, ptrdiff_t offset) noexcept {
  return reinterpret_cast<const volatile uint64_t*>(reinterpret_cast<const char*>(&slot) + offset);
}

// malloc is counted before it is forwarded: the call becomes a jump with nothing left to do after
// it, which more than halves what counting costs. One that fails is taken back where jemalloc says
// so, in tare_je_errno_location.
inline void* Allocate(size_t size) noexcept {
  Slot& slot = t_slot;
  if (!slot.plain || size == SIZE_MAX) [[unlikely]] {
    return SpecialAlloc<0>(size, [=] { return tare_je_malloc(size); });
  }
  slot.allocs.Add(1);
  slot.bytes_requested.Add(size);
  slot.precounted = size + 1;
  return tare_je_malloc(size);
}

inline void Free(void* p) noexcept {
  CountFree(p, [=] { tare_je_free(p); });
}

inline void* AllocateZeroed(size_t count, size_t size) noexcept {
  return CountAlloc(count * size, [=] { return tare_je_calloc(count, size); });
}

inline void* AllocateAligned(size_t alignment, size_t size) noexcept {
  return CountAlloc(size, [=] { return tare_je_memalign(alignment, size); });
}

inline void* AllocatePages(size_t size) noexcept {
  return CountAlloc(size, [=] { return tare_je_valloc(size); });
}

// As valloc, rounded up to whole pages. Counted as asked for.
void* AllocateWholePages(size_t size) noexcept {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t rounded = 0;
  if (__builtin_add_overflow(size, page - 1, &rounded)) {
    errno = ENOMEM;
    return nullptr;
  }
  rounded &= ~(page - 1);
  return CountAlloc(size, [=] { return tare_je_memalign(page, rounded); });
}

// realloc(p, 0): jemalloc frees p and returns null, or (opt.zero_realloc) returns an empty block,
// or aborts. What it did shows in its own count of freed bytes.
void* ReallocateToNothing(void* old) noexcept {
  const Special special(Call::kFree);
  NoteFree(old);
  t_slot.precounted = 0;
  const uint64_t before = *t_slot.bytes_freed;
  void* const p = tare_je_realloc(old, 0);
  if (p != nullptr) {
    t_slot.allocs.Add(1);
    NoteSite(p, 0);
  }
  if (*t_slot.bytes_freed != before) t_slot.frees.Add(1);
  return p;
}

// One alloc of all of `size`, and one free if there was a block.
void* Reallocate(void* old, size_t size) noexcept {
  if (old == nullptr) return Allocate(size);
  if (size == 0) return ReallocateToNothing(old);
  return CountAlloc</*kFrees=*/1>(
      size, [=] { return tare_je_realloc(old, size); }, old);
}

}  // namespace

void StartAllocator(Slot& slot) noexcept {
  RefuseWhatCannotBeCounted();
  const char* const version = Ask<const char*>("version");
  size_t end = std::strlen(g_name);
  g_name[end++] = '-';
  // "5.3.0-0-g54eaed1d...": up to the commit.
  for (const char* c = version; *c != '\0' && *c != '-' && end + 1 < sizeof g_name; ++c) {
    g_name[end++] = *c;
  }
  g_usable_offset = OffsetFrom(slot, Ask<uint64_t*>("thread.allocatedp"));
  g_freed_offset = OffsetFrom(slot, Ask<uint64_t*>("thread.deallocatedp"));
}

void BindUsable(Slot& slot) noexcept {
  slot.bytes_usable = At(slot, g_usable_offset);
  slot.bytes_freed = At(slot, g_freed_offset);
}

const char* AllocatorName() noexcept {
  return g_name;
}

// What jemalloc's entry points call for __errno_location (CMakeLists.txt). They touch errno only to
// report that an allocation has failed.
extern "C" int* tare_je_errno_location() noexcept {
  Slot& slot = t_slot;
  if (slot.precounted != 0) {
    slot.allocs.Add(-uint64_t{1});
    slot.bytes_requested.Add(1 - slot.precounted);
    slot.precounted = 0;
  }
  return &errno;
}

// Functions with C linkage are the same in whatever namespace they stand.
#pragma GCC visibility push(default)
extern "C" {

size_t malloc_usable_size(void* p) noexcept {
  return tare_je_malloc_usable_size(p);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return CountAlloc(size, [=] { return tare_je_aligned_alloc(alignment, size); });
}

int posix_memalign(void** out, size_t alignment, size_t size) noexcept {
  int error = ENOMEM;  // what an injected fault leaves
  const int kept = errno;
  void* const p = CountAlloc(size, [=, &error]() -> void* {
    void* fresh = nullptr;
    error = tare_je_posix_memalign(&fresh, alignment, size);
    return error == 0 ? fresh : nullptr;
  });
  errno = kept;  // reported by value only
  if (p != nullptr) *out = p;
  return error;
}

// C23's sized frees, which libraries newer than this C library may call.
void free_sized(void* p, size_t size) noexcept {
  CountFree(p, [=] { raw::DeleteSized(p, size); });
}
void free_aligned_sized(void* p, size_t alignment, size_t size) noexcept {
  CountFree(p, [=] { raw::DeleteSizedAligned(p, size, std::align_val_t{alignment}); });
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
