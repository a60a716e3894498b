#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns the kernel of a layer after an update with a zero gradient, which applies the constraint only.
template <class S>
Tensor<S> held(const Constraint& constraint, const Tensor<S>& w) {
  Dense<S> layer(w.shape()[1], {.use_bias = false, .kernel_constraint = constraint});
  layer.ensure_built({None, w.shape()[0]});
  layer.set_weights({w});
  SGD<S> sgd(0.0);
  sgd.apply_gradients({Tensor<S>::zeros(w.shape())}, layer.variables());
  return layer.get_weights()[0];
}

const Tensor<double> w{{3., 0.3}, {-4., 0.4}};  // columns of norm 5 and 0.5

}  // namespace

TEST(Constraints, NonNegSetsNegativesToZero) {
  EXPECT_TRUE(expect::same(held(NonNeg(), w), Tensor{{3., 0.3}, {0., 0.4}}));
}

TEST(Constraints, MaxNormScalesDownLongVectors) {
  EXPECT_TRUE(expect::near(held(MaxNorm(2.0), w), Tensor{{1.2, 0.3}, {-1.6, 0.4}}, {1e-6, 0}));
  EXPECT_TRUE(expect::near(held(MaxNorm(1.0, 1), Tensor{{3., 4.}}), Tensor{{0.6, 0.8}}, {1e-6, 0}));
  EXPECT_TRUE(expect::same(held(MaxNorm(), Tensor<double>::zeros({2, 2})), Tensor<double>::zeros({2, 2})));
}

TEST(Constraints, UnitNormScalesToNormOne) {
  EXPECT_TRUE(expect::near(held(UnitNorm(), w), Tensor{{0.6, 0.6}, {-0.8, 0.8}}, {1e-6, 0}));
  EXPECT_TRUE(expect::near(held(UnitNorm(1), Tensor{{3., 4.}}), Tensor{{0.6, 0.8}}, {1e-6, 0}));
}

TEST(Constraints, AreGivenByNameOrFunctionOrOmitted) {
  EXPECT_TRUE(expect::same(held("non_neg", w), held(NonNeg(), w)));
  EXPECT_TRUE(expect::same(held("max_norm", w), held(MaxNorm(2.0), w)));
  EXPECT_TRUE(expect::same(held("unit_norm", w), held(UnitNorm(), w)));
  EXPECT_TRUE(expect::same(held([](const auto& v) { return clip(v, -1, 1); }, w), Tensor{{1., 0.3}, {-1., 0.4}}));
  EXPECT_TRUE(expect::same(held({}, w), w)) << "no constraint";
  EXPECT_TRUE(
      expect::error<ValueError>([] { held("nonneg", w); }, {"constraint \"nonneg\"", "Did you mean \"non_neg\""}));
}
