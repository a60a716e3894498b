// The direction in which every metric improves, by object and by name.
#include "support/expect.hpp"

using namespace lamina;

namespace {

constexpr MetricDirection up = MetricDirection::up, down = MetricDirection::down, unknown = MetricDirection::unknown;

/// All entries of the table of metrics.
template <class Table>
struct Entries;
template <class Base, class... Entry>
struct Entries<StrategyTable<Base, Entry...>> {
  static std::vector<std::string> names() { return {std::string(Entry::text)...}; }
};

MetricDirection expected(const std::string& name) {
  for (const char* word : {"mean", "sum"})
    if (name == word) return unknown;
  for (const char* word : {"accuracy", "acc", "precision", "recall", "auc", "sensitivity", "specificity", "score",
                           "io_u", "similarity", "correlation", "true_"})
    if (name.find(word) != std::string::npos) return up;
  return down;
}

}  // namespace

TEST(Direction, OfEveryMetric) {
  std::size_t ups = 0;
  const auto names = Entries<MetricFamily<float>::Entries>::names();
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    Config arguments = Config::map();
    if (name.find("io_u") != std::string::npos && name != "binary_io_u") arguments["num_classes"] = 2;
    if (name == "io_u" || name == "one_hot_io_u") arguments["target_class_ids"] = Config::list({0});
    for (const char* share : {"precision", "recall", "sensitivity", "specificity"})
      if (name.ends_with(std::string("_at_") + share)) arguments[share] = 0.5;
    const auto metric = MetricFamily<float>::Table::from_config("metric", named_config(name, arguments));
    EXPECT_EQ(metric->direction(), expected(name));
    EXPECT_EQ(detail::direction_of_name(name), expected(name)) << "by the name only";
    EXPECT_EQ(detail::direction_of_name(metric->name()), expected(name)) << metric->name();
    EXPECT_EQ(detail::direction_of_name("weighted_" + name), expected(name));
    ups += metric->direction() == up ? 1U : 0U;
  }
  EXPECT_EQ(names.size(), 57u);
  EXPECT_EQ(ups, 28u);
  for (const char* name : {"loss", "score_loss", "accuracy_loss"}) EXPECT_EQ(detail::direction_of_name(name), down);
  for (const char* name : {"", "learning_rate", "my_accuracy", "lossless", "iou"})
    EXPECT_EQ(detail::direction_of_name(name), unknown) << name;
}

TEST(Direction, OfTheNumbersOfAModel) {
  const auto x = Input({2});
  const auto h = x | Dense(3, {.name = "trunk"});
  Model model(std::vector{x}, {h | Dense(1, {.name = "score"}), h | Dense(1, {.name = "precision"})});
  EXPECT_TRUE(expect::error<StateError>([&] { model.log_direction("loss"); }, {"compile"}));
  model.compile({.loss = {"mse", "mse"},
                 .metrics = {{"score", {"mae", "accuracy"}},
                             {"precision",
                              {MetricFunction([](const auto& t, const auto& p) { return t - p; }, "accuracy"),
                               MetricFunction([](const auto& t, const auto& p) { return t - p; }, "gain", up)}}},
                 .weighted_metrics = {{"score", {"mae"}}}});
  const std::pair<const char*, MetricDirection> all[] = {{"loss", down},
                                                         {"val_loss", down},
                                                         {"score_loss", down},
                                                         {"val_score_loss", down},
                                                         {"precision_loss", down},
                                                         {"score_mae", down},
                                                         {"val_score_weighted_mae", down},
                                                         {"val_score_accuracy", up},
                                                         {"val_precision_gain", up},
                                                         {"val_precision_accuracy", unknown},
                                                         {"val_mean_io_u", up},
                                                         {"score_precision", unknown},
                                                         {"learning_rate", unknown}};
  for (const auto& [name, direction] : all) EXPECT_EQ(model.log_direction(name), direction) << name;
  Sequential chain{Input({2}), Dense(1)};
  chain.compile({.loss = "mse", .metrics = {metrics::MeanSquaredError("accuracy"), Precision({.name = "mine"})}});
  EXPECT_EQ(chain.log_direction("val_accuracy"), down) << "by the metric, whatever its name";
  EXPECT_EQ(chain.log_direction("val_mine"), up);
}
