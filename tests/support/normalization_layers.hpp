#pragma once
#include "support/check_layer.hpp"

namespace lamina::testing::normalization_layers {

/// Returns the mean and the variance over all axes but one, with the rank of x.
inline std::pair<Tensor<double>, Tensor<double>> statistics(const Tensor<double>& x, std::vector<Index> axes) {
  const ReduceOptions over{.axes = std::move(axes), .keepdims = true};
  const Tensor<double> m = mean(x, over);
  return {m, mean(square(x - m), over)};
}

inline const ExpectedWeight gamma5{"gamma", {5}}, beta5{"beta", {5}};

/// Checks that scaling the input scales outputs and gradients accordingly, also for very large numbers.
template <class L>
void check_large_numbers(const L& normalization) {
  const Tensor<float> x{{3, 4, -1, 2}}, weight{{1, 2, 3, 4}};
  const auto run = [&](const auto& layer, float scale) {
    Tensor<float> u = x * scale;
    GradientTape<float> tape;
    tape.watch(u);
    const Tensor<float> y = layer(u);
    return std::pair(y.detached(), tape.gradient(sum(y * weight), u) * scale);
  };
  const auto check = [&](const auto& layer) {
    const auto [y, slope] = run(layer, 1e3f);
    for (const float scale : {1e19f, 1e25f, 1e37f}) {
      const auto [large, large_slope] = run(layer, scale);
      EXPECT_TRUE(expect::near(large, y, {1e-5, 1e-5})) << scale;
      EXPECT_TRUE(expect::near(large_slope, slope, {1e-4, 1e-4})) << scale;
    }
  };
  check(normalization);
}

}  // namespace lamina::testing::normalization_layers
