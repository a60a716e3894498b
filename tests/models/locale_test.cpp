// Files and text are independent of the locale, also if its decimal separator is a comma.
#include <gtest/gtest.h>

#include <fstream>
#include <lamina/callbacks/csv_logger.hpp>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <lamina/models/plot.hpp>
#include <sstream>

#include "support/comma_locale.hpp"
#include "support/temporary_file.hpp"

namespace lamina {
namespace {

using testing_support::CommaLocale;
using testing_support::error_text;
using testing_support::TemporaryFolder;

class InALocaleOfCommas : public testing::Test {
 protected:
  void SetUp() override {
    if (!CommaLocale::works()) GTEST_SKIP() << "no locale with a decimal comma is installed or can be generated";
  }
  CommaLocale locale_;
  TemporaryFolder folder_;
};

/// Learns y = x / 2 from x = {1, 2, 4}, starting at y = x: the first loss is 1.75.
struct Halves {
  Halves() { model.compile({.optimizer = SGD(0.0625), .loss = "mean_squared_error"}); }
  Sequential<float> model{Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "ones"})};
  Tensor<float> x{{1}, {2}, {4}}, y{{0.5F}, {1}, {2}};
  History fit(FitOptions<float> options) { return model.fit(x, y, options); }
};

TEST_F(InALocaleOfCommas, TextsHaveDecimalPoints) {
  EXPECT_EQ((Tensor<float>{{1.5F, 2.25F}}).to_string(), "[[1.5, 2.25]]");
  EXPECT_EQ(Config(0.25).to_string(), "0.25");
  EXPECT_EQ(Config(1e30).to_string(), "1e+30");
  EXPECT_NE(error_text<ValueError>([] { Dropout<float> layer(1.5); }).find("1.5"), std::string::npos);
  Logs logs;
  logs.set("loss", 0.25);
  EXPECT_EQ(logs.to_string(), "loss: 0.2500");
  const Halves halves;
  EXPECT_NE(halves.model.summary_text().find("(4.00 B)"), std::string::npos) << halves.model.summary_text();
  std::ostringstream stream;
  stream << Tensor<double>{1234.5} << Shape{1000, 2000};
  EXPECT_EQ(stream.str(), "[1234.5](1000, 2000)");
}

TEST_F(InALocaleOfCommas, CsvLoggerWritesWhatReadCsvReads) {
  const std::string path = folder_.path() + "/log.csv";
  Halves halves;
  const History history = halves.fit({.epochs = 2, .verbose = 0, .callbacks = {CSVLogger(path)}});
  const CsvTable<double> table = read_csv<double>(path);
  EXPECT_EQ(table.columns, (std::vector<std::string>{"epoch", "loss"}));
  ASSERT_EQ(table.values.shape(), (Shape{2, 2}));
  for (Index i = 0; i < 2; ++i) EXPECT_NEAR(table.values(i, 1), history["loss"][static_cast<std::size_t>(i)], 1e-8);
  EXPECT_EQ(history_to_csv(history).substr(0, 18), "epoch,loss\n0,1.75\n");
}

TEST_F(InALocaleOfCommas, FileNamesHaveDecimalPoints) {
  Halves halves;
  halves.fit(
      {.verbose = 0, .callbacks = {ModelCheckpoint(folder_.path() + "/{epoch:03d}-{loss:.3f}-{loss:08.2f}.npz")}});
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/001-1.750-00001.75.npz"));
}

TEST_F(InALocaleOfCommas, ProgressAndCallbacksPrintDecimalPoints) {
  Halves halves;
  testing::internal::CaptureStdout();
  halves.fit(
      {.verbose = 2,
       .callbacks = {LearningRateScheduler([](Index) { return 0.125; }, 1),
                     ModelCheckpoint(
                         folder_.path() + "/best.npz",
                         {.monitor = "loss", .verbose = 1, .save_best_only = true, .initial_value_threshold = 0.5})}});
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(printed.find("setting learning rate to 0.125."), std::string::npos) << printed;
  EXPECT_NE(printed.find("did not improve from 0.50000"), std::string::npos) << printed;
  EXPECT_NE(printed.find("loss: 1.7500"), std::string::npos) << printed;
  EXPECT_EQ(printed.find(','), std::string::npos) << printed;
}

TEST_F(InALocaleOfCommas, FilesAreReadBack) {
  const Tensor<double> values{{0.1, 1234.5}, {-1e-300, 3}};
  write_npy(folder_.path() + "/x.npy", values);
  EXPECT_EQ(read_npy<double>(folder_.path() + "/x.npy").to_string(), values.to_string());
  const std::string csv = folder_.write("x.csv", "a;b\n0.5;1e3\n");
  EXPECT_EQ(read_csv<double>(csv, {.delimiter = ';'}).values.to_string(), "[[0.5, 1000]]");
  const std::string commas = folder_.write("commas.csv", "a;b\n0,5;1\n");
  EXPECT_NE(error_text<IoError>([&] { read_csv<double>(commas, {.delimiter = ';'}); }).find("0,5"), std::string::npos);
}

TEST_F(InALocaleOfCommas, ConfigurationsHaveDecimalPoints) {
  Sequential<float> model{Input({4}), Dropout(0.25), LayerNormalization({.epsilon = 0.125})};
  const std::string config = model.get_config().to_string();
  EXPECT_NE(config.find("\"rate\": 0.25"), std::string::npos) << config;
  EXPECT_NE(config.find("\"epsilon\": 0.125"), std::string::npos) << config;
}

}  // namespace
}  // namespace lamina
