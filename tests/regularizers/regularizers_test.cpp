#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns the penalty on a layer's kernel with this value.
template <class S>
Tensor<S> penalty_of(const Regularizer& regularizer, const Tensor<S>& w) {
  Dense<S> layer(w.shape()[1], {.use_bias = false, .kernel_regularizer = regularizer});
  layer.ensure_built({None, w.shape()[0]});
  layer.set_weights({w});
  return layer.losses().at(0);
}
double penalty(const Regularizer& regularizer, const Tensor<double>& w) { return penalty_of(regularizer, w).item(); }

const Tensor<double> w{{1., -2.}, {3., -4.}};

}  // namespace

TEST(Regularizers, AgreeWithTheirFormulas) {
  EXPECT_NEAR(penalty(L1(0.5), w), 0.5 * 10, 1e-15);
  EXPECT_NEAR(penalty(L2(0.5), w), 0.5 * 30, 1e-15);
  EXPECT_NEAR(penalty(L1L2(0.1, 0.2), w), 0.1 * 10 + 0.2 * 30, 1e-15);
  EXPECT_EQ(penalty(L1L2(), w), 0);
}

TEST(Regularizers, NamedOnesHaveKerasDefaults) {
  EXPECT_NEAR(penalty("l1", w), 0.01 * 10, 1e-15);
  EXPECT_NEAR(penalty("l2", w), 0.01 * 30, 1e-15);
  EXPECT_EQ(penalty("l1_l2", w), 0) << "the default factors are 0";
  EXPECT_TRUE(expect::error<ValueError>([] { penalty("l3", w); }, {"regularizer \"l3\"", "Did you mean \"l1\""}));
}

TEST(Regularizers, MayBeFunctions) {
  EXPECT_EQ(penalty([](const auto& v) { return max(v); }, w), 3);
  EXPECT_TRUE(expect::error<std::out_of_range>([] { penalty({}, w); })) << "no regularizer: no penalty";
  const Regularizer only_float = [](const Tensor<float>& v) { return sum(v); };
  EXPECT_TRUE(expect::error<ValueError>([&] { penalty(only_float, w); }, {"Dense", "scalar type"}));
}

TEST(Regularizers, NegativeFactorsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { L2(-0.1); }, {"factors >= 0", "-0.1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { L1(std::nan("")); }, {"factors >= 0"}));
}
