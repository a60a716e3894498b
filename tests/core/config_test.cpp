#include "support/expect.hpp"

#include <limits>

namespace {

using namespace lamina;

TEST(Config, ContainsEveryKindOfValue) {
  EXPECT_TRUE(Config().is_null());
  EXPECT_TRUE(Config(true).as_bool());
  EXPECT_EQ(Config(7).as_integer(), 7);
  EXPECT_EQ(Config(7.0).as_integer(), 7);
  EXPECT_EQ(Config(7).as_real(), 7.0);
  EXPECT_EQ(Config(0.25f).as_real(), 0.25);
  EXPECT_EQ(Config("text").as_string(), "text");
  Config list = Config::list({1, "two"});
  list.push_back(nullptr);
  EXPECT_EQ(list.size(), 3U);
  EXPECT_EQ(list[1].as_string(), "two");
  EXPECT_EQ(list.elements().size(), 3U);
  Config map;
  map["a"]["b"] = 3;
  EXPECT_EQ(map.at("a").at("b").as_integer(), 3);
  EXPECT_EQ(map.find("c"), nullptr);
}

TEST(Config, IsWrittenAsJson) {
  Config c;
  c["name"] = "a \"b\"\n";
  c["list"] = Config::list({true, 1, 0.5, 2.0, nullptr});
  c["empty"] = Config::map();
  EXPECT_EQ(c.to_string(), R"({"name": "a \"b\"\u000a", "list": [true, 1, 0.5, 2.0, null], "empty": {}})");
  EXPECT_EQ(Config(0.1).to_string(), "0.1");
  EXPECT_EQ(Config(1e300).to_string(), "1e+300");
  EXPECT_EQ(Config(std::numeric_limits<double>::infinity()).to_string(), "Infinity");
  EXPECT_EQ(Config(std::nan("")).to_string(), "NaN");
}

TEST(Config, Compares) {
  Config a, b;
  a["x"] = 1;
  b["x"] = 1.0;
  EXPECT_EQ(a, b);
  b["x"] = "1";
  EXPECT_FALSE(a == b);
}

TEST(Config, ErrorsNameTheExpectedKind) {
  Config c;
  c["units"] = "many";
  EXPECT_TRUE(expect::error<ValueError>([&] { c.at("unit"); }, {"\"unit\"", "units"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { c.at("units").as_integer(); }, {"an integer", "\"many\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Config(1.5).as_integer(); }, {"an integer", "1.5"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Config(-1).as_integer<std::uint8_t>(); }, {"8 bits", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Config(1LL << 40).as_integer<int>(); }, {"31 bits", "1099511627776"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Config(2).as_bool(); }, {"true or false", "2"}));
  EXPECT_TRUE(Config(1).as_bool());
  EXPECT_FALSE(Config(0.0).as_bool());
  EXPECT_TRUE(expect::error<ValueError>([&] { Config(1)["x"] = 2; }, {"a map"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Config::list({1})[1]; }, {"index 1", "list of 1"}));
}

enum class Color { red, green };
constexpr auto enumeration_names(Color) { return std::array<std::string_view, 2>{"red", "green"}; }

struct Paint {
  Color color = Color::red;
  std::optional<double> amount = std::nullopt;
  std::vector<Index> layers = {};
  std::array<Index, 2> size = {1, 1};
  std::string name = "paint";
  bool dry = false;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("color", self.color);
    field("amount", self.amount);
    field("layers", self.layers);
    field("size", self.size);
    field("name", self.name);
    field.required("dry", self.dry);
  }
};

TEST(Arguments, RoundTripThroughConfigurations) {
  const Paint paint{.color = Color::green, .amount = 0.5, .layers = {3, 4}, .size = {2, 5}, .name = "p", .dry = true};
  const Config config = config_of(paint);
  EXPECT_EQ(config.to_string(),
            R"({"color": "green", "amount": 0.5, "layers": [3, 4], "size": [2, 5], "name": "p", "dry": true})");
  EXPECT_EQ(config_of(arguments_from<Paint>("Paint", config)), config);
}

TEST(Arguments, KeepTheirDefaults) {
  Config config;
  config["dry"] = true;
  config["size"] = 3;
  const Paint paint = arguments_from<Paint>("Paint", config);
  EXPECT_EQ(paint.color, Color::red);
  EXPECT_FALSE(paint.amount.has_value());
  EXPECT_EQ(paint.size, (std::array<Index, 2>{3, 3}));
}

TEST(Arguments, ErrorsNameTheArgumentAndTheExpectedType) {
  const auto read = [](const char* name, Config value) {
    Config config;
    config["dry"] = true;
    config[name] = std::move(value);
    arguments_from<Paint>("Paint", config);
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { read("colour", "red"); }, {"Paint", "\"colour\"", "\"color\""}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { read("color", "gren"); }, {"Paint", "\"color\"", "\"gren\"", "\"green\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { read("amount", "x"); }, {"Paint", "\"amount\"", "a number", "\"x\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { read("size", Config::list({1, 2, 3})); }, {"expected 2 numbers"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { arguments_from<Paint>("Paint", Config::map()); },
                                        {"Paint", "\"dry\" is missing"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { arguments_from<Paint>("Paint", Config(3)); }, {"a map of arguments"}));
}

struct Doubling : InitializerFunction {
  const char* class_name() const noexcept override { return "Doubling"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    for (Index i = 0; i < shape.size(); ++i) values[i] = 2.0 * static_cast<double>(i);
  }
};

TEST(CustomObjects, AreFoundByName) {
  EXPECT_TRUE(expect::error<ValueError>([] { Initializer(std::string("doubling")).resolve(); }, {"\"doubling\""}));
  register_custom_object<Doubling>("Doubling");
  EXPECT_EQ(Initializer(std::string("doubling")).resolve()->class_name(), std::string("Doubling"));
  Initializer read;
  read.from_config(named_config("Doubling", Config::map()));
  EXPECT_EQ(read.to_config(), named_config("Doubling", Config::map()));
}

}  // namespace
