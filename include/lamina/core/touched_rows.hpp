#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace lamina::detail {

/// Which rows of a large piece of memory that was zero have been written.
///
/// The gradient of an embedding's table is zero but for the rows that were looked up. Its memory holds all of it, so
/// whoever reads it finds what any tensor has; who knows this list touches these rows alone: optimizers, sums of
/// gradients, and the pool, which makes them zero again. List and marks lie behind the rows in the same memory.
class TouchedRows {
 public:
  /// How much memory `rows` rows and what belongs to them take.
  static std::size_t bytes(std::size_t rows, std::size_t row_bytes) noexcept {
    return behind(rows * row_bytes) + sizeof(TouchedRows) + words(rows) * 8 + limit(rows) * sizeof(std::ptrdiff_t);
  }
  /// The list of memory that is all zero.
  static TouchedRows* place(void* memory, std::size_t rows, std::size_t row_bytes) noexcept {
    auto* start = static_cast<std::byte*>(memory);
    return ::new (start + behind(rows * row_bytes)) TouchedRows(start, rows, row_bytes);
  }

  /// Notes that a row is written from now on; false where there is no room left for its number, and the list is void.
  bool touch(std::ptrdiff_t row) noexcept {
    std::uint64_t& word = marks()[row / 64];
    const std::uint64_t mark = std::uint64_t{1} << (row % 64);
    if ((word & mark) != 0) return true;
    if (count_ == limit(rows_)) return false;
    word |= mark;
    list()[count_++] = row;
    return true;
  }
  /// The rows that were written, in the order of their first time.
  const std::ptrdiff_t* begin() const noexcept { return const_cast<TouchedRows*>(this)->list(); }
  const std::ptrdiff_t* end() const noexcept { return begin() + count_; }
  std::ptrdiff_t count() const noexcept { return static_cast<std::ptrdiff_t>(count_); }
  std::size_t row_bytes() const noexcept { return row_bytes_; }
  std::size_t all_bytes() const noexcept { return rows_ * row_bytes_; }
  const void* memory() const noexcept { return memory_; }

  /// More rows than this are not worth a list: it may hold so many of `rows`.
  static std::size_t limit(std::size_t rows) noexcept { return rows / 2; }

  /// Makes all of the memory zero again, this list included.
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
