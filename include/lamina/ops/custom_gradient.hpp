#pragma once
#include <array>
#include <tuple>

#include "lamina/ops/operand.hpp"

namespace lamina {

namespace detail {

/// Adds the gradients that a user's `backward` returned to those of the inputs. Skips undefined ones. Throws ShapeError
/// if a gradient's shape is not its input's.
template <class S>
void add_custom_gradients(Gradients<S>& g, const Shape* shapes, const Tensor<S>* given, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!g.needs(i) || !given[i].defined()) continue;
    if (given[i].shape() != shapes[i])
      raise<ShapeError>("custom_gradient: expected a gradient of shape ", shapes[i], " for input ", i, ", got shape ",
                        given[i].shape(), ". Return a gradient of the input's shape from `backward`.");
    g.add(i, given[i]);
  }
}

/// The callable that `custom_gradient` returns.
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
                add_custom_gradients(g, shapes, &gradient, 1);
              } else {
                const std::array<Tensor<S>, count> gradients = backward(dy, in...);
                add_custom_gradients(g, shapes, gradients.data(), count);
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

/// Returns an operation with a user-defined gradient, callable with one or more tensors.
///
/// `forward(x...)` computes the output; tapes do not record it. `backward(dy, x...)` returns the gradient of each
/// input, given that of the output: a tensor for one input, a `std::array` of tensors for several. An undefined tensor
/// means no gradient. If `backward` is composed of operations, its result is differentiable. The operation throws
/// ShapeError if the shape of a gradient differs from that of its input. `keras.ops.custom_gradient`.
///
///     // log(1 + e^x), with a gradient that does not overflow
///     const auto log1pexp = custom_gradient([](const auto& x) { return log(1 + exp(x)); },
///                                           [](const auto& dy, const auto& x) { return dy * sigmoid(x); });
///     Tensor y = log1pexp(x);
template <class Forward, class Backward>
auto custom_gradient(Forward forward, Backward backward) {
  return detail::CustomGradient<Forward, Backward>(std::move(forward), std::move(backward));
}

}  // namespace lamina
