#include <fstream>
#include <lamina/callbacks/learning_rate.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(ReduceLROnPlateau, LowersTheRate) {
  auto model = compiled(0.4);
  const History history = model.fit(
      x, y,
      {.epochs = 7,
       .verbose = 0,
       .callbacks = {
           SetLog("watched", {3, 3, 3, 3, 3, 3, 3}),
           ReduceLROnPlateau(
               {.monitor = "watched", .factor = 0.5, .patience = 2, .mode = MonitorMode::min, .min_lr = 0.1})}});
  const std::vector<double> expected{0.4, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_FLOAT_EQ(static_cast<float>(history["learning_rate"][i]), static_cast<float>(expected[i])) << i;
  EXPECT_TRUE(expect::error<ValueError>([] { ReduceLROnPlateau<float>({.factor = 1.0}); }, {"0 < factor < 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReduceLROnPlateau<float>({.cooldown = -1}); }, {"cooldown >= 0", "-1"}));
}

TEST(LearningRateScheduler, SetsTheRateOfEachEpoch) {
  auto model = compiled();
  const History history =
      model.fit(x, y, {.epochs = 3, .verbose = 0, .callbacks = {LearningRateScheduler([](Index epoch, double rate) {
                                                    return epoch == 0 ? 0.5 : rate / 2;
                                                  })}});
  EXPECT_EQ(history["learning_rate"], (std::vector<double>{0.5, 0.25, 0.125}));
}

TEST(LearningRateCallbacks, DoNotReplaceASchedule) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  std::ofstream(path) << "kept\n";
  auto model = compiled();
  model.compile({.optimizer = SGD({.learning_rate = ExponentialDecay(
                                       {.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5})}),
                 .loss = "mse"});
  const auto before = model.get_weights();
  const auto fit = [&](const CallbackArgument<float>& callback) {
    return [&model, &path, callback] { model.fit(x, y, {.verbose = 0, .callbacks = {CSVLogger(path), callback}}); };
  };
  EXPECT_TRUE(expect::error<StateError>(fit(ReduceLROnPlateau({.monitor = "loss"})),
                                        {"ReduceLROnPlateau", "SGD", "ExponentialDecay"}));
  EXPECT_TRUE(expect::error<StateError>(fit(LearningRateScheduler([](Index) { return 0.1; })),
                                        {"LearningRateScheduler", "SGD", "ExponentialDecay"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
  EXPECT_EQ(model.optimizer().steps(), 0);
  EXPECT_FALSE(model.optimizer().has_constant_learning_rate());
  EXPECT_EQ(lines_of(path), std::vector<std::string>{"kept"}) << "no hook was called";
}

}  // namespace
