// Callbacks that write what they can be read from: checkpoints, backups, event files.
#include <lamina/callbacks/backup_and_restore.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/callbacks/tensorboard.hpp>

#include "support/expect.hpp"
#include "support/temporary_file.hpp"

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace lamina;

namespace {

const Tensor<float> x = expect::scattered<float>({40, 3}, 1), y = expect::scattered<float>({40, 1}, 2);

/// A model with everything that has a state of its own: dropout, shuffling, an optimizer with slots.
Sequential<float> compiled() {
  clear_session();
  set_random_seed(3);
  Sequential model{Dense(8, "tanh"), Dropout(0.3), Dense(1)};
  model.build({None, 3});
  model.compile({.optimizer = Adam(0.01), .loss = "mse"});
  return model;
}

struct Says : Callback<float> {
  explicit Says(std::vector<double> v) : values(std::move(v)) {}
  void on_epoch_end(Index epoch, Logs& logs) override {
    logs.set("watched", values.at(static_cast<std::size_t>(epoch)));
  }
  std::vector<double> values;
};

TEST(Weights, GoToAFileAndBack) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/weights.npz";
  auto a = compiled();
  a.fit(x, y, {.verbose = 0});
  save_weights(a, path);
  auto b = compiled();
  EXPECT_FALSE(expect::same(a.get_weights(), b.get_weights()));
  load_weights(b, path);
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));

  Sequential other{Dense(4), Dense(1)};
  EXPECT_TRUE(expect::error<StateError>([&] { load_weights(other, path); }, {"no weights yet"}));
  other.build({None, 3});
  const auto before = other.get_weights();
  EXPECT_TRUE(expect::error<ShapeError>([&] { load_weights(other, path); }, {"(3, 8)", "(3, 4)"}));
  EXPECT_TRUE(expect::same(other.get_weights(), before)) << "nothing is half-changed";
  EXPECT_TRUE(expect::error<IoError>([&] { load_weights(b, folder.path() + "/none.npz"); }, {"none.npz"}));

  Sequential shorter{Input({3}), Dense(8)};
  const auto kept = shorter.get_weights();
  EXPECT_TRUE(expect::error<IoError>([&] { load_weights(shorter, path); }, {"load_weights", "4 arrays", "has 2"}));
  EXPECT_TRUE(expect::same(shorter.get_weights(), kept));
}

TEST(ModelCheckpoint, NamesFilesByEpochAndLogs) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled();
  model.fit(x, y,
            {.epochs = 2,
             .verbose = 0,
             .callbacks = {Says({1.5, 0.25}), ModelCheckpoint(folder.path() + "/w-{epoch:02d}-{watched:.2f}.npz")}});
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/w-01-1.50.npz"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/w-02-0.25.npz"));
  auto again = compiled();
  load_weights(again, folder.path() + "/w-02-0.25.npz");
  EXPECT_TRUE(expect::same(again.get_weights(), model.get_weights()));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { model.fit(x, y, {.verbose = 0, .callbacks = {ModelCheckpoint(folder.path() + "/{los}.npz")}}); },
      {"\"los\"", "\"loss\""}));
}

TEST(ModelCheckpoint, KeepsTheBestOnly) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/best.npz";
  auto model = compiled();
  std::vector<std::vector<Tensor<float>>> weights;
  const auto keep = [&](Index, Logs&) { weights.push_back(model.get_weights()); };
  model.fit(
      x, y,
      {.epochs = 4,
       .verbose = 0,
       .callbacks = {Says({2, 1, 3, 1.5}), LambdaCallback({.on_epoch_end = keep}),
                     ModelCheckpoint(path, {.monitor = "watched", .save_best_only = true, .mode = MonitorMode::min})}});
  auto best = compiled();
  load_weights(best, path);
  EXPECT_TRUE(expect::same(best.get_weights(), weights[1]));
}

TEST(ModelCheckpoint, EverySoManyBatches) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled();
  Index saved = 0;
  model.fit(x, y,
            {.batch_size = 8,
             .epochs = 2,
             .verbose = 0,
             .callbacks = {ModelCheckpoint(folder.path() + "/{epoch}-{loss}.npz", {.save_freq = 3})}});
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) saved += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(saved, 3);
}

#if defined(__unix__)
/// Trains with a backup in a process of its own, which is killed after so many batches; then goes on.
void check_killed(Index after, std::optional<Index> save_freq) {
  const testing_support::TemporaryFolder folder;
  const std::string backup = folder.path() + "/backup";
  const auto train = [&](Sequential<float>& model, Index kill_after) {
    Index batches = 0;
    const auto kill = [&](Index, Logs&) {
      if (++batches == kill_after) std::raise(SIGKILL);
    };
    model.fit(x, y,
              {.batch_size = 8,
               .epochs = 4,
               .verbose = 0,
               .callbacks = {BackupAndRestore(backup, {.save_freq = save_freq}),
                             LambdaCallback({.on_train_batch_end = kill})}});
  };
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto model = compiled();
    train(model, after);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  auto resumed = compiled();
  train(resumed, -1);
  EXPECT_FALSE(std::filesystem::exists(backup + "/training.npz")) << "gone once the training has ended";
  auto whole = compiled();
  whole.fit(x, y, {.batch_size = 8, .epochs = 4, .verbose = 0});
  EXPECT_TRUE(expect::same(resumed.get_weights(), whole.get_weights())) << "killed after batch " << after;
  EXPECT_EQ(resumed.optimizer().iterations(), whole.optimizer().iterations());
}

TEST(BackupAndRestore, DoesNotReplaceASchedule) {
  const testing_support::TemporaryFolder folder;
  auto first = compiled();
  first.fit(x, y, {.verbose = 0, .callbacks = {BackupAndRestore(folder.path(), {.delete_checkpoint = false})}});
  auto second = compiled();
  second.compile({.optimizer = Adam({.learning_rate = [](Index) { return 0.01; }}), .loss = "mse"});
  const auto before = second.get_weights();
  EXPECT_TRUE(expect::error<StateError>(
      [&] { second.fit(x, y, {.verbose = 0, .callbacks = {BackupAndRestore(folder.path())}}); },
      {"BackupAndRestore", "Adam", "schedule"}));
  EXPECT_TRUE(expect::same(second.get_weights(), before)) << "nothing is half-changed";
}

TEST(BackupAndRestore, EndsWithTheVeryBitsOfARunThatWasNotKilled) {
  for (const Index after : {1, 5, 7, 12, 19}) check_killed(after, std::nullopt);
}
TEST(BackupAndRestore, InTheMiddleOfAnEpoch) {
  for (const Index after : {2, 4, 8, 13}) check_killed(after, 2);
}
#endif

TEST(BackupAndRestore, WithoutAKillChangesNothing) {
  const testing_support::TemporaryFolder folder;
  auto a = compiled(), b = compiled();
  a.fit(x, y,
        {.epochs = 2,
         .verbose = 0,
         .callbacks = {BackupAndRestore(folder.path() + "/deep/er", {.delete_checkpoint = false})}});
  b.fit(x, y, {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/deep/er/training.npz"));
  const History nothing_left =
      a.fit(x, y, {.epochs = 2, .verbose = 0, .callbacks = {BackupAndRestore(folder.path() + "/deep/er")}});
  EXPECT_TRUE(nothing_left.epoch().empty());
  EXPECT_TRUE(expect::error<ValueError>([] { BackupAndRestore<float>(""); }, {"name of a folder"}));
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TensorBoard, CheckSumIsCastagnolis) {
  EXPECT_EQ(lamina::detail::crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(lamina::detail::crc32c(std::string(32, '\0')), 0x8a9136aaU);
}

TEST(TensorBoard, WritesRecordsThatHold) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled();
  const History history = model.fit(x, y,
                                    {.epochs = 2,
                                     .verbose = 0,
                                     .validation_data = Samples<float>{x, y},
                                     .callbacks = {TensorBoard({.log_dir = folder.path()})}});
  for (const std::string part : {"train", "validation"}) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() + "/" + part))
      files.push_back(entry.path());
    ASSERT_EQ(files.size(), 1u);
    const std::string bytes = bytes_of(files[0]);
    const auto number = [&](std::size_t at, int size) {
      std::uint64_t value = 0;
      for (int i = size; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
      return value;
    };
    const auto masked = [](std::string_view data) {
      const std::uint32_t crc = lamina::detail::crc32c(data);
      return static_cast<std::uint64_t>(((crc >> 15) | (crc << 17)) + 0xa282ead8U);
    };
    std::vector<std::string> records;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t length = number(at, 8);
      EXPECT_EQ(number(at + 8, 4), masked(std::string_view(bytes).substr(at, 8)));
      records.push_back(bytes.substr(at + 12, length));
      EXPECT_EQ(number(at + 12 + length, 4), masked(records.back()));
      at += length + 16;
    }
    ASSERT_EQ(records.size(), part == "train" ? 5u : 3u);
    EXPECT_NE(records[0].find("brain.Event:2"), std::string::npos);
    EXPECT_NE(records[1].find("epoch_loss"), std::string::npos);
    float value = 0;  // the last field of a scalar's event
    std::memcpy(&value, records[1].data() + records[1].size() - 4, 4);
    EXPECT_EQ(value, static_cast<float>(history[part == "train" ? "loss" : "val_loss"][0]));
  }
}

}  // namespace
