// Norms of vectors whose squares overflow or underflow, in all operations that divide by a norm.
#include "lamina/ops/norms.hpp"

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace lamina {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const Tensor<float> direction{0.6f, 0.8f};

TEST(L2Normalize, HandlesSquaresThatOverflowOrUnderflow) {
  for (const float size : {1.f, 1e17f, 1e19f, 5e37f})
    EXPECT_TRUE(expect::near(l2_normalize(Tensor<float>{3 * size, 4 * size}), direction, {1e-6, 0})) << size;
  for (const float size : {1e-30f, 1e-37f, 1e-10f, 1e19f})
    EXPECT_TRUE(expect::near(l2_normalize(Tensor<float>{3 * size, 4 * size}, -1, 0), direction, {1e-6, 0})) << size;
  EXPECT_TRUE(expect::near(l2_normalize(Tensor<double>{1.2e308, 1.6e308}), Tensor<double>{0.6, 0.8}, {1e-12, 0}));
  EXPECT_TRUE(expect::near(l2_normalize(Tensor<float>{3e-30f, 4e-30f}), Tensor<float>{3e-24f, 4e-24f}, {1e-6, 0}))
      << "epsilon is added";
}

TEST(L2Normalize, ScalesEachVectorSeparately) {
  const Tensor<float> x{{3e19f, 4e19f}, {3.f, 4.f}, {0.f, 0.f}, {3e-30f, 4e-30f}};
  const Tensor<float> expected{{0.6f, 0.8f}, {0.6f, 0.8f}, {0.f, 0.f}, {3e-24f, 4e-24f}};
  EXPECT_TRUE(expect::near(l2_normalize(x), expected, {1e-6, 0}));
}

TEST(L2Normalize, HasTheGradientOfItsFormula) {
  // d(x / |x|) = (dy - y (y · dy)) / |x|; with dy = (1, 0) and y = (0.6, 0.8): (0.64, -0.48) / |x|.
  for (const float size : {1.f, 1e19f}) {
    const Variable<float> x(Tensor<float>{3 * size, 4 * size});
    GradientTape<float> tape;
    const Tensor<float> y = sum(l2_normalize(x) * Tensor<float>{1.f, 0.f});
    EXPECT_TRUE(expect::near(tape.gradient(y, x) * size, Tensor<float>{0.128f, -0.096f}, {1e-5, 0})) << size;
  }
}

TEST(L2Normalize, PropagatesInfinityAndNaN) {
  const Tensor<float> y = l2_normalize(Tensor<float>{{inf, 1.f}, {std::nanf(""), 1.f}, {3.f, 4.f}});
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], 0);
  EXPECT_TRUE(std::isnan(y[2]) && std::isnan(y[3]));
  EXPECT_NEAR(y[4], 0.6f, 1e-6f);
}

TEST(L2Normalize, EmptyTensors) {
  EXPECT_EQ(l2_normalize(Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(l2_normalize(Tensor<float>::zeros({3, 0})).shape(), (Shape{3, 0}));
}

TEST(LargeVectors, InLayers) {
  const Tensor<float> x{{3e19f, 4e19f}};
  EXPECT_TRUE(expect::near(UnitNormalization()(x), Tensor<float>{{0.6f, 0.8f}}, {1e-6, 0}));
  EXPECT_TRUE(expect::near(UnitNormalization({.axis = {1, 2}})(reshape(x, {1, 2, 1})), Tensor<float>{{{0.6f}, {0.8f}}},
                           {1e-6, 0}));
  EXPECT_NEAR(Dot(1, {.normalize = true})({x, x}).item(), 1.f, 1e-6f);

  SpectralNormalization spectral(Dense(2, {.use_bias = false}));
  const Tensor<float> one{{1.f, 0.f}};
  spectral.ensure_built({None, 2});
  spectral.layer().set_weights({Tensor<float>{{3e19f, 0.f}, {0.f, 3e19f}}});
  EXPECT_NEAR(spectral(one, {.training = true})[0], 1.f, 1e-5f);
}

TEST(LargeVectors, InConstraints) {
  const Tensor<float> w{3e19f, 4e19f}, largest{1.2e38f, 1.6e38f}, both{{3e19f, 0.3f}, {4e19f, 0.4f}};
  EXPECT_TRUE(expect::near(UnitNorm()(w), direction, {1e-6, 0}));
  EXPECT_TRUE(expect::near(MaxNorm(1.0)(w), direction, {1e-6, 0}));
  EXPECT_TRUE(expect::near(MaxNorm(1.0)(largest), direction, {1e-6, 0}));
  EXPECT_TRUE(expect::near(MaxNorm(1.0)(both), Tensor<float>{{0.6f, 0.3f}, {0.8f, 0.4f}}, {1e-6, 0}));
  EXPECT_TRUE(expect::near(MinMaxNorm({.max_value = 2.0})(w), direction * 2.f, {1e-6, 0}));
  EXPECT_TRUE(expect::near(MinMaxNorm({.max_value = 1.0, .rate = 0.5})(w), w * 0.5f, {1e-6, 0}));
}

TEST(LargeVectors, InLossesAndRegularizers) {
  const Tensor<float> x{{3e19f, 4e19f}}, y{{3.f, 4.f}};
  EXPECT_NEAR(CosineSimilarity<float>()(x, y).item(), -1.f, 1e-6f);
  const Tensor<float> rows{{3e19f, 4e19f}, {3.f, 4.f}};
  EXPECT_NEAR(OrthogonalRegularizer({.factor = 1})(rows).item(), 1.f, 1e-6f);
}

}  // namespace
}  // namespace lamina
