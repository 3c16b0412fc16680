// SPDX-License-Identifier: Apache-2.0
// Defines malloc's family but for what depends on the allocator below, under all names that glibc
// has for it. Included once, by each interpose_*.cc that counts over a malloc, after it has defined
// what they forward to:
//
//   namespace tare::count:  Allocate AllocateZeroed AllocateAligned AllocatePages
//                           AllocateWholePages Reallocate Free
//
// The file defines the rest itself: aligned_alloc, posix_memalign, malloc_usable_size, free_sized
// and free_aligned_sized.
#pragma once

#include <cerrno>
#include <cstddef>

namespace tare::count {
namespace {

void* ReallocateArray(void* old, size_t count, size_t size) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Reallocate(old, bytes);
}

}  // namespace

// Functions with C linkage are the same in whatever namespace they stand.
#pragma GCC visibility push(default)
extern "C" {

void* malloc(size_t size) noexcept {
  return Allocate(size);
}
void free(void* p) noexcept {
  Free(p);
}
void* calloc(size_t count, size_t size) noexcept {
  return AllocateZeroed(count, size);
}
void* realloc(void* p, size_t size) noexcept {
  return Reallocate(p, size);
}
void* reallocarray(void* p, size_t n, size_t size) noexcept {
  return ReallocateArray(p, n, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  return AllocateAligned(alignment, size);
}
void* valloc(size_t size) noexcept {
  return AllocatePages(size);
}
void* pvalloc(size_t size) noexcept {
  return AllocateWholePages(size);
}

// glibc's other names for the same functions.
void cfree(void* p) noexcept {
  Free(p);
}
void* __libc_malloc(size_t size) noexcept {
  return Allocate(size);
}
void __libc_free(void* p) noexcept {
  Free(p);
}
void* __libc_calloc(size_t count, size_t size) noexcept {
  return AllocateZeroed(count, size);
}
void* __libc_realloc(void* p, size_t size) noexcept {
  return Reallocate(p, size);
}
void* __libc_memalign(size_t alignment, size_t size) noexcept {
  return AllocateAligned(alignment, size);
}
void* __libc_valloc(size_t size) noexcept {
  return AllocatePages(size);
}
void* __libc_pvalloc(size_t size) noexcept {
  return AllocateWholePages(size);
}

}  // extern "C"
#pragma GCC visibility pop

}  // namespace tare::count
