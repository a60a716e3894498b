#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace lamina::detail {

/// The list of written rows of a large zeroed block of memory.
///
/// The gradient of an embedding table is zero except for the rows that were looked up. Its memory contains all rows, so
/// that any code can read it as a normal tensor. Code that uses the list processes the written rows only: optimizers,
/// sums of gradients, and the memory pool when it zeroes the block. The list and a bit mask are stored after the rows,
/// in the same block.
class TouchedRows {
 public:
  /// The number of bytes for `rows` rows with their list and bit mask.
  static std::size_t bytes(std::size_t rows, std::size_t row_bytes) noexcept {
    return behind(rows * row_bytes) + sizeof(TouchedRows) + words(rows) * 8 + limit(rows) * sizeof(std::ptrdiff_t);
  }
  /// Constructs the list for zeroed memory.
  static TouchedRows* place(void* memory, std::size_t rows, std::size_t row_bytes) noexcept {
    auto* start = static_cast<std::byte*>(memory);
    return ::new (start + behind(rows * row_bytes)) TouchedRows(start, rows, row_bytes);
  }

  /// Adds a row to the list. Call before writing to it. Returns false if the list is full; it is invalid from then on.
  bool touch(std::ptrdiff_t row) noexcept {
    std::uint64_t& word = marks()[row / 64];
    const std::uint64_t mark = std::uint64_t{1} << (row % 64);
    if ((word & mark) != 0) return true;
    if (count_ == limit(rows_)) return false;
    word |= mark;
    list()[count_++] = row;
    return true;
  }
  /// The written rows, in the order in which they were first written.
  const std::ptrdiff_t* begin() const noexcept { return const_cast<TouchedRows*>(this)->list(); }
  const std::ptrdiff_t* end() const noexcept { return begin() + count_; }
  std::ptrdiff_t count() const noexcept { return static_cast<std::ptrdiff_t>(count_); }
  std::size_t row_bytes() const noexcept { return row_bytes_; }
  std::size_t all_bytes() const noexcept { return rows_ * row_bytes_; }
  const void* memory() const noexcept { return memory_; }

  /// The capacity of the list. If more rows are written, a list is not worthwhile.
  static std::size_t limit(std::size_t rows) noexcept { return rows / 2; }

  /// Zeroes the written rows and the list itself.
  void clear() noexcept {
    std::ptrdiff_t* const all = list();
    for (std::size_t i = 0; i < count_; ++i) {
      std::memset(memory_ + static_cast<std::size_t>(all[i]) * row_bytes_, 0, row_bytes_);
      marks()[all[i] / 64] = 0;
      all[i] = 0;
    }
    std::memset(static_cast<void*>(this), 0, sizeof *this);
  }

 private:
  TouchedRows(std::byte* memory, std::size_t rows, std::size_t row_bytes) noexcept
      : memory_(memory), rows_(rows), row_bytes_(row_bytes) {}
  static std::size_t behind(std::size_t bytes) noexcept { return (bytes + 63) / 64 * 64; }
  static std::size_t words(std::size_t rows) noexcept { return (rows + 63) / 64; }
  std::uint64_t* marks() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
  std::ptrdiff_t* list() noexcept { return reinterpret_cast<std::ptrdiff_t*>(marks() + words(rows_)); }

  std::byte* memory_;
  std::size_t rows_, row_bytes_, count_ = 0;
};

}  // namespace lamina::detail
