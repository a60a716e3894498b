#pragma once
#include <cstring>

#include "lamina/autodiff/gradients.hpp"

namespace lamina::detail {

/// How one tensor is made of `count` others of one shape: seen as (outer, count, inner), its strip i is all of [:, i,
/// :].
struct Strips {
  Index outer, count;
  Shape whole, strip;

  template <class S>
  void copy_in(const Tensor<S>& from, Index i, Tensor<S>& to) const {
    const Index inner = from.size() / (outer > 0 ? outer : 1);
    for (Index o = 0; o < outer && inner > 0; ++o)
      std::memcpy(TensorAccess::data(to) + (o * count + i) * inner, from.data() + o * inner,
                  static_cast<std::size_t>(inner) * sizeof(S));
  }
  template <class S>
  void copy_out(const Tensor<S>& from, Index i, Tensor<S>& to) const {
    const Index inner = to.size() / (outer > 0 ? outer : 1);
    for (Index o = 0; o < outer && inner > 0; ++o)
      std::memcpy(TensorAccess::data(to) + o * inner, from.data() + (o * count + i) * inner,
                  static_cast<std::size_t>(inner) * sizeof(S));
  }
};

template <class S>
Tensor<S> strip_alone(const Tensor<S>& x, const Strips& strips, Index i);

/// y = strip i of x;  dx = dy there, 0 elsewhere
template <class S>
Tensor<S> strip_of(const Tensor<S>& x, const Strips& strips, Index i) {
  Tensor<S> y = Tensor<S>::empty(strips.strip);
  strips.copy_out(x, i, y);
  if (Recording<S> tape{y, x})
    tape.gradient([strips, i](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, strip_alone(dy, strips, i)); });
  return y;
}

/// y = 0 but for strip i, which is x;  dx = strip i of dy
template <class S>
Tensor<S> strip_alone(const Tensor<S>& x, const Strips& strips, Index i) {
  Tensor<S> y = Tensor<S>::zeros(strips.whole);
  strips.copy_in(x, i, y);
  if (Recording<S> tape{y, x})
    tape.gradient([strips, i](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, strip_of(dy, strips, i)); });
  return y;
}

/// Tells the tapes that y is made of these strips;  each of them receives its own of dy
template <class S>
void record_strips(Tensor<S>& y, const Tensor<S>* parts, const Strips& strips) {
  const auto count = static_cast<std::size_t>(strips.count);
  if (Recording<S> tape{&y, 1, parts, count})
    tape.gradient([strips, count](const Tensor<S>& dy, Gradients<S>& g) {
      for (std::size_t i = 0; i < count; ++i)
        if (g.needs(i)) g.add(i, strip_of(dy, strips, static_cast<Index>(i)));
    });
}

LAMINA_COMPILED_FUNCTION(strip_of);
LAMINA_COMPILED_FUNCTION(strip_alone);
LAMINA_COMPILED_FUNCTION(record_strips);

}  // namespace lamina::detail
