// Samples with a weight or mask of 0 are excluded from losses and their gradients, whatever their values.
#include <limits>

#include "support/expect.hpp"

using namespace lamina;

namespace {

const double NaN = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

/// Returns the loss and its gradient with respect to the predictions.
std::pair<Tensor<double>, Tensor<double>> run(const Loss<double>& loss, const Tensor<double>& t, Tensor<double> p,
                                              const Tensor<double>& weight, const Tensor<double>& mask) {
  GradientTape<double> tape;
  tape.watch(p);
  const Tensor<double> y = loss(t, p, weight, mask);
  return {y, tape.gradient(sum(y), p)};
}

Tensor<double> with(Tensor<double> x, std::initializer_list<Index> at, double value) {
  x = x.copy();
  for (const Index i : at) x.mutable_data()[i] = value;
  return x;
}

/// Checks that the values of excluded samples have no effect. Targets (4, 3) or labels (4,): sample 1 is excluded.
void check(const Loss<double>& loss, const Tensor<double>& t, const Tensor<double>& p) {
  SCOPED_TRACE(loss.class_name());
  const Index k = t.size() / 4;
  for (const bool masked : {false, true}) {
    const Tensor<double> zeros{2., 0., 1., 3.}, none;
    const Tensor<double>&weight = masked ? none : zeros, &mask = masked ? zeros : none;
    const auto [y, slopes] = run(loss, t, p, weight, mask);
    ASSERT_TRUE(std::isfinite(sum(y).item()));
    for (const double bad : {NaN, inf, -inf}) {
      const Tensor<double> bad_t = k == 3 ? with(t, {3, 5}, bad) : with(t, {1}, bad), bad_p = with(p, {4}, bad);
      for (const auto& [u, v] : {std::pair{bad_t, p}, {t, bad_p}, {bad_t, bad_p}}) {
        const auto [same, same_slopes] = run(loss, u, v, weight, mask);
        EXPECT_TRUE(expect::near(same, y, {1e-12, 1e-14}));
        EXPECT_TRUE(expect::near(same_slopes, slopes, {1e-12, 1e-14}));
      }
    }
  }
}

}  // namespace

TEST(ExcludedSamples, HoldsForEveryLoss) {
  const Tensor<double> t = softmax(expect::scattered({4, 3}, 1)), p = softmax(expect::scattered({4, 3}, 2)),
                       bits{{1., 0., 0.}, {0., 1., 0.}, {0., 1., 1.}, {1., 0., 1.}}, labels{2., 0., 1., 0.};
  for (const char* reduction : {"sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"}) {
    SCOPED_TRACE(reduction);
    Config config;
    config["reduction"] = reduction;
    const auto made = [&](const char* name) {
      return LossFamily<double>::Table::from_config("loss", named_config(name, config));
    };
    for (const char* name :
         {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
          "Huber", "LogCosh", "CosineSimilarity", "KLDivergence", "Poisson", "BinaryCrossentropy",
          "BinaryFocalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge"})
      check(*made(name), t, p);
    for (const char* name : {"Hinge", "SquaredHinge"}) check(*made(name), bits, p);
    for (const char* name : {"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"})
      check(*made(name), labels, p);
    config["axis"] = Config::list({1});
    for (const char* name : {"Dice", "Tversky"}) check(*made(name), t, p);
    config["axis"] = 1;
    check(*made("CosineSimilarity"), t, p);
    config = Config::map();
    config["reduction"] = reduction;
    config["from_logits"] = true;
    for (const char* name : {"BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy"})
      check(*made(name), t, p);
    check(*made("SparseCategoricalCrossentropy"), labels, p);
    config["ignore_class"] = 2;
    check(*made("SparseCategoricalCrossentropy"), labels, p);
  }
}

TEST(ExcludedSamples, HoldsForLossesOfWholeBatches) {
  // Dice over all samples: the excluded one is not in the sums. Circle: it is in no pair.
  const Tensor<double> t{{1., 0.}, {0., 1.}, {1., 1.}}, p{{0.8, 0.3}, {0.4, 0.6}, {0.9, 0.5}}, weight{1., 0., 1.};
  const Tensor<double> kept_t{{1., 0.}, {1., 1.}}, kept_p{{0.8, 0.3}, {0.9, 0.5}};
  EXPECT_NEAR(Dice<double>()(with(t, {2}, NaN), p, weight).item(), Dice<double>()(kept_t, kept_p).item() * 2 / 3,
              1e-12);
  EXPECT_NEAR(Tversky<double>()(t, with(p, {3}, NaN), weight).item(), Tversky<double>()(kept_t, kept_p).item() * 2 / 3,
              1e-12);
  const Tensor<double> embeddings = l2_normalize(expect::scattered({5, 3})), labels{0., 1., 0., 1., 0.};
  const Tensor<double> used{1., 1., 0., 1., 1.};
  std::vector<Tensor<double>> rows;
  for (const Index i : {0, 1, 3, 4}) rows.push_back(embeddings.rows_view(i, i + 1));
  const Circle<double> circle({.gamma = 5, .reduction = Reduction::sum});
  const double expected = circle(Tensor{0., 1., 1., 0.}, concatenate(rows, 0)).item();
  const auto [y, slopes] = run(circle, labels, with(embeddings, {6, 7, 8}, NaN), used, {});
  EXPECT_NEAR(y.item(), expected, 1e-12);
  for (Index i = 0; i < slopes.size(); ++i) EXPECT_TRUE(std::isfinite(slopes[i])) << i;
  const Tensor<double> sequences{{1., 2.}, {NaN, 2.}}, logits = expect::scattered({2, 4, 3});
  EXPECT_NEAR(CTC<double>(Reduction::sum)(sequences, logits, Tensor{1., 0.}).item(),
              CTC<double>(Reduction::sum)(Tensor{{1., 2.}}, logits.rows_view(0, 1)).item(), 1e-12);
}

TEST(ExcludedSamples, HoldsForStepsOfSequences) {
  const Tensor<double> t = expect::scattered({2, 3, 4}), p = expect::scattered({2, 3, 4}, 2),
                       mask{{1., 0., 1.}, {1., 1., 0.}}, weight{{1., 2., 0.}, {1., 1., 1.}};
  const MeanSquaredError<double> loss;
  const Tensor<double> bad_t = with(with(t, {5}, NaN), {21}, inf), bad_p = with(p, {9, 23}, NaN);
  const auto [y, slopes] = run(loss, t, p, weight, mask);
  const auto [same, same_slopes] = run(loss, bad_t, bad_p, weight, mask);
  EXPECT_TRUE(expect::near(same, y));
  EXPECT_TRUE(expect::near(same_slopes, slopes));
  EXPECT_FALSE(std::isfinite(loss(bad_t, p, {}, Tensor{1., 1.}).item())) << "NaN in included samples is not hidden";
  // If the class axis is not the last one, weights lack that axis.
  const CosineSimilarity<double> cosine({.axis = 1});
  const Tensor<double> steps{{1., 0., 1., 1.}, {1., 1., 1., 1.}};
  const auto [c, c_slopes] = run(cosine, t, p, steps, {});
  const auto [c_same, c_same_slopes] = run(cosine, with(t, {1}, NaN), with(p, {5}, NaN), steps, {});
  EXPECT_TRUE(expect::near(c_same, c));
  EXPECT_TRUE(expect::near(c_same_slopes, c_slopes));
}

TEST(ExcludedSamples, LabelsNeedNotBeClasses) {
  const Tensor<double> logits = expect::scattered({2, 3, 4}), mask{{1., 1., 0.}, {1., 0., 0.}},
                       padded{{1., 3., -1.}, {0., -1., 255.}}, valid{{1., 3., 0.}, {0., 0., 0.}};
  const SparseCategoricalCrossentropy<double> loss({.from_logits = true});
  const auto [y, slopes] = run(loss, valid, logits, {}, mask);
  const auto [same, same_slopes] = run(loss, padded, logits, {}, mask);
  EXPECT_TRUE(expect::near(same, y));
  EXPECT_TRUE(expect::near(same_slopes, slopes));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(padded, logits); }, {"label -1"}));
}

TEST(ExcludedSamples, HoldsForFunctions) {
  // A ratio that is infinite if the target is 0; such samples have weight 0, but are otherwise valid.
  const LossFunction<double> ratio([](const auto& t, const auto& p) { return mean(abs((t - p) / t), {.axes = {-1}}); });
  const Tensor<double> t{{2.}, {0.}, {4.}}, p{{1.}, {3.}, {3.}}, weight{1., 0., 1.};
  const auto [y, slopes] = run(ratio, t, p, weight, {});
  EXPECT_NEAR(y.item(), (0.5 + 0.25) / 3, 1e-12);
  EXPECT_TRUE(expect::near(slopes, Tensor{{-0.5 / 3}, {0.}, {-0.25 / 3}}, {1e-12, 1e-14}));
  const LossFunction<double> likelihood([](const auto& u, const auto& v) { return -u * log(v); });
  const auto [z, z_slopes] = run(likelihood, Tensor{{1.}, {NaN}, {1.}}, Tensor{{0.5}, {0.}, {0.25}}, weight, {});
  EXPECT_NEAR(z.item(), (std::log(2) + std::log(4)) / 3, 1e-12);
  EXPECT_TRUE(expect::near(z_slopes, Tensor{{-2. / 3}, {0.}, {-4. / 3}}, {1e-12, 1e-14}));
}

TEST(ExcludedSamples, LogitsOfPredictionsAreKept) {
  const detail::KeepLogits<double> keep;
  Tensor<double> x{{50., 0.}, {NaN, 1.}, {0., 40.}};
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> y =
      CategoricalCrossentropy<double>()(Tensor{{0., 1.}, {1., 0.}, {1., 0.}}, softmax(x), Tensor{1., 0., 1.});
  EXPECT_NEAR(y.item(), 90.0 / 3, 1e-12) << "probabilities would be clipped at 1e-7";
}
