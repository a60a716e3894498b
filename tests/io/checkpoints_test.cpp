// The callbacks that write whole models: ModelCheckpoint and BackupAndRestore with Keras's formats.
#ifdef LAMINA_HAVE_KERAS_FILES

#include <atomic>
#include <filesystem>
#include <lamina/callbacks/backup_and_restore.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include "support/load_model.hpp"

#include "support/checkpoints.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"
#include "support/warnings.hpp"

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace lamina;

namespace {

using namespace lamina::testing::checkpoints;
using lamina::testing_support::files_in;
using lamina::testing_support::TemporaryFolder;

Tensor<float> squared_error(const Tensor<float>& y, const Tensor<float>& p) {
  return mean(square(y - p), {.axes = {-1}});
}

/// Stops training after a number of batches, as an interruption would.
void train_until(Sequential<float>& model, const std::string& backup, Index batches, Index save_freq = 2) {
  std::atomic<bool> stop = false;
  Index seen = 0;
  const auto count = [&](Index, Logs&) { stop = ++seen == batches; };
  model.fit(
      features, targets,
      {.batch_size = 8,
       .epochs = 4,
       .verbose = 0,
       .callbacks = {BackupAndRestore(backup, {.save_freq = save_freq}), LambdaCallback({.on_train_batch_end = count})},
       .stop = stop});
}

void fit(Sequential<float>& model, Index epochs, Index first = 0) {
  model.fit(features, targets, {.batch_size = 8, .epochs = epochs, .verbose = 0, .initial_epoch = first});
}

TEST(ModelCheckpoint, AKerasFileTrainsOnWhereTheModelWas) {
  const TemporaryFolder folder;
  auto whole = compiled_with_state();
  whole.fit(features, targets,
            {.batch_size = 8,
             .epochs = 4,
             .verbose = 0,
             .callbacks = {ModelCheckpoint(folder.path() + "/{epoch}.keras", {.save_weights_only = false})}});
  const auto loaded = load_model<float>(folder.path() + "/2.keras");
  EXPECT_EQ(loaded->optimizer().iterations(), 10);
  EXPECT_EQ(loaded->optimizer().learning_rate(), whole.optimizer().learning_rate());
  loaded->fit(features, targets, {.batch_size = 8, .epochs = 4, .verbose = 0, .initial_epoch = 2});
  EXPECT_TRUE(expect::same(loaded->get_weights(), whole.get_weights()));
}

TEST(ModelCheckpoint, KeepsTheBestModelOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/best.keras";
  auto model = compiled_with_state();
  std::vector<Tensor<float>> after_first;
  const auto keep = [&](Index epoch, Logs& logs) {
    logs.set("watched", epoch == 0 ? 1 : 2);
    if (epoch == 0) after_first = model.get_weights();
  };
  model.fit(
      features, targets,
      {.epochs = 3,
       .verbose = 0,
       .callbacks = {LambdaCallback({.on_epoch_end = keep}),
                     ModelCheckpoint(path, {.monitor = "watched", .save_best_only = true, .mode = MonitorMode::min})}});
  EXPECT_TRUE(expect::same(load_model<float>(path)->get_weights(), after_first));
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(ModelCheckpoint, WeightsFilesOfKerasHoldWeightsOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.weights.h5";
  auto model = compiled_with_state();
  const auto fit = [&](const std::string& name, std::optional<bool> weights_only) {
    model.fit(
        features, targets,
        {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + name, {.save_weights_only = weights_only})}});
  };
  fit("/m.weights.h5", true);
  auto again = compiled_with_state();
  again.load_weights(path);
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  const auto before = model.get_weights();
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/{epoch}.keras", true); },
                                        {"ModelCheckpoint", ".keras", "save_weights_only is true", ".weights.h5"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { fit("/n.weights.h5", false); },
                                        {"ModelCheckpoint", "save_weights_only is false", "weights only"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before)) << "an error before training";
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(ModelCheckpoint, StoresWeightsOfModelsWithFunctions) {
  const TemporaryFolder folder;
  const auto made = [] {
    clear_session();
    Sequential model{Input({3}), Dense(4, [](const auto& x) { return 2 * x; }),
                     Lambda([](const auto& x) { return x + 1; }), Dense(1)};
    model.compile({.optimizer = "sgd", .loss = "mse"});
    return model;
  };
  Sequential model = made(), again = made();
  model.fit(features, targets, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + "/m.weights.h5")}});
  again.load_weights(folder.path() + "/m.weights.h5");
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save(folder.path() + "/m.keras"); }, {"no configuration"}));
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(ModelCheckpoint, AModelWithoutConfigurationIsAnErrorBeforeTraining) {
  const TemporaryFolder folder;
  auto model = compiled_with_state();
  model.compile({.optimizer = "adam", .loss = squared_error});
  const auto before = model.get_weights();
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { model.fit(features, targets, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + "/m.keras")}}); },
      {"function as a loss"}));
  EXPECT_TRUE(expect::same(model.get_weights(), before));
}

#if defined(__unix__)
/// Trains with a backup in a child process, which is killed after a number of batches; then resumes.
template <class Make>
void check_killed(const Make& make, Index after, std::optional<Index> save_freq) {
  const TemporaryFolder folder;
  const std::string backup = folder.path() + "/backup";
  const auto train = [&](Sequential<float>& model, Index kill_after) {
    Index batches = 0;
    const auto kill = [&](Index, Logs&) {
      if (++batches == kill_after) std::raise(SIGKILL);
    };
    model.fit(features, targets,
              {.batch_size = 8,
               .epochs = 4,
               .verbose = 0,
               .callbacks = {BackupAndRestore(backup, {.save_freq = save_freq}),
                             LambdaCallback({.on_train_batch_end = kill})}});
  };
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto model = make();
    train(model, after);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  auto resumed = make();
  train(resumed, -1);
  EXPECT_EQ(files_in(backup), 0U) << "removed at the end of training";
  auto whole = make();
  fit(whole, 4);
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights())) << "killed after batch " << after;
  EXPECT_EQ(resumed.optimizer().iterations(), whole.optimizer().iterations());
}

TEST(BackupAndRestore, AKilledRunResumesToTheSameBitsFromAKerasFile) {
  for (const Index after : {1, 7, 19}) check_killed(compiled_with_state, after, std::nullopt);
  for (const Index after : {2, 13}) check_killed(compiled_with_state, after, 2);
}

TEST(BackupAndRestore, AKilledRunWithDynamicLossScalingResumesToTheSameBitsFromAKerasFile) {
  // Some steps are skipped, as the scale grows until gradients overflow.
  const auto make = [] {
    auto model = compiled_with_state();
    model.compile({.optimizer = LossScaleOptimizer(Adam({.learning_rate = 0.01, .weight_decay = 0.1}),
                                                   {.initial_scale = 3e38, .dynamic_growth_steps = 1}),
                   .loss = "mse",
                   .loss_weights = {1000}});
    return model;
  };
  for (const Index after : {7, 12}) check_killed(make, after, 1);
}
#endif

TEST(BackupAndRestore, TheBackupIsAModelFile) {
  const TemporaryFolder folder;
  auto stopped = compiled_with_state();
  train_until(stopped, folder.path(), 12);
  ASSERT_TRUE(std::filesystem::exists(folder.path() + "/latest.keras"));
  EXPECT_EQ(files_in(folder.path()), 1U);
  const auto loaded = load_model<float>(folder.path() + "/latest.keras");
  EXPECT_EQ(loaded->optimizer().iterations(), 12);
  EXPECT_TRUE(expect::same(loaded->get_weights(), stopped.get_weights()));
}

TEST(BackupAndRestore, RestoresTheLearningRateOfADoubleModel) {
  const TemporaryFolder folder;
  const Tensor<double> x = features.cast<double>(), y = targets.cast<double>();
  const auto made = [] {
    clear_session();
    set_random_seed(3);
    Sequential<double> model{Input<double>({3}), Dense<double>(4, "tanh"), Dense<double>(1)};
    model.compile({.optimizer = Adam<double>(0.1), .loss = "mse"});
    return model;
  };
  const auto halve = [](Sequential<double>& model) {
    return LambdaCallback<double>({.on_epoch_begin = [&model](Index) {
      model.optimizer().set_learning_rate(model.optimizer().learning_rate() / 3);
    }});
  };
  auto whole = made();
  whole.fit(x, y, {.epochs = 4, .verbose = 0, .callbacks = {halve(whole)}});
  auto first = made();
  first.fit(x, y,
            {.epochs = 2,
             .verbose = 0,
             .callbacks = {halve(first), BackupAndRestore<double>(folder.path(), {.delete_checkpoint = false})}});
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/latest.keras"));
  auto second = made();
  second.fit(x, y, {.epochs = 4, .verbose = 0, .callbacks = {halve(second), BackupAndRestore<double>(folder.path())}});
  EXPECT_EQ(second.optimizer().learning_rate(), whole.optimizer().learning_rate());
  EXPECT_TRUE(expect::same(second.get_weights(), whole.get_weights()));
}

TEST(BackupAndRestore, DoesNotReplaceAScheduleByTheLearningRateOfAFile) {
  const TemporaryFolder folder;
  auto first = compiled_with_state();
  train_until(first, folder.path(), 4);
  auto second = compiled_with_state();
  const auto before = second.get_weights();
  const auto resume = [&] { train_until(second, folder.path(), -1); };
  second.compile({.optimizer = Adam({.learning_rate = ExponentialDecay(
                                         {.initial_learning_rate = 0.01, .decay_steps = 10, .decay_rate = 0.9})}),
                  .loss = "mse"});
  EXPECT_TRUE(expect::error<StateError>(resume, {"BackupAndRestore", "Adam", "schedule"}));
  second.compile({.optimizer = Adam({.learning_rate = [](Index) { return 0.01; }}), .loss = "mse"});
  EXPECT_TRUE(expect::error<StateError>(resume, {"BackupAndRestore", "Adam", "schedule"}));
  EXPECT_TRUE(expect::same(second.get_weights(), before)) << "nothing is changed";
}

TEST(BackupAndRestore, ResumesASchedule) {
  const TemporaryFolder folder;
  const auto made = [] {
    auto model = compiled_with_state();
    model.compile({.optimizer = SGD({.learning_rate = ExponentialDecay(
                                         {.initial_learning_rate = 0.01, .decay_steps = 10, .decay_rate = 0.9}),
                                     .momentum = 0.9}),
                   .loss = "mse"});
    return model;
  };
  auto stopped = made();
  train_until(stopped, folder.path(), 8);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/latest.keras"));
  auto resumed = made(), whole = made();
  train_until(resumed, folder.path(), -1);
  fit(whole, 4);
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights()));
}

TEST(BackupAndRestore, AModelWithoutConfigurationIsBackedUpAsArrays) {
  const TemporaryFolder folder;
  const auto made = [] {
    auto model = compiled_with_state();
    model.compile({.optimizer = Adam(0.01), .loss = squared_error});
    return model;
  };
  auto stopped = made();
  train_until(stopped, folder.path(), 12);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/training.npz"));
  EXPECT_EQ(files_in(folder.path()), 1U);
  auto resumed = made();
  train_until(resumed, folder.path(), -1);
  auto whole = made();
  fit(whole, 4);
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights()));
}

TEST(BackupAndRestore, GoesOnFromArraysAsAKerasFile) {
  const TemporaryFolder folder;
  auto stopped = compiled_with_state();
  stopped.compile({.optimizer = Adam(0.01), .loss = squared_error});
  train_until(stopped, folder.path(), 8);
  ASSERT_TRUE(std::filesystem::exists(folder.path() + "/training.npz"));
  auto stopped_again = compiled_with_state();  // the same loss, by name
  train_until(stopped_again, folder.path(), 4);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/latest.keras"));
  EXPECT_EQ(files_in(folder.path()), 1U) << "the older backup is removed";
  auto resumed = compiled_with_state();
  train_until(resumed, folder.path(), -1);
  auto whole = compiled_with_state();
  fit(whole, 4);
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights()));
}

TEST(BackupAndRestore, OtherFilesAreNoBackups) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/latest.keras";
  auto model = compiled_with_state();
  const auto before = model.get_weights();
  const auto resume = [&] { train_until(model, folder.path(), -1); };
  model.save(path);
  EXPECT_TRUE(expect::error<IoError>(resume, {"BackupAndRestore", "latest.keras", "not a backup"}));
  folder.write("latest.keras", "PK");
  EXPECT_TRUE(expect::error<IoError>(resume, {"latest.keras", "zip archive"}));

  std::filesystem::remove(path);
  auto other = compiled_with_state();
  other.compile({.optimizer = "sgd", .loss = "mse"});
  train_until(other, folder.path(), 4);
  model.compile({.optimizer = Adam(0.01), .loss = "mse"});
  const lamina::testing_support::Warnings warnings;
  EXPECT_TRUE(expect::error<IoError>(resume, {"BackupAndRestore", "latest.keras", "Adam"}));
  EXPECT_NE(warnings.text().find("latest.keras"), std::string::npos);
  EXPECT_TRUE(expect::same(model.get_weights(), before)) << "nothing is changed";
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace

#endif
