#include <lamina/optimizers/lamb.hpp>
#include "support/follows.hpp"

#include "support/optimizer_rules.hpp"

using namespace lamina;
using namespace lamina::testing::optimizer_rules;

TEST(Lamb, AgreesWithItsFormula) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{40, 3}, Shape{300, 200}})
    check_whole<Lamb>(
        shape, LambOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.2},
        [](auto& w, auto& m, auto& v, const Tensor<double>& g, int s) {
          std::vector<double> step(w.size());
          for (std::size_t i = 0; i < w.size(); ++i) {
            const double gradient = g[static_cast<Index>(i)];
            w[i] *= 1 - 0.1 * 0.2;
            m[i] += 0.2 * (gradient - m[i]);
            v[i] += 0.1 * (gradient * gradient - v[i]);
            step[i] = m[i] / (1 - std::pow(0.8, s + 1)) / (std::sqrt(v[i] / (1 - std::pow(0.9, s + 1))) + 1e-3);
          }
          const double ratio = length(w) / length(step);
          for (std::size_t i = 0; i < w.size(); ++i) w[i] -= ratio * 0.1 * step[i];
        });
}

TEST(Lamb, NormsOfZeroScaleByOne) {
  const Variable<double> zero(Tensor<double>::zeros({3}));
  Lamb<double> lamb({.learning_rate = 0.1, .epsilon = 0.0});
  lamb.apply_gradients({Tensor{1., -2., 3.}}, {zero});
  EXPECT_TRUE(expect::near(zero.value(), Tensor{-0.1, 0.1, -0.1}, {1e-12, 0}));
}
