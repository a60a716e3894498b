// Values, reductions, weights, shapes and gradients of every loss.
#include "support/expect.hpp"
#include "support/golden.hpp"

using namespace lamina;

namespace {

constexpr Reduction each = Reduction::none, total = Reduction::sum;

const Tensor<double> half{0.5, 0.5};

/// Gradients of a loss in both arguments' scalars against central differences.
template <class L>
void check_gradient(const L& loss, const Tensor<double>& y_true, const Tensor<double>& y_pred,
                    const Tensor<double>& weight = {}) {
  Tensor<double> x = y_pred.copy(), slopes = y_pred.copy();
  double* out = slopes.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    Tensor<double> up = x.copy(), down = x.copy();
    up.mutable_data()[i] += 1e-6;
    down.mutable_data()[i] -= 1e-6;
    out[i] = (sum(loss(y_true, up, weight)).item() - sum(loss(y_true, down, weight)).item()) / 2e-6;
  }
  GradientTape<double> tape;
  tape.watch(x);
  EXPECT_TRUE(expect::near(tape.gradient(sum(loss(y_true, x, weight)), x), slopes, {1e-6, 1e-8})) << loss.class_name();
}

}  // namespace

TEST(MeanSquaredError, GivesItsFormula) {
  const Tensor<double> t{{1., 2.}, {3., 4.}}, p{{1., 4.}, {0., 4.}};
  EXPECT_TRUE(expect::near(MeanSquaredError<double>(each)(t, p), Tensor{2., 4.5}));
  EXPECT_NEAR(MeanSquaredError<double>(total)(t, p).item(), 6.5, 1e-15);
  EXPECT_NEAR(MeanSquaredError<double>()(t, p).item(), 3.25, 1e-15);
  EXPECT_EQ(MeanSquaredError<double>()(t, p).rank(), 0);
  check_gradient(MeanSquaredError<double>(), t, p);
  check_gradient(MeanSquaredError<double>(each), t, p);
  check_gradient(MeanSquaredError<double>(total), expect::scattered({3, 4, 5}), expect::scattered({3, 4, 5}, 2));
}

TEST(MeanSquaredError, HasAGradientInTheTargetsAndAgainInTheGradient) {
  Tensor<double> t{{1., 2.}}, p{{3., 5.}};
  GradientTape<double> outer;
  outer.watch(t);
  outer.watch(p);
  GradientTape<double> inner;
  inner.watch(p);
  const Tensor<double> gradient = inner.gradient(MeanSquaredError<double>()(t, p), p);
  EXPECT_TRUE(expect::near(gradient, Tensor{{2., 3.}}));
  const auto second = outer.gradient(sum(gradient), std::vector<Tensor<double>>{p, t});
  EXPECT_TRUE(expect::near(second[0], Tensor{{1., 1.}}));
  EXPECT_TRUE(expect::near(second[1], Tensor{{-1., -1.}}));
}

TEST(BinaryCrossentropy, GivesItsFormula) {
  const Tensor<double> t{{1., 0.}, {0., 1.}}, p{{0.8, 0.3}, {0.6, 0.9}};
  const double first = -(std::log(0.8) + std::log(0.7)) / 2, second = -(std::log(0.4) + std::log(0.9)) / 2;
  EXPECT_TRUE(expect::near(BinaryCrossentropy<double>({.reduction = each})(t, p), Tensor{first, second}));
  EXPECT_NEAR(BinaryCrossentropy<double>()(t, p).item(), (first + second) / 2, 1e-14);
  const Tensor<double> x = log(p / (1 - p));
  EXPECT_NEAR(BinaryCrossentropy<double>({.from_logits = true})(t, x).item(), (first + second) / 2, 1e-14);
  const double smooth = -(0.9 * std::log(0.8) + 0.1 * std::log(0.2) + 0.1 * std::log(0.3) + 0.9 * std::log(0.7)) / 2;
  EXPECT_NEAR(BinaryCrossentropy<double>({.label_smoothing = 0.2, .reduction = each})(t, p)[0], smooth, 1e-14);
  check_gradient(BinaryCrossentropy<double>(), t, p);
  check_gradient(BinaryCrossentropy<double>({.from_logits = true}), t, x);
  check_gradient(BinaryCrossentropy<double>({.from_logits = true, .label_smoothing = 0.3}), t, x);
}

TEST(CategoricalCrossentropy, GivesItsFormula) {
  const Tensor<double> t{{0., 1., 0.}, {1., 0., 0.}}, p{{0.2, 0.5, 0.3}, {0.1, 0.1, 0.8}};
  EXPECT_TRUE(
      expect::near(CategoricalCrossentropy<double>({.reduction = each})(t, p), Tensor{-std::log(0.5), -std::log(0.1)}));
  EXPECT_NEAR(CategoricalCrossentropy<double>()(t, 4 * p).item(), -(std::log(0.5) + std::log(0.1)) / 2, 1e-14)
      << "rows are scaled to a sum of 1";
  const Tensor<double> x = log(p) + 3;
  EXPECT_TRUE(expect::near(CategoricalCrossentropy<double>({.from_logits = true, .reduction = each})(t, x),
                           Tensor{-std::log(0.5), -std::log(0.1)}));
  const double smooth = -(0.1 * std::log(0.2) + 0.8 * std::log(0.5) + 0.1 * std::log(0.3));
  EXPECT_NEAR(CategoricalCrossentropy<double>({.label_smoothing = 0.3, .reduction = each})(t, p)[0], smooth, 1e-14);
  check_gradient(CategoricalCrossentropy<double>(), t, p);
  check_gradient(CategoricalCrossentropy<double>({.from_logits = true}), t, x);
}

TEST(SparseCategoricalCrossentropy, AgreesWithOneHotTargets) {
  const Tensor<double> labels{1, 0, 2, 2}, p = exp(expect::scattered({4, 3})), x = expect::scattered({4, 3});
  const Tensor<double> one_hot{{0., 1., 0.}, {1., 0., 0.}, {0., 0., 1.}, {0., 0., 1.}};
  for (const Reduction reduction : {each, total, Reduction::sum_over_batch_size}) {
    EXPECT_TRUE(expect::near(SparseCategoricalCrossentropy<double>({.reduction = reduction})(labels, p),
                             CategoricalCrossentropy<double>({.reduction = reduction})(one_hot, p)));
    const SparseCategoricalCrossentropy<double> sparse({.from_logits = true, .reduction = reduction});
    const CategoricalCrossentropy<double> dense({.from_logits = true, .reduction = reduction});
    EXPECT_TRUE(expect::near(sparse(labels, x), dense(one_hot, x)));
    check_gradient(sparse, labels, x);
  }
  check_gradient(SparseCategoricalCrossentropy<double>(), labels, p);
  check_gradient(SparseCategoricalCrossentropy<double>({.from_logits = true}), labels, x, Tensor{1., 0., 2., 0.5});
}

TEST(SparseCategoricalCrossentropy, TakesLabelsWithAndWithoutALastAxis) {
  const Tensor<double> x = expect::scattered({2, 3, 4});
  const SparseCategoricalCrossentropy<double> loss({.from_logits = true, .reduction = each});
  const Tensor<double> flat = loss(Tensor{{0, 1, 2}, {3, 0, 1}}.cast<double>(), x);
  EXPECT_EQ(flat.shape(), (Shape{2, 3}));
  EXPECT_TRUE(expect::same(loss(reshape(Tensor{{0, 1, 2}, {3, 0, 1}}.cast<double>(), {2, 3, 1}), x), flat));
}

TEST(SparseCategoricalCrossentropy, LabelsThatAreNoClassAreErrors) {
  const SparseCategoricalCrossentropy<float> loss;
  const Tensor<float> p = Tensor<float>::full({2, 3}, 1.f / 3);
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        loss(Tensor{0, 3}, p);
      },
      {"SparseCategoricalCrossentropy", "label 3 of sample 1", "from 0 to 2"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{-1, 0}, p); }, {"label -1 of sample 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{0.f, 0.5f}, p); }, {"label 0.5 of sample 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{std::nanf(""), 0.f}, p); }, {"label nan of sample 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor{0, 1, 2}, p); }, {"one label", "(2, 3)", "(3,)"}));
}

TEST(Losses, ShapesThatDoNotMatchAreErrors) {
  const Tensor<double> p = Tensor<double>::full({4, 2}, 0.5);
  const auto refuses = [&](const Loss<double>& loss) {
    SCOPED_TRACE(loss.class_name());
    const std::string who = loss.class_name();
    EXPECT_TRUE(expect::error<ShapeError>(
        [&] {
          loss(Tensor<double>::ones({4, 3}), p);
        },
        {who.c_str(), "(4, 3)", "(4, 2)"}));
    EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor<double>::ones({8}), p); }, {"(8,)"}));
    EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor<double>::ones({1, 2}), p); }, {"(1, 2)"}));
  };
  refuses(MeanSquaredError<double>());
  refuses(MeanSquaredError<double>(each));
  refuses(BinaryCrossentropy<double>());
  refuses(CategoricalCrossentropy<double>());
}

TEST(Losses, ALastAxisOfOneMayBeMissingOnEitherSide) {
  const Tensor<double> t{1., 0., 1.}, p{{0.7}, {0.4}, {0.9}};
  const double mse = MeanSquaredError<double>()(reshape(t, {3, 1}), p).item();
  EXPECT_NEAR(mse, (0.09 + 0.16 + 0.01) / 3, 1e-15);
  EXPECT_EQ(MeanSquaredError<double>()(t, p).item(), mse);
  EXPECT_EQ(MeanSquaredError<double>()(reshape(t, {3, 1}), reshape(p, {3})).item(), mse);
  EXPECT_EQ(BinaryCrossentropy<double>()(t, p).item(), BinaryCrossentropy<double>()(reshape(t, {3, 1}), p).item());
  check_gradient(MeanSquaredError<double>(), t, p);
}

TEST(Losses, SampleWeightsMultiply) {
  const Tensor<double> t{{1., 2.}, {3., 4.}}, p{{1., 4.}, {0., 4.}}, weight{2., 10.};
  EXPECT_TRUE(expect::near(MeanSquaredError<double>(each)(t, p, weight), Tensor{4., 45.}));
  EXPECT_NEAR(MeanSquaredError<double>()(t, p, weight).item(), 24.5, 1e-14)
      << "over the number of samples, as Keras has it";
  EXPECT_NEAR(MeanSquaredError<double>()(t, p, reshape(weight, {2, 1})).item(), 24.5, 1e-14);
  EXPECT_NEAR(MeanSquaredError<double>(total)(t, p, weight).item(), 49, 1e-14);
  check_gradient(MeanSquaredError<double>(), t, p, weight);
}

TEST(Losses, SampleWeightsStretchOverSequences) {
  const Tensor<double> t = expect::scattered({2, 3, 4}), p = expect::scattered({2, 3, 4}, 2);
  const MeanSquaredError<double> loss(each);
  const Tensor<double> values = loss(t, p);
  EXPECT_TRUE(expect::near(loss(t, p, Tensor{2., 3.}), values * Tensor{{2., 2., 2.}, {3., 3., 3.}}));
  const Tensor<double> full = expect::scattered({2, 3}, 3);
  EXPECT_TRUE(expect::near(loss(t, p, full), values * full));
}

TEST(MeanSquaredError, GivesItsGradientAgainWhereTheTapeIsPersistent) {
  const Tensor<double> t = expect::scattered({5, 4}, 1);
  Tensor<double> p = expect::scattered({5, 4}, 2);
  const Tensor<double> expected = (p - t) * (2.0 / 20);
  GradientTape<double> tape({.persistent = true});
  tape.watch(p);
  const Tensor<double> loss = MeanSquaredError<double>()(t, p);
  EXPECT_TRUE(expect::near(tape.gradient(loss, p), expected));
  EXPECT_TRUE(expect::near(tape.gradient(loss, p), expected));
  GradientTape<double> once;
  once.watch(p);
  EXPECT_TRUE(expect::near(once.gradient(MeanSquaredError<double>()(t, p), p), expected));
}

TEST(Losses, OfAnEmptyBatchAreZero) {
  const Tensor<double> none = Tensor<double>::zeros({0, 2});
  EXPECT_EQ(MeanSquaredError<double>()(none, none).item(), 0);
  EXPECT_EQ(MeanSquaredError<double>(total)(none, none).item(), 0);
  EXPECT_EQ(MeanSquaredError<double>(each)(none, none).shape(), Shape{0});
}

TEST(Losses, AreWrittenAsFunctions) {
  const LossFunction<double> loss([](const auto& t, const auto& p) { return mean(abs(t - p), {.axes = {-1}}); });
  const Tensor<double> t{{1., 2.}, {3., 4.}}, p{{1., 4.}, {0., 4.}};
  EXPECT_NEAR(loss(t, p).item(), 1.25, 1e-15);
  EXPECT_NEAR(loss(t, p, Tensor{1., 0.}).item(), 0.5, 1e-15);
  check_gradient(loss, t, p);
  const LossFunction<double> in_all([](const auto& t2, const auto& p2) { return sum(square(t2 - p2)); });
  EXPECT_NEAR(in_all(t, p).item(), 13, 1e-15);
}

TEST(Losses, ReductionsHaveNames) {
  EXPECT_EQ(reduction_named("sum_over_batch_size"), Reduction::sum_over_batch_size);
  EXPECT_EQ(reduction_named("mean"), Reduction::mean);
  EXPECT_EQ(reduction_named("sum"), Reduction::sum);
  EXPECT_EQ(reduction_named("none"), Reduction::none);
  EXPECT_TRUE(expect::error<ValueError>([] { reduction_named("sun"); }, {"reduction \"sun\"", "\"sum\""}));
}
