#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <lamina/callbacks/backup_and_restore.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/callbacks/tensorboard.hpp>

#include "support/checkpoints.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"
#include "support/toy_format.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::checkpoints;

struct SetLog : Callback<float> {
  explicit SetLog(std::vector<double> v) : values(std::move(v)) {}
  void on_epoch_end(Index epoch, Logs& logs) override {
    logs.set("watched", values.at(static_cast<std::size_t>(epoch)));
  }
  std::vector<double> values;
};

TEST(ModelCheckpoint, NamesFilesByEpochAndLogs) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  model.fit(features, targets,
            {.epochs = 2,
             .verbose = 0,
             .callbacks = {SetLog({1.5, 0.25}), ModelCheckpoint(folder.path() + "/w-{epoch:02d}-{watched:.2f}.npz")}});
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/w-01-1.50.npz"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/w-02-0.25.npz"));
  auto again = compiled_with_state();
  load_weights(again, folder.path() + "/w-02-0.25.npz");
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        model.fit(features, targets, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + "/{los}.npz")}});
      },
      {"\"los\"", "\"loss\""}));
}

TEST(ModelCheckpoint, KeepsTheBestOnly) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/best.npz";
  auto model = compiled_with_state();
  std::vector<std::vector<Tensor<float>>> weights;
  const auto keep = [&](Index, Logs&) { weights.push_back(model.get_weights()); };
  model.fit(
      features, targets,
      {.epochs = 4,
       .verbose = 0,
       .callbacks = {SetLog({2, 1, 3, 1.5}), LambdaCallback({.on_epoch_end = keep}),
                     ModelCheckpoint(path, {.monitor = "watched", .save_best_only = true, .mode = MonitorMode::min})}});
  auto best = compiled_with_state();
  load_weights(best, path);
  EXPECT_TRUE(expect::same(best.get_weights(), weights[1]));
}

TEST(ModelCheckpoint, SavesAtAFrequencyInBatches) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  Index saved = 0;
  model.fit(features, targets,
            {.batch_size = 8,
             .epochs = 2,
             .verbose = 0,
             .callbacks = {ModelCheckpoint(folder.path() + "/{epoch}-{loss}.npz", {.save_freq = 3})}});
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) saved += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(saved, 3);
}

TEST(ModelCheckpoint, WritesTheFormatOfItsExtension) {
  register_file_format(".checkpoint", std::make_shared<lamina::testing::toy_format::ToyFormat>());
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  model.fit(
      features, targets,
      {.epochs = 2, .verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + "/{loss:.1f}-{epoch}.checkpoint")}});
  std::string last;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    if (const std::string path = entry.path().string(); path.ends_with("-2.checkpoint")) last = path;
  const auto loaded = load_model<float>(last);
  EXPECT_TRUE(expect::same(loaded->predict(features), model.predict(features)));
}

TEST(ModelCheckpoint, AnUnknownExtensionIsAnErrorBeforeTraining) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  const auto before = model.get_weights();
  const auto fit = [&](const std::string& name) {
    model.fit(features, targets, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + name)}});
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/a.keras"); }, {"ModelCheckpoint", "a.keras", "io/keras.hpp"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/{epoch}-{loss:.2f}"); }, {"ModelCheckpoint", "extension"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/a.nzp"); }, {"ModelCheckpoint", "Did you mean \".npz\"?"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ModelCheckpoint, TheFormatMustContainWhatIsAskedFor) {
  register_file_format(".checkpoint", std::make_shared<lamina::testing::toy_format::ToyFormat>());
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  const auto before = model.get_weights();
  const auto fit = [&](const std::string& name, bool weights_only) {
    model.fit(
        features, targets,
        {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + name, {.save_weights_only = weights_only})}});
  };
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { fit("/{epoch}.checkpoint", true); },
      {"ModelCheckpoint", "{epoch}.checkpoint", "save_weights_only is true", "whole models"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/a.npz", false); },
                                        {"ModelCheckpoint", "a.npz", "save_weights_only is false", "weights only"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before)) << "an error before training";
  fit("/1.npz", true);
  fit("/1.checkpoint", false);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/1.npz"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/1.checkpoint"));
}

TEST(ModelCheckpoint, AModelWithoutConfigurationIsAnErrorBeforeTraining) {
  register_file_format(".checkpoint", std::make_shared<lamina::testing::toy_format::ToyFormat>());
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  model.compile(
      {.optimizer = "sgd", .loss = [](const auto& y, const auto& p) { return mean(abs(y - p), {.axes = {-1}}); }});
  const auto before = model.get_weights();
  const auto fit = [&](const std::string& name) {
    model.fit(features, targets, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + name)}});
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/a.checkpoint"); }, {"function as a loss"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
  fit("/a.npz");
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/a.npz"));
}

}  // namespace
