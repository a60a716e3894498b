#pragma once
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>

#include "lamina/core/error.hpp"

namespace lamina {

/// Sizes, positions and counts, as in Eigen.
using Index = std::ptrdiff_t;

/// The size of an axis that is not known yet, such as the batch axis in `build` and `summary`; Keras's `None`.
inline constexpr Index unknown_size = -1;

#ifndef None
/// Another name of `unknown_size`, as Keras spells it. Not declared if `None` is a macro, as it is after <X11/Xlib.h>.
inline constexpr Index None = unknown_size;
#endif

namespace detail {
/// In a loop over axes: there are few, and vectors of their sizes only cost (multiplying eight at once takes longer
/// than multiplying two).
constexpr LAMINA_ALWAYS_INLINE void one_by_one(Index& axis) noexcept {
  if (!std::is_constant_evaluated()) {
    LAMINA_ONE_BY_ONE(axis);
  }
}
}  // namespace detail

/// The sizes of a tensor's axes, outermost first: 0 to 8 of them, held inline (no heap). `Shape{32, 784}`.
class Shape {
 public:
  static constexpr Index max_rank = 8;

  constexpr Shape() noexcept {  // NOLINT: sizes beyond the rank, but for the first two, are never read
    sizes_[0] = sizes_[1] = 1;
    if (std::is_constant_evaluated())
      for (Index i = 2; i < max_rank; ++i) sizes_[i] = 1;
  }
  constexpr Shape(const Shape& other) noexcept { copy(other); }  // NOLINT
  constexpr Shape& operator=(const Shape& other) noexcept {
    copy(other);
    return *this;
  }
  constexpr LAMINA_ALWAYS_INLINE Shape(std::initializer_list<Index> sizes) : Shape() {
    if (sizes.size() > max_rank) raise_too_long();
    for (Index size : sizes) sizes_[rank_++] = size;
  }
  template <class Iterator>
  constexpr Shape(Iterator first, Iterator last) : Shape() {
    for (; first != last; ++first) push_back(static_cast<Index>(*first));
  }

  constexpr Index rank() const noexcept { return rank_; }
  constexpr bool empty() const noexcept { return rank_ == 0; }
  /// The number of elements: the product of all sizes, 1 for rank 0; `unknown_size` while an axis is not known. More
  /// elements than memory can address are a ShapeError.
  constexpr Index size() const {
    Index elements = 0;
    return count(elements) ? elements : exact_size();
  }
  constexpr bool is_known() const { return size() != unknown_size; }
  /// Whether the elements, at 8 bytes each, can be addressed: the product of all known sizes, zeros left out so that
  /// the product of any of the axes is no larger.
  constexpr bool is_addressable() const noexcept {
    Index most = most_elements;
    for (const Index size : *this) {
      if (size > most) return false;
      if (size > 0) most /= size;
    }
    return true;
  }
  /// Finds the number of elements without an error, unless it is unknown, large or 0 in an inner axis: then the result
  /// is false, and `size` is to be called. This is all that the check of a product costs a tensor that is not large.
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
  /// The number of elements of a known shape that has been checked, as every tensor's has.
  constexpr Index known_size() const noexcept {
    Index elements = 0;
    count(elements);
    return elements;
  }
  /// The most elements that a shape may have: so many numbers of 8 bytes fill all memory that an Index can address.
  static constexpr Index most_elements = (std::numeric_limits<Index>::max)() / 8;

  /// The size of an axis; negative axes count from the end.
  constexpr Index operator[](Index axis) const { return sizes_[checked(axis)]; }
  constexpr Index& operator[](Index axis) { return sizes_[checked(axis)]; }
  constexpr Index front() const { return (*this)[0]; }
  constexpr Index back() const { return (*this)[-1]; }
  constexpr const Index* begin() const noexcept { return sizes_; }
  constexpr const Index* end() const noexcept { return sizes_ + rank_; }

  constexpr void push_back(Index size) {
    if (rank_ == max_rank) raise_too_long();
    sizes_[rank_++] = size;
  }
  constexpr void pop_back() {
    if (rank_ == 0) raise<ShapeError>("shape () has no axis to drop");
    sizes_[--rank_] = 1;
  }
  /// The same shape with `size` in front: `Shape{28, 28}.prepend(32)` is (32, 28, 28).
  constexpr Shape prepend(Index size) const {
    Shape result{size};
    for (Index s : *this) result.push_back(s);
    return result;
  }
  /// The axes from `first` on, up to (not including) `last`.
  constexpr Shape slice(Index first, Index last) const {
    Shape result;  // axis by axis: g++ takes sizes that a function is passed by address for uninitialized
    for (Index i = first; i < last; ++i) result.push_back(sizes_[i]);
    return result;
  }
  constexpr Shape slice(Index first) const { return slice(first, rank_); }
  /// The same shape with one axis of another size.
  constexpr Shape with(Index axis, Index size) const {
    Shape result = *this;
    result[axis] = size;
    return result;
  }
  /// The axis as a number from 0: -1 is the last. An axis outside the rank is an error.
  constexpr Index axis(Index axis) const { return checked(axis); }

  friend constexpr bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_ || a.sizes_[0] != b.sizes_[0] || a.sizes_[1] != b.sizes_[1]) return false;
    for (Index i = 2; i < a.rank_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

  /// As Python prints a tuple: (32, 784), (10,), (); an unknown axis is None.
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
  // Two factors below this have a product whose bytes can be counted.
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
    raise<ShapeError>("axis ", axis, " does not exist in shape ", *this);
  }
  // Size by size, and so written that no compiler makes one wide copy of it: reading at once what was just written size
  // by size waits for the store buffer, and shapes are copied right after they are made, in every operation.
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
  Index sizes_[max_rank];  // the first two are set whatever the rank, 1 beyond it: nothing need look which there are
};

namespace detail {
/// a * b and a + b of sizes >= 0, or a size that no shape may have if that is more than memory can address: the shape
/// that it becomes part of says so in its error.
constexpr Index saturating_product(Index a, Index b) noexcept {
  return b > 0 && a > Shape::most_elements / b ? Shape::most_elements + 1 : a * b;
}
constexpr Index saturating_sum(Index a, Index b) noexcept {
  return a > Shape::most_elements || b > Shape::most_elements - a ? Shape::most_elements + 1 : a + b;
}
}  // namespace detail

/// Whether a tensor of shape `actual` fits `expected`, in which None (-1) stands for any size.
constexpr bool fits(const Shape& actual, const Shape& expected) {
  if (actual.rank() != expected.rank()) return false;
  for (Index i = 0; i < actual.rank(); ++i)
    if (expected[i] != unknown_size && actual[i] != expected[i]) return false;
  return true;
}

/// The shape that two operands broadcast to, by NumPy's rule: axes are matched from the last one on, and a size of 1
/// (or a missing axis) stretches to the other's.
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
