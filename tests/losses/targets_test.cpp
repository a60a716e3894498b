// Targets and predictions are matched in rank before a loss is called, and all losses respect the axis of the classes.
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

constexpr Reduction each = Reduction::none;

/// A custom loss that would broadcast (n, 1) with (n,).
struct Squares : Loss<double> {
  using Loss<double>::Loss;
  std::string class_name() const override { return "Squares"; }
  Tensor<double> call(const Tensor<double>& t, const Tensor<double>& p) const override { return mean(square(t - p)); }
};
Tensor<double> squares(const Tensor<double>& t, const Tensor<double>& p) { return mean(square(t - p)); }

const LossFunction<double> of_function(squares),
    of_lambda([](const auto& t, const auto& p) { return mean(square(t - p)); });

}  // namespace

TEST(Targets, OfCustomLossesAreMatchedToPredictions) {
  const Tensor<double> p{{1.}, {2.}, {4.}}, t{0., 2., 7.};
  const double expected = 10.0 / 3;
  const Squares derived;
  for (const Loss<double>* loss : std::initializer_list<const Loss<double>*>{&derived, &of_function, &of_lambda}) {
    SCOPED_TRACE(loss->class_name());
    EXPECT_NEAR((*loss)(t, p).item(), expected, 1e-12);
    EXPECT_NEAR((*loss)(reshape(t, {3, 1}), p).item(), expected, 1e-12);
    EXPECT_NEAR((*loss)(reshape(t, {3, 1}), reshape(p, {3})).item(), expected, 1e-12);
    // Ranks 2 and 3: the axis of size 1 is removed, from targets or predictions.
    const Tensor<double> u = expect::scattered({3, 4}), v = expect::scattered({3, 4}, 2);
    EXPECT_NEAR((*loss)(u, reshape(v, {3, 4, 1})).item(), squares(u, v).item(), 1e-12);
    EXPECT_NEAR((*loss)(reshape(u, {3, 4, 1}), v).item(), squares(u, v).item(), 1e-12);
    EXPECT_NEAR((*loss)(t, p, Tensor{3., 3., 3.}).item(), 3 * expected, 1e-12);
    EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& x) { return (*loss)(t, x); }, {p}));
  }
}

TEST(Targets, ShapesOfEveryLossAreMatchedOrRejected) {
  // Elementwise losses of (n,) and (n, 1), and their errors for ranks that cannot be matched.
  const Tensor<double> t{1., 0., 1.}, p{{0.7}, {0.4}, {0.9}};
  for (const char* name :
       {"mse", "mae", "mape", "msle", "huber", "log_cosh", "cosine_similarity", "hinge", "squared_hinge",
        "categorical_hinge", "kl_divergence", "poisson", "binary_crossentropy", "binary_focal_crossentropy",
        "categorical_crossentropy", "categorical_focal_crossentropy", "dice", "tversky"}) {
    SCOPED_TRACE(name);
    const auto loss = LossFamily<double>::Table::from_config("loss", name);
    EXPECT_EQ((*loss)(t, p).item(), (*loss)(reshape(t, {3, 1}), p).item());
    EXPECT_EQ((*loss)(reshape(t, {3, 1}), reshape(p, {3})).item(), (*loss)(reshape(t, {3, 1}), p).item());
    const std::string who = loss->class_name();
    EXPECT_TRUE(expect::error<ShapeError>(
        [&] {
          (*loss)(Tensor<double>::ones({3, 2, 2}), p);
        },
        {who.c_str(), "(3, 2, 2)", "(3, 1)"}));
    EXPECT_TRUE(expect::error<ShapeError>([&] { (*loss)(t, Tensor<double>::full({3, 3}, 0.5)); }, {"(3,)", "(3, 3)"}));
    EXPECT_TRUE(expect::error<ShapeError>([&] { loss->call(t, p); }, {"(3,)", "(3, 1)"}))
        << "not inside the loss either";
  }
}

TEST(Targets, OfCustomLossesMayBeLabelsButAreNotBroadcast) {
  const auto shapes = [](const Shape& t, const Shape& p) {
    Shape got;
    LossFunction<double>([&](const auto& a, const auto& b) {
      got = a.shape();
      return mean(b);
    })(Tensor<double>::ones(t), Tensor<double>::ones(p));
    return got;
  };
  EXPECT_EQ(shapes({3}, {3, 4}), Shape{3}) << "labels of whole rows";
  EXPECT_EQ(shapes({3, 4}, {3, 4, 5}), (Shape{3, 4}));
  EXPECT_EQ(shapes({3, 2}, {3, 1}), (Shape{3, 2})) << "targets of equal rank are passed unchanged";
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({3, 3}, {3}); }, {"LossFunction", "(3, 3)", "(3,)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({3, 1, 1}, {3}); }, {"(3, 1, 1)", "(3,)", "target_rule"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({4, 5}, {4, 4, 5}); }, {"(4, 5)", "(4, 4, 5)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({}, {3}); }, {"()", "(3,)"}));
  // A loss whose targets have a different shape declares it.
  const LossFunction<double> own([](const auto& t, const auto& p) { return sum(t) * mean(p); },
                                 Reduction::sum_over_batch_size, {.matched = false});
  EXPECT_EQ(own(Tensor<double>::ones({3, 2, 2}), Tensor<double>::ones({3})).item(), 12);
}

TEST(Targets, TheLogitsFollowPredictionsThatLoseAnAxis) {
  // The sigmoid of this logit is 1 in float; only the logit contains the size of the error.
  Sequential model{Activation("sigmoid")};
  model.compile({.optimizer = "sgd", .loss = "binary_crossentropy", .metrics = {"binary_crossentropy"}});
  const Tensor<float> x{{{40.f}, {40.f}}, {{40.f}, {40.f}}}, t{{0.f, 0.f}, {0.f, 0.f}};
  const Logs logs = model.test_on_batch(x, t);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["loss"]), 40);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["binary_crossentropy"]), 40);
}

TEST(ClassAxis, LabelSmoothingUsesItsNumberOfClasses) {
  const Tensor<double> t{{{1., 0.}, {0., 1.}, {0., 0.}}}, p{{{.8, .1}, {.1, .8}, {.1, .1}}};
  const double expected = -(0.9 + 0.1 / 3) * std::log(0.8) - 2 * (0.1 / 3) * std::log(0.1);
  EXPECT_NEAR(expected, 0.361773, 1e-6);
  EXPECT_NEAR(CategoricalCrossentropy<double>({.label_smoothing = 0.1, .axis = 1})(t, p).item(), expected, 1e-12);
  EXPECT_NEAR(CategoricalCrossentropy<double>({.label_smoothing = 0.1, .axis = -2})(t, p).item(), expected, 1e-12);
  metrics::CategoricalCrossentropy<double> metric({.label_smoothing = 0.1, .axis = 1});
  metric.update_state(t, p);
  EXPECT_NEAR(metric.result(), expected, 1e-12);
}

TEST(ClassAxis, AgreesWithTheLastAxisAfterATransposition) {
  // Compares every loss that has an axis, with all its options, with itself along the last axis.
  const Tensor<double> t = softmax(expect::scattered({2, 3, 4}, 5)), x = expect::scattered({2, 3, 4}, 6);
  const auto turned = [](const Tensor<double>& y) { return transpose(y, {0, 2, 1}); };
  const auto agree = [&](const Loss<double>& last, const Loss<double>& other, const Tensor<double>& p) {
    SCOPED_TRACE(last.class_name());
    EXPECT_TRUE(expect::near(other(turned(t), turned(p)), last(t, p), {1e-12, 1e-14}));
    const Tensor<double> weight = expect::scattered({2, 3}, 7), mask{{1., 0., 1.}, {0., 0., 1.}};
    EXPECT_TRUE(expect::near(other(turned(t), turned(p), weight, mask), last(t, p, weight, mask), {1e-12, 1e-14}));
  };
  for (const bool logits : {false, true}) {
    const Tensor<double> p = logits ? x : softmax(x) * 0.9 + 0.02;
    for (const double smoothing : {0.0, 0.3}) {
      agree(CategoricalCrossentropy<double>({logits, smoothing, -1, each}),
            CategoricalCrossentropy<double>({logits, smoothing, 1, each}), p);
      agree(BinaryCrossentropy<double>({logits, smoothing, -1, each}),
            BinaryCrossentropy<double>({logits, smoothing, 1, each}), p);
      agree(BinaryFocalCrossentropy<double>({true, 0.3, 1.5, logits, smoothing, -1, each}),
            BinaryFocalCrossentropy<double>({true, 0.3, 1.5, logits, smoothing, 1, each}), p);
      for (const OneOrMore<double>& alpha : {OneOrMore<double>(0.25), OneOrMore<double>{0.1, 0.5, 0.9, 0.3}})
        agree(CategoricalFocalCrossentropy<double>({alpha, 1.5, logits, smoothing, -1, each}),
              CategoricalFocalCrossentropy<double>({alpha, 1.5, logits, smoothing, 1, each}), p);
    }
  }
  agree(CosineSimilarity<double>({.reduction = each}), CosineSimilarity<double>({.axis = 1, .reduction = each}), x);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        CategoricalFocalCrossentropy<double>({.alpha = {1, 2, 3, 4}, .axis = 1})(t, softmax(x));
      },
      {"3 classes", "got 4"}));
}
