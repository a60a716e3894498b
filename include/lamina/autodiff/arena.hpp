#pragma once
#include <cstddef>
#include <utility>

#include "lamina/core/list.hpp"
#include "lamina/core/macros.hpp"
#include "lamina/core/system_memory.hpp"

namespace lamina::detail {

/// Memory handed out piece after piece and taken back all at once.
class Arena {
 public:
  LAMINA_ALWAYS_INLINE void* take(std::size_t bytes, std::size_t alignment) {
    // Every piece ends where the next may begin, unless that one asks for more than usual.
    const std::size_t rounded = (bytes + usual - 1) / usual * usual;
    if (alignment > usual || rounded > static_cast<std::size_t>(end_ - cursor_)) [[unlikely]]
      return take_slowly(rounded, alignment);
    return std::exchange(cursor_, cursor_ + rounded);
  }
  void reset() noexcept {
    if (current_ != 0) [[unlikely]]
      return go_back_to({});
    cursor_ = begin_;
  }

  /// How far the memory is used, to take back what is handed out from there on.
  struct Mark {
    std::size_t chunk = 0, used = 0;
  };
  Mark mark() const noexcept { return {current_, static_cast<std::size_t>(cursor_ - begin_)}; }
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
  // Of the chunk at hand: where it begins, where the next piece does, and where it ends.
  std::byte *begin_ = nullptr, *cursor_ = nullptr, *end_ = nullptr;
};

}  // namespace lamina::detail
