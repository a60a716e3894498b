#pragma once
#include "lamina/autodiff/gradient_tape.hpp"

namespace lamina {

namespace detail {
template <class T>
struct ScalarOf {
  using type = void;
};
template <class S>
struct ScalarOf<Tensor<S>> {
  using type = S;
};
template <class S>
struct ScalarOf<Variable<S>> {
  using type = S;
};
template <class T>
using scalar_of = typename ScalarOf<std::remove_cvref_t<T>>::type;
}  // namespace detail

/// What operations compute with: a tensor, or a variable that stands for its value.
template <class T>
concept TensorLike = !std::is_void_v<detail::scalar_of<T>>;

/// Numbers and Eigen values may stand beside a tensor.
template <class T>
concept Operand = TensorLike<T> || Arithmetic<std::remove_cvref_t<T>> || EigenDense<T>;

/// At least one of both is a tensor or a variable.
template <class A, class B>
concept Operands = (TensorLike<A> && Operand<B>) || (Operand<A> && TensorLike<B>);

namespace detail {
template <class A, class B>
using common_scalar = std::conditional_t<std::is_void_v<scalar_of<A>>, scalar_of<B>, scalar_of<A>>;

template <class S>
const Tensor<S>& as_tensor(const Tensor<S>& t) noexcept {
  return t;
}
template <class S>
Tensor<S> as_tensor(const Variable<S>& v) {
  return v.value();
}
template <class S, class T>
decltype(auto) as_tensor_of(const T& operand) {
  if constexpr (TensorLike<T>) {
    static_assert(std::is_same_v<scalar_of<T>, S>,
                  "float and double tensors do not mix in one operation: convert one with t.cast<double>()");
    return as_tensor(operand);
  } else {
    return Tensor<S>(operand);
  }
}
}  // namespace detail
}  // namespace lamina
