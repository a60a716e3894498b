#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_near;

TEST(MeanSquaredErrorOperation, IsTheMeanOfSquares) {
  for (const Shape& shape : {Shape{1}, Shape{3, 1}, Shape{7, 5}, Shape{2, 3, 17}}) {
    const Tensor<double> t = random_tensor<double>(shape, 1), p = random_tensor<double>(shape, 2);
    double total = 0;
    for (Index i = 0; i < p.size(); ++i) total += (p[i] - t[i]) * (p[i] - t[i]);
    EXPECT_TRUE(
        tensors_near(detail::mean_squared_error(t, p), Tensor<double>(total / static_cast<double>(p.size())), 1e-14));
  }
  EXPECT_EQ(detail::mean_squared_error(Tensor<float>::zeros({0, 3}), Tensor<float>::zeros({0, 3}))[0], 0.f);
}

TEST(MeanSquaredErrorOperation, Gradients) {
  const std::vector<Tensor<double>> inputs{random_tensor<double>({4, 3}, 3), random_tensor<double>({4, 3}, 4)};
  const auto f = [](const auto& t, const auto& p) { return detail::mean_squared_error(t, p); };
  EXPECT_TRUE(check_gradient(f, inputs));
  EXPECT_TRUE(check_gradient(f, inputs, {.second_order = true}));
}

}  // namespace
}  // namespace lamina
