#include <lamina/losses/circle.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Circle, AgreesWithItsFormula) {
  const Tensor<double> labels{0., 0., 1., 2., 1.}, y = l2_normalize(expect::scattered({5, 3}));
  for (const bool diagonal : {true, false}) {
    const double gamma = 5, m = 0.3;
    Tensor<double> expected = Tensor<double>::zeros({5});
    for (Index i = 0; i < 5; ++i) {
      double same = 0, other = 0;
      for (Index j = 0; j < 5; ++j) {
        double dot = 0;
        for (Index k = 0; k < 3; ++k) dot += y(i, k) * y(j, k);
        const double d = std::max(1 - dot, 0.0);
        if (labels[i] != labels[j])
          other += std::exp(gamma * std::max(1 + m - d, 0.0) * (1 - m - d));
        else if (!diagonal || i != j)
          same += std::exp(-gamma * std::max(m + d, 0.0) * (m - d));
      }
      expected.mutable_data()[i] = std::log(1 + same * other);
    }
    const CircleOptions options{.gamma = gamma, .margin = m, .remove_diagonal = diagonal, .reduction = each};
    EXPECT_TRUE(expect::near(Circle<double>(options)(labels, y), expected, {1e-9, 1e-12}));
    EXPECT_TRUE(expect::near(Circle<double>(options)(reshape(labels, {5, 1}), y), expected, {1e-9, 1e-12}));
    CircleOptions averaged = options;
    averaged.reduction = Reduction::mean;
    const double kept = diagonal ? 4 : 5;
    EXPECT_NEAR(Circle<double>(averaged)(labels, y).item(), sum(expected).item() / kept, 1e-9)
        << "the only sample of a class has no loss and is excluded from the mean";
    if (diagonal) {
      EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& x) { return Circle<double>(options)(labels, x); },
                                                  {y}, {.second_order = true, .tolerance = 1e-4}));
    }
  }
  EXPECT_TRUE(expect::error<ShapeError>([&] { Circle<double>()(Tensor{0., 1.}, y); }, {"Circle", "(5, 3)", "(2,)"}));
}
