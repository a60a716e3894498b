// Cross-entropies use the logits before a softmax or sigmoid: they are exact if probabilities are rounded to 0 or 1.
#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns the loss and its gradient with respect to the logits, as a training step computes them.
template <class S, class L, class Squash>
std::pair<S, Tensor<S>> through(const Squash& squash, const L& loss, const Tensor<S>& y_true, Tensor<S> logits) {
  const detail::KeepLogits<S> keep;
  GradientTape<S> tape;
  tape.watch(logits);
  const Tensor<S> value = loss(y_true, squash(logits));
  return {value.item(), tape.gradient(value, logits)};
}

const auto by_softmax = [](const auto& x) { return softmax(x); };
const auto by_sigmoid = [](const auto& x) { return sigmoid(x); };

}  // namespace

template <class S>
class LogitsBehind : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(LogitsBehind, Scalars);

TYPED_TEST(LogitsBehind, ASoftmaxWithIntegerLabels) {
  using S = TypeParam;
  const SparseCategoricalCrossentropy<S> loss;
  const auto [value, gradient] =
      through<S>(by_softmax, loss, Tensor<S>{1, 0}, Tensor<S>{{S(1000), S(-1000)}, {S(1000), S(-1000)}});
  EXPECT_EQ(value, 1000) << "the mean of 2000 and 0";
  EXPECT_TRUE(expect::same(gradient, Tensor<S>{{S(0.5), S(-0.5)}, {S(0), S(0)}}));
}

TYPED_TEST(LogitsBehind, ASoftmaxWithOneHotTargets) {
  using S = TypeParam;
  const CategoricalCrossentropy<S> loss;
  const auto [value, gradient] = through<S>(by_softmax, loss, Tensor<S>{{S(0), S(1)}, {S(1), S(0)}},
                                            Tensor<S>{{S(1000), S(-1000)}, {S(1000), S(-1000)}});
  EXPECT_EQ(value, 1000);
  EXPECT_TRUE(expect::same(gradient, Tensor<S>{{S(0.5), S(-0.5)}, {S(0), S(0)}}));
}

TYPED_TEST(LogitsBehind, ASigmoid) {
  using S = TypeParam;
  const BinaryCrossentropy<S> loss;
  const auto [value, gradient] = through<S>(by_sigmoid, loss, Tensor<S>{{S(0)}, {S(1)}, {S(1)}, {S(0)}},
                                            Tensor<S>{{S(1000)}, {S(1000)}, {S(-1000)}, {S(-1000)}});
  EXPECT_EQ(value, 500);
  EXPECT_TRUE(expect::same(gradient, Tensor<S>{{S(0.25)}, {S(0)}, {S(-0.25)}, {S(0)}}));
}

TYPED_TEST(LogitsBehind, AgreeWithProbabilitiesIfBothAreExact) {
  using S = TypeParam;
  const Tensor<S> x = expect::scattered<S>({6, 4}), labels{0, 1, 2, 3, 0, 1};
  const SparseCategoricalCrossentropy<S> loss, of_logits({.from_logits = true});
  const auto behind = through<S>(by_softmax, loss, labels, x);
  EXPECT_NEAR(behind.first, loss(labels, softmax(x)).item(), 1e-6) << "outside a step: from probabilities";
  EXPECT_EQ(behind.first, of_logits(labels, x).item());
}

TYPED_TEST(LogitsBehind, AreThoseOfTheRightTensor) {
  using S = TypeParam;
  const detail::KeepLogits<S> keep;
  const Tensor<S> a{{S(1), S(2)}}, b{{S(5), S(-5)}};
  const Tensor<S> p = softmax(a), q = softmax(b);
  const SparseCategoricalCrossentropy<S> loss;
  EXPECT_NEAR(loss(Tensor<S>{0}, p).item(), std::log(1 + std::exp(S(1))), 1e-6);
  EXPECT_NEAR(loss(Tensor<S>{0}, q).item(), std::log1p(std::exp(S(-10))), 1e-6);
  EXPECT_NEAR(loss(Tensor<S>{0}, p * S(1)).item(), std::log(1 + std::exp(S(1))), 1e-5) << "a different tensor";
}

TEST(Logits, OfAModelThatEndsInASoftmaxAreExactInTraining) {
  Sequential<double> model{Dense<double>(2, {.activation = "softmax", .use_bias = false})};
  model.build({None, 1});
  model.set_weights({Tensor{{1000., -1000.}}});
  model.compile({.optimizer = SGD<double>(0.0), .loss = "sparse_categorical_crossentropy"});
  EXPECT_EQ(model.test_on_batch(Tensor{{1.}}, Tensor{1.})["loss"], 2000);
  EXPECT_EQ(model.train_on_batch(Tensor{{1.}}, Tensor{1.})["loss"], 2000);
}

TEST(Logits, OfAnActivationLayerAreStored) {
  Sequential<double> model{Dense<double>(1, {.use_bias = false}), Activation<double>("sigmoid")};
  model.build({None, 1});
  model.set_weights({Tensor{{1000.}}});
  model.compile({.optimizer = "sgd", .loss = "binary_crossentropy"});
  EXPECT_EQ(model.test_on_batch(Tensor{{1.}}, Tensor{{0.}})["loss"], 1000);
}
