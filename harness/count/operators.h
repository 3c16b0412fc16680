// SPDX-License-Identifier: Apache-2.0
// Defines every form of operator new and delete, counted. Included once, by each interpose_*.cc
// that has them, after it has defined what they forward to:
//
//   namespace tare::count::raw:  New NewNothrow NewAligned NewAlignedNothrow    null or throw:
//   failed
//                                Delete DeleteSized DeleteSizedAligned          never given null
#pragma once

#include <cstddef>
#include <cstdint>
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

// A program that defines one of them itself gets its own, and is refused in words when it starts
// (refuse.cc) rather than by the linker: its definition wins over a weak one. Which is in use shows
// by where it lies.
#define TARE_OPERATOR [[gnu::weak, gnu::section("tare_operators")]]

TARE_OPERATOR void* operator new(size_t n) {
  return CountedNew(n);
}
TARE_OPERATOR void* operator new[](size_t n) {
  return CountedNew(n);
}
TARE_OPERATOR void* operator new(size_t n, const std::nothrow_t& t) noexcept {
  return CountedNew(n, t);
}
TARE_OPERATOR void* operator new[](size_t n, const std::nothrow_t& t) noexcept {
  return CountedNew(n, t);
}
TARE_OPERATOR void* operator new(size_t n, std::align_val_t a) {
  return CountedNew(n, a);
}
TARE_OPERATOR void* operator new[](size_t n, std::align_val_t a) {
  return CountedNew(n, a);
}
TARE_OPERATOR void* operator new(size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
  return CountedNew(n, a, t);
}
TARE_OPERATOR void* operator new[](size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
  return CountedNew(n, a, t);
}

TARE_OPERATOR void operator delete(void* p) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete[](void* p) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete(void* p, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete[](void* p, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete(void* p, size_t n) noexcept {
  CountedDelete(p, n);
}
TARE_OPERATOR void operator delete[](void* p, size_t n) noexcept {
  CountedDelete(p, n);
}
TARE_OPERATOR void operator delete(void* p, std::align_val_t) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete[](void* p, std::align_val_t) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  CountedDelete(p);
}
TARE_OPERATOR void operator delete(void* p, size_t n, std::align_val_t a) noexcept {
  CountedDelete(p, n, a);
}
TARE_OPERATOR void operator delete[](void* p, size_t n, std::align_val_t a) noexcept {
  CountedDelete(p, n, a);
}

#undef TARE_OPERATOR
#pragma GCC visibility pop

// Where the section begins and ends, by the linker.
extern "C" const char __start_tare_operators[];
extern "C" const char __stop_tare_operators[];

namespace tare::count {

template <class Function>
bool IsOurs(Function* used) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(used);
  return at >= reinterpret_cast<uintptr_t>(__start_tare_operators) &&
         at < reinterpret_cast<uintptr_t>(__stop_tare_operators);
}
template <class... Arguments>
bool NewIsOurs() noexcept {
  void* (*const one)(size_t, Arguments...) = &::operator new;
  void* (*const array)(size_t, Arguments...) = &::operator new[];
  return IsOurs(one) && IsOurs(array);
}
template <class... Arguments>
bool DeleteIsOurs() noexcept {
  void (*const one)(void*, Arguments...) = &::operator delete;
  void (*const array)(void*, Arguments...) = &::operator delete[];
  return IsOurs(one) && IsOurs(array);
}

bool OperatorsAreOurs() noexcept {
  using Align = std::align_val_t;
  using Nothrow = const std::nothrow_t&;
  return NewIsOurs<>() && NewIsOurs<Nothrow>() && NewIsOurs<Align>() &&
         NewIsOurs<Align, Nothrow>() && DeleteIsOurs<>() && DeleteIsOurs<Nothrow>() &&
         DeleteIsOurs<size_t>() && DeleteIsOurs<Align>() && DeleteIsOurs<Align, Nothrow>() &&
         DeleteIsOurs<size_t, Align>();
}

}  // namespace tare::count
