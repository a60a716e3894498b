#include <fstream>
#include <lamina/callbacks/csv_logger.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(CSVLogger, WritesALinePerEpoch) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  const auto lines = [&] {
    std::ifstream file(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  };
  auto model = compiled();
  model.fit(x, y, {.epochs = 2, .verbose = 0, .callbacks = {SetLog("watched", {1.5, 2}), CSVLogger(path)}});
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_EQ(lines()[0], "epoch,loss,watched");
  EXPECT_EQ(lines()[1].substr(0, 2), "0,");
  EXPECT_EQ(lines()[1].substr(lines()[1].size() - 4), ",1.5");
  model.fit(x, y,
            {.epochs = 1, .verbose = 0, .callbacks = {SetLog("watched", {1.5}), CSVLogger(path, {.append = true})}});
  EXPECT_EQ(lines().size(), 4u);
  EXPECT_TRUE(expect::error<IoError>(
      [&] { model.fit(x, y, {.verbose = 0, .callbacks = {CSVLogger(folder.path() + "/none/log.csv")}}); },
      {"none/log.csv"}));
}

/// Returns the indices of the cells of a line that are NA.
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

TEST(CSVLogger, HasColumnsForLogsOfLaterEpochs) {
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

TEST(CSVLogger, AppendsWithTheColumnsOfTheFile) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  const CSVLoggerOptions append{.append = true};
  auto model = compiled();
  model.fit(
      x, y,
      {.epochs = 1, .verbose = 0, .callbacks = {SetLog("b", {2}), SetLog("a,\"c\"", {1}), CSVLogger(path, append)}});
  model.fit(
      x, y,
      {.epochs = 1, .verbose = 0, .callbacks = {SetLog("a,\"c\"", {1}), SetLog("b", {2}), CSVLogger(path, append)}});
  model.fit(x, y, {.epochs = 1, .verbose = 0, .callbacks = {SetLog("d", {4}), CSVLogger(path, append)}});
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "epoch,loss,b,\"a,\"\"c\"\"\",d");
  for (const std::size_t i : {1U, 2U}) EXPECT_EQ(lines[i].substr(lines[i].size() - 7), ",2,1,NA") << lines[i];
  EXPECT_EQ(lines[3].substr(lines[3].size() - 8), ",NA,NA,4");
}

TEST(CSVLogger, DoesNotAppendToOtherFiles) {
  const testing_support::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.csv";
  std::ofstream(path) << "name;value\n";
  auto model = compiled();
  EXPECT_TRUE(
      expect::error<IoError>([&] { model.fit(x, y, {.verbose = 0, .callbacks = {CSVLogger(path, {.append = true})}}); },
                             {"log.csv", "epoch,", "separator"}));
  EXPECT_EQ(lines_of(path), std::vector<std::string>{"name;value"});
}

}  // namespace
