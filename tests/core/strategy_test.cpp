#include <lamina/core/strategy.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

/// A kind of strategies for this test.
struct Animal {
  using StrategyBase = Animal;
  virtual ~Animal() = default;
  virtual std::string class_name() const = 0;
  virtual Config get_config() const { return Config::map(); }
};
struct Cat : Animal {
  std::string class_name() const override { return "Cat"; }
};
struct DogOptions {
  Index age = 3;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("age", self.age);
  }
};
struct Dog : Animal {
  using Arguments = DogOptions;
  explicit Dog(DogOptions given = {}) : arguments(given) {}
  std::string class_name() const override { return "Dog"; }
  Config get_config() const override { return config_of(arguments); }
  DogOptions arguments;
};
struct AnimalFamily {
  static constexpr const char* kind = "animal";
  using Table = StrategyTable<Animal, Named<"cat", Cat>, Named<"dog", Dog>>;
};
using AnimalArgument = StrategyArgument<Animal, AnimalFamily>;

TEST(StrategyArgument, IsALiteralAStringOrAnObject) {
  EXPECT_FALSE(AnimalArgument().given());
  EXPECT_EQ(AnimalArgument().resolve(), nullptr);
  EXPECT_EQ(AnimalArgument("cat").resolve()->class_name(), "Cat");
  EXPECT_EQ(AnimalArgument("Dog").resolve()->class_name(), "Dog") << "either spelling";
  EXPECT_EQ(AnimalArgument(std::string("dog")).resolve()->class_name(), "Dog");
  EXPECT_EQ(AnimalArgument(Dog({.age = 7})).to_config().at("config").at("age").as_integer(), 7);
  const auto shared = std::make_shared<Cat>();
  EXPECT_EQ(AnimalArgument(shared).resolve(), shared);
  EXPECT_EQ(AnimalArgument::of<Cat>().resolve()->class_name(), "Cat");
}

TEST(StrategyArgument, IsCopiedAndMovedWithItsObject) {
  const AnimalArgument old(Dog({.age = 9}));
  AnimalArgument copy = old, moved = std::move(copy);
  EXPECT_EQ(moved.resolve(), old.resolve());
  copy = moved;
  EXPECT_EQ(copy.resolve(), old.resolve());
  copy = "cat";
  EXPECT_EQ(copy.resolve()->class_name(), "Cat");
  EXPECT_EQ(copy.name(), "cat");
}

TEST(StrategyArgument, RoundTripsThroughItsConfiguration) {
  AnimalArgument read;
  read.from_config(AnimalArgument(Dog({.age = 4})).to_config());
  EXPECT_EQ(read.to_config().to_string(), "{\"class_name\": \"Dog\", \"config\": {\"age\": 4}}");
  read.from_config(Config("cat"));
  EXPECT_EQ(read.resolve()->class_name(), "Cat");
  read.from_config(Config());
  EXPECT_FALSE(read.given());
  EXPECT_TRUE(AnimalArgument().to_config().is_null());
}

TEST(StrategyArgument, AnUnknownNameSuggestsTheNearest) {
  EXPECT_TRUE(expect::error<ValueError>([] { AnimalArgument(std::string("dgo")).resolve(); },
                                        {"animal \"dgo\"", "Did you mean \"dog\"", "cat"}));
  AnimalArgument read;
  EXPECT_TRUE(expect::error<ValueError>([&] { read.from_config(Config("catt")); }, {"\"cat\""}));
}

struct Bird : Animal {
  std::string class_name() const override { return "Bird"; }
};

TEST(StrategyArgument, FindsRegisteredClasses) {
  EXPECT_TRUE(expect::error<ValueError>([] { AnimalArgument(std::string("Bird")).resolve(); }, {"Bird"}));
  register_custom_object<Bird>("Bird");
  EXPECT_EQ(AnimalArgument(std::string("Bird")).resolve()->class_name(), "Bird");
  AnimalArgument read;
  read.from_config(named_config("Bird", Config::map()));
  EXPECT_EQ(read.resolve()->class_name(), "Bird");
}

/// `from_config` returns a Dog; derived classes inherit it.
struct Trained : Dog {
  static std::shared_ptr<Dog> from_config(const Config& config) {
    return std::make_shared<Dog>(DogOptions{config.at("age").as_integer<Index>()});
  }
};
struct Hound : Trained {
  std::string class_name() const override { return "Hound"; }
};
struct Puppy : Hound {
  using Arguments = DogOptions;
  explicit Puppy(DogOptions given) { arguments = given; }
  std::string class_name() const override { return "Puppy"; }
};
/// `from_config` returns a pointer.
struct Fish : Animal {
  static std::shared_ptr<Fish> from_config(const Config&) { return std::make_shared<Fish>(); }
  std::string class_name() const override { return "Fish"; }
};

TEST(StrategyArgument, MakesNoObjectOfABaseByAnInheritedFromConfig) {
  register_custom_object<Puppy>("Puppy");
  register_custom_object<Fish>("Fish");
  AnimalArgument read;
  read.from_config(named_config("Puppy", config_of(DogOptions{.age = 1})));
  EXPECT_EQ(read.resolve()->class_name(), "Puppy");
  EXPECT_EQ(read.to_config().at("config").at("age").as_integer(), 1);
  read.from_config(named_config("Fish", Config::map()));
  EXPECT_EQ(read.resolve()->class_name(), "Fish");
}

}  // namespace
}  // namespace lamina
