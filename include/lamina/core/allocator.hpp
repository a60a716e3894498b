#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "lamina/core/error.hpp"
#include "lamina/core/macros.hpp"

namespace lamina {

/// Returns memory of `bytes` bytes whose address is a multiple of `alignment`; null if there is not so much. See
/// `set_allocator`.
using AllocateFunction = std::function<void*(std::size_t bytes, std::size_t alignment)>;
/// Takes back memory that the AllocateFunction returned for the same `bytes` and `alignment`. Throws nothing. See
/// `set_allocator`.
using FreeFunction = std::function<void(void* memory, std::size_t bytes, std::size_t alignment)>;

namespace detail {

/// The two functions of `set_allocator`. Memory from them shares their ownership.
class ProgramAllocator {
 public:
  static constexpr std::size_t alignment = 64;

  ProgramAllocator(AllocateFunction allocate, FreeFunction free)
      : allocate_(std::move(allocate)), free_(std::move(free)) {}

  /// The functions that are set; null if there are none.
  LAMINA_COLD static std::shared_ptr<const ProgramAllocator> current() {
    Setting& setting = Setting::instance();
    const std::lock_guard lock(setting.mutex);
    return setting.allocator;
  }
  LAMINA_COLD static void set(AllocateFunction allocate, FreeFunction free) {
    if (static_cast<bool>(allocate) != static_cast<bool>(free))
      raise<ValueError>("set_allocator: expected both functions or none, got only ", allocate ? "allocate" : "free");
    std::shared_ptr<const ProgramAllocator> allocator;
    if (allocate) allocator = std::make_shared<ProgramAllocator>(std::move(allocate), std::move(free));
    Setting& setting = Setting::instance();
    const std::lock_guard lock(setting.mutex);
    setting.allocator.swap(allocator);
  }

  /// Null if there is not so much.
  LAMINA_COLD void* take(std::size_t bytes) const {
    void* memory = allocate(bytes);
    if (reinterpret_cast<std::uintptr_t>(memory) % alignment != 0) [[unlikely]] {
      free_(memory, bytes, alignment);
      raise<StateError>("set_allocator: allocate(", bytes, ", ", alignment, ") returned an address that is not a ",
                        "multiple of ", alignment, ". Return aligned memory.");
    }
    return memory;
  }
  LAMINA_COLD void give_back(void* memory, std::size_t bytes) const noexcept { free_(memory, bytes, alignment); }

 private:
  struct Setting {
    std::mutex mutex;
    std::shared_ptr<const ProgramAllocator> allocator;
    // Never destroyed: destructors of static objects may take and give back memory.
    static Setting& instance() {
      static Setting* setting = new Setting;
      return *setting;
    }
  };
  void* allocate(std::size_t bytes) const {
#if LAMINA_HAS_EXCEPTIONS
    try {
      return allocate_(bytes, alignment);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
#else
    return allocate_(bytes, alignment);
#endif
  }
  AllocateFunction allocate_;
  FreeFunction free_;
};

}  // namespace detail
}  // namespace lamina
