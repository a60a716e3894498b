#include <lamina/losses/loss.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

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

TEST(Losses, ALastAxisOfSizeOneMayBeMissingOnEitherSide) {
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
      << "divided by the number of samples, as in Keras";
  EXPECT_NEAR(MeanSquaredError<double>()(t, p, reshape(weight, {2, 1})).item(), 24.5, 1e-14);
  EXPECT_NEAR(MeanSquaredError<double>(total)(t, p, weight).item(), 49, 1e-14);
  check_gradient(MeanSquaredError<double>(), t, p, weight);
}

TEST(Losses, SampleWeightsAreBroadcastOverSequences) {
  const Tensor<double> t = expect::scattered({2, 3, 4}), p = expect::scattered({2, 3, 4}, 2);
  const MeanSquaredError<double> loss(each);
  const Tensor<double> values = loss(t, p);
  EXPECT_TRUE(expect::near(loss(t, p, Tensor{2., 3.}), values * Tensor{{2., 2., 2.}, {3., 3., 3.}}));
  const Tensor<double> full = expect::scattered({2, 3}, 3);
  EXPECT_TRUE(expect::near(loss(t, p, full), values * full));
}

TEST(Losses, OfAnEmptyBatchAreZero) {
  const Tensor<double> none = Tensor<double>::zeros({0, 2});
  EXPECT_EQ(MeanSquaredError<double>()(none, none).item(), 0);
  EXPECT_EQ(MeanSquaredError<double>(total)(none, none).item(), 0);
  EXPECT_EQ(MeanSquaredError<double>(each)(none, none).shape(), Shape{0});
}

TEST(Losses, MayBeUserDefinedFunctions) {
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

TEST(Reductions, WithAMask) {
  const Tensor<double> mask{{1., 0., 1.}, {1., 1., 0.}}, weight = positive({2, 3}, 11);
  const Tensor<double> values = MeanAbsoluteError<double>(each)(t3, p3);
  const double kept = sum(values * mask).item(), weighted = sum(values * mask * weight).item(),
               weights = sum(mask * weight).item();
  const auto loss = [](Reduction reduction) { return MeanAbsoluteError<double>(reduction); };
  EXPECT_TRUE(expect::near(loss(each)(t3, p3, {}, mask), values * mask));
  EXPECT_NEAR(loss(Reduction::sum)(t3, p3, {}, mask).item(), kept, 1e-14);
  for (const Reduction mean : {Reduction::mean, Reduction::sum_over_batch_size}) {
    EXPECT_NEAR(loss(mean)(t3, p3, {}, mask).item(), kept / 4, 1e-14);
    EXPECT_NEAR(loss(mean)(t3, p3, weight, mask).item(), weighted / 4, 1e-14);
    EXPECT_EQ(loss(mean)(t3, p3, {}, mask * 0.0).item(), 0) << "all samples are masked";
  }
  EXPECT_NEAR(loss(Reduction::mean_with_sample_weight)(t3, p3, {}, mask).item(), kept / 4, 1e-14);
  EXPECT_NEAR(loss(Reduction::mean_with_sample_weight)(t3, p3, weight, mask).item(), weighted / weights, 1e-14);
  const double first = sum(values.rows_view(0, 1)).item();
  EXPECT_NEAR(loss(Reduction::mean)(t3, p3, {}, Tensor{1., 0.}).item(), first / 3, 1e-14) << "one value per sample";
  EXPECT_EQ(loss(Reduction::mean_with_sample_weight)(t3, p3, Tensor{0., 0.}).item(), 0);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        loss(each)(t3, p3, Tensor{1., 2., 3.});
      },
      {"MeanAbsoluteError", "sample weights", "(3,)", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(each)(t3, p3, {}, Tensor{1., 2., 3.}); }, {"mask", "(3,)"}));
}
