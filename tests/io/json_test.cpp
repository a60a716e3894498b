#include <gtest/gtest.h>

#include <lamina/core/classify.hpp>
#include <lamina/io/json.hpp>
#include <limits>
#include <string>

#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using lamina::detail::parse_json;
using lamina::testing_support::error_text;

Config parsed(const std::string& json) { return parse_json("\"m.keras\", config.json", json); }
std::string refusal(const std::string& json) {
  return error_text<IoError>([&] { parsed(json); });
}
std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(ParseJson, ReadsEveryKindOfValue) {
  const Config c = parsed(
      R"( {"null": null, "yes": true, "no": false, "integer": -7, "real": 2.5e-1, "text": "a\"\\\/\n\u00e9\ud834\udd1e",
           "list": [1, [], {}], "map": {"inner": [null]}} )");
  EXPECT_TRUE(c.at("null").is_null());
  EXPECT_TRUE(c.at("yes").as_bool());
  EXPECT_FALSE(c.at("no").as_bool());
  EXPECT_TRUE(c.at("integer").is_integer());
  EXPECT_EQ(c.at("integer").as_integer(), -7);
  EXPECT_EQ(c.at("real").as_real(), 0.25);
  EXPECT_EQ(c.at("text").as_string(), "a\"\\/\n\xC3\xA9\xF0\x9D\x84\x9E");
  EXPECT_EQ(c.at("list").size(), 3U);
  EXPECT_TRUE(c.at("list")[1].is_list());
  EXPECT_TRUE(c.at("list")[2].is_map());
  EXPECT_TRUE(c.at("map").at("inner")[0].is_null());
  EXPECT_EQ(c.members().size(), 8U);
  EXPECT_EQ(c.members()[3].first, "integer") << "members keep their order";
}

TEST(ParseJson, ReadsValuesWithoutContainer) {
  EXPECT_EQ(parsed("3").as_integer(), 3);
  EXPECT_EQ(parsed("\"\"").as_string(), "");
  EXPECT_TRUE(parsed("null").is_null());
  EXPECT_EQ(parsed("\xEF\xBB\xBF[1]").size(), 1U) << "after a byte order mark";
}

TEST(ParseJson, KeepsTheBitsOfNumbers) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 0.0199999995529652})
    EXPECT_EQ(parsed(Config(value).to_string()).as_real(), value);
  EXPECT_EQ(parsed("9223372036854775807").as_integer(), (std::numeric_limits<std::int64_t>::max)());
  EXPECT_EQ(parsed("-9223372036854775808").as_integer(), (std::numeric_limits<std::int64_t>::min)());
  EXPECT_EQ(parsed("18446744073709551615").as_real(), 18446744073709551615.0) << "beyond 63 bits: floating-point";
  EXPECT_NE(refusal("1e999").find("1e999"), std::string::npos);
}

TEST(ParseJson, ReadsWhatToStringWrites) {
  Config c;
  c["text"] = "tab\t, quote\", \\, \x01, é";
  c["numbers"] = Config::list({1, 2.0, 1e-7, std::numeric_limits<double>::infinity()});
  c["nothing"] = Config::map();
  EXPECT_EQ(parsed(c.to_string()), c);
}

TEST(ParseJson, ReadsTheSpecialNumbersOfPython) {
  const Config c = parsed(R"([NaN, Infinity, -Infinity,-1,{"a":NaN},"NaN, -Infinity","\"Infinity", "\\", NaN ])");
  EXPECT_TRUE(is_nan(c[0].as_real()));
  EXPECT_EQ(c[1].as_real(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(c[2].as_real(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(c[3].as_integer(), -1);
  EXPECT_TRUE(is_nan(c[4].at("a").as_real()));
  EXPECT_EQ(c[5].as_string(), "NaN, -Infinity");
  EXPECT_EQ(c[6].as_string(), "\"Infinity");
  EXPECT_EQ(c[7].as_string(), "\\");
  EXPECT_TRUE(is_nan(c[8].as_real()));
  EXPECT_TRUE(is_nan(parsed("NaN").as_real()));
  EXPECT_LT(parsed("-Infinity").as_real(), 0);
  for (const char* other : {"nan", "Nan", "+Infinity", "Infinit", "- Infinity", "NaNNaN", "[NaN Infinity]"})
    EXPECT_NE(refusal(other).find("expected JSON"), std::string::npos) << other;
}

TEST(ParseJson, KeepsStringsWithControlCharacters) {
  EXPECT_EQ(parsed(R"("\u0001x")").as_string(), "\x01x");
  EXPECT_EQ(parsed(R"("\u0001NaN")").as_string(), "\x01NaN");
  const Config c = parsed(R"(["\u0001x", NaN])");
  EXPECT_EQ(c[0].as_string(), "\x01x");
  EXPECT_TRUE(is_nan(c[1].as_real()));
  EXPECT_EQ(parsed(R"("a\u0000b")").as_string(), std::string("a\0b", 3));
}

TEST(ParseJson, TakesTheLastOfEqualNames) {
  const Config c = parsed(R"({"a": 1, "b": 2, "a": {"c": 3}})");
  EXPECT_EQ(c.size(), 2U);
  EXPECT_EQ(c.at("a").at("c").as_integer(), 3);
}

TEST(ParseJson, RefusesOtherTextsWithTheirPlace) {
  EXPECT_EQ(refusal("[1, 2"),
            "\"m.keras\", config.json: expected JSON, got an error at byte 6: parse error at line 1, column 6: syntax "
            "error while parsing array - unexpected end of input; expected ']'");
  EXPECT_EQ(refusal("{\"a\" 1}"),
            "\"m.keras\", config.json: expected JSON, got an error at byte 6: parse error at line 1, column 6: syntax "
            "error while parsing object separator - unexpected number literal; expected ':'");
  for (const char* bad :
       {"",        " ",    "nul",      "[1,]",     "{\"a\":1,}",  "{1:2}", "[1] 2", "01", "'a'",          "\"a",
        "\"\\x\"", "// a", "[\"\t\"]", "\"\xFF\"", "\"\\ud834\"", "]",     "}",     "[}", "\xEF\xBB\xBF", "\x80\x02}q"})
    EXPECT_NE(refusal(bad).find("\"m.keras\", config.json: expected JSON, got an error at byte "), std::string::npos)
        << bad;
  EXPECT_EQ(refusal(std::string("[1]\0x", 5)),
            "\"m.keras\", config.json: expected JSON, got a NUL character at byte 3");
}

TEST(ParseJson, BoundsTheNesting) {
  EXPECT_TRUE(parsed(nested(200)).is_list());
  EXPECT_EQ(refusal(nested(201)), "\"m.keras\", config.json: expected JSON of at most 200 nested levels, got more");
  EXPECT_NE(refusal(std::string(1000000, '[')).find("200 nested levels"), std::string::npos);
}

// A configuration takes many times the bytes of its text, and finds members one by one.
TEST(ParseJson, BoundsItsSize) {
  std::string list = "[0", map = "{\"a\": 0";
  for (int i = 0; i < 1000000; ++i) list += ",0";
  for (int i = 0; i < 1000; ++i) map += text(",\"", i, "\":0");
  EXPECT_EQ(refusal(list + "]"), "\"m.keras\", config.json: expected JSON of at most 1000000 values, got more");
  EXPECT_EQ(refusal(map + "}"),
            "\"m.keras\", config.json: expected an object of at most 1000 members, got more: the next is \"999\"");
}

}  // namespace
