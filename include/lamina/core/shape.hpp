#pragma once
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>

#include "lamina/core/error.hpp"

namespace lamina {

/// The type of sizes, indices and counts: std::ptrdiff_t, as in Eigen.
using Index = std::ptrdiff_t;

/// The size of an axis that is not known yet, such as the batch axis in `build` and `summary`. Keras's `None`.
inline constexpr Index unknown_size = -1;

#ifndef None
/// `unknown_size` under Keras's name. Not declared if `None` is a macro, as after <X11/Xlib.h>.
inline constexpr Index None = unknown_size;
#endif

namespace detail {
/// Prevents the vectorization of a loop over axes. There are few axes, and vectorizing only costs: multiplying eight
/// sizes at once takes longer than multiplying two.
constexpr LAMINA_ALWAYS_INLINE void one_by_one(Index& axis) noexcept {
  if (!std::is_constant_evaluated()) {
    LAMINA_ONE_BY_ONE(axis);
  }
}
}  // namespace detail

/// The sizes of the axes of a tensor, outermost first: `Shape{32, 784}`. 0 to 8 axes, stored inline, without heap
/// memory.
class Shape {
 public:
  static constexpr Index max_rank = 8;  ///< The largest number of axes.

  /// The shape () of a scalar.
  constexpr Shape() noexcept {  // NOLINT: sizes beyond the rank, except the first two, are never read
    sizes_[0] = sizes_[1] = 1;
    if (std::is_constant_evaluated())
      for (Index i = 2; i < max_rank; ++i) sizes_[i] = 1;
  }
  /// Copies the sizes.
  constexpr Shape(const Shape& other) noexcept { copy(other); }  // NOLINT
  /// Copies the sizes.
  constexpr Shape& operator=(const Shape& other) noexcept {
    copy(other);
    return *this;
  }
  /// A shape with these sizes. Throws ShapeError for more than 8.
  constexpr LAMINA_ALWAYS_INLINE Shape(std::initializer_list<Index> sizes) : Shape() {
    if (sizes.size() > max_rank) raise_too_long();
    for (Index size : sizes) sizes_[rank_++] = size;
  }
  /// A shape with the sizes in [first, last). Throws ShapeError for more than 8.
  template <class Iterator>
  constexpr Shape(Iterator first, Iterator last) : Shape() {
    for (; first != last; ++first) push_back(static_cast<Index>(*first));
  }

  constexpr Index rank() const noexcept { return rank_; }       ///< The number of axes.
  constexpr bool empty() const noexcept { return rank_ == 0; }  ///< True for the shape () of a scalar.
  /// The number of elements: the product of all sizes; 1 for rank 0; `unknown_size` if any size is unknown. Throws
  /// ShapeError for more elements than memory can address.
  constexpr Index size() const {
    Index elements = 0;
    return count(elements) ? elements : exact_size();
  }
  constexpr bool is_known() const { return size() != unknown_size; }  ///< True if no size is unknown.
  /// True if memory can address the elements, at 8 bytes each. Sizes that are unknown or 0 are left out of the product,
  /// so that the product of every subset of the axes is also addressable.
  constexpr bool is_addressable() const noexcept {
    Index most = most_elements;
    for (const Index size : *this) {
      if (size > most) return false;
      if (size > 0) most /= size;
    }
    return true;
  }
  /// Sets `elements` to the number of elements, and returns true. Returns false if the number is unknown, large, or 0
  /// because of an inner axis: call `size` then. This is the fast path of the overflow check, for all but large
  /// tensors.
  constexpr LAMINA_ALWAYS_INLINE bool count(Index& elements) const noexcept {
    auto any = static_cast<std::size_t>(sizes_[0] | sizes_[1]);
    auto product = static_cast<std::size_t>(sizes_[0]) * static_cast<std::size_t>(sizes_[1]);
    for (Index i = 2; i < rank_; ++i) {
      detail::one_by_one(i);
      any |= (product - 1) | static_cast<std::size_t>(sizes_[i]);
      product *= static_cast<std::size_t>(sizes_[i]);
    }
    elements = static_cast<Index>(product);
    return any < factor_limit;
  }
  /// The number of elements, without checks: for the known, valid shape of a tensor.
  constexpr Index known_size() const noexcept {
    Index elements = 0;
    count(elements);
    return elements;
  }
  /// The largest number of elements of a shape: at 8 bytes each, they fill the memory that an Index can address.
  static constexpr Index most_elements = (std::numeric_limits<Index>::max)() / 8;

  /// The size of an axis. Negative axes count from the end. Throws ShapeError if the axis is out of range.
  constexpr Index operator[](Index axis) const { return sizes_[checked(axis)]; }
  /// The size of an axis, writable. Negative axes count from the end. Throws ShapeError if the axis is out of range.
  constexpr Index& operator[](Index axis) { return sizes_[checked(axis)]; }
  constexpr Index front() const { return (*this)[0]; }                    ///< The size of the first axis.
  constexpr Index back() const { return (*this)[-1]; }                    ///< The size of the last axis.
  constexpr const Index* begin() const noexcept { return sizes_; }        ///< Iterator to the first size.
  constexpr const Index* end() const noexcept { return sizes_ + rank_; }  ///< Iterator past the last size.

  /// Appends an axis. Throws ShapeError for more than 8 axes.
  constexpr void push_back(Index size) {
    if (rank_ == max_rank) raise_too_long();
    sizes_[rank_++] = size;
  }
  /// Removes the last axis. Throws ShapeError for rank 0.
  constexpr void pop_back() {
    if (rank_ == 0) raise<ShapeError>("pop_back: expected a shape with at least one axis, got ()");
    sizes_[--rank_] = 1;
  }
  /// Returns the shape with an axis of `size` added in front: `Shape{28, 28}.prepend(32)` is (32, 28, 28).
  constexpr Shape prepend(Index size) const {
    Shape result{size};
    for (Index s : *this) result.push_back(s);
    return result;
  }
  /// Returns the axes [first, last), with 0 <= first <= last <= rank.
  constexpr Shape slice(Index first, Index last) const {
    Shape result;  // axis by axis: g++ warns that sizes passed by address may be uninitialized
    for (Index i = first; i < last; ++i) result.push_back(sizes_[i]);
    return result;
  }
  constexpr Shape slice(Index first) const { return slice(first, rank_); }  ///< The axes from `first` on.
  /// Returns the shape with the size of one axis replaced. Throws ShapeError if the axis is out of range.
  constexpr Shape with(Index axis, Index size) const {
    Shape result = *this;
    result[axis] = size;
    return result;
  }
  /// Returns the axis as an index from 0: -1 is the last axis. Throws ShapeError if it is out of range.
  constexpr Index axis(Index axis) const { return checked(axis); }

  /// True if rank and sizes are equal.
  friend constexpr bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_ || a.sizes_[0] != b.sizes_[0] || a.sizes_[1] != b.sizes_[1]) return false;
    for (Index i = 2; i < a.rank_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

  /// The shape as Python prints a tuple: (32, 784), (10,), (). An unknown size is None.
  LAMINA_COLD std::string to_string() const {
    std::string result = "(";
    for (Index i = 0; i < rank_; ++i) {
      if (i > 0) result += ", ";
      result += sizes_[i] == unknown_size ? "None" : std::to_string(sizes_[i]);
    }
    return result + (rank_ == 1 ? ",)" : ")");
  }

 private:
  [[noreturn]] LAMINA_NOINLINE static void raise_too_long() {
    raise<ShapeError>("a shape has at most ", max_rank, " axes. Merge axes with reshape.");
  }
  // The product of two factors below this limit fits a std::size_t, even in bytes.
  static constexpr std::size_t factor_limit = std::size_t{1} << (4 * sizeof(std::size_t) - 3);
  LAMINA_NOINLINE constexpr Index exact_size() const {
    Index elements = 1;
    for (const Index size : *this)
      if (size < 0) return unknown_size;
    if (!is_addressable()) raise<ShapeError>("shape ", *this, " has more elements than memory can address");
    for (const Index size : *this) elements *= size;
    return elements;
  }
  [[noreturn]] LAMINA_NOINLINE void raise_no_axis(Index axis) const {
    raise<ShapeError>("axis ", axis, " is out of range for shape ", *this, " of rank ", rank_);
  }
  // Copies size by size, such that compilers do not merge the copies into a wide one: a wide load of sizes that were
  // just stored one by one stalls on store forwarding, and every operation copies shapes right after creating them.
  constexpr void copy(const Shape& other) noexcept {
    Index rank = other.rank_, first = other.sizes_[0], second = other.sizes_[1];
    if (!std::is_constant_evaluated()) {
      LAMINA_KEEP_APART(rank);
      LAMINA_KEEP_APART(first);
      LAMINA_KEEP_APART(second);
    }
    rank_ = rank;
    sizes_[0] = first;
    sizes_[1] = second;
    for (Index i = 2; i < rank; ++i) {
      detail::one_by_one(i);
      sizes_[i] = other.sizes_[i];
    }
  }
  constexpr LAMINA_ALWAYS_INLINE Index checked(Index axis) const {
    const Index from_front = axis < 0 ? axis + rank_ : axis;
    if (from_front < 0 || from_front >= rank_) [[unlikely]]
      raise_no_axis(axis);
    return from_front;
  }
  Index rank_ = 0;
  Index sizes_[max_rank];  // the first two are always set, to 1 beyond the rank: `count` reads them without a branch
};

namespace detail {
/// a * b and a + b for sizes >= 0. If the result exceeds the limit, returns `Shape::most_elements + 1`: a shape with
/// such a size throws ShapeError when its elements are counted.
constexpr Index saturating_product(Index a, Index b) noexcept {
  return b > 0 && a > Shape::most_elements / b ? Shape::most_elements + 1 : a * b;
}
constexpr Index saturating_sum(Index a, Index b) noexcept {
  return a > Shape::most_elements || b > Shape::most_elements - a ? Shape::most_elements + 1 : a + b;
}
}  // namespace detail

/// True if `actual` matches `expected`, where None (-1) in `expected` matches any size.
constexpr bool fits(const Shape& actual, const Shape& expected) {
  if (actual.rank() != expected.rank()) return false;
  for (Index i = 0; i < actual.rank(); ++i)
    if (expected[i] != unknown_size && actual[i] != expected[i]) return false;
  return true;
}

/// Returns the shape that two operands broadcast to, by NumPy's rules: axes are aligned at the last one, and a missing
/// axis or one of size 1 is repeated to the size of the other operand. Throws ShapeError if the shapes do not
/// broadcast.
inline Shape broadcast(const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Index rank = (std::max)(a.rank(), b.rank());
  Shape result;
  for (Index i = 0; i < rank; ++i) {
    const Index in_a = i - (rank - a.rank()), in_b = i - (rank - b.rank());
    const Index size_a = in_a < 0 ? 1 : a[in_a], size_b = in_b < 0 ? 1 : b[in_b];
    if (size_a != size_b && size_a != 1 && size_b != 1) [[unlikely]]
      raise<ShapeError>("shapes ", a, " and ", b, " do not broadcast: axis ", i, " is ", size_a, " and ", size_b,
                        ". Sizes must be equal, or one of them 1.");
    result.push_back(size_a == 1 ? size_b : size_a);
  }
  return result;
}

}  // namespace lamina
