#pragma once
#include <cstring>

#include "lamina/autodiff/gradients.hpp"

namespace lamina::detail {

/// The memory layout of a stack of `count` tensors of the same shape. The stack is viewed as (outer, count, inner);
/// slice i is [:, i, :].
struct StackLayout {
  Index outer, count;
  Shape whole, slice;

  /// Copies `from` to slice i of `to`.
  template <class S>
  void copy_in(const Tensor<S>& from, Index i, Tensor<S>& to) const {
    const Index inner = from.size() / (outer > 0 ? outer : 1);
    for (Index o = 0; o < outer && inner > 0; ++o)
      std::memcpy(TensorAccess::data(to) + (o * count + i) * inner, from.data() + o * inner,
                  static_cast<std::size_t>(inner) * sizeof(S));
  }
  /// Copies slice i of `from` to `to`.
  template <class S>
  void copy_out(const Tensor<S>& from, Index i, Tensor<S>& to) const {
    const Index inner = to.size() / (outer > 0 ? outer : 1);
    for (Index o = 0; o < outer && inner > 0; ++o)
      std::memcpy(TensorAccess::data(to) + o * inner, from.data() + (o * count + i) * inner,
                  static_cast<std::size_t>(inner) * sizeof(S));
  }
};

template <class S>
Tensor<S> scatter_slice(const Tensor<S>& x, const StackLayout& layout, Index i);

/// y = slice i of x;  dx = dy in slice i, 0 elsewhere
template <class S>
Tensor<S> slice_of_stack(const Tensor<S>& x, const StackLayout& layout, Index i) {
  Tensor<S> y = Tensor<S>::empty(layout.slice);
  layout.copy_out(x, i, y);
  if (Recording<S> tape{y, x})
    tape.gradient([layout, i](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, scatter_slice(dy, layout, i)); });
  return y;
}

/// y = x in slice i, 0 elsewhere;  dx = slice i of dy
template <class S>
Tensor<S> scatter_slice(const Tensor<S>& x, const StackLayout& layout, Index i) {
  Tensor<S> y = Tensor<S>::zeros(layout.whole);
  layout.copy_in(x, i, y);
  if (Recording<S> tape{y, x})
    tape.gradient([layout, i](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, slice_of_stack(dy, layout, i)); });
  return y;
}

/// Records y = stack(parts);  d parts[i] = slice i of dy
template <class S>
void record_stack(Tensor<S>& y, const Tensor<S>* parts, const StackLayout& layout) {
  const auto count = static_cast<std::size_t>(layout.count);
  if (Recording<S> tape{&y, 1, parts, count})
    tape.gradient([layout, count](const Tensor<S>& dy, Gradients<S>& g) {
      for (std::size_t i = 0; i < count; ++i)
        if (g.needs(i)) g.add(i, slice_of_stack(dy, layout, static_cast<Index>(i)));
    });
}

LAMINA_COMPILED_FUNCTION(slice_of_stack);
LAMINA_COMPILED_FUNCTION(scatter_slice);
LAMINA_COMPILED_FUNCTION(record_stack);

}  // namespace lamina::detail
