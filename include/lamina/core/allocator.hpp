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

/// Returns `bytes` bytes of memory at an address that is a multiple of `alignment`, or null if that much is not
/// available. See `set_allocator`.
using AllocateFunction = std::function<void*(std::size_t bytes, std::size_t alignment)>;
/// Frees memory that the AllocateFunction returned for the same `bytes` and `alignment`. Must not throw. See
/// `set_allocator`.
using FreeFunction = std::function<void(void* memory, std::size_t bytes, std::size_t alignment)>;

namespace detail {

/// The pair of functions passed to `set_allocator`. Every block allocated by them keeps a reference to this object.
class ProgramAllocator {
 public:
  static constexpr std::size_t alignment = 64;

  ProgramAllocator(AllocateFunction allocate, FreeFunction free)
      : allocate_(std::move(allocate)), free_(std::move(free)) {}

  /// Returns the functions in use; null if none are set.
  LAMINA_COLD static std::shared_ptr<const ProgramAllocator> current() {
    Setting& setting = Setting::instance();
    const std::lock_guard lock(setting.mutex);
    return setting.allocator;
  }
  /// Replaces the functions in use. Two empty functions reset to the system's allocator. Throws ValueError if only one
  /// is empty.
  LAMINA_COLD static void set(AllocateFunction allocate, FreeFunction free) {
    if (static_cast<bool>(allocate) != static_cast<bool>(free))
      raise<ValueError>("set_allocator: expected two functions or two empty ones, got only ",
                        allocate ? "allocate" : "free", ". Pass both.");
    std::shared_ptr<const ProgramAllocator> allocator;
    if (allocate) allocator = std::make_shared<ProgramAllocator>(std::move(allocate), std::move(free));
    Setting& setting = Setting::instance();
    const std::lock_guard lock(setting.mutex);
    setting.allocator.swap(allocator);
  }

  /// Allocates; returns null if `bytes` bytes are not available. Throws StateError if the address is not aligned.
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
    // Never destroyed: destructors of static objects may still allocate and free memory.
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
