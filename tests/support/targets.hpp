#pragma once
#include <limits>
#include "support/expect.hpp"

// How fit and evaluate pass targets, weights and masks to losses and metrics: built-in, user-defined, and in custom
// steps.

namespace lamina::testing::targets {

inline Sequential<float> identity() {
  return Sequential<float>{Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "ones"})};
}

inline Tensor<float> squares(const Tensor<float>& t, const Tensor<float>& p) { return mean(square(t - p)); }

inline Tensor<float> errors(const Tensor<float>& t, const Tensor<float>& p) { return abs(t - p); }

inline const Tensor<float> x{{1.f}, {2.f}, {4.f}}, flat{0.f, 2.f, 7.f}, column{{0.f}, {2.f}, {7.f}};

inline constexpr double expected = 10.0 / 3;

}  // namespace lamina::testing::targets
