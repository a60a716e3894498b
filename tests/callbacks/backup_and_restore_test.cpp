#include <atomic>
#include <filesystem>
#include <fstream>
#include <lamina/callbacks/backup_and_restore.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/callbacks/tensorboard.hpp>

#include "support/checkpoints.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace lamina;

namespace {

using namespace lamina::testing::checkpoints;

TEST(BackupAndRestore, DoesNotReplaceASchedule) {
  const testing_support::TemporaryFolder folder;
  auto first = compiled_with_state();
  first.fit(features, targets,
            {.verbose = 0, .callbacks = {BackupAndRestore(folder.path(), {.delete_checkpoint = false})}});
  auto second = compiled_with_state();
  second.compile({.optimizer = Adam({.learning_rate = [](Index) { return 0.01; }}), .loss = "mse"});
  const auto before = second.get_weights();
  EXPECT_TRUE(expect::error<StateError>(
      [&] { second.fit(features, targets, {.verbose = 0, .callbacks = {BackupAndRestore(folder.path())}}); },
      {"BackupAndRestore", "Adam", "schedule"}));
  EXPECT_TRUE(expect::same(second.get_weights(), before)) << "nothing is changed";
}

#if defined(__unix__)
/// Trains with a backup in a child process, which is killed after the given number of batches; then resumes.
template <class Make>
void check_killed(const Make& make, Index after, std::optional<Index> save_freq) {
  const testing_support::TemporaryFolder folder;
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
  EXPECT_FALSE(std::filesystem::exists(backup + "/training.npz")) << "removed at the end of training";
  auto whole = make();
  whole.fit(features, targets, {.batch_size = 8, .epochs = 4, .verbose = 0});
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights())) << "killed after batch " << after;
  EXPECT_EQ(resumed.optimizer().iterations(), whole.optimizer().iterations());
  const auto &state = resumed.optimizer().variables(), &expected = whole.optimizer().variables();
  ASSERT_EQ(state.size(), expected.size());
  for (std::size_t i = 0; i < state.size(); ++i) EXPECT_TRUE(expect::same(state[i].value(), expected[i].value()));
}

TEST(BackupAndRestore, AKilledRunResumesToTheSameBits) {
  for (const Index after : {1, 5, 7, 12, 19}) check_killed(compiled_with_state, after, std::nullopt);
}

TEST(BackupAndRestore, ResumesInTheMiddleOfAnEpoch) {
  for (const Index after : {2, 4, 8, 13}) check_killed(compiled_with_state, after, 2);
}

TEST(BackupAndRestore, ResumesATrainingWithDynamicLossScaling) {
  // Some steps are skipped, as the scale grows until gradients overflow.
  const auto make = [] {
    auto model = compiled_with_state();
    model.compile({.optimizer = LossScaleOptimizer(Adam({.learning_rate = 0.01, .weight_decay = 0.1}),
                                                   {.initial_scale = 3e38, .dynamic_growth_steps = 1}),
                   .loss = "mse",
                   .loss_weights = {1000}});
    return model;
  };
  auto whole = make();
  whole.fit(features, targets, {.batch_size = 8, .epochs = 4, .verbose = 0});
  EXPECT_GT(whole.optimizer().steps(), 4);
  EXPECT_LT(whole.optimizer().steps(), 16);
  for (const Index after : {1, 2, 4, 7, 8, 12, 13, 19}) {
    check_killed(make, after, 1);
    check_killed(make, after, std::nullopt);
  }
}
#endif

TEST(BackupAndRestore, KeepsTheBackupAfterAStopRequest) {
  const testing_support::TemporaryFolder folder;
  const std::string backup = folder.path() + "/backup";
  std::atomic<bool> stop = false;
  Index batches = 0;
  const auto train = [&](Sequential<float>& model) {
    model.fit(features, targets,
              {.batch_size = 8,
               .epochs = 4,
               .verbose = 0,
               .callbacks = {BackupAndRestore(backup), LambdaCallback({.on_train_batch_end =
                                                                           [&](Index, Logs&) {
                                                                             if (++batches == 12) stop = true;
                                                                           }})},
               .stop = stop});
  };
  auto stopped = compiled_with_state();
  train(stopped);
  EXPECT_TRUE(stopped.interrupted());
  EXPECT_TRUE(std::filesystem::exists(backup + "/training.npz"));
  stop = false;
  auto resumed = compiled_with_state();
  train(resumed);
  EXPECT_FALSE(std::filesystem::exists(backup + "/training.npz"));
  auto whole = compiled_with_state();
  whole.fit(features, targets, {.batch_size = 8, .epochs = 4, .verbose = 0});
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights()));
}

TEST(BackupAndRestore, DoesNotChangeAnUninterruptedTraining) {
  const testing_support::TemporaryFolder folder;
  auto a = compiled_with_state(), b = compiled_with_state();
  a.fit(features, targets,
        {.epochs = 2,
         .verbose = 0,
         .callbacks = {BackupAndRestore(folder.path() + "/deep/er", {.delete_checkpoint = false})}});
  b.fit(features, targets, {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/deep/er/training.npz"));
  const History nothing_left = a.fit(
      features, targets, {.epochs = 2, .verbose = 0, .callbacks = {BackupAndRestore(folder.path() + "/deep/er")}});
  EXPECT_TRUE(nothing_left.epoch().empty());
  EXPECT_TRUE(expect::error<ValueError>([] { BackupAndRestore<float>(""); }, {"name of a folder"}));
}

TEST(BackupAndRestore, ABackupOfAnUnregisteredFormatIsAnError) {
  const testing_support::TemporaryFolder folder;
  folder.write("latest.keras", "written by a program that includes lamina/io/keras.hpp");
  auto model = compiled_with_state();
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { model.fit(features, targets, {.verbose = 0, .callbacks = {BackupAndRestore(folder.path())}}); },
      {"BackupAndRestore", "latest.keras", "io/keras.hpp"}));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/latest.keras"));
}

}  // namespace
