// ReLU, LeakyReLU, ELU, PReLU, Softmax as layers.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {
/// Off the points where a slope jumps.
double off_kinks(double v) { return std::abs(v) < 0.05 ? v + 0.1 : v; }
}  // namespace

TEST(ReLU, DoesWhatEveryLayerDoes) {
  check_layer<ReLU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<ReLU>({.input = {2, 3, 4}, .output = {2, 3, 4}, .low = -3, .high = 3, .input_map = off_kinks},
                    ReLUOptions{.max_value = 1.5, .negative_slope = 0.25, .threshold = 0.5});
}

TEST(ReLU, CutsAndLeans) {
  ReLU layer({.max_value = 2, .negative_slope = 0.5, .threshold = 1});
  EXPECT_TRUE(expect::same(layer(Tensor{-1.f, 0.f, 1.f, 1.5f, 3.f}), Tensor{-1.f, -0.5f, 0.f, 1.5f, 2.f}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.max_value = -1}); }, {"ReLU", "max_value >= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.negative_slope = -1}); }, {"ReLU", "negative_slope >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.threshold = -1}); }, {"ReLU", "threshold >= 0"}));
}

TEST(LeakyReLU, DoesWhatEveryLayerDoes) {
  check_layer<LeakyReLU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<LeakyReLU>({.input = {4}, .output = {4}, .input_map = off_kinks}, 0.1);
}

TEST(LeakyReLU, LeansByThreeTenthsUnlessTold) {
  EXPECT_TRUE(expect::near(LeakyReLU()(Tensor{-1.f, 2.f}), Tensor{-0.3f, 2.f}));
  EXPECT_TRUE(expect::near(LeakyReLU(0.5)(Tensor{-1.f, 2.f}), Tensor{-0.5f, 2.f}));
  EXPECT_TRUE(expect::error<ValueError>([] { LeakyReLU(std::nan("")); }, {"LeakyReLU", "negative_slope"}));
}

TEST(ELU, DoesWhatEveryLayerDoes) {
  check_layer<ELU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<ELU>({.input = {2, 2, 3}, .output = {2, 2, 3}, .input_map = off_kinks}, 0.5);
}

TEST(PReLU, DoesWhatEveryLayerDoes) {
  check_layer<PReLU>({.input = {3, 4}, .output = {3, 4}, .weights = {{"alpha", {4}}}, .input_map = off_kinks});
  check_layer<PReLU>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 4}, .weights = {{"alpha", {1, 1, 4}}}, .input_map = off_kinks},
      PReLUOptions{.shared_axes = {1, 2}});
}

TEST(PReLU, LearnsItsSlope) {
  PReLU layer({.alpha_initializer = Constant(0.5)});
  EXPECT_TRUE(expect::same(layer(Tensor{{-1, 2}, {4, -6}}), Tensor{{-0.5f, 2.f}, {4.f, -3.f}}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        PReLU({.shared_axes = 3})(Tensor<float>::zeros({2, 3}));
      },
      {"PReLU", "shared_axes", "got 3"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { PReLU()(Tensor<float>::zeros({2})); }, {"PReLU", "rank 2", "(None,)"}));
}

TEST(SoftmaxLayer, DoesWhatEveryLayerDoes) {
  check_layer<Softmax>({.input = {3, 4}, .output = {3, 4}});
  check_layer<Softmax>({.input = {2, 3, 4}, .output = {2, 3, 4}}, 1);
  check_layer<Softmax>({.input = {2, 3, 4}, .output = {2, 3, 4}}, SoftmaxOptions{.axis = {1, 2}});
}

TEST(SoftmaxLayer, SumsToOneOverItsAxes) {
  const Tensor<double> x = expect::scattered({2, 3, 4}) * 100.0;
  EXPECT_TRUE(expect::near(sum(Softmax<double>({.axis = {1, 2}})(x), {.axes = {1, 2}}), Tensor<double>::ones({2})));
  EXPECT_TRUE(expect::near(Softmax<double>({.axis = {2}})(x), softmax(x)));
  EXPECT_TRUE(expect::error<ValueError>([] { Softmax(SoftmaxOptions{.axis = {}}); }, {"Softmax", "axis"}));
}
