#pragma once
#include <optional>

#include "lamina/ops/shaping.hpp"

// NumPy's basic indexing, x[...].

namespace lamina {

/// A range of an axis, Python's `start:stop:step`: from `start` up to, and without, `stop`. Negative positions count
/// from the end; what reaches outside the axis is cut off. `Slice{}` is the whole axis.
struct Slice {
  std::optional<Index> start = std::nullopt;  ///< First position. Default: the first, or with a negative step the last.
  std::optional<Index> stop = std::nullopt;   ///< First position left out. Default: none is.
  Index step = 1;                             ///< Distance of positions; not 0. Default: 1.
};

/// In an index: a new axis of size 1. NumPy's newaxis.
inline constexpr struct NewAxis {
} newaxis{};
/// In an index: all axes that the others leave, whole. Python's `...`.
inline constexpr struct Ellipsis {
} ellipsis{};

/// What an index says of one axis: a position, which drops the axis, a Slice, `newaxis` or `ellipsis`.
class Subscript {
 public:
  /// What it is; `rest` is the ellipsis.
  enum class Kind { position, slice, new_axis, rest };
  template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
  Subscript(Integer position)  // NOLINT
      : kind_(Kind::position), position_(static_cast<Index>(position)) {}
  Subscript(Slice slice) : kind_(Kind::slice), slice_(slice) {}  // NOLINT
  Subscript(NewAxis) : kind_(Kind::new_axis) {}                  // NOLINT
  Subscript(Ellipsis) : kind_(Kind::rest) {}                     // NOLINT

  /// What the index says of the axis.
  Kind kind() const noexcept { return kind_; }
  /// The position, if it is one; negative ones count from the end.
  Index position() const noexcept { return position_; }
  /// The range, if it is one.
  const Slice& slice() const noexcept { return slice_; }

 private:
  Kind kind_;
  Index position_ = 0;
  Slice slice_ = {};
};

namespace detail {

/// An index held against a shape: the block that it cuts out, the axes of which only some positions are taken, and the
/// shape of the result.
struct Selection {
  struct Positions {
    Index axis;
    std::vector<Index> taken;
  };
  Shape begin, size, result;
  std::vector<Positions> strided = {};
};

/// Python's rule for a slice of an axis: its first position, its step and how many there are.
struct SliceRange {
  Index first, step, count;
};
inline SliceRange range_of(const Slice& slice, Index size) {
  const Index step = slice.step;
  if (step == 0) raise<ValueError>("get_item: expected a slice's step other than 0.");
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
    ellipses += s.kind() == Subscript::Kind::rest ? 1 : 0;
    named += s.kind() == Subscript::Kind::position || s.kind() == Subscript::Kind::slice ? 1 : 0;
  }
  if (ellipses > 1) raise<ValueError>("get_item: an index has at most one ellipsis, got ", ellipses, ".");
  if (named > shape.rank())
    raise<ShapeError>("get_item: an index of ", named, " axes is too long for shape ", shape, ".");
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
    } else if (s.kind() == Subscript::Kind::rest) {
      for (Index left = shape.rank() - named; left > 0; --left) whole();
    } else if (s.kind() == Subscript::Kind::position) {
      const Index size = shape[axis], at = s.position() < 0 ? s.position() + size : s.position();
      if (at < 0 || at >= size)
        raise<ShapeError>("get_item: position ", s.position(), " is out of range for axis ", axis, " of shape ", shape,
                          ".");
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

/// The part of a tensor that an index names, axis by axis; axes that it does not name are whole. NumPy's
/// `x[:, 1:3, ::2, -1]` is
///
///     get_item(x, {Slice{}, Slice{1, 3}, Slice{.step = 2}, -1})
///
/// Throws ShapeError for a position outside its axis or too many axes. The gradient goes back to the places that were
/// taken, and is 0 elsewhere.
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
