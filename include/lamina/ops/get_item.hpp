#pragma once
#include <optional>

#include "lamina/ops/shaping.hpp"

// NumPy's basic indexing, x[...]: positions, slices, newaxis and ellipsis.

namespace lamina {

/// A range of positions along an axis, Python's `start:stop:step`: from `start` up to but excluding `stop`. Negative
/// positions count from the end; positions outside the axis are clipped. `Slice{}` is the whole axis.
struct Slice {
  std::optional<Index> start = std::nullopt;  ///< First position. Default: the first, or the last if step < 0.
  std::optional<Index> stop = std::nullopt;   ///< First excluded position. Default: none, up to the end of the axis.
  Index step = 1;                             ///< Difference of consecutive positions; not 0. Default: 1.
};

/// The type of `newaxis`.
struct NewAxis {};
/// Inserts an axis of size 1 at this place of an index. NumPy's `newaxis`.
inline constexpr NewAxis newaxis{};
/// The type of `ellipsis`.
struct Ellipsis {};
/// Stands for all axes that an index does not name, as whole axes. Python's `...`.
inline constexpr Ellipsis ellipsis{};

/// One entry of an index: a position (which removes the axis), a Slice, `newaxis` or `ellipsis`.
class Subscript {
 public:
  /// The kind of entry.
  enum class Kind {
    position,       ///< An integer; removes the axis.
    slice,          ///< A Slice.
    new_axis,       ///< `newaxis`.
    remaining_axes  ///< `ellipsis`.
  };
  /// A position; a negative one counts from the end.
  template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
  Subscript(Integer position)  // NOLINT
      : kind_(Kind::position), position_(static_cast<Index>(position)) {}
  /// A range of positions.
  Subscript(Slice slice) : kind_(Kind::slice), slice_(slice) {}  // NOLINT
  /// A new axis of size 1.
  Subscript(NewAxis) : kind_(Kind::new_axis) {}  // NOLINT
  /// All axes that the index does not name.
  Subscript(Ellipsis) : kind_(Kind::remaining_axes) {}  // NOLINT

  /// Returns the kind of entry.
  Kind kind() const noexcept { return kind_; }
  /// Returns the position of a Kind::position; a negative one counts from the end.
  Index position() const noexcept { return position_; }
  /// Returns the range of a Kind::slice.
  const Slice& slice() const noexcept { return slice_; }

 private:
  Kind kind_;
  Index position_ = 0;
  Slice slice_ = {};
};

namespace detail {

/// An index applied to a shape: the contiguous block to slice, the positions to gather along axes with step != 1, and
/// the shape of the result.
struct Selection {
  struct Positions {
    Index axis;
    std::vector<Index> taken;
  };
  Shape begin, size, result;
  std::vector<Positions> strided = {};
};

/// A slice resolved against an axis: first position, step and number of positions. Python's slice.indices.
struct SliceRange {
  Index first, step, count;
};
inline SliceRange range_of(const Slice& slice, Index size) {
  const Index step = slice.step;
  if (step == 0) raise<ValueError>("get_item: expected a slice with step != 0, got step 0.");
  const Index lowest = step > 0 ? 0 : -1, highest = step > 0 ? size : size - 1;
  const auto bounded = [&](const std::optional<Index>& given, Index otherwise) {
    if (!given) return otherwise;
    const Index at = *given < 0 ? *given + size : *given;
    return at < lowest ? lowest : at > highest ? highest : at;
  };
  const Index first = bounded(slice.start, step > 0 ? 0 : size - 1), stop = bounded(slice.stop, step > 0 ? size : -1);
  const Index span = step > 0 ? stop - first : first - stop, stride = step > 0 ? step : -step;
  return {first, step, span > 0 ? (span - 1) / stride + 1 : 0};
}

LAMINA_NOINLINE inline Selection select_axes(const Shape& shape, const std::vector<Subscript>& index) {
  Index named = 0, ellipses = 0;
  for (const Subscript& s : index) {
    ellipses += s.kind() == Subscript::Kind::remaining_axes ? 1 : 0;
    named += s.kind() == Subscript::Kind::position || s.kind() == Subscript::Kind::slice ? 1 : 0;
  }
  if (ellipses > 1) raise<ValueError>("get_item: expected at most one ellipsis in an index, got ", ellipses, ".");
  if (named > shape.rank())
    raise<ShapeError>("get_item: expected an index of at most ", shape.rank(), " axes for shape ", shape, ", got ",
                      named, ".");
  Selection selected;
  Index axis = 0;
  const auto whole = [&] {
    selected.begin.push_back(0);
    selected.size.push_back(shape[axis]);
    selected.result.push_back(shape[axis++]);
  };
  for (const Subscript& s : index) {
    if (s.kind() == Subscript::Kind::new_axis) {
      selected.result.push_back(1);
    } else if (s.kind() == Subscript::Kind::remaining_axes) {
      for (Index left = shape.rank() - named; left > 0; --left) whole();
    } else if (s.kind() == Subscript::Kind::position) {
      const Index size = shape[axis], at = s.position() < 0 ? s.position() + size : s.position();
      if (at < 0 || at >= size)
        raise<ShapeError>("get_item: position ", s.position(), " is out of range for axis ", axis, " of shape ", shape,
                          ": expected ", -size, " to ", size - 1, ".");
      selected.begin.push_back(at);
      selected.size.push_back(1);
      ++axis;
    } else {
      const SliceRange range = range_of(s.slice(), shape[axis]);
      const bool dense = range.step == 1;
      if (!dense) {
        selected.strided.push_back({axis, {}});
        for (Index i = 0; i < range.count; ++i) selected.strided.back().taken.push_back(range.first + i * range.step);
      }
      selected.begin.push_back(dense ? range.first : 0);
      selected.size.push_back(dense ? range.count : shape[axis]);
      selected.result.push_back(range.count);
      ++axis;
    }
  }
  while (axis < shape.rank()) whole();
  return selected;
}

}  // namespace detail

/// Returns the elements that a NumPy index selects; trailing axes that the index does not name are whole. For example,
/// `x[:, 1:3, ::2, -1]` is
///
///     get_item(x, {Slice{}, Slice{1, 3}, Slice{.step = 2}, -1})
///
/// The gradient of x is that of the result at the selected elements, and 0 elsewhere. Throws ShapeError for a position
/// out of range or an index with too many axes, and ValueError for a step of 0 or a second ellipsis.
/// `keras.ops.get_item`.
template <TensorLike X>
auto get_item(const X& x, const std::vector<Subscript>& index) {
  using S = detail::scalar_of<X>;
  Tensor<S> y = detail::as_tensor(x);
  const detail::Selection selected = detail::select_axes(y.shape(), index);
  if (selected.size != y.shape()) y = detail::slice(y, selected.begin, selected.size);
  for (const auto& [axis, taken] : selected.strided) y = detail::gather(y, taken, axis);
  return detail::reshape_to(y, selected.result);
}

}  // namespace lamina
