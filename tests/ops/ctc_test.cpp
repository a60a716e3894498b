#include <gtest/gtest.h>

#include <cmath>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;

/// Sums over all paths (one class per step) that collapse to the labels: repeated classes are merged, blanks (0)
/// removed.
double probability_by_enumeration(const std::vector<Index>& labels, const Tensor<double>& p) {
  const Index time = p.shape()[0], classes = p.shape()[1];
  Index paths = 1;
  for (Index t = 0; t < time; ++t) paths *= classes;
  double sum = 0;
  for (Index path = 0; path < paths; ++path) {
    std::vector<Index> collapsed;
    double probability = 1;
    Index before = 0;
    for (Index t = 0, rest = path; t < time; ++t, rest /= classes) {
      const Index c = rest % classes;
      probability *= p[t * classes + c];
      if (c != 0 && c != before) collapsed.push_back(c);
      before = c;
    }
    if (collapsed == labels) sum += probability;
  }
  return sum;
}

TEST(CtcOperation, IsTheSumOverAllAlignments) {
  const Tensor<double> x = random_tensor<double>({3, 5, 3}, 1), p = softmax(x);
  const Tensor<double> labels{{1., 2.}, {2., 2.}, {1., 0.}};
  const std::vector<std::vector<Index>> sequences{{1, 2}, {2, 2}, {1}};
  const Tensor<double> y = detail::ctc(labels, x);
  for (Index b = 0; b < 3; ++b) {
    const Tensor<double> each = reshape(slice(p, {b, 0, 0}, {1, 5, 3}), {5, 3});
    EXPECT_NEAR(y[b], -std::log(probability_by_enumeration(sequences[static_cast<std::size_t>(b)], each)), 1e-12);
  }
}

TEST(CtcOperation, Gradients) {
  const Tensor<double> labels{{1., 2.}, {2., 0.}};
  const auto f = [&](const auto& x) { return detail::ctc(labels, x); };
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({2, 4, 3}, 2)}));
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({2, 4, 3}, 2)}, {.second_order = true}));
}

}  // namespace
}  // namespace lamina
