#include <lamina/losses/segmentation.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Segmentation, AgreeWithTheirFormulas) {
  const Tensor<double> t{{{1., 0.}, {1., 1.}}, {{0., 0.}, {0., 1.}}}, p = positive({2, 2, 2}, 9);
  const auto sums = [&](Index begin, Index end) {
    double tp = 0, a = 0, b = 0;
    for (Index i = begin; i < end; ++i) tp += t[i] * p[i], a += t[i], b += p[i];
    return std::array<double, 3>{tp, a, b};
  };
  const auto dice = [&](Index begin, Index end) {
    const auto [tp, a, b] = sums(begin, end);
    return 1 - 2 * tp / (a + b + 1e-7);
  };
  const auto tversky = [&](Index begin, Index end) {
    const auto [tp, a, b] = sums(begin, end);
    return 1 - tp / (tp + 0.3 * (a - tp) + 0.9 * (b - tp) + 1e-7);
  };
  check(Dice<double>(), t, p, Tensor<double>(dice(0, 8)));
  check(Dice<double>({.reduction = each, .axis = {1, 2}}), t, p, Tensor{dice(0, 4), dice(4, 8)});
  check(Tversky<double>({.alpha = 0.3, .beta = 0.9}), t, p, Tensor<double>(tversky(0, 8)));
  check(Tversky<double>({.alpha = 0.3, .beta = 0.9, .reduction = each, .axis = {1, 2}}), t, p,
        Tensor{tversky(0, 4), tversky(4, 8)});
  EXPECT_EQ(Dice<double>({.axis = -1}).get_config().at("axis").as_integer(), -1);
  EXPECT_TRUE(Dice<double>().get_config().at("axis").is_null());
}
