// Callbacks of epochs and batches, on small models.
#include <fstream>
#include <limits>
#include <sstream>

#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

const Tensor<float> x = expect::scattered<float>({20, 3}, 1), y = expect::scattered<float>({20, 1}, 2);

Sequential<float> compiled(double rate = 0.05) {
  clear_session();
  set_random_seed(3);
  Sequential model{Dense(1)};
  model.build({None, 3});
  model.compile({.optimizer = SGD(rate), .loss = "mse"});
  return model;
}

/// Sets the watched number of every epoch.
struct Says : Callback<float> {
  Says(std::string n, std::vector<double> v) : name(std::move(n)), values(std::move(v)) {}
  void on_epoch_end(Index epoch, Logs& logs) override { logs.set(name, values.at(static_cast<std::size_t>(epoch))); }
  std::string name;
  std::vector<double> values;
};

/// Writes down every hook.
struct Noting : Callback<float> {
  void on_train_begin() override { seen += "train("; }
  void on_train_end(Logs&) override { seen += ")"; }
  void on_epoch_begin(Index epoch) override { seen += text("epoch", epoch, "("); }
  void on_epoch_end(Index, Logs& logs) override { seen += logs.contains("val_loss") ? "v)" : ")"; }
  void on_train_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_train_batch_end(Index, Logs& logs) override { seen += logs.contains("loss") ? ">" : "?"; }
  void on_test_begin() override { seen += "test("; }
  void on_test_end(Logs&) override { seen += ")"; }
  void on_test_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_test_batch_end(Index, Logs&) override { seen += ">"; }
  void on_predict_begin() override { seen += "predict("; }
  void on_predict_end() override { seen += ")"; }
  void on_predict_batch_begin(Index batch) override { seen += text(batch, "<"); }
  void on_predict_batch_end(Index) override { seen += ">"; }
  std::string seen;
};

TEST(Callbacks, AreCalledInKerasOrder) {
  auto model = compiled();
  const auto noting = std::make_shared<Noting>();
  model.fit(
      x, y,
      {.batch_size = 10, .epochs = 2, .verbose = 0, .validation_data = Samples<float>{x, y}, .callbacks = {noting}});
  EXPECT_EQ(noting->seen, "train(epoch0(0<>1<>test(0<>1<>)v)epoch1(0<>1<>test(0<>1<>)v))");
  EXPECT_EQ(noting->parameters().epochs, 2);
  EXPECT_EQ(noting->parameters().steps, 2);
  noting->seen.clear();
  model.evaluate(x, y, {.batch_size = 20, .callbacks = {noting}});
  model.predict(x, {.batch_size = 10, .callbacks = {noting}});
  EXPECT_EQ(noting->seen, "test(0<>)predict(0<>1<>)");
  EXPECT_TRUE(expect::error<StateError>([&] { noting->model(); }, {"no model outside fit"}));
}

TEST(Callbacks, WhatAHookLogsIsInTheHistory) {
  auto model = compiled();
  const History history = model.fit(
      x, y, {.epochs = 2, .verbose = 0, .callbacks = {LambdaCallback({.on_epoch_end = [](Index e, Logs& logs) {
                                          logs.set("double", 2.0 * static_cast<double>(e));
                                        }})}});
  EXPECT_EQ(history["double"], (std::vector<double>{0, 2}));
}

TEST(EarlyStopping, StopsWhenPatienceHasRunOut) {
  auto model = compiled();
  const auto stop = std::make_shared<EarlyStopping<float>>(
      EarlyStoppingOptions{.monitor = "watched", .patience = 2, .mode = MonitorMode::min});
  const History history =
      model.fit(x, y, {.epochs = 8, .verbose = 0, .callbacks = {Says("watched", {3, 2, 2.5, 2.1, 1, 1, 1, 1}), stop}});
  EXPECT_EQ(history.epoch().size(), 4u);
  EXPECT_EQ(stop->stopped_epoch(), 3);
  EXPECT_EQ(stop->best_epoch(), 1);
  EXPECT_EQ(stop->best(), 2.0);
}

TEST(EarlyStopping, KnowsWhatGrowsByItsName) {
  auto model = compiled();
  const auto stop =
      std::make_shared<EarlyStopping<float>>(EarlyStoppingOptions{.monitor = "val_accuracy", .patience = 1});
  const History history = model.fit(
      x, y, {.epochs = 5, .verbose = 0, .callbacks = {Says("val_accuracy", {0.1, 0.2, 0.3, 0.3, 0.4}), stop}});
  EXPECT_EQ(history.epoch().size(), 4u);
}

TEST(EarlyStopping, MinDeltaAndBaseline) {
  auto model = compiled();
  History history = model.fit(
      x, y,
      {.epochs = 5,
       .verbose = 0,
       .callbacks = {
           Says("watched", {3, 2.95, 2.9, 1, 1}),
           EarlyStopping({.monitor = "watched", .min_delta = 0.5, .patience = 2, .mode = MonitorMode::min})}});
  EXPECT_EQ(history.epoch().size(), 3u);
  history = model.fit(
      x, y,
      {.epochs = 5,
       .verbose = 0,
       .callbacks = {Says("watched", {3, 2, 1.5, 1, 1}),
                     EarlyStopping({.monitor = "watched", .patience = 2, .mode = MonitorMode::min, .baseline = 0.5})}});
  EXPECT_EQ(history.epoch().size(), 5u) << "a better value is never the end, also above the baseline";
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
                 Says("watched", {3, 1, 2, 2, 2}), Keeping(weights),
                 EarlyStopping(
                     {.monitor = "watched", .patience = 2, .mode = MonitorMode::min, .restore_best_weights = true})}});
  EXPECT_EQ(weights.size(), 4u);
  EXPECT_TRUE(expect::same(model.get_weights(), weights[1]));
}

TEST(EarlyStopping, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(expect::error<ValueError>([] { EarlyStopping<float>({.patience = -1}); }, {"patience >= 0", "-1"}));
}

TEST(ReduceLROnPlateau, LowersTheRate) {
  auto model = compiled(0.4);
  const History history = model.fit(
      x, y,
      {.epochs = 7,
       .verbose = 0,
       .callbacks = {
           Says("watched", {3, 3, 3, 3, 3, 3, 3}),
           ReduceLROnPlateau(
               {.monitor = "watched", .factor = 0.5, .patience = 2, .mode = MonitorMode::min, .min_lr = 0.1})}});
  const std::vector<double> expected{0.4, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_FLOAT_EQ(static_cast<float>(history["learning_rate"][i]), static_cast<float>(expected[i])) << i;
  EXPECT_TRUE(expect::error<ValueError>([] { ReduceLROnPlateau<float>({.factor = 1.0}); }, {"0 < factor < 1"}));
}

TEST(LearningRateScheduler, SetsTheRateOfEachEpoch) {
  auto model = compiled();
  const History history =
      model.fit(x, y, {.epochs = 3, .verbose = 0, .callbacks = {LearningRateScheduler([](Index epoch, double rate) {
                                                    return epoch == 0 ? 0.5 : rate / 2;
                                                  })}});
  EXPECT_EQ(history["learning_rate"], (std::vector<double>{0.5, 0.25, 0.125}));
}

TEST(TerminateOnNaN, StopsAtTheBatch) {
  auto model = compiled();
  Tensor<float> bad = y.copy();
  bad.mutable_data()[0] = std::numeric_limits<float>::quiet_NaN();
  ::testing::internal::CaptureStderr();
  const History history = model.fit(
      x, bad, {.batch_size = 5, .epochs = 3, .verbose = 0, .shuffle = false, .callbacks = {TerminateOnNaN()}});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("batch 1"), std::string::npos) << said;
  EXPECT_EQ(history.epoch().size(), 1u);
  EXPECT_EQ(model.optimizer().iterations(), 1);
}

TEST(CSVLogger, WritesALineAnEpoch) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  const auto lines = [&] {
    std::ifstream file(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  };
  auto model = compiled();
  model.fit(x, y, {.epochs = 2, .verbose = 0, .callbacks = {Says("watched", {1.5, 2}), CSVLogger(path)}});
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_EQ(lines()[0], "epoch,loss,watched");
  EXPECT_EQ(lines()[1].substr(0, 2), "0,");
  EXPECT_EQ(lines()[1].substr(lines()[1].size() - 4), ",1.5");
  model.fit(x, y,
            {.epochs = 1, .verbose = 0, .callbacks = {Says("watched", {1.5}), CSVLogger(path, {.append = true})}});
  EXPECT_EQ(lines().size(), 4u);
  EXPECT_TRUE(expect::error<IoError>(
      [&] { model.fit(x, y, {.verbose = 0, .callbacks = {CSVLogger(folder.path() + "/none/log.csv")}}); },
      {"none/log.csv"}));
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}
/// The numbers of the cells of a line that are NA.
std::vector<std::size_t> cells_that_are_na(const std::string& line) {
  std::vector<std::size_t> all;
  std::size_t cell = 0, begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i)
    if (i == line.size() || line[i] == ',') {
      if (line.substr(begin, i - begin) == "NA") all.push_back(cell);
      begin = i + 1;
      ++cell;
    }
  return all;
}

TEST(CSVLogger, HasAColumnForWhatLaterEpochsMeasure) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  auto model = compiled();
  const History history = model.fit(x, y,
                                    {.epochs = 4,
                                     .verbose = 0,
                                     .validation_data = Samples<float>{x, y},
                                     .validation_freq = 2,
                                     .callbacks = {CSVLogger(path)}});
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "epoch,loss,val_loss");
  for (const std::size_t not_measured : {1U, 3U})
    EXPECT_EQ(cells_that_are_na(lines[not_measured]), (std::vector<std::size_t>{2})) << lines[not_measured];
  for (const std::size_t measured : {2U, 4U}) {
    EXPECT_TRUE(cells_that_are_na(lines[measured]).empty()) << lines[measured];
    const double value = std::strtod(lines[measured].substr(lines[measured].rfind(',') + 1).c_str(), nullptr);
    EXPECT_NEAR(value, history["val_loss"][measured / 2 - 1], 1e-6 * value);
  }
  EXPECT_EQ(history.epochs_of("loss"), (std::vector<Index>{0, 1, 2, 3}));
  EXPECT_EQ(history.epochs_of("val_loss"), (std::vector<Index>{1, 3}));
}

TEST(CSVLogger, ContinuesUnderTheColumnsOfTheFile) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  const CSVLoggerOptions append{.append = true};
  auto model = compiled();
  model.fit(x, y,
            {.epochs = 1, .verbose = 0, .callbacks = {Says("b", {2}), Says("a,\"c\"", {1}), CSVLogger(path, append)}});
  model.fit(x, y,
            {.epochs = 1, .verbose = 0, .callbacks = {Says("a,\"c\"", {1}), Says("b", {2}), CSVLogger(path, append)}});
  model.fit(x, y, {.epochs = 1, .verbose = 0, .callbacks = {Says("d", {4}), CSVLogger(path, append)}});
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "epoch,loss,b,\"a,\"\"c\"\"\",d");
  for (const std::size_t i : {1U, 2U}) EXPECT_EQ(lines[i].substr(lines[i].size() - 7), ",2,1,NA") << lines[i];
  EXPECT_EQ(lines[3].substr(lines[3].size() - 8), ",NA,NA,4");
}

TEST(CSVLogger, LeavesAFileAloneThatIsNotItsOwn) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  std::ofstream(path) << "name;value\n";
  auto model = compiled();
  EXPECT_TRUE(
      expect::error<IoError>([&] { model.fit(x, y, {.verbose = 0, .callbacks = {CSVLogger(path, {.append = true})}}); },
                             {"log.csv", "epoch,", "separator"}));
  EXPECT_EQ(lines_of(path), std::vector<std::string>{"name;value"});
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
  EXPECT_EQ(lines_of(path), std::vector<std::string>{"kept"}) << "no callback has begun";
}

TEST(Weights, OfSamplesAndClasses) {
  const Tensor<float> labels{0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1};
  Tensor<float> weights = Tensor<float>::ones({20});
  for (Index i = 0; i < 20; ++i) weights.mutable_data()[i] = labels[i] == 0 ? 3.f : 1.f;
  auto a = compiled(), b = compiled(), c = compiled();
  a.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0, .class_weight = {{0, 3.0}}});
  b.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0, .sample_weight = weights});
  c.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));
  EXPECT_FALSE(expect::same(a.get_weights(), c.get_weights()));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        a.fit(x, labels, {.verbose = 0, .sample_weight = weights, .class_weight = {{0, 3.0}}});
      },
      {"not both"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        a.fit(x, labels, {.verbose = 0, .sample_weight = Tensor<float>{1, 2}});
      },
      {"20 samples", "(2,)"}));
}

TEST(Weights, OnlyWeightedMetricsHeedThem) {
  clear_session();
  Sequential model{Dense(1, {.kernel_initializer = "zeros"})};
  model.compile({.optimizer = SGD(0.0), .loss = "mse", .metrics = {"mse"}, .weighted_metrics = {"mse"}});
  const Tensor<float> targets{1, 2};
  const Logs logs = model.evaluate(Tensor<float>{{1, 1}, {1, 1}}, targets, {.sample_weight = Tensor<float>{0, 1}});
  EXPECT_FLOAT_EQ(static_cast<float>(logs["loss"]), 2.f);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["mse"]), 2.5f);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["weighted_mse"]), 4.f);
}

TEST(Weights, OfClassesAreNotThoseOfValidationData) {
  const Tensor<float> in{1, 2, 3, 4, 100}, labels{1, 1, 0, 0, 1};
  const auto validated = [&](FitOptions<float> options) {
    Sequential model{Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "ones"})};
    model.compile({.optimizer = SGD(0.0), .loss = "mae", .weighted_metrics = {"mae"}});
    options.verbose = 0;
    return model.fit(in, labels, options);
  };
  const History split = validated({.validation_split = 0.2, .class_weight = {{1, 3.0}}});
  EXPECT_EQ(split["val_loss"][0], 99);
  EXPECT_EQ(split["val_mae"][0], 99);
  EXPECT_FLOAT_EQ(static_cast<float>(split["loss"][0]), (3 * 0 + 3 * 1 + 3 + 4) / 4.f) << "the training data has them";
  const History given =
      validated({.validation_data = Samples<float>{Tensor<float>{100}, Tensor<float>{1}}, .class_weight = {{1, 3.0}}});
  EXPECT_EQ(given["val_loss"][0], 99);
  const History weighted = validated({.validation_split = 0.4, .sample_weight = Tensor<float>{1, 1, 1, 0, 2}});
  EXPECT_EQ(weighted["val_loss"][0], 99) << "samples keep their own weights: (0 · 4 + 2 · 99) / 2";
}

TEST(Validation, EverySoManyEpochs) {
  auto model = compiled();
  const History history = model.fit(x, y,
                                    {.epochs = 4,
                                     .verbose = 0,
                                     .validation_data = Samples<float>{x, y},
                                     .validation_steps = 1,
                                     .validation_freq = 2});
  EXPECT_EQ(history["loss"].size(), 4u);
  EXPECT_EQ(history["val_loss"].size(), 2u);
}

}  // namespace
