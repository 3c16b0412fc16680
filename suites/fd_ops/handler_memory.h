// SPDX-License-Identifier: Apache-2.0
// HandlerMemory: where Asio's pending operations live, as in its example allocation/server.cpp.
#pragma once

#include <cstddef>
#include <new>

namespace tare::suites {

// Room for one pending operation; a second one at the same time, or a larger one, is allocated.
class HandlerMemory {
 public:
  void* Allocate(size_t size) {
    if (in_use_ || size > sizeof room_) return ::operator new(size);
    in_use_ = true;
    return room_;
  }
  void Deallocate(void* pointer) noexcept {
    if (pointer != room_) return ::operator delete(pointer);
    in_use_ = false;
  }

 private:
  alignas(std::max_align_t) std::byte room_[512];
  bool in_use_ = false;
};

// An allocator of that room, for asio::bind_allocator.
template <class T>
struct HandlerAllocator {
  using value_type = T;

  explicit HandlerAllocator(HandlerMemory& of) noexcept : memory(&of) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U>& other) noexcept : memory(other.memory) {}

  T* allocate(size_t n) { return static_cast<T*>(memory->Allocate(sizeof(T) * n)); }
  void deallocate(T* pointer, size_t) noexcept { memory->Deallocate(pointer); }
  template <class U>
  bool operator==(const HandlerAllocator<U>& other) const noexcept {
    return memory == other.memory;
  }

  HandlerMemory* memory;
};

}  // namespace tare::suites
