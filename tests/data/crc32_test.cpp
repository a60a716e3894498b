#include "lamina/data/crc32.hpp"

#include <gtest/gtest.h>

using namespace lamina;

TEST(Crc32, ChecksumsAgreeWithTheStandard) {
  EXPECT_EQ(detail::crc32(""), 0U);
  EXPECT_EQ(detail::crc32("a"), 0xE8B7BE43U);
  EXPECT_EQ(detail::crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(detail::crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
}

TEST(Crc32, NumbersAreWrittenLeastSignificantByteFirst) {
  std::string bytes;
  detail::append_little_endian<std::uint32_t>(bytes, 0x01020304U);
  detail::append_little_endian<std::uint16_t>(bytes, 0x0506U);
  EXPECT_EQ(bytes, std::string("\x04\x03\x02\x01\x06\x05", 6));
  EXPECT_EQ(detail::little_endian<std::uint32_t>(bytes.data()), 0x01020304U);
  EXPECT_EQ(detail::little_endian<std::uint16_t>(bytes.data() + 4), 0x0506U);
}
