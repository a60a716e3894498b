#include <lamina/losses/regression.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Regression, AgreeWithTheirFormulas) {
  check(MeanAbsoluteError<double>(each), t3, p3, row_means(t3, p3, [](double t, double p) { return std::abs(t - p); }));
  check(MeanAbsolutePercentageError<double>(each), t3, p3,
        row_means(t3, p3, [](double t, double p) { return 100 * std::abs(t - p) / std::max(std::abs(t), 1e-7); }),
        false);
  check(LogCosh<double>(each), t3, p3,
        row_means(t3, p3, [](double t, double p) { return std::log(std::cosh(p - t)); }));
  check(Huber<double>({.delta = 0.4, .reduction = each}), t3, p3, row_means(t3, p3, [](double t, double p) {
          const double e = std::abs(t - p);
          return e <= 0.4 ? e * e / 2 : 0.4 * e - 0.08;
        }));
  const Tensor<double> u = positive({3, 4}, 1), v = positive({3, 4}, 2);
  check(MeanSquaredLogarithmicError<double>(each), u, v,
        row_means(u, v, [](double t, double p) { return std::pow(std::log(1 + t) - std::log(1 + p), 2); }));
}

TEST(Regression, LargeErrorsDoNotOverflow) {
  const Tensor<float> t{{0.f, 0.f}}, p{{1e4f, -1e4f}};
  EXPECT_NEAR(LogCosh<float>()(t, p).item(), 1e4f - std::log(2.f), 1e-2);
  EXPECT_NEAR(MeanAbsolutePercentageError<float>()(t, p).item(), 1e13f, 1e8) << "divided by 1e-7";
}

TEST(Regression, CosineSimilarityAlongAnAxis) {
  const auto expected = [](Index outer, Index count, Index inner) {
    std::vector<double> all;
    for (Index o = 0; o < outer; ++o)
      for (Index i = 0; i < inner; ++i) {
        double tp = 0, tt = 0, pp = 0;
        for (Index c = 0; c < count; ++c) {
          const Index at = (o * count + c) * inner + i;
          tp += t3[at] * p3[at], tt += t3[at] * t3[at], pp += p3[at] * p3[at];
        }
        all.push_back(-tp / std::sqrt(tt * pp));
      }
    return all;
  };
  check(CosineSimilarity<double>({.reduction = each}), t3, p3, Tensor<double>::from(expected(6, 4, 1).data(), {2, 3}));
  check(CosineSimilarity<double>({.axis = 1, .reduction = each}), t3, p3,
        Tensor<double>::from(expected(2, 3, 4).data(), {2, 4}));
  const Tensor<double> nothing{{0., 0.}};
  Tensor<double> p = nothing;
  GradientTape<double> tape;
  tape.watch(p);
  const Tensor<double> y = CosineSimilarity<double>()(Tensor{{1., 0.}}, p);
  EXPECT_EQ(y.item(), 0);
  EXPECT_TRUE(expect::near(tape.gradient(y, p), Tensor{{-1e7, 0.}}, {1e-9, 0}));
}
