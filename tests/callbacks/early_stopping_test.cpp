#include <fstream>
#include <lamina/callbacks/early_stopping.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutImprovement) {
  auto model = compiled();
  const auto stop = std::make_shared<EarlyStopping<float>>(
      EarlyStoppingOptions{.monitor = "watched", .patience = 2, .mode = MonitorMode::min});
  const History history = model.fit(
      x, y, {.epochs = 8, .verbose = 0, .callbacks = {SetLog("watched", {3, 2, 2.5, 2.1, 1, 1, 1, 1}), stop}});
  EXPECT_EQ(history.epoch().size(), 4u);
  EXPECT_EQ(stop->stopped_epoch(), 3);
  EXPECT_EQ(stop->best_epoch(), 1);
  EXPECT_EQ(stop->best(), 2.0);
}

TEST(EarlyStopping, DeducesTheDirectionFromTheName) {
  auto model = compiled();
  const auto stop =
      std::make_shared<EarlyStopping<float>>(EarlyStoppingOptions{.monitor = "val_accuracy", .patience = 1});
  const History history = model.fit(
      x, y, {.epochs = 5, .verbose = 0, .callbacks = {SetLog("val_accuracy", {0.1, 0.2, 0.3, 0.3, 0.4}), stop}});
  EXPECT_EQ(history.epoch().size(), 4u);
}

TEST(EarlyStopping, MinDeltaAndBaseline) {
  auto model = compiled();
  History history = model.fit(
      x, y,
      {.epochs = 5,
       .verbose = 0,
       .callbacks = {
           SetLog("watched", {3, 2.95, 2.9, 1, 1}),
           EarlyStopping({.monitor = "watched", .min_delta = 0.5, .patience = 2, .mode = MonitorMode::min})}});
  EXPECT_EQ(history.epoch().size(), 3u);
  history = model.fit(
      x, y,
      {.epochs = 5,
       .verbose = 0,
       .callbacks = {SetLog("watched", {3, 2, 1.5, 1, 1}),
                     EarlyStopping({.monitor = "watched", .patience = 2, .mode = MonitorMode::min, .baseline = 0.5})}});
  EXPECT_EQ(history.epoch().size(), 5u) << "an improvement never stops training, even above the baseline";
}

TEST(EarlyStopping, RestoresTheBestWeights) {
  auto model = compiled();
  std::vector<std::vector<Tensor<float>>> weights;
  struct Keeping : Callback<float> {
    explicit Keeping(std::vector<std::vector<Tensor<float>>>& to) : kept(to) {}
    void on_epoch_end(Index, Logs&) override { kept.push_back(model().get_weights()); }
    std::vector<std::vector<Tensor<float>>>& kept;
  };
  model.fit(x, y,
            {.epochs = 5,
             .verbose = 0,
             .callbacks = {
                 SetLog("watched", {3, 1, 2, 2, 2}), Keeping(weights),
                 EarlyStopping(
                     {.monitor = "watched", .patience = 2, .mode = MonitorMode::min, .restore_best_weights = true})}});
  EXPECT_EQ(weights.size(), 4u);
  EXPECT_TRUE(expect::same(model.get_weights(), weights[1]));
}

TEST(EarlyStopping, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { EarlyStopping<float>({.patience = -1}); }, {"patience >= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { EarlyStopping<float>({.start_from_epoch = -1}); },
                                        {"start_from_epoch >= 0", "-1"}));
}

}  // namespace
