#pragma once
#include "lamina/autodiff/gradient_tape.hpp"

// Derivatives of functions, as functions. Each opens the tapes it needs; under a tape that is open already, what they
// give can be differentiated again. Where f does not depend on x, they give zeros.

namespace lamina {

namespace detail {

/// A derivative, or zeros of the shape a b where there is none.
template <class S>
Tensor<S> or_zeros(Tensor<S> derivative, const Shape& a, const Shape& b = {}) {
  if (derivative.defined()) return derivative;
  Shape shape = a;
  for (const Index size : b) shape.push_back(size);
  return Tensor<S>::zeros(shape);
}

template <class S>
void check_single(const Tensor<S>& y, const char* who) {
  if (y.size() != 1)
    raise<ShapeError>(who, ": expected a function that gives one number, got shape ", y.shape(),
                      ". Take its mean or sum, or the jacobian of its gradient.");
}

inline void check_direction(const Shape& v, const Shape& x) {
  if (v != x)
    raise<ShapeError>("hessian_vector_product: the vector has shape ", v, ", expected that of what is derived by, ", x);
}

}  // namespace detail

/// d f(x)[i] / d x[j]: the Jacobian matrix, for outputs and inputs of any shape. Shape: the output's, then the input's,
/// together at most 8 axes. It takes one backward pass for each element of the output. JAX's jacrev.
///
///     jacobian([](const auto& x) { return square(x); }, Tensor{1, 2, 3})   // a diagonal of 2, 4, 6
template <class F, class S>
Tensor<S> jacobian(const F& f, const Tensor<S>& x) {
  GradientTape<S> tape;
  Tensor<S> in = detail::alias(x);
  tape.watch(in);
  const Tensor<S> y = f(in);
  return detail::or_zeros(tape.jacobian(y, in), y.shape(), x.shape());
}
/// The same by a variable that `f`, a function of nothing, uses.
template <class F, class S>
Tensor<S> jacobian(const F& f, const Variable<S>& variable) {
  GradientTape<S> tape;
  const Tensor<S> y = f();
  return detail::or_zeros(tape.jacobian(y, variable), y.shape(), variable.shape());
}

/// d² f(x) / d x[i] d x[j]: the Hessian matrix of a function that gives one number. Shape: that of x, twice, so x has
/// at most 4 axes. It takes one backward pass for each element of x. JAX's hessian.
///
///     hessian([](const auto& x) { return sum(x * x * x); }, Tensor{1, 2})   // {{6, 0}, {0, 12}}
template <class F, class S>
Tensor<S> hessian(const F& f, const Tensor<S>& x) {
  GradientTape<S> outer;
  Tensor<S> in = detail::alias(x), gradient;
  outer.watch(in);
  {
    GradientTape<S> inner;
    const Tensor<S> y = f(in);
    detail::check_single(y, "hessian");
    gradient = detail::or_zeros(inner.gradient(y, in), x.shape());
  }
  return detail::or_zeros(outer.jacobian(gradient, in), x.shape(), x.shape());
}
/// The same by a variable that `loss`, a function of nothing, uses.
template <class F, class S>
Tensor<S> hessian(const F& loss, const Variable<S>& variable) {
  GradientTape<S> outer;
  Tensor<S> gradient;
  {
    GradientTape<S> inner;
    const Tensor<S> y = loss();
    detail::check_single(y, "hessian");
    gradient = detail::or_zeros(inner.gradient(y, variable), variable.shape());
  }
  return detail::or_zeros(outer.jacobian(gradient, variable), variable.shape(), variable.shape());
}

/// The Hessian of f at x, times a vector v of the shape of x: sum over j of d² f(x) / d x[i] d x[j] v[j]. It costs a
/// few gradients, however large x is, for the Hessian itself is never made. Shape: that of x.
template <class F, class S>
Tensor<S> hessian_vector_product(const F& f, const Tensor<S>& x, const Tensor<S>& v) {
  detail::check_direction(v.shape(), x.shape());
  GradientTape<S> outer;
  Tensor<S> in = detail::alias(x), gradient;
  outer.watch(in);
  {
    GradientTape<S> inner;
    const Tensor<S> y = f(in);
    detail::check_single(y, "hessian_vector_product");
    gradient = inner.gradient(y, in);
  }
  return detail::or_zeros(outer.gradient(gradient, in, v), x.shape());
}
/// The same by all of these variables together, of which `loss`, a function of nothing, makes one number.
///
///     hessian_vector_product([&] { return mean(square(model(x) - y)); }, model.trainable_variables(), v)
template <class F, class S>
std::vector<Tensor<S>> hessian_vector_product(const F& loss, const std::vector<Variable<S>>& variables,
                                              const std::vector<Tensor<S>>& v) {
  if (v.size() != variables.size())
    raise<ValueError>("hessian_vector_product: expected a vector for each of the ", variables.size(),
                      " variables, got ", v.size());
  for (std::size_t i = 0; i < v.size(); ++i) detail::check_direction(v[i].shape(), variables[i].shape());
  GradientTape<S> outer;
  std::vector<Tensor<S>> gradients, products;
  {
    GradientTape<S> inner;
    const Tensor<S> y = loss();
    detail::check_single(y, "hessian_vector_product");
    inner.gradient_into(gradients, y, variables);
  }
  outer.gradient_into(products, gradients, variables, v);
  for (std::size_t i = 0; i < v.size(); ++i) products[i] = detail::or_zeros(products[i], v[i].shape());
  return products;
}

}  // namespace lamina
