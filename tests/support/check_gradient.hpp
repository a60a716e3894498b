#pragma once
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>
#include <vector>

#include "support/compare.hpp"

// lamina::check_gradients as an assertion.

namespace lamina::testing {

/// Checks that the gradients of `f` at `inputs` agree with central differences; see lamina::check_gradients.
///
///     EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return a * b; }, {a, b}));
template <class F>
::testing::AssertionResult check_gradient(const F& f, const std::vector<Tensor<double>>& inputs,
                                          const GradientCheckOptions& options = {}) {
  const GradientCheck check = check_gradients(f, inputs, options);
  return check ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << check.problem;
}

}  // namespace lamina::testing
