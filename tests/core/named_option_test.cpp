#include <gtest/gtest.h>

#include <lamina/core/named_option.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

struct ColorValues {
  enum Kind { red, green, blue };
  static constexpr std::string_view names[] = {"red", "green", "blue"};
  static constexpr const char* option = "color";
};
using Color = NamedOption<ColorValues>;

TEST(NamedOptions, AreValuesOrNames) {
  EXPECT_EQ(Color(), Color::red);
  for (const Color color : {Color::red, Color::green, Color::blue}) {
    EXPECT_EQ(Color(color.name()), color);
    Color read;
    read.from_config(color.to_config());
    EXPECT_EQ(read, color);
  }
  EXPECT_EQ(Color("green"), Color::green);
  EXPECT_EQ(Color(std::string("blue")).to_config(), Config("blue"));
}

TEST(NamedOptions, AnUnknownNameIsAnError) {
  EXPECT_TRUE(expect::error<ValueError>([] { (void)Color("gren"); },
                                        {"unknown color \"gren\"", "Did you mean \"green\"", "red, green, blue"}));
  Color color = Color::green;
  EXPECT_TRUE(expect::error<Error>([&] { color.from_config(Config(3)); }, {}));
  EXPECT_EQ(color, Color::green);
}

}  // namespace
}  // namespace lamina
