// The output of fit and evaluate if the standard output is a file.
#include <gtest/gtest.h>

#include <atomic>
#include <regex>

#include "lamina/lamina.hpp"

using namespace lamina;

namespace {

std::string printed_by_fit(FitOptions<float> options) {
  Sequential<float> model{Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"accuracy"}});
  const Tensor<float> x = Tensor<float>::ones({10, 2}), y = Tensor<float>::ones({10, 1});
  options.batch_size = 4;
  testing::internal::CaptureStdout();
  model.fit(x, y, options);
  return testing::internal::GetCapturedStdout();
}

testing::AssertionResult matches(const std::string& text, const std::string& pattern) {
  if (std::regex_match(text, std::regex(pattern))) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "printed:\n" << text;
}

const std::string numbers_of_fit = "loss: [0-9.e-]+ - accuracy: [01]\\.[0-9]{4}";

}  // namespace

TEST(Progress, VerboseZeroPrintsNothing) { EXPECT_EQ(printed_by_fit({.epochs = 2, .verbose = 0}), ""); }

TEST(Progress, VerboseTwoIsALinePerEpoch) {
  EXPECT_TRUE(matches(printed_by_fit({.epochs = 2, .verbose = 2}),
                      "Epoch 1/2\n3/3 - [0-9]+s - [0-9]+[mu]?s/step - " + numbers_of_fit +
                          "\nEpoch 2/2\n3/3 - [0-9]+s - [0-9]+[mu]?s/step - " + numbers_of_fit + "\n"));
}

TEST(Progress, VerboseOneIsAFinishedBarPerEpochWithoutControlCharacters) {
  const std::string bar = "━━━━━━━━━━━━━━━━━━━━";
  const std::string text = printed_by_fit({.epochs = 2, .verbose = 1});
  EXPECT_TRUE(matches(text, "Epoch 1/2\n3/3 " + bar + " [0-9]+s [0-9]+[mu]?s/step - " + numbers_of_fit +
                                "\nEpoch 2/2\n3/3 " + bar + " [0-9]+s [0-9]+[mu]?s/step - " + numbers_of_fit + "\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(Progress, AStoppedEpochHasALineForItsBatches) {
  struct Stop : Callback<float> {
    void on_epoch_end(Index, Logs&) override { ++epochs; }
    void on_train_batch_end(Index batch, Logs&) override { request(!in_validation && batch == 1); }
    void on_test_batch_end(Index batch, Logs&) override { request(in_validation && batch == 1); }
    void request(bool now) { stop = stop || (now && epochs == 1); }
    bool in_validation = false;
    int epochs = 0;
    std::atomic<bool> stop = false;
  };
  const std::string time = " - [0-9]+s - [0-9]+[mu]?s/step - ",
                    validation = " - val_loss: [0-9.e-]+ - val_accuracy: [01]\\.[0-9]{4}";
  for (const bool in_validation : {false, true}) {
    const auto stop = std::make_shared<Stop>();
    stop->in_validation = in_validation;
    const Samples<float> held_back{Tensor<float>::ones({20, 2}), Tensor<float>::ones({20, 1})};
    const std::string text = printed_by_fit(
        {.epochs = 9, .verbose = 2, .validation_data = held_back, .callbacks = {stop}, .stop = stop->stop});
    EXPECT_TRUE(matches(text, "Epoch 1/9\n3/3" + time + numbers_of_fit + validation + "\nEpoch 2/9\n" +
                                  (in_validation ? "3/3" : "2/3") + time + numbers_of_fit + "\n"));
  }
}

TEST(Progress, CountsFromTheInitialEpoch) {
  const std::string text = printed_by_fit({.epochs = 7, .verbose = 2, .initial_epoch = 6});
  EXPECT_EQ(text.substr(0, text.find('\n')), "Epoch 7/7");
}

TEST(Progress, ShowsStepsPerEpochAsTheTotal) {
  EXPECT_NE(printed_by_fit({.epochs = 1, .verbose = 2, .steps_per_epoch = 2}).find("\n2/2 - "), std::string::npos);
}

TEST(Progress, ShowsValidation) {
  const std::string text = printed_by_fit({.epochs = 1, .verbose = 2, .validation_split = 0.2});
  EXPECT_NE(text.find(" - val_loss: "), std::string::npos) << text;
  EXPECT_NE(text.find(" - val_accuracy: "), std::string::npos) << text;
}

TEST(Progress, EvaluateShowsOneLine) {
  Sequential<float> model{Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mse"});
  testing::internal::CaptureStdout();
  model.evaluate(Tensor<float>::ones({10, 2}), Tensor<float>::ones({10, 1}), {.batch_size = 5, .verbose = 2});
  model.evaluate(Tensor<float>::ones({10, 2}), Tensor<float>::ones({10, 1}));
  EXPECT_TRUE(matches(testing::internal::GetCapturedStdout(), "2/2 - [0-9]+s - [0-9]+[mu]?s/step - loss: [0-9.e-]+\n"));
}
