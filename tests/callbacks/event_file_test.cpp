#include <lamina/callbacks/event_file.hpp>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

TEST(EventFile, TheChecksumIsCastagnolis) {
  EXPECT_EQ(lamina::detail::crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(lamina::detail::crc32c(std::string(32, '\0')), 0x8a9136aaU);
}

TEST(EventFile, RunsInOneFolderWriteDifferentFiles) {
  const lamina::testing_support::TemporaryFolder folder;
  std::string first;
  {
    lamina::detail::EventFile file(folder.path() + "/train");
    file.scalar("epoch_loss", 0.5, 3);
    first = file.path();
  }
  const lamina::detail::EventFile second(folder.path() + "/train");
  EXPECT_NE(second.path(), first);
  const std::string bytes = lamina::testing_support::slurp(first);
  EXPECT_NE(bytes.find("brain.Event:2"), std::string::npos);
  EXPECT_NE(bytes.find("epoch_loss"), std::string::npos);
  EXPECT_EQ(lamina::testing_support::files_in(folder.path() + "/train"), 2U);
}
