#pragma once
#include "support/check_layer.hpp"

// Helpers of the tests of attention layers.

namespace lamina::testing {

using Tensors = std::vector<Tensor<double>>;
inline constexpr expect::Within rounding{1e-10, 1e-12};

inline Tensor<double> some(const Shape& shape, std::uint64_t seed) { return expect::scattered(shape, seed); }

/// Sets all weights to numbers other than 0.
template <class S>
void scatter_weights(Layer<S>& layer) {
  std::vector<Tensor<S>> weights = layer.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = expect::scattered<S>(weights[i].shape(), 100 + i);
  layer.set_weights(weights);
}

/// Compares the gradients of all outputs with respect to all inputs and weights with central differences.
inline void check_gradients_of(Layer<double>& layer, Tensors inputs, const CallOptions& options = {}) {
  const auto loss = [&](const Tensors& x) {
    const CallContext::Step step(3, 0);  // the same random numbers every time
    Tensor<double> total(0.0);
    std::uint64_t seed = 50;
    for (const Tensor<double>& y : layer.apply(x, options)) total = total + sum(y * some(y.shape(), seed++));
    return total;
  };
  GradientTape<double> tape({.persistent = true});
  for (Tensor<double>& x : inputs) tape.watch(x);
  const Tensor<double> value = loss(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor<double> slopes = detail::central_differences(inputs[i], [&](const Tensor<double>& moved) {
      Tensors x = inputs;
      x[i] = moved;
      return loss(x).item();
    });
    EXPECT_TRUE(expect::near(tape.gradient(value, inputs[i]), slopes, {1e-6, 1e-6})) << "input " << i;
  }
  for (const auto& v : layer.trainable_variables()) {
    const Tensor<double> before = v.value().detached(), gradient = tape.gradient(value, v);
    const Tensor<double> slopes = detail::central_differences(before, [&](const Tensor<double>& moved) {
      v.assign(moved);
      return loss(inputs).item();
    });
    v.assign(before);
    EXPECT_TRUE(expect::near(gradient, slopes, {1e-6, 1e-6})) << v.path();
  }
}

/// The results of plain loops: outputs and scores.
struct Heads {
  Tensor<double> y, scores;
};

}  // namespace lamina::testing
