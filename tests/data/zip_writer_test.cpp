#include "lamina/data/zip_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lamina/data/zip_reader.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;
using testing_support::TemporaryFolder;

TEST(Zip, SixtyFourBitNumbersAreWrittenAndRead) {
  const TemporaryFolder folder;
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{50}, std::uint64_t{1000}}) {
    detail::ZipWriter writer(from);
    writer.add("a", "12");
    writer.add("b", "1234");
    writer.add("c", "");
    writer.add("d", std::string(300, 'x'));
    const detail::ZipReader reader("test", folder.write("long.zip", std::move(writer).finish()));
    EXPECT_EQ(reader.names(), (std::vector<std::string>{"a", "b", "c", "d"})) << from;
    EXPECT_EQ(reader.read("a"), "12") << from;
    EXPECT_EQ(reader.read("b"), "1234") << from;
    EXPECT_EQ(reader.read("c"), "") << from;
    EXPECT_EQ(reader.read("d"), std::string(300, 'x')) << from;
  }
}
