#pragma once
#include "lamina/autodiff/gradient_tape.hpp"

namespace lamina {

namespace detail {
/// The scalar type of a Tensor or a Variable; void for other types.
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

/// A Tensor, or a Variable, which operations replace by its value.
template <class T>
concept TensorLike = !std::is_void_v<detail::scalar_of<T>>;

/// An operand of a binary operation: a Tensor, a Variable, a number or an Eigen expression.
template <class T>
concept Operand = TensorLike<T> || Arithmetic<std::remove_cvref_t<T>> || EigenDense<T>;

/// Two operands, of which at least one is a Tensor or a Variable.
template <class A, class B>
concept Operands = (TensorLike<A> && Operand<B>) || (Operand<A> && TensorLike<B>);

namespace detail {
/// The scalar type of the operand that is a Tensor or a Variable.
template <class A, class B>
using common_scalar = std::conditional_t<std::is_void_v<scalar_of<A>>, scalar_of<B>, scalar_of<A>>;

/// Returns the tensor, or the value of the variable.
template <class S>
const Tensor<S>& as_tensor(const Tensor<S>& t) noexcept {
  return t;
}
template <class S>
Tensor<S> as_tensor(const Variable<S>& v) {
  return v.value();
}
/// Converts any operand to a tensor of scalar type S.
template <class S, class T>
decltype(auto) as_tensor_of(const T& operand) {
  if constexpr (TensorLike<T>) {
    static_assert(std::is_same_v<scalar_of<T>, S>,
                  "expected operands of one scalar type, got float and double. Convert one with t.cast<double>().");
    return as_tensor(operand);
  } else {
    return Tensor<S>(operand);
  }
}
}  // namespace detail
}  // namespace lamina
