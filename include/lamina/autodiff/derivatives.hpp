#pragma once
#include "lamina/autodiff/gradient_tape.hpp"

// Derivatives as functions. Each opens the tapes it needs. If an outer tape is open, the result is differentiable. The
// result is zero if f does not depend on x.

namespace lamina {

namespace detail {

/// Returns the derivative, or zeros of shape a + b (concatenated) if it is undefined.
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
    raise<ShapeError>(who, ": expected a function that returns one number, got shape ", y.shape(),
                      ". Take its mean or sum, or the jacobian of its gradient.");
}

inline void check_direction(const Shape& v, const Shape& x) {
  if (v != x) raise<ShapeError>("hessian_vector_product: expected a vector of the shape ", x, " of the input, got ", v);
}

}  // namespace detail

/// The Jacobian matrix J[i, j] = d f(x)[i] / d x[j], for outputs and inputs of any shape. Shape: the output's axes,
/// then the input's, at most 8 in total; ShapeError otherwise. Needs one backward pass per element of the output. JAX:
/// `jax.jacrev`.
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
/// The Jacobian matrix with respect to a variable that `f`, a function without arguments, uses.
template <class F, class S>
Tensor<S> jacobian(const F& f, const Variable<S>& variable) {
  GradientTape<S> tape;
  const Tensor<S> y = f();
  return detail::or_zeros(tape.jacobian(y, variable), y.shape(), variable.shape());
}

/// The Hessian matrix H[i, j] = d² f(x) / d x[i] d x[j] of a function that returns one number. Shape: the axes of x
/// twice, so x has at most 4. Needs one backward pass per element of x. Throws ShapeError if f returns more than one
/// number. JAX: `jax.hessian`.
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
/// The Hessian matrix with respect to a variable that `loss`, a function without arguments, uses.
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

/// The product H v of the Hessian of f at x and a vector v of the shape of x: sum over j of d² f(x) / d x[i] d x[j]
/// v[j]. Costs a few gradients whatever the size of x: the Hessian is not computed. Shape: that of x. Throws ShapeError
/// if f returns more than one number or the shapes of v and x differ.
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
/// The Hessian-vector product with respect to several variables, of the number that `loss`, a function without
/// arguments, returns. `v`: one vector per variable, of its shape. Throws ValueError if their number differs.
///
///     hessian_vector_product([&] { return mean(square(model(x) - y)); }, model.trainable_variables(), v)
template <class F, class S>
std::vector<Tensor<S>> hessian_vector_product(const F& loss, const std::vector<Variable<S>>& variables,
                                              const std::vector<Tensor<S>>& v) {
  if (v.size() != variables.size())
    raise<ValueError>("hessian_vector_product: expected one vector for each of the ", variables.size(),
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
