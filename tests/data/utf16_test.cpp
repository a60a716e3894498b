#include <gtest/gtest.h>

#include <lamina/data/utf16.hpp>

namespace lamina {
namespace {

using detail::utf16;

TEST(Utf16, CharactersOfEachLength) {
  EXPECT_EQ(utf16(""), u"");
  EXPECT_EQ(utf16("a/b.npy"), u"a/b.npy");
  EXPECT_EQ(utf16(std::string_view("\0\x7F", 2)), std::u16string_view(u"\0\x7F", 2));
  EXPECT_EQ(utf16("\xC2\x80\xC3\xA9\xDF\xBF"), u"\u0080\u00E9\u07FF");
  EXPECT_EQ(utf16("\xE0\xA0\x80\xE6\x97\xA5\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), u"\u0800\u65E5\uD7FF\uE000\uFFFF");
  EXPECT_EQ(utf16("\xF0\x90\x80\x80\xF0\x9D\x84\x9E\xF4\x8F\xBF\xBF"), u"\U00010000\U0001D11E\U0010FFFF");
}

TEST(Utf16, InvalidUtf8IsRejected) {
  for (const char* bytes : {
           "Jos\xE9",           // Latin-1
           "\x80", "\xBF",      // continuation bytes without a first byte
           "\xC3", "\xE6\x97",  // truncated sequences
           "\xF0\x9D\x84",
           "\xC3"
           "a",
           "\xC0\x80", "\xC1\xBF",                                              // overlong encodings
           "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",  // surrogates
           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",                      // beyond U+10FFFF
       })
    EXPECT_EQ(utf16(bytes), std::nullopt) << bytes;
}

}  // namespace
}  // namespace lamina
