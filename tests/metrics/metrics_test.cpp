#include <lamina/metrics/metrics.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;

TEST(Metrics, HaveTheNamesTheyAreGivenBy) {
  Sequential model{Dense(1)};
  const auto metric = std::make_shared<BinaryAccuracy<float>>("mine");
  model.compile({.optimizer = "sgd",
                 .loss = "mse",
                 .metrics = {"mse", "BinaryAccuracy", metric, BinaryAccuracy<float>("yours")}});
  const Logs logs = model.test_on_batch(Tensor{{1.f}}, Tensor{{1.f}});
  for (const char* name : {"loss", "mse", "mine", "yours"}) EXPECT_TRUE(logs.contains(name)) << name;
  EXPECT_EQ(logs.size(), 5u);
}

TEST(Metrics, AnUnknownNameSuggestsTheNearest) {
  Sequential model{Dense(1)};
  EXPECT_TRUE(
      expect::error<ValueError>([&] { model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"acuracy"}}); },
                                {"metric \"acuracy\"", "Did you mean \"accuracy\""}));
  EXPECT_FALSE(model.compiled());
}

using namespace lamina::testing::metrics;

TEST(MetricTable, ContainsEveryNameAndConfiguration) {
  const std::pair<const char*, const char*> names[] = {{"mse", "MeanSquaredError"},
                                                       {"MAE", "MeanAbsoluteError"},
                                                       {"mape", "MeanAbsolutePercentageError"},
                                                       {"msle", "MeanSquaredLogarithmicError"},
                                                       {"bce", "BinaryCrossentropy"},
                                                       {"kld", "KLDivergence"},
                                                       {"logcosh", "LogCoshError"},
                                                       {"auc", "AUC"},
                                                       {"fbeta_score", "FBetaScore"}};
  for (const auto& [name, class_name] : names) EXPECT_EQ(made(name)->class_name(), class_name);
  const std::pair<const char*, const char*> classes[] = {
      {"Mean", "mean"},
      {"Sum", "sum"},
      {"MeanSquaredError", "mean_squared_error"},
      {"RootMeanSquaredError", "root_mean_squared_error"},
      {"MeanAbsoluteError", "mean_absolute_error"},
      {"MeanAbsolutePercentageError", "mean_absolute_percentage_error"},
      {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error"},
      {"CosineSimilarity", "cosine_similarity"},
      {"LogCoshError", "logcosh"},
      {"R2Score", "r2_score"},
      {"ConcordanceCorrelation", "concordance_correlation"},
      {"PearsonCorrelation", "pearson_correlation"},
      {"Hinge", "hinge"},
      {"SquaredHinge", "squared_hinge"},
      {"CategoricalHinge", "categorical_hinge"},
      {"KLDivergence", "kl_divergence"},
      {"Poisson", "poisson"},
      {"BinaryCrossentropy", "binary_crossentropy"},
      {"CategoricalCrossentropy", "categorical_crossentropy"},
      {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"},
      {"Accuracy", "accuracy"},
      {"BinaryAccuracy", "binary_accuracy"},
      {"CategoricalAccuracy", "categorical_accuracy"},
      {"SparseCategoricalAccuracy", "sparse_categorical_accuracy"},
      {"TopKCategoricalAccuracy", "top_k_categorical_accuracy"},
      {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"},
      {"TruePositives", "true_positives"},
      {"TrueNegatives", "true_negatives"},
      {"FalsePositives", "false_positives"},
      {"FalseNegatives", "false_negatives"},
      {"Precision", "precision"},
      {"Recall", "recall"},
      {"AUC", "auc"},
      {"F1Score", "f1_score"},
      {"FBetaScore", "fbeta_score"},
      {"BinaryIoU", "binary_io_u"}};
  for (const auto& [class_name, name] : classes) {
    const auto metric = made(named_config(class_name, Config::map()));
    EXPECT_EQ(metric->class_name(), class_name);
    EXPECT_EQ(metric->name(), name);
    Config config = metric->get_config();
    EXPECT_EQ(config.at("name").as_string(), name);
    config["name"] = "mine";
    config["dtype"] = "float32";
    EXPECT_EQ(made(named_config(class_name, config))->name(), "mine");
  }
  Config config;
  config["num_classes"] = 3;
  EXPECT_EQ(made(named_config("MeanIoU", config))->name(), "mean_io_u");
  EXPECT_EQ(made(named_config("OneHotMeanIoU", config))->name(), "one_hot_mean_io_u");
  config["target_class_ids"] = Config::list({0, 2});
  EXPECT_EQ(made(named_config("IoU", config))->name(), "io_u");
  EXPECT_EQ(made(named_config("OneHotIoU", config))->name(), "one_hot_io_u");
  EXPECT_TRUE(expect::error<ValueError>([] { made("presicion"); }, {"metric \"presicion\"", "\"precision\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { made(named_config("AUC", config)); }, {"AUC", "num_classes"}));
}
