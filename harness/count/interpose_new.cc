// SPDX-License-Identifier: Apache-2.0
// Interposes operator new and delete only, over the C library's malloc: where no static jemalloc is
// to be had.

#include <gnu/libc-version.h>
#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "count/slot.h"

namespace tare::count {

const char kCovers[] = "new";
const char tare_count_interposer = 1;
const char kWhyNot[] = "";

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local volatile uint64_t t_usable = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local volatile uint64_t t_freed = 0;

constinit char g_name[64] = "glibc-";

// Tries until there is memory or no handler is left to make some; null then.
template <class Try>
void* TryNew(Try try_once) {
  for (;;) {
    if (void* const p = try_once()) {
      t_usable = t_usable + malloc_usable_size(p);
      return p;
    }
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

}  // namespace

namespace raw {

inline void* New(size_t size) {
  return TryNew([=] { return std::malloc(size != 0 ? size : 1); });
}

inline void* NewAligned(size_t size, std::align_val_t alignment) {
  return TryNew([=]() -> void* {
    void* p = nullptr;
    const size_t align = static_cast<size_t>(alignment);
    const size_t at_least = align < sizeof(void*) ? sizeof(void*) : align;
    return posix_memalign(&p, at_least, size != 0 ? size : 1) == 0 ? p : nullptr;
  });
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
  t_freed = t_freed + malloc_usable_size(p);
  std::free(p);
}
inline void DeleteSized(void* p, size_t) noexcept {
  Delete(p);
}
inline void DeleteSizedAligned(void* p, size_t, std::align_val_t) noexcept {
  Delete(p);
}

}  // namespace raw

void StartAllocator(Slot&) noexcept {
  RefuseWhatCannotBeCounted();
  std::strncat(g_name, gnu_get_libc_version(), sizeof g_name - std::strlen(g_name) - 1);
}

void BindUsable(Slot& slot) noexcept {
  slot.bytes_usable = &t_usable;
  slot.bytes_freed = &t_freed;
}

const char* AllocatorName() noexcept {
  return g_name;
}

}  // namespace tare::count

#include "count/operators.h"
