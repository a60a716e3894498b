#pragma once
#include <array>
#include <tuple>

#include "lamina/ops/operand.hpp"

namespace lamina {

namespace detail {

/// Hands the gradients that a user's function gave to the inputs: one tensor, or a std::array of as many as inputs.
template <class S>
void pass_gradients(Gradients<S>& g, const Shape* shapes, const Tensor<S>* given, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!g.needs(i) || !given[i].defined()) continue;
    if (given[i].shape() != shapes[i])
      raise<ShapeError>("custom_gradient: the gradient for input ", i, " has shape ", given[i].shape(),
                        ", expected the input's ", shapes[i]);
    g.add(i, given[i]);
  }
}

template <class Forward, class Backward>
class CustomGradient {
 public:
  CustomGradient(Forward forward, Backward backward) : forward_(std::move(forward)), backward_(std::move(backward)) {}

  template <class... X>
    requires(sizeof...(X) > 0 && (TensorLike<X> && ...) &&
             std::is_invocable_v<const Forward&, const Tensor<scalar_of<X>>&...>)
  auto operator()(const X&... x) const {
    using S = scalar_of<std::tuple_element_t<0, std::tuple<X...>>>;
    return apply<S>(as_tensor_of<S>(x)...);
  }

 private:
  template <class S, class... T>
  Tensor<S> apply(const T&... x) const {
    constexpr std::size_t count = sizeof...(T);
    Tensor<S> y;
    {
      const NoGradient<S> inside;
      y = forward_(x...).copy();
    }
    if (Recording<S> tape{y, x...})
      tape.gradient([backward = backward_, inputs = std::make_tuple(x...)](const Tensor<S>& dy, Gradients<S>& g) {
        std::apply(
            [&](const auto&... in) {
              const Shape shapes[] = {in.shape()...};
              if constexpr (count == 1) {
                const Tensor<S> gradient = backward(dy, in...);
                pass_gradients(g, shapes, &gradient, 1);
              } else {
                const std::array<Tensor<S>, count> gradients = backward(dy, in...);
                pass_gradients(g, shapes, gradients.data(), count);
              }
            },
            inputs);
      });
    return y;
  }
  Forward forward_;
  Backward backward_;
};

}  // namespace detail

/// An operation whose gradient is given by hand: `forward(x...)` computes the value, unseen by tapes, and
/// `backward(dy, x...)` the gradient for each input, from the output's: one tensor, or a std::array of them for several
/// inputs (an undefined one: no gradient). Where `backward` is made of operations, it can be differentiated again.
/// TensorFlow's tf.custom_gradient.
///
///     // log(1 + e^x), whose gradient by the rules would overflow
///     const auto log1pexp = custom_gradient([](const auto& x) { return log(1 + exp(x)); },
///                                           [](const auto& dy, const auto& x) { return dy * sigmoid(x); });
///     Tensor y = log1pexp(x);
template <class Forward, class Backward>
auto custom_gradient(Forward forward, Backward backward) {
  return detail::CustomGradient<Forward, Backward>(std::move(forward), std::move(backward));
}

}  // namespace lamina
