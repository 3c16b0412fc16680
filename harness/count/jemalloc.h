// SPDX-License-Identifier: Apache-2.0
// jemalloc under the names that jemalloc_symbols.map gives it: the allocator itself, uncounted.
//
// The static archive is linked with its public symbols renamed, so that the program's malloc can be
// ours and reach jemalloc by a direct call. Internal: the entry points and what measures them.
#pragma once

#include <cstddef>
#include <new>

extern "C" {

void* tare_je_malloc(size_t size) noexcept;
void tare_je_free(void* p) noexcept;
void* tare_je_calloc(size_t count, size_t size) noexcept;
void* tare_je_realloc(void* p, size_t size) noexcept;
void* tare_je_aligned_alloc(size_t alignment, size_t size) noexcept;
int tare_je_posix_memalign(void** p, size_t alignment, size_t size) noexcept;
void* tare_je_memalign(size_t alignment, size_t size) noexcept;
void* tare_je_valloc(size_t size) noexcept;
size_t tare_je_malloc_usable_size(void* p) noexcept;
int tare_je_mallctl(const char* name, void* old, size_t* old_size, void* fresh,
                    size_t fresh_size) noexcept;

// operator new and delete; the array forms are the same functions.
void* tare_je_new(size_t size);
void* tare_je_new_nothrow(size_t size, const std::nothrow_t&) noexcept;
void* tare_je_new_aligned(size_t size, std::align_val_t alignment);
void* tare_je_new_aligned_nothrow(size_t size, std::align_val_t alignment,
                                  const std::nothrow_t&) noexcept;
void tare_je_delete(void* p) noexcept;
void tare_je_delete_sized(void* p, size_t size) noexcept;
void tare_je_delete_sized_aligned(void* p, size_t size, std::align_val_t alignment) noexcept;

}  // extern "C"
