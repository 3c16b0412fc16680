// SPDX-License-Identifier: Apache-2.0
// Test support: what jemalloc.h declares, over the malloc that comes next. So what looks for an
// entry point that escapes its counter, and what measures one, serve tare::count_next as well.

#include <dlfcn.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>

#include "count/jemalloc.h"

namespace {

template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Found before main: the timed loops of bench_count compare with one indirect call, which is what a
// program without a counter makes.
const auto g_malloc = Next<void*(size_t)>("malloc");
const auto g_free = Next<void(void*)>("free");
const auto g_calloc = Next<void*(size_t, size_t)>("calloc");
const auto g_realloc = Next<void*(void*, size_t)>("realloc");
const auto g_memalign = Next<void*(size_t, size_t)>("memalign");
const auto g_usable_size = Next<size_t(void*)>("malloc_usable_size");

}  // namespace

extern "C" {

void* tare_je_malloc(size_t size) noexcept {
  return g_malloc(size);
}
void tare_je_free(void* p) noexcept {
  g_free(p);
}
void* tare_je_calloc(size_t count, size_t size) noexcept {
  return g_calloc(count, size);
}
void* tare_je_realloc(void* p, size_t size) noexcept {
  return g_realloc(p, size);
}
void* tare_je_aligned_alloc(size_t alignment, size_t size) noexcept {
  return g_memalign(alignment, size);
}
int tare_je_posix_memalign(void** p, size_t alignment, size_t size) noexcept {
  if ((alignment & (alignment - 1)) != 0) return EINVAL;
  void* const block = g_memalign(alignment, size);
  if (block == nullptr) return ENOMEM;
  *p = block;
  return 0;
}
void* tare_je_memalign(size_t alignment, size_t size) noexcept {
  return g_memalign(alignment, size);
}
void* tare_je_valloc(size_t size) noexcept {
  return g_memalign(4096, size);
}
size_t tare_je_malloc_usable_size(void* p) noexcept {
  return g_usable_size(p);
}
void* tare_je_new(size_t size) {
  void* const p = g_malloc(size != 0 ? size : 1);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void* tare_je_new_nothrow(size_t size, const std::nothrow_t&) noexcept {
  return g_malloc(size != 0 ? size : 1);
}
void* tare_je_new_aligned(size_t size, std::align_val_t alignment) {
  return g_memalign(static_cast<size_t>(alignment), size);
}
void* tare_je_new_aligned_nothrow(size_t size, std::align_val_t alignment,
                                  const std::nothrow_t&) noexcept {
  return g_memalign(static_cast<size_t>(alignment), size);
}
void tare_je_delete(void* p) noexcept {
  g_free(p);
}
void tare_je_delete_sized(void* p, size_t) noexcept {
  g_free(p);
}
void tare_je_delete_sized_aligned(void* p, size_t, std::align_val_t) noexcept {
  g_free(p);
}

}  // extern "C"
