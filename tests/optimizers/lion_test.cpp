#include <lamina/optimizers/lion.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Lion, AgreesWithItsFormula) {
  check<Lion>(LionOptions{.learning_rate = 0.01, .beta_1 = 0.7, .beta_2 = 0.8, .weight_decay = 0.5},
              [](Element& e, double g, int) {
                e.w *= 1 - 0.01 * 0.5;
                const double c = 0.7 * e.m + 0.3 * g;
                e.w -= 0.01 * (c > 0 ? 1 : -1);
                e.m = 0.8 * e.m + 0.2 * g;
              });
}

TEST(Lion, DoesNotChangeWeightsWithoutAGradient) {
  const Variable<float> w(Tensor<float>::ones({40}));
  Lion<float> lion(0.5);
  lion.apply_gradients({Tensor<float>::zeros({40})}, {w});
  EXPECT_TRUE(expect::same(w.value(), Tensor<float>::ones({40})));
}

TEST(Lion, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Lion<float>({.beta_1 = 0.0}); }, {"Lion", "beta_1"}));
}
