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

using namespace lamina;

namespace {

using namespace lamina::testing::checkpoints;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TensorBoard, WritesValidRecords) {
  const testing_support::TemporaryFolder folder;
  auto model = compiled_with_state();
  const History history = model.fit(features, targets,
                                    {.epochs = 2,
                                     .verbose = 0,
                                     .validation_data = Samples<float>{features, targets},
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
    float value = 0;  // the last field of a scalar event
    std::memcpy(&value, records[1].data() + records[1].size() - 4, 4);
    EXPECT_EQ(value, static_cast<float>(history[part == "train" ? "loss" : "val_loss"][0]));
  }
}

}  // namespace
