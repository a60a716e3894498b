#include <lamina/core/arguments.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

enum class Weather { sun, rain };
constexpr auto enumeration_names(Weather) { return std::array<std::string_view, 2>{"sun", "rain"}; }

struct Everything {
  bool flag = false;
  Index integer = 1;
  double real = 0.5;
  std::string text = "a";
  std::optional<double> maybe = std::nullopt;
  std::vector<double> list = {1, 2};
  std::array<Index, 2> pair = {3, 4};
  Shape shape = {None, 7};
  Weather weather = Weather::sun;
  Config free = Config();

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("flag", self.flag);
    field("integer", self.integer);
    field("real", self.real);
    field("text", self.text);
    field("maybe", self.maybe);
    field("list", self.list);
    field("pair", self.pair);
    field("shape", self.shape);
    field("weather", self.weather);
    field("free", self.free);
  }
};

Config one(const char* name, Config value) {
  Config config = Config::map();
  config[name] = std::move(value);
  return config;
}

TEST(Arguments, OfEveryTypeRoundTripThroughConfigurations) {
  const Config written = config_of(Everything());
  EXPECT_EQ(written.to_string(),
            "{\"flag\": false, \"integer\": 1, \"real\": 0.5, \"text\": \"a\", \"maybe\": null, \"list\": [1.0, 2.0], "
            "\"pair\": [3, 4], \"shape\": [null, 7], \"weather\": \"sun\", \"free\": null}");
  Everything changed;
  changed.flag = true;
  changed.maybe = 2.5;
  changed.list = {};
  changed.weather = Weather::rain;
  changed.free = Config("anything");
  const Everything read = arguments_from<Everything>("Everything", config_of(changed));
  EXPECT_EQ(config_of(read), config_of(changed));
  EXPECT_EQ(read.maybe, 2.5);
  EXPECT_TRUE(read.list.empty());
  EXPECT_EQ(read.weather, Weather::rain);
}

TEST(Arguments, OmittedOnesKeepTheirDefaults) {
  const Everything read = arguments_from<Everything>("Everything", one("integer", 5));
  EXPECT_EQ(read.integer, 5);
  EXPECT_EQ(read.real, 0.5);
  EXPECT_EQ(arguments_from<Everything>("Everything", Config()).integer, 1) << "null means no arguments";
}

TEST(Arguments, OneNumberSetsAllEntriesOfAFixedSizeList) {
  const Everything read = arguments_from<Everything>("Everything", one("pair", 6));
  EXPECT_EQ(read.pair, (std::array<Index, 2>{6, 6}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        arguments_from<Everything>("Everything", one("pair", Config::list({1, 2, 3})));
      },
      {"Everything, argument \"pair\"", "expected 2 numbers", "[1, 2, 3]"}));
}

TEST(Arguments, ErrorsNameWrongAndUnknownOnes) {
  const auto refuses = [](const Config& config, std::initializer_list<const char*> words) {
    return expect::error<ValueError>([&] { arguments_from<Everything>("Everything", config, {"name"}); }, words);
  };
  EXPECT_TRUE(refuses(one("integr", 1), {"Everything", "\"integr\"", "integer"}));
  EXPECT_TRUE(refuses(one("integer", "one"), {"Everything, argument \"integer\"", "one"}));
  EXPECT_TRUE(refuses(one("weather", "snow"), {"argument \"weather\"", "snow", "rain"}));
  EXPECT_TRUE(refuses(Config("text"), {"Everything", "expected a map"}));
  EXPECT_NO_THROW(arguments_from<Everything>("Everything", one("name", "mine"), {"name"})) << "a common name";
}

struct Needs {
  double size = 0;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("size", self.size);
    field.ignored("old");
    field.unsupported("fancy");
  }
};

TEST(Arguments, AreRequiredIgnoredOrUnsupported) {
  Config config = one("size", 2);
  config["old"] = 1;
  config["fancy"] = Config();
  EXPECT_EQ(arguments_from<Needs>("Needs", config).size, 2);
  config["fancy"] = 3;
  EXPECT_TRUE(expect::error<ValueError>([&] { arguments_from<Needs>("Needs", config); },
                                        {"Needs", "\"fancy\" is not supported", "3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { arguments_from<Needs>("Needs", Config::map()); },
                                        {"Needs", "\"size\" is missing"}));
}

TEST(Arguments, AreWrittenTogetherWithTheClassName) {
  EXPECT_EQ(named_config("Dense", one("units", 3)).to_string(),
            "{\"class_name\": \"Dense\", \"config\": {\"units\": 3}}");
}

}  // namespace
}  // namespace lamina
