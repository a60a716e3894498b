#include <lamina/initializers/initializers.hpp>

#include "support/expect.hpp"
#include "support/initializers.hpp"

using namespace lamina;
using namespace lamina::testing::initializers;

TEST(Initializers, FloatsAreRoundedDoubles) {
  for (const char* name : {"random_normal", "glorot_uniform", "he_normal", "ones"}) {
    const Initializer initializer = name;
    set_random_seed(8);
    const Tensor<float> single = made<float>(initializer, {50, 20});
    set_random_seed(8);
    EXPECT_TRUE(expect::same(single, made<double>(initializer, {50, 20}).cast<float>())) << name;
  }
}

TEST(Initializers, AreFoundByEitherSpelling) {
  const auto created_by = [](const Initializer& initializer) {
    set_random_seed(0);
    return made<double>(initializer, {3, 4});
  };
  EXPECT_TRUE(expect::same(created_by("GlorotUniform"), created_by("glorot_uniform")));
  EXPECT_TRUE(expect::same(created_by(std::string("GlorotUniform")), created_by(GlorotUniform())));
  EXPECT_TRUE(expect::same(created_by(std::string("Ones")), Tensor<double>::ones({3, 4})));
}

TEST(Initializers, AnUnknownNameSuggestsTheNearest) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        made<float>(Initializer("glorot_unifrom"), {2, 2});
      },
      {"initializer \"glorot_unifrom\"", "Did you mean \"glorot_uniform\"", "Known: "}));
  EXPECT_TRUE(expect::error<ValueError>([] { made<float>(Initializer("xyzzy"), {2}); }, {"\"xyzzy\"", "he_normal"}));
}
