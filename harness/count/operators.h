// SPDX-License-Identifier: Apache-2.0
// Defines every form of operator new and delete, counted. Included once, by each interpose_*.cc
// that has them, after it has defined what they forward to:
//
//   namespace tare::count::raw:  New NewNothrow NewAligned NewAlignedNothrow    null or throw:
//   failed
//                                Delete DeleteSized DeleteSizedAligned          never given null
#pragma once

#include <cstddef>
#include <new>

#include "count/slot.h"

namespace tare::count {

inline void* OrThrow(void* p) {
  if (p == nullptr) [[unlikely]]
    throw std::bad_alloc();
  return p;
}

inline void* CountedNew(size_t size) {
  return OrThrow(CountAlloc(size, [=] { return raw::New(size); }));
}
inline void* CountedNew(size_t size, const std::nothrow_t&) noexcept {
  return CountAlloc(size, [=] { return raw::NewNothrow(size); });
}
inline void* CountedNew(size_t size, std::align_val_t alignment) {
  return OrThrow(CountAlloc(size, [=] { return raw::NewAligned(size, alignment); }));
}
inline void* CountedNew(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return CountAlloc(size, [=] { return raw::NewAlignedNothrow(size, alignment); });
}

inline void CountedDelete(void* p) noexcept {
  CountFree(p, [=] { raw::Delete(p); });
}
inline void CountedDelete(void* p, size_t size) noexcept {
  CountFree(p, [=] { raw::DeleteSized(p, size); });
}
inline void CountedDelete(void* p, size_t size, std::align_val_t alignment) noexcept {
  CountFree(p, [=] { raw::DeleteSizedAligned(p, size, alignment); });
}

}  // namespace tare::count

#pragma GCC visibility push(default)

using tare::count::CountedDelete;
using tare::count::CountedNew;

void* operator new(size_t n) {
  return CountedNew(n);
}
void* operator new[](size_t n) {
  return CountedNew(n);
}
void* operator new(size_t n, const std::nothrow_t& t) noexcept {
  return CountedNew(n, t);
}
void* operator new[](size_t n, const std::nothrow_t& t) noexcept {
  return CountedNew(n, t);
}
void* operator new(size_t n, std::align_val_t a) {
  return CountedNew(n, a);
}
void* operator new[](size_t n, std::align_val_t a) {
  return CountedNew(n, a);
}
void* operator new(size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
  return CountedNew(n, a, t);
}
void* operator new[](size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
  return CountedNew(n, a, t);
}

void operator delete(void* p) noexcept {
  CountedDelete(p);
}
void operator delete[](void* p) noexcept {
  CountedDelete(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
void operator delete(void* p, size_t n) noexcept {
  CountedDelete(p, n);
}
void operator delete[](void* p, size_t n) noexcept {
  CountedDelete(p, n);
}
void operator delete(void* p, std::align_val_t) noexcept {
  CountedDelete(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  CountedDelete(p);
}
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
void operator delete(void* p, size_t n, std::align_val_t a) noexcept {
  CountedDelete(p, n, a);
}
void operator delete[](void* p, size_t n, std::align_val_t a) noexcept {
  CountedDelete(p, n, a);
}

#pragma GCC visibility pop
