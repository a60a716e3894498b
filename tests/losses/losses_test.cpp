#include <lamina/losses/losses.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

TEST(LossTable, ContainsEveryNameAndConfiguration) {
  const auto made = [](const Config& config) { return LossFamily<float>::Table::from_config("loss", config); };
  const std::pair<const char*, const char*> names[] = {{"mse", "MeanSquaredError"},
                                                       {"MAE", "MeanAbsoluteError"},
                                                       {"mape", "MeanAbsolutePercentageError"},
                                                       {"MSLE", "MeanSquaredLogarithmicError"},
                                                       {"kld", "KLDivergence"},
                                                       {"bce", "BinaryCrossentropy"},
                                                       {"kl_divergence", "KLDivergence"},
                                                       {"logcosh", "LogCosh"},
                                                       {"log_cosh", "LogCosh"},
                                                       {"cosine_similarity", "CosineSimilarity"},
                                                       {"huber", "Huber"}};
  for (const auto& [name, class_name] : names) EXPECT_EQ(made(name)->class_name(), class_name);
  for (const char* name : {"MeanSquaredError",
                           "MeanAbsoluteError",
                           "MeanAbsolutePercentageError",
                           "MeanSquaredLogarithmicError",
                           "Huber",
                           "LogCosh",
                           "CosineSimilarity",
                           "Hinge",
                           "SquaredHinge",
                           "CategoricalHinge",
                           "KLDivergence",
                           "Poisson",
                           "BinaryCrossentropy",
                           "BinaryFocalCrossentropy",
                           "CategoricalCrossentropy",
                           "CategoricalFocalCrossentropy",
                           "SparseCategoricalCrossentropy",
                           "Dice",
                           "Tversky",
                           "Circle",
                           "CategoricalGeneralizedCrossEntropy",
                           "CTC"}) {
    const auto loss = made(name);
    EXPECT_EQ(loss->class_name(), name);
    Config config = loss->get_config();
    EXPECT_EQ(config.at("reduction").as_string(), "sum_over_batch_size") << name;
    config["name"] = "mine";
    config["reduction"] = "sum";
    EXPECT_EQ(made(named_config(name, config))->reduction(), Reduction::sum) << name;
    config["reduction"] = nullptr;
    EXPECT_EQ(made(named_config(name, config))->reduction(), Reduction::none) << name;
  }
  Config config;
  config["alpha"] = Config::list({0.1, 0.2});
  config["gamma"] = 3;
  EXPECT_EQ(made(named_config("CategoricalFocalCrossentropy", config))->get_config().at("alpha").to_string(),
            "[0.1, 0.2]");
  EXPECT_TRUE(expect::error<ValueError>([&] { made("hunber"); }, {"loss \"hunber\"", "\"huber\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { made(named_config("Hinge", config)); }, {"Hinge", "\"alpha\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Huber<float>({.delta = 0}); }, {"Huber", "delta"}));
}
