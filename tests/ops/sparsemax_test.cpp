#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::tensors_near;

TEST(SparsemaxOperation, SubtractsTheThreshold) {
  // The support of the first row has one element, that of the second two: τ = (1 + 1.8 - 1) / 2.
  const Tensor<double> x{{3., 1., -1.}, {1., 0.8, -2.}};
  EXPECT_TRUE(tensors_near(detail::sparsemax(x), Tensor<double>{{1., 0., 0.}, {0.1, 0., 0.}}, 1e-15));
}

TEST(SparsemaxOperation, Gradients) {
  const auto f = [](const auto& x) { return square(detail::sparsemax(x)); };
  EXPECT_TRUE(check_gradient(f, {Tensor<double>{{3., 1., -1.}, {1.2, 1.1, -2.}}}));
}

}  // namespace
}  // namespace lamina
