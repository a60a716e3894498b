#include <lamina/optimizers/optimizers.hpp>

#include "support/all_optimizers.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::all_optimizers;

TEST(OptimizerState, ARestoredStateContinuesWithTheSameBits) {
  Config common = Config::map();
  common["learning_rate"] = 0.05;
  common["use_ema"] = true;
  common["gradient_accumulation_steps"] = 2;
  const auto run = [&]<class S>(S, auto make) {
    auto originals = make(common), copies = make(common);
    for (std::size_t k = 0; k < originals.size(); ++k) {
      Optimizer<S>&original = *originals[k], &copy = *copies[k];
      const auto ours = two_variables<S>(), twins = two_variables<S>();
      for (int step = 0; step < 5; ++step) original.apply_gradients(gradients_of_step<S>(step), ours);
      copy.build_once(twins);
      copy.set_steps(original.steps());
      ASSERT_EQ(copy.variables().size(), original.variables().size());
      for (std::size_t i = 0; i < copy.variables().size(); ++i)
        copy.variables()[i].assign(original.variables()[i].value());
      for (std::size_t i = 0; i < 2; ++i) twins[i].assign(ours[i].value());
      for (int step = 5; step < 10; ++step) {
        original.apply_gradients(gradients_of_step<S>(step), ours);
        copy.apply_gradients(gradients_of_step<S>(step), twins);
      }
      for (std::size_t i = 0; i < 2; ++i)
        EXPECT_TRUE(expect::same(twins[i].value(), ours[i].value())) << original.class_name();
    }
  };
  run(float{}, all_optimizers<float>);
  run(double{}, all_optimizers<double>);
  run(float{}, all_wrapped_optimizers<float>);
  run(double{}, all_wrapped_optimizers<double>);
}

TEST(OptimizerState, IsInKerasOrder) {
  const auto variables = two_variables<float>();
  const auto names = [&](Optimizer<float>&& optimizer) {
    optimizer.build_once(variables);
    std::string all;
    for (const auto& v : optimizer.variables()) all.append(v.name()).append(v.shape().to_string()).append(" ");
    return all;
  };
  EXPECT_EQ(names(Adam<float>({.amsgrad = true, .use_ema = true})),
            "kernel_average(37, 3) bias_average(3,) kernel_momentum(37, 3) kernel_velocity(37, 3) bias_momentum(3,) "
            "bias_velocity(3,) kernel_velocity_hat(37, 3) bias_velocity_hat(3,) ");
  EXPECT_EQ(names(Adafactor<float>()),
            "kernel(37,) kernel(3,) kernel_velocity(37, 3) bias() bias() bias_velocity(3,) ");
  EXPECT_EQ(names(RMSprop<float>({.momentum = 0.5, .centered = true})),
            "kernel_velocity(37, 3) bias_velocity(3,) kernel_momentum(37, 3) bias_momentum(3,) "
            "kernel_average_gradient(37, 3) bias_average_gradient(3,) ");
  EXPECT_EQ(names(Muon<float>()), "kernel_momentum(37, 3) bias_momentum(3,) bias_velocity(3,) ");
  EXPECT_EQ(names(LossScaleOptimizer(Adagrad<float>())),
            "step_counter() dynamic_scale() kernel_accumulator(37, 3) bias_accumulator(3,) ");
}

TEST(OptimizerConfig, RoundTripsThroughItsConfiguration) {
  Config common = Config::map();
  common["clipnorm"] = 0.5;
  common["weight_decay"] = 0.01;
  common["name"] = "mine";
  common["ema_overwrite_frequency"] = 7;
  for (const auto& optimizer : all_optimizers<float>(common)) {
    const Config config = optimizer->get_config();
    EXPECT_EQ(config.at("name").as_string(), "mine");
    EXPECT_EQ(config.at("clipnorm").as_real(), 0.5);
    EXPECT_TRUE(config.at("clipvalue").is_null());
    EXPECT_EQ(config.at("ema_overwrite_frequency").as_integer(), 7);
    const auto again =
        OptimizerFamily<float>::Table::from_config("optimizer", named_config(optimizer->class_name(), config));
    EXPECT_EQ(again->class_name(), optimizer->class_name());
    EXPECT_EQ(again->get_config(), config) << config.to_string();
  }
}

TEST(OptimizerConfig, ContainsTheCurrentLearningRate) {
  SGD<float> sgd(0.5);
  sgd.set_learning_rate(0.25);
  EXPECT_EQ(sgd.get_config().at("learning_rate").as_real(), 0.25);
  sgd.set_learning_rate(ExponentialDecay({.initial_learning_rate = 0.5, .decay_steps = 10, .decay_rate = 0.5}));
  EXPECT_EQ(sgd.get_config().at("learning_rate").at("class_name").as_string(), "ExponentialDecay");
  const SGD<float> again(arguments_from<SGDOptions>("SGD", sgd.get_config()));
  EXPECT_DOUBLE_EQ(again.learning_rate(), 0.5);
}

TEST(OptimizerConfig, ANumberDoesNotReplaceASchedule) {
  SGD<float> sgd(
      {.learning_rate = ExponentialDecay({.initial_learning_rate = 0.5, .decay_steps = 10, .decay_rate = 0.5})});
  EXPECT_TRUE(expect::error<StateError>([&] { sgd.set_learning_rate(0.25); },
                                        {"set_learning_rate", "SGD", "ExponentialDecay"}));
  EXPECT_DOUBLE_EQ(sgd.learning_rate(), 0.5);
  EXPECT_FALSE(sgd.has_constant_learning_rate());
  sgd.set_learning_rate([](Index) { return 0.125; });
  EXPECT_DOUBLE_EQ(sgd.learning_rate(), 0.125) << "another schedule may replace it";
}

TEST(OptimizerConfig, UnknownNamesAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { OptimizerFamily<float>::Table::from_config("optimizer", "Adma"); },
                                        {"optimizer", "Adma", "Did you mean", "adam"}));
  Config bad = Config::map();
  bad["momentun"] = 0.9;
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { OptimizerFamily<float>::Table::from_config("optimizer", named_config("SGD", bad)); },
      {"momentun", "momentum"}));
}
