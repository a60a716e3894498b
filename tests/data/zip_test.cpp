#include "lamina/data/zip.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

TEST(Zip, CheckSumsAreThoseOfTheStandard) {
  EXPECT_EQ(detail::crc32(""), 0U);
  EXPECT_EQ(detail::crc32("a"), 0xE8B7BE43U);
  EXPECT_EQ(detail::crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(detail::crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
}
