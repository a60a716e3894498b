#include <atomic>
#include <csignal>
#include <lamina/training/stop_condition.hpp>
#include <thread>

#include "support/expect.hpp"
#include "support/training.hpp"

using namespace lamina;
using namespace lamina::testing::training;

namespace {

static_assert(!std::is_constructible_v<StopCondition, std::atomic<bool>>, "a temporary flag ends before it is read");

std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers may store to it");

/// Counts calls of hooks, and sets the flag in the batch with this number, counted over all epochs.
struct Counting : Callback<double> {
  Counting(std::atomic<bool>& stop, int stop_in_batch) : flag(&stop), stop_in(stop_in_batch) {}
  void on_train_begin() override { ++train_begins; }
  void on_train_end(Logs& logs) override {
    ++train_ends;
    last = logs;
  }
  void on_epoch_begin(Index) override { ++epoch_begins; }
  void on_epoch_end(Index, Logs&) override { ++epoch_ends; }
  void on_train_batch_end(Index, Logs&) override { count(); }
  void on_test_begin() override { ++test_begins; }
  void on_test_end(Logs&) override { ++test_ends; }
  void on_test_batch_end(Index, Logs&) override { count(); }
  void on_predict_batch_end(Index) override { count(); }
  void on_predict_end() override { ++predict_ends; }
  void count() {
    if (++batches == stop_in) *flag = true;
  }
  std::atomic<bool>* flag;
  int stop_in, batches = 0, train_begins = 0, train_ends = 0, epoch_begins = 0, epoch_ends = 0, test_begins = 0,
               test_ends = 0, predict_ends = 0;
  Logs last;
};

}  // namespace

TEST(StopCondition, IsAFlagOrAToken) {
  EXPECT_FALSE(StopCondition().requested());
  EXPECT_FALSE(StopCondition().possible());
  std::atomic<bool> flag = false;
  const StopCondition by_flag = flag;
  EXPECT_FALSE(by_flag.requested());
  EXPECT_TRUE(by_flag.possible());
  flag = true;
  EXPECT_TRUE(by_flag.requested());
  EXPECT_TRUE(StopCondition(by_flag).requested());
#if defined(__cpp_lib_jthread)
  std::stop_source source;
  const StopCondition by_token = source.get_token();
  EXPECT_FALSE(by_token.requested());
  EXPECT_TRUE(by_token.possible());
  source.request_stop();
  EXPECT_TRUE(by_token.requested());
#endif
}

TEST(StopFit, InTheMiddleOfAnEpoch) {
  Fixture f;
  std::atomic<bool> stop = false;
  const auto counting = std::make_shared<Counting>(stop, 5);  // an epoch has three batches
  const History history = f.model.fit(
      features, targets, {.batch_size = 8, .epochs = 9, .verbose = 0, .callbacks = {counting}, .stop = stop});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0}));
  EXPECT_EQ(history["loss"].size(), 1U);
  EXPECT_EQ(f.noting->trained.size(), 5U);
  EXPECT_EQ(f.model.optimizer().iterations(), 5);
  EXPECT_TRUE(f.model.interrupted());
  EXPECT_EQ(counting->epoch_begins, 2);
  EXPECT_EQ(counting->epoch_ends, 1);
  EXPECT_EQ(counting->train_ends, 1);
  EXPECT_TRUE(counting->last.contains("loss")) << "mean of the two batches";
}

TEST(StopFit, InTheLastBatchOfAnEpochThatEpochIsComplete) {
  Fixture f;
  std::atomic<bool> stop = false;
  const auto counting = std::make_shared<Counting>(stop, 6);
  const History history = f.model.fit(
      features, targets, {.batch_size = 8, .epochs = 9, .verbose = 0, .callbacks = {counting}, .stop = stop});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0, 1}));
  EXPECT_EQ(f.noting->trained.size(), 6U);
  EXPECT_EQ(counting->epoch_begins, 2);
  EXPECT_EQ(counting->epoch_ends, 2);
  EXPECT_TRUE(f.model.interrupted());
}

TEST(StopFit, InTheLastBatchTheTrainingIsComplete) {
  Fixture f;
  std::atomic<bool> stop = false;
  const History history = f.model.fit(
      features, targets,
      {.batch_size = 8, .epochs = 2, .verbose = 0, .callbacks = {std::make_shared<Counting>(stop, 6)}, .stop = stop});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0, 1}));
  EXPECT_FALSE(f.model.interrupted());
}

TEST(StopFit, DuringValidation) {
  Fixture f;
  std::atomic<bool> stop = false;
  const auto counting = std::make_shared<Counting>(stop, 7);  // an epoch has two training and three validation batches
  const History history = f.model.fit(features.rows_view(0, 16), targets.rows_view(0, 16),
                                      {.batch_size = 8,
                                       .epochs = 9,
                                       .verbose = 0,
                                       .validation_data = {{features, targets}},
                                       .callbacks = {counting},
                                       .stop = stop});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0}));
  EXPECT_EQ(history["val_loss"].size(), 1U);
  EXPECT_EQ(counting->epoch_ends, 1);
  EXPECT_EQ(counting->epoch_begins, 2);
  EXPECT_EQ(counting->batches, 8) << "validation evaluates at least one batch";
  EXPECT_EQ(counting->test_begins, counting->test_ends);
  EXPECT_EQ(counting->train_ends, 1);
}

TEST(StopFit, RequestedInAdvanceTrainsNothing) {
  Fixture f;
  const auto before = f.model.get_weights();
  const std::atomic<bool> stop = true;
  std::atomic<bool> other = false;
  const auto counting = std::make_shared<Counting>(other, -1);
  const History history =
      f.model.fit(features, targets, {.epochs = 9, .verbose = 0, .callbacks = {counting}, .stop = stop});
  EXPECT_TRUE(history.epoch().empty());
  EXPECT_FALSE(history.contains("loss"));
  EXPECT_TRUE(expect::same(f.model.get_weights(), before));
  EXPECT_EQ(counting->train_begins, 1);
  EXPECT_EQ(counting->train_ends, 1);
  EXPECT_EQ(counting->epoch_begins, 0);
  EXPECT_TRUE(f.model.interrupted());
}

TEST(StopFit, TheModelCanBeTrainedFurther) {
  Fixture whole, stopped;
  const auto options = [](Index first, Index last) {
    return FitOptions<double>{.batch_size = 8, .epochs = last, .verbose = 0, .initial_epoch = first};
  };
  whole.model.fit(features, targets, options(0, 4));
  std::atomic<bool> stop = false;
  FitOptions<double> first = options(0, 4);
  first.callbacks = {std::make_shared<Counting>(stop, 6)};
  first.stop = stop;
  const History history = stopped.model.fit(features, targets, first);
  stopped.model.fit(features, targets, options(static_cast<Index>(history.epoch().size()), 4));
  EXPECT_FALSE(stopped.model.interrupted());
  EXPECT_TRUE(expect::same(stopped.model.get_weights(), whole.model.get_weights())) << "stopped between two epochs";
  EXPECT_EQ(stopped.model.optimizer().iterations(), whole.model.optimizer().iterations());
}

TEST(StopFit, FromASignalHandler) {
  Fixture f;
  signalled = false;
  const auto before = std::signal(SIGINT, [](int) { signalled = true; });
  const auto interrupt = [](Index epoch, Logs&) {
    if (epoch == 1) std::raise(SIGINT);
  };
  const History history = f.model.fit(features, targets,
                                      {.epochs = 50,
                                       .verbose = 0,
                                       .callbacks = {LambdaCallback<double>({.on_epoch_end = interrupt})},
                                       .stop = signalled});
  std::signal(SIGINT, before);
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0, 1}));
}

TEST(StopFit, FromAnotherThread) {
  Fixture f;
  std::atomic<bool> stop = false, begun = false;
  std::thread other([&] {
    begun.wait(false);
    stop = true;
  });
  const auto begin = [&](Index, Logs&) {
    begun = true;
    begun.notify_one();
  };
  const History history = f.model.fit(features, targets,
                                      {.epochs = 1000000000,
                                       .verbose = 0,
                                       .callbacks = {LambdaCallback<double>({.on_train_batch_end = begin})},
                                       .stop = stop});
  other.join();
  EXPECT_TRUE(f.model.interrupted());
  EXPECT_EQ(static_cast<Index>(history.epoch().size()), f.model.optimizer().iterations());
}

#if defined(__cpp_lib_jthread)
TEST(StopFit, ByATokenFromAnotherThread) {
  Fixture f;
  std::atomic<bool> begun = false;
  std::jthread other;
  std::stop_source source;
  other = std::jthread([&] {
    begun.wait(false);
    source.request_stop();
  });
  const auto begin = [&](Index, Logs&) {
    begun = true;
    begun.notify_one();
  };
  f.model.fit(features, targets,
              {.epochs = 1000000000,
               .verbose = 0,
               .callbacks = {LambdaCallback<double>({.on_train_batch_end = begin})},
               .stop = source.get_token()});
  EXPECT_TRUE(f.model.interrupted());
}
#endif

TEST(StopEvaluate, ReturnsTheMeansOverTheBatchesSoFar) {
  Fixture f;
  for (const int batches : {1, 2, 3}) {
    std::atomic<bool> stop = false;
    const auto counting = std::make_shared<Counting>(stop, batches);
    const Logs logs = f.model.evaluate(features, targets, {.batch_size = 8, .callbacks = {counting}, .stop = stop});
    const Index rows = (std::min)(Index{20}, Index{8} * batches);
    const Logs expected = f.model.evaluate(features.rows_view(0, rows), targets.rows_view(0, rows), {.batch_size = 8});
    EXPECT_EQ(logs["loss"], expected["loss"]);
    EXPECT_EQ(counting->batches, batches);
    EXPECT_EQ(counting->test_ends, 1);
  }
  const std::atomic<bool> stop = true;
  EXPECT_EQ(f.model.evaluate(features, targets, {.batch_size = 8, .stop = stop})["loss"],
            f.model.evaluate(features, targets, {.batch_size = 8, .steps = 1})["loss"])
      << "at least one batch";
}

TEST(StopPredict, ReturnsTheOutputsSoFar) {
  Fixture f;
  const Tensor<double> whole = f.model.predict(features, {.batch_size = 8});
  const ArrayBatches<double> source({features}, {.batch_size = 8});
  for (const int batches : {1, 2, 3}) {
    const Tensor<double> expected = whole.rows_view(0, (std::min)(Index{20}, Index{8} * batches));
    std::atomic<bool> stop = false;
    const auto counting = std::make_shared<Counting>(stop, batches);
    EXPECT_TRUE(
        expect::same(f.model.predict(features, {.batch_size = 8, .callbacks = {counting}, .stop = stop}), expected));
    EXPECT_EQ(counting->predict_ends, 1);
    stop = false;
    counting->batches = 0;
    EXPECT_TRUE(expect::same(f.model.predict(source, {.callbacks = {counting}, .stop = stop}), expected));
  }
  const std::atomic<bool> stop = true;
  EXPECT_TRUE(expect::same(f.model.predict(features, {.batch_size = 8, .stop = stop}), whole.rows_view(0, 8)))
      << "at least one batch";
}
