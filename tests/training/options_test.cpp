#include <lamina/training/options.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(LossArguments, AreOneLossOrOnePerOutput) {
  EXPECT_EQ(LossArguments<float>().several(), nullptr);
  const LossArguments<float> one("mse");
  EXPECT_EQ(one.several(), nullptr);
  ASSERT_NE(one.resolve(), nullptr);
  const LossArguments<float> each{"mse", "mae"};
  ASSERT_NE(each.several(), nullptr);
  ASSERT_EQ(each.several()->size(), 2U);
  EXPECT_EQ(each.several()->at(0).output, "");
  const LossArguments<float> named{{"price", "mse"}, {"sold", "binary_crossentropy"}};
  ASSERT_NE(named.several(), nullptr);
  EXPECT_EQ(named.several()->at(1).output, "sold");
}

TEST(LossArguments, AreCopiedAndMoved) {
  LossArguments<float> each{"mse", "mae"};
  LossArguments<float> copy = each;
  EXPECT_NE(copy.several(), each.several());
  ASSERT_EQ(copy.several()->size(), 2U);
  const LossArguments<float> moved = std::move(each);
  ASSERT_NE(moved.several(), nullptr);
  EXPECT_EQ(moved.several()->size(), 2U);
  copy = LossArguments<float>("mse");
  EXPECT_EQ(copy.several(), nullptr);
}

TEST(MetricArguments, AreAListOrNamedByOutput) {
  const MetricArguments<float> list{"mae", "mse"};
  EXPECT_EQ(list.size(), 2U);
  EXPECT_TRUE(list.named.empty());
  const MetricArguments<float> named{{"price", {"mae", "mse"}}, {"sold", {"accuracy"}}};
  EXPECT_TRUE(named.empty());
  ASSERT_EQ(named.named.size(), 2U);
  EXPECT_EQ(named.named[0].output, "price");
  EXPECT_EQ(named.named[0].value.size(), 2U);
}

TEST(LossWeights, AreInOrderOrNamedByOutput) {
  EXPECT_TRUE(LossWeights().weights.empty());
  const LossWeights each{1, 0.5}, named{{"price", 1}, {"sold", 0.25}};
  ASSERT_EQ(each.weights.size(), 2U);
  EXPECT_EQ(each.weights[1].output, "");
  EXPECT_EQ(each.weights[1].value, 0.5);
  ASSERT_EQ(named.weights.size(), 2U);
  EXPECT_EQ(named.weights[1].output, "sold");
  EXPECT_EQ(named.weights[1].value, 0.25);
}

TEST(TrainingOptions, HaveKerasDefaults) {
  const FitOptions<float> fit;
  EXPECT_EQ(fit.batch_size, 32);
  EXPECT_EQ(fit.epochs, 1);
  EXPECT_EQ(fit.verbose, 1);
  EXPECT_EQ(fit.validation_split, 0);
  EXPECT_TRUE(fit.shuffle);
  EXPECT_EQ(fit.initial_epoch, 0);
  EXPECT_EQ(fit.validation_freq, 1);
  EXPECT_FALSE(fit.steps_per_epoch || fit.validation_steps || fit.validation_batch_size || fit.validation_data);
  EXPECT_EQ(EvaluateOptions<float>().batch_size, 32);
  EXPECT_EQ(PredictOptions<float>().batch_size, 32);
  EXPECT_EQ(CompileOptions<float>().optimizer.resolve()->class_name(), "RMSprop");
}
