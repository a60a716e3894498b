#pragma once
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>
#include <vector>

#include "support/compare.hpp"

// The library's own check of gradients, as an assertion.

namespace lamina::testing {

/// Whether the tape's gradients of `f` at `inputs` are what central differences say; see lamina::check_gradients.
///
///     EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return a * b; }, {a, b}));
template <class F>
::testing::AssertionResult check_gradient(const F& f, const std::vector<Tensor<double>>& inputs,
                                          const GradientCheckOptions& options = {}) {
  const GradientCheck check = check_gradients(f, inputs, options);
  return check ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << check.problem;
}

}  // namespace lamina::testing
