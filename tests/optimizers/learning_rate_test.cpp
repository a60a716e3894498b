#include <lamina/optimizers/learning_rate.hpp>

#include "support/expect.hpp"
#include "support/schedules.hpp"

using namespace lamina;
using namespace lamina::testing::schedules;

TEST(LearningRates, AreNumbersSchedulesOrFunctions) {
  EXPECT_EQ(LearningRate(0.5)(3), 0.5);
  EXPECT_TRUE(LearningRate(1).is_constant());
  EXPECT_DOUBLE_EQ(LearningRate(WarmUp())(3), 0.1 * 3);
  EXPECT_DOUBLE_EQ(LearningRate(std::make_shared<WarmUp>())(3), 0.1 * 3);
  const LearningRate shared(std::shared_ptr<const LearningRateSchedule>(std::make_shared<WarmUp>()));
  EXPECT_DOUBLE_EQ(shared(3), 0.1 * 3);
  EXPECT_FALSE(shared.is_constant());
  EXPECT_DOUBLE_EQ(LearningRate([](Index step) { return 1.0 / static_cast<double>(step); })(4), 0.25);
  EXPECT_TRUE(
      expect::error<ValueError>([] { LearningRate(std::shared_ptr<WarmUp>()); }, {"learning_rate", "null pointer"}));
}

TEST(LearningRates, HaveConfigurations) {
  EXPECT_EQ(argument(0.5), Config(0.5));
  const Config decay = argument(CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 30, .warmup_target = 0.2}));
  EXPECT_EQ(decay.at("class_name").as_string(), "CosineDecay");
  EXPECT_EQ(decay.at("config").at("warmup_target").as_real(), 0.2);
  EXPECT_EQ(decay.at("config").at("name").as_string(), "CosineDecay");
  LearningRate again = 1.0;
  again.from_config(decay);
  EXPECT_EQ(again.to_config(), decay);
  EXPECT_DOUBLE_EQ(again(0), 0.2);
  again.from_config(Config(0.25));
  EXPECT_EQ(again(9), 0.25);
  // As in Keras's files.
  Config full = decay;
  full["module"] = "keras.optimizers.schedules";
  full["registered_name"] = nullptr;
  again.from_config(full);
  EXPECT_EQ(again.to_config(), decay);
}

TEST(LearningRates, FunctionsHaveNoConfiguration) {
  SGD<float> sgd({.learning_rate = [](Index) { return 0.1; }});
  EXPECT_TRUE(expect::error<ValueError>([&] { sgd.get_config(); },
                                        {"learning_rate", "function", "LearningRateSchedule", "register"}));
}
