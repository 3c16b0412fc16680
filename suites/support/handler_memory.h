// SPDX-License-Identifier: Apache-2.0
// HandlerMemory: where Asio's pending operations live, as in its example allocation/server.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace tare::suites {

// Room for kRooms pending operations of at most kSize bytes each; one more at the same time, or a
// larger one, is allocated.
template <size_t kRooms, size_t kSize>
class HandlerRooms {
 public:
  void* Allocate(size_t size) {
    for (Room& room : rooms_) {
      if (room.in_use || size > kSize) continue;
      room.in_use = true;
      return room.bytes;
    }
    return ::operator new(size);
  }
  void Deallocate(void* pointer) noexcept {
    for (Room& room : rooms_) {
      if (pointer != room.bytes) continue;
      room.in_use = false;
      return;
    }
    ::operator delete(pointer);
  }

 private:
  struct Room {
    alignas(std::max_align_t) std::byte bytes[kSize];
    bool in_use = false;
  };
  std::array<Room, kRooms> rooms_;
};

using HandlerMemory = HandlerRooms<1, 512>;

// An allocator of those rooms, for a handler's get_allocator().
template <class T, class Memory = HandlerMemory>
struct HandlerAllocator {
  using value_type = T;

  explicit HandlerAllocator(Memory& of) noexcept : memory(&of) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U, Memory>& other) noexcept : memory(other.memory) {}

  T* allocate(size_t n) { return static_cast<T*>(memory->Allocate(sizeof(T) * n)); }
  void deallocate(T* pointer, size_t) noexcept { memory->Deallocate(pointer); }
  template <class U>
  bool operator==(const HandlerAllocator<U, Memory>& other) const noexcept {
    return memory == other.memory;
  }

  Memory* memory;
};

}  // namespace tare::suites
