#include <lamina/activations/distributions.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

TEST(Distributions, AlongAnAxis) {
  using namespace activations;
  const Tensor<double> x = 3 * expect::scattered({4, 6, 2});
  const GradientCheckOptions both{.second_order = true};
  for (const Index axis : {-1, 0, 1}) {
    for (const Activation<double>& f :
         {Activation<double>(activations::Softmax{axis}), Activation<double>(LogSoftmax{axis}),
          Activation<double>(Sparsemax{axis}), Activation<double>(Glu{axis})}) {
      SCOPED_TRACE(f.to_config().to_string());
      EXPECT_TRUE(lamina::testing::check_gradient(f, {x}, both));
      EXPECT_TRUE(expect::same(Activation<double>::from_config(f.to_config())(x), f(x)));
    }
    const Tensor<double> totals = sum(Activation<double>(activations::Softmax{axis})(x), {.axes = {axis}});
    EXPECT_TRUE(expect::near(totals, Tensor<double>::ones(totals.shape()), {1e-14, 0}));
    const auto parts = split(x, 2, axis);
    EXPECT_TRUE(expect::near(Activation<double>(Glu{axis})(x), parts[0] * sigmoid(parts[1]), {1e-14, 0}));
  }
}

TEST(Distributions, SparsemaxAgreesWithKeras) {
  // A support of size one: 1 and zeros. A support of size two: c contains both cumulative sums, as in Keras 3.
  const Activation<double> f("sparsemax");
  EXPECT_TRUE(expect::same(f(Tensor<double>{5, 1, 2}), Tensor<double>{1, 0, 0}));
  // k = 2, c = (1, 1.5), τ = (2.5 - 1) / 2
  EXPECT_TRUE(expect::near(f(Tensor<double>{0.5, 1., -3.}), Tensor<double>{0., 0.25, 0.}));
  EXPECT_TRUE(expect::same(f(Tensor<double>{{7}, {-2}}), Tensor<double>{{1}, {1}}));
  const Tensor<double> with_nan = f(Tensor<double>{{1., std::nan("")}, {5., 1.}});
  EXPECT_TRUE(std::isnan(with_nan(0, 0)) && std::isnan(with_nan(0, 1)));
  EXPECT_EQ(with_nan(1, 0), 1);
}

TEST(Distributions, SoftmaxRowsSumToOne) {
  const Tensor<double> x = 3 * expect::scattered({4, 6});
  const Tensor<double> y = Activation<double>("softmax")(x), log_y = Activation<double>("log_softmax")(x);
  for (Index row = 0; row < 4; ++row) {
    double total = 0;
    for (Index j = 0; j < 6; ++j) total += std::exp(x(row, j));
    for (Index j = 0; j < 6; ++j) {
      EXPECT_NEAR(y(row, j), std::exp(x(row, j)) / total, 1e-15);
      EXPECT_NEAR(log_y(row, j), x(row, j) - std::log(total), 1e-14);
    }
  }
}

TEST(Distributions, RejectInvalidArguments) {
  using namespace activations;
  const Tensor<double> x{1., 2., 3.};
  EXPECT_TRUE(expect::error<ShapeError>([&] { Sparsemax()(Tensor<double>::zeros({2, 0})); }, {"sparsemax"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { activations::Softmax{.axis = 3}(x); }, {"axis 3"}));
}
