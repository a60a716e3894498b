#include <lamina/losses/focal.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Focal, AgreeWithTheirFormulas) {
  const Tensor<double> t{{1., 0., 1.}, {0., 0., 1.}}, p = positive({2, 3}, 7), x = log(p / (1 - p));
  const auto binary = [](double alpha, double gamma, double smoothing) {
    return [=](double target, double q) {
      const double y = target * (1 - smoothing) + smoothing / 2, hit = y * q + (1 - y) * (1 - q);
      const double weight = alpha == 0 ? 1 : y * alpha + (1 - y) * (1 - alpha);
      return -weight * std::pow(1 - hit, gamma) * (y * std::log(q) + (1 - y) * std::log(1 - q));
    };
  };
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? x : p;
    check(BinaryFocalCrossentropy<double>({.from_logits = logits, .reduction = each}), t, in,
          row_means(t, p, binary(0, 2, 0)));
    check(BinaryFocalCrossentropy<double>({.apply_class_balancing = true,
                                           .alpha = 0.3,
                                           .gamma = 1.5,
                                           .from_logits = logits,
                                           .label_smoothing = 0.2,
                                           .reduction = each}),
          t, in, row_means(t, p, binary(0.3, 1.5, 0.2)));
  }
  const Tensor<double> c{{0., 1., 0.}, {1., 0., 0.}}, z = log(p);
  const Tensor<double> share = p / sum(p, {.axes = {-1}, .keepdims = true});
  const auto categorical = [&](const std::vector<double>& alpha, double gamma) {
    Tensor<double> y = Tensor<double>::zeros({2});
    for (Index i = 0; i < 6; ++i)
      y.mutable_data()[i / 3] -=
          alpha[static_cast<std::size_t>(i % 3)] * std::pow(1 - share[i], gamma) * c[i] * std::log(share[i]);
    return y;
  };
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? z : p;
    check(CategoricalFocalCrossentropy<double>({.from_logits = logits, .reduction = each}), c, in,
          categorical({0.25, 0.25, 0.25}, 2));
    check(CategoricalFocalCrossentropy<double>(
              {.alpha = {0.1, 0.5, 0.9}, .gamma = 0, .from_logits = logits, .reduction = each}),
          c, in, categorical({0.1, 0.5, 0.9}, 0));
  }
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        CategoricalFocalCrossentropy<double>({.alpha = {1, 2}})(c, p);
      },
      {"one alpha", "3 classes", "got 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { BinaryFocalCrossentropy<float>({.gamma = -1}); }, {"gamma", "-1"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { BinaryCrossentropy<float>({.label_smoothing = 2}); }, {"label_smoothing", "2"}));
}
