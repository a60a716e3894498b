// Gradients with respect to the inputs of layers and models; operations that stop or change gradients.
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace {

using namespace lamina;
using lamina::testing::check_gradient;
using lamina::testing::random_tensor;
using lamina::testing::tensors_equal;
using lamina::testing::tensors_near;

using Values = std::vector<Tensor<double>>;

TEST(Saliency, OfALinearModelIsTheProductOfItsKernels) {
  const Sequential<double> model{Dense<double>(4), Dense<double>(1)};
  Tensor<double> x = random_tensor<double>({5, 3}, 1);
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> saliency = tape.gradient(model(x), x);
  const auto weights = model.get_weights();
  const Tensor<double> slopes = transpose(matmul(weights[0], weights[2]));
  for (Index i = 0; i < 5; ++i) EXPECT_TRUE(tensors_near(saliency.rows_view(i, i + 1), slopes, 1e-14));
}

TEST(Saliency, OfAModelAgreesWithFiniteDifferences) {
  const Sequential<double> model{Flatten<double>(), Dense<double>(6, "tanh"), Dropout<double>(0.5),
                                 Dense<double>(4, "sigmoid"), Dense<double>(3, "softmax")};
  const Tensor<double> x = random_tensor<double>({2, 2, 3}, 1);
  model(x);
  EXPECT_TRUE(check_gradient(model, {x}, {.second_order = true}));
}

// Saliency maps: the gradient of the score of the predicted class with respect to each image; weights do not change.
TEST(Saliency, OfThePredictedClassOfEachSample) {
  const Sequential<double> model{Dense<double>(6, "tanh"), Dense<double>(3)};
  Tensor<double> images = random_tensor<double>({4, 5}, 2);
  model(images);
  const Values before = model.get_weights();
  GradientTape<double> tape;
  tape.watch(images);
  const Tensor<double> scores = model(images);
  const Tensor<double> saliency = tape.gradient((max)(scores, {.axes = {-1}}), images);
  const auto jacobian_of = [&](Index i) { return jacobian(model, images.rows_view(i, i + 1)); };
  for (Index i = 0; i < 4; ++i) {
    const auto best = static_cast<Index>(argmax(scores.rows_view(i, i + 1)).item());
    const Tensor<double> all = jacobian_of(i);
    for (Index j = 0; j < 5; ++j) EXPECT_NEAR(saliency(i, j), all(0, best, 0, j), 1e-14);
  }
  EXPECT_TRUE(expect::same(model.get_weights(), before));
}

TEST(Saliency, RequiresNoGradientOfTheWeights) {
  Sequential<double> model{Dense<double>(4, "relu"), Dense<double>(1)};
  Tensor<double> x = random_tensor<double>({5, 3}, 1);
  const auto saliency = [&] {
    Tensor<double> in = x;
    GradientTape<double> tape;
    tape.watch(in);
    return tape.gradient(model(in), in);
  };
  const Tensor<double> trained = saliency();
  model.set_trainable(false);
  EXPECT_TRUE(tensors_equal(saliency(), trained));
}

TEST(StopGradient, BetweenLayersStopsTrainingOfEarlierLayers) {
  const auto first = std::make_shared<Dense<double>>(4), second = std::make_shared<Dense<double>>(1);
  Sequential<double> model{first, Lambda<double>([](const auto& h) { return stop_gradient(h); }), second};
  const Tensor<double> x = random_tensor<double>({8, 3}, 1), y = random_tensor<double>({8, 1}, 2);
  model(x);
  {
    GradientTape<double> tape;
    const auto gradients = tape.gradient(mean(square(model(x) - y)), model.trainable_variables());
    ASSERT_EQ(gradients.size(), 4U);
    EXPECT_FALSE(gradients[0].defined());
    EXPECT_FALSE(gradients[1].defined());
    EXPECT_TRUE(gradients[2].defined());
    EXPECT_TRUE(gradients[3].defined());
  }
  const Values before = first->get_weights(), other = second->get_weights();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.fit(x, y, {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(first->get_weights(), before));
  EXPECT_FALSE(expect::same(second->get_weights(), other));
}

// A target computed from the model's own predictions, as in self-training, is a constant for the gradient.
TEST(StopGradient, OfATargetComputedByTheModel) {
  const Dense<double> layer(2, "tanh");
  Tensor<double> x = random_tensor<double>({3, 2}, 1);
  layer(x);
  const auto variables = layer.trainable_variables();
  const Tensor<double> target = layer(layer(x)).detached();
  GradientTape<double> tape({.persistent = true});
  const Tensor<double> own = mean(square(layer(x) - stop_gradient(layer(layer(x)))));
  const Tensor<double> given = mean(square(layer(x) - target));
  EXPECT_TRUE(expect::same(tape.gradient(own, variables), tape.gradient(given, variables)));
  const Tensor<double> open = mean(square(layer(x) - layer(layer(x))));
  EXPECT_FALSE(expect::same(tape.gradient(open, variables), tape.gradient(given, variables)));
}

/// y = x w³ with a custom gradient.
struct HandMade : Layer<double> {
  void build(const Shape& input) override { w_ = add_weight("w", {input.back()}, RandomNormal({.stddev = 1})); }
  Tensor<double> call(const Tensor<double>& x) const override {
    static const auto scaled =
        custom_gradient([](const auto& a, const auto& w) { return a * w * w * w; },
                        [](const auto& dy, const auto& a, const auto& w) {
                          return std::array{dy * w * w * w, sum(dy * a, {.axes = {0}}) * 3 * w * w};
                        });
    return scaled(x, w_);
  }
  Variable<double> w_;
};

TEST(CustomGradientInALayer, IsDifferentiatedTwice) {
  const HandMade layer;
  const Dense<double> after(2, "tanh");
  const Tensor<double> x = random_tensor<double>({4, 3}, 1);
  after(layer(x));
  EXPECT_TRUE(check_gradient([&](const auto& t) { return after(layer(t)); }, {x}, {.second_order = true}));

  const Variable<double>& w = layer.w_;
  const auto by_hand = [&] { return sum(square(after(layer(x)))); };
  const auto by_rules = [&] { return sum(square(after(x * w * w * w))); };
  EXPECT_TRUE(tensors_near(hessian(by_hand, w), hessian(by_rules, w), 1e-12));
  const std::vector<Variable<double>> all{w, after.trainable_variables()[0]};
  const Values v{random_tensor<double>({3}, 2), random_tensor<double>({3, 2}, 3)};
  const Values found = hessian_vector_product(by_hand, all, v), expected = hessian_vector_product(by_rules, all, v);
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_TRUE(tensors_near(found[i], expected[i], 1e-12)) << i;
}

// Gradient reversal between shared features and an adversarial head (Ganin and Lempitsky, 2015).
TEST(CustomGradientInALayer, ReversesTheGradientInAModel) {
  const auto features = std::make_shared<Dense<double>>(4, Activation<double>("tanh"));
  const auto head = std::make_shared<Dense<double>>(1);
  const auto reverse = [](const Tensor<double>& h) {
    static const auto reversed =
        custom_gradient([](const auto& t) { return t; }, [](const auto& dy, const auto&) { return dy * -0.5; });
    return reversed(h);
  };
  const Sequential<double> plain{features, head}, adversarial{features, Lambda<double>(reverse), head};
  const Tensor<double> x = random_tensor<double>({8, 3}, 1);
  EXPECT_TRUE(tensors_equal(adversarial(x), plain(x)));
  GradientTape<double> tape({.persistent = true});
  const Tensor<double> a = sum(square(plain(x))), b = sum(square(adversarial(x)));
  for (const auto& v : features->trainable_variables())
    EXPECT_TRUE(tensors_near(tape.gradient(b, v), tape.gradient(a, v) * -0.5, 1e-14));
  for (const auto& v : head->trainable_variables())
    EXPECT_TRUE(tensors_equal(tape.gradient(b, v), tape.gradient(a, v)));
}

// A straight-through estimator, as in quantized training: rounds in the forward pass, identity in the backward pass.
TEST(CustomGradientInALayer, StraightThroughEstimator) {
  const auto rounded = custom_gradient(
      [](const Tensor<double>& t) {
        Tensor<double> y = t.copy();
        y.mutable_array() = y.array().round();
        return y;
      },
      [](const auto& dy, const auto&) { return dy; });
  Sequential<double> model{Lambda<double>(
      [rounded](const auto& self, const auto& x) { return rounded(x * self.variable("scale", Tensor<double>(0.7))); })};
  const Tensor<double> x{{1.0}, {2.0}, {3.0}}, y{{2.0}, {4.0}, {6.0}};
  model.compile({.optimizer = SGD<double>(0.05), .loss = "mse"});
  model.fit(x, y, {.epochs = 50, .verbose = 0});
  EXPECT_TRUE(tensors_equal(model(x), y));
}

}  // namespace
