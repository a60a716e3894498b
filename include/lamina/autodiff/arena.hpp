#pragma once
#include <cstddef>
#include <utility>

#include "lamina/core/list.hpp"
#include "lamina/core/macros.hpp"
#include "lamina/core/system_memory.hpp"

namespace lamina::detail {

/// A monotonic allocator: allocations are consecutive, and all are freed together.
class Arena {
 public:
  /// Allocates `bytes` bytes. Throws StateError if the system has no more memory.
  LAMINA_ALWAYS_INLINE void* take(std::size_t bytes, std::size_t alignment) {
    // Sizes are rounded up, so that every allocation starts at the default alignment; only a larger one needs more.
    const std::size_t rounded = (bytes + usual - 1) / usual * usual;
    if (alignment > usual || rounded > static_cast<std::size_t>(end_ - cursor_)) [[unlikely]]
      return take_slowly(rounded, alignment);
    return std::exchange(cursor_, cursor_ + rounded);
  }
  /// Frees all allocations; keeps the memory.
  void reset() noexcept {
    if (current_ != 0) [[unlikely]]
      return go_back_to({});
    cursor_ = begin_;
  }

  /// A position in the sequence of allocations.
  struct Mark {
    std::size_t chunk = 0, used = 0;
  };
  Mark mark() const noexcept { return {current_, static_cast<std::size_t>(cursor_ - begin_)}; }
  /// Frees all allocations made after `mark()` returned this mark.
  void go_back_to(const Mark& mark) noexcept {
    current_ = mark.chunk;
    open_chunk();
    cursor_ += mark.used;
  }

 private:
  static constexpr std::size_t usual = 16;
  static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

  LAMINA_COLD void* take_slowly(std::size_t bytes, std::size_t alignment) {
    for (;;) {
      if (current_ < chunks_.size()) {
        const std::size_t used = static_cast<std::size_t>(cursor_ - begin_);
        const std::size_t start = (used + alignment - 1) / alignment * alignment;
        if (start + bytes <= chunks_[current_].size()) {
          cursor_ = begin_ + start + bytes;
          return cursor_ - bytes;
        }
        if (used > 0) {
          ++current_;
          open_chunk();
          continue;
        }
      }
      const std::size_t size = bytes + alignment > chunk_bytes ? bytes + alignment : chunk_bytes;
      chunks_.insert(current_, SystemBuffer(size));
      open_chunk();
    }
  }
  LAMINA_COLD void open_chunk() noexcept {
    const bool there = current_ < chunks_.size();
    begin_ = cursor_ = there ? chunks_[current_].data() : nullptr;
    end_ = there ? cursor_ + chunks_[current_].size() : nullptr;
  }
  List<SystemBuffer> chunks_;
  std::size_t current_ = 0;
  // The current chunk: its beginning, the next free byte, and its end.
  std::byte *begin_ = nullptr, *cursor_ = nullptr, *end_ = nullptr;
};

}  // namespace lamina::detail
