// The direction in which a monitored value improves, for all callbacks that monitor one.
#include <filesystem>

#include "lamina/callbacks/model_checkpoint.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;
using lamina::testing_support::TemporaryFolder;

namespace {

const Tensor<float> x = expect::scattered<float>({20, 3}, 1), y = expect::scattered<float>({20, 1}, 2);

Sequential<float> compiled() {
  Sequential model{Input({3}), Dense(1)};
  model.compile({.optimizer = SGD(0.05), .loss = "mse", .metrics = {"accuracy"}});
  return model;
}

/// Sets the monitored value of every epoch.
struct SetLog : Callback<float> {
  SetLog(std::string n, std::vector<double> v) : name(std::move(n)), values(std::move(v)) {}
  void on_epoch_end(Index epoch, Logs& logs) override { logs.set(name, values.at(static_cast<std::size_t>(epoch))); }
  std::string name;
  std::vector<double> values;
};

}  // namespace

TEST(Monitors, TakeTheDirectionFromTheLossOrTheMetric) {
  // A monitored name, three values, and the best of them. The model has these losses and metrics; SetLog sets the
  // values.
  const auto in = Input({3});
  const auto h = in | Dense(2);
  Model model(std::vector{in}, {h | Dense(1, {.name = "score"}), h | Dense(1, {.name = "area"})});
  model.compile({.optimizer = SGD(0.01),
                 .loss = {"mse", "mse"},
                 .metrics = {{"score", {MeanIoU({.num_classes = 2}), "mae", FalsePositives(), "accuracy"}},
                             {"area", {"cosine_similarity", metrics::MeanAbsoluteError("accuracy")}}}});
  const std::tuple<const char*, std::vector<double>, double> cases[] = {{"val_score_loss", {.9, .2, .5}, .2},
                                                                        {"score_loss", {.9, .2, .5}, .2},
                                                                        {"val_loss", {.9, .2, .5}, .2},
                                                                        {"loss", {.9, .2, .5}, .2},
                                                                        {"val_score_mean_io_u", {.2, .9, .5}, .9},
                                                                        {"val_score_mae", {.9, .2, .5}, .2},
                                                                        {"val_score_false_positives", {9, 2, 5}, 2},
                                                                        {"score_accuracy", {.2, .9, .5}, .9},
                                                                        {"val_area_cosine_similarity", {-1, 1, 0}, 1},
                                                                        {"val_area_accuracy", {.9, .2, .5}, .2},
                                                                        {"val_mean_io_u", {.2, .9, .5}, .9}};
  for (const auto& [name, values, best] : cases) {
    SCOPED_TRACE(name);
    const auto stop = std::make_shared<EarlyStopping<float>>(EarlyStoppingOptions{.monitor = name, .patience = 1});
    const TemporaryFolder folder;
    model.optimizer().set_learning_rate(0.01);
    model.fit(
        x, {y, y},
        {.epochs = 3,
         .verbose = 0,
         .callbacks = {SetLog(name, values), stop, ReduceLROnPlateau({.monitor = name, .factor = 0.5, .patience = 1}),
                       ModelCheckpoint(folder.path() + "/{epoch}.npz", {.monitor = name, .save_best_only = true})}});
    EXPECT_EQ(stop->best(), best);
    EXPECT_EQ(stop->best_epoch(), 1);
    EXPECT_EQ(stop->stopped_epoch(), 2);
    EXPECT_NEAR(model.optimizer().learning_rate(), 0.005, 1e-9) << "reduced once, in the third epoch";
    for (const auto& [epoch, saved] : {std::pair{1, true}, {2, true}, {3, false}}) {
      const std::string path = text(folder.path(), "/", epoch, ".npz");
      EXPECT_EQ(std::filesystem::remove(path), saved) << epoch;
    }
  }
}

TEST(Monitors, AnUnknownDirectionIsAnError) {
  auto model = compiled();
  const auto before = model.get_weights();
  const auto refused = [&](const char* who, CallbackArgument<float> callback) {
    EXPECT_TRUE(expect::error<ValueError>([&] { model.fit(x, y, {.verbose = 0, .callbacks = {callback}}); },
                                          {who, "\"val_gain\"", ".mode", "MonitorMode::max", "(loss"}));
  };
  refused("EarlyStopping", EarlyStopping({.monitor = "val_gain"}));
  refused("ReduceLROnPlateau", ReduceLROnPlateau({.monitor = "val_gain"}));
  refused("ModelCheckpoint", ModelCheckpoint("never.npz", {.monitor = "val_gain", .save_best_only = true}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
  const auto stop =
      std::make_shared<EarlyStopping<float>>(EarlyStoppingOptions{.monitor = "val_gain", .mode = MonitorMode::max});
  model.fit(x, y, {.epochs = 2, .verbose = 0, .callbacks = {SetLog("val_gain", {1, 3}), stop}});
  EXPECT_EQ(stop->best(), 3);
  // The direction of a user-defined function is unknown; a named one may have a mode.
  const auto gain = [](const auto& t, const auto& p) { return p - t; };
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {gain}});
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { model.fit(x, y, {.verbose = 0, .callbacks = {EarlyStopping({.monitor = "metric_function"})}}); },
      {".mode", "loss, metric_function"}));
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {MetricFunction(gain, "gain", MetricDirection::up)}});
  EXPECT_NO_THROW(model.fit(x, y, {.verbose = 0, .callbacks = {EarlyStopping({.monitor = "gain"})}}));
}

TEST(Monitors, ThresholdsApplyInEitherDirection) {
  for (const bool up : {false, true}) {
    auto model = compiled();
    const char* name = up ? "accuracy" : "loss";
    const TemporaryFolder folder;
    model.fit(
        x, y,
        {.epochs = 3,
         .verbose = 0,
         .callbacks = {SetLog(name, up ? std::vector<double>{.5, .6, .8} : std::vector<double>{.9, .8, .6}),
                       ModelCheckpoint(folder.path() + "/{epoch}.npz",
                                       {.monitor = name, .save_best_only = true, .initial_value_threshold = 0.7})}});
    for (const auto& [epoch, saved] : {std::pair{1, false}, {2, false}, {3, true}})
      EXPECT_EQ(std::filesystem::remove(text(folder.path(), "/", epoch, ".npz")), saved) << name << epoch;
  }
}
