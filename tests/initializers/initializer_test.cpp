#include <lamina/initializers/initializer.hpp>

#include "support/expect.hpp"
#include "support/initializers.hpp"

using namespace lamina;
using namespace lamina::testing::initializers;

TEST(Initializers, OneSeedGivesOneSequence) {
  const Shape shape{7, 5};
  const Initializer seeded(RandomNormal({.seed = 42}));
  set_random_seed(1);
  const Tensor<double> first = made<double>(seeded, shape);
  EXPECT_TRUE(expect::same(made<double>(seeded, shape), first))
      << "with its own seed, the same at every use, as in Keras";
  set_random_seed(2);
  EXPECT_TRUE(expect::same(made<double>(seeded, shape), first)) << "independent of the global seed";
  EXPECT_FALSE(expect::same(made<double>(Initializer(RandomNormal({.seed = 43})), shape), first));
}

TEST(Initializers, TheGlobalSeedGivesDifferentSequences) {
  const Initializer initializer = "random_normal";
  set_random_seed(5);
  const Tensor<double> first = made<double>(initializer, {9}), second = made<double>(initializer, {9});
  EXPECT_FALSE(expect::same(first, second)) << "every weight has its own random stream";
  set_random_seed(5);
  EXPECT_TRUE(expect::same(made<double>(initializer, {9}), first));
  EXPECT_TRUE(expect::same(made<double>(initializer, {9}), second));
  set_random_seed(6);
  EXPECT_FALSE(expect::same(made<double>(initializer, {9}), first));
}

TEST(Initializers, MayBeUserDefined) {
  struct Counting : InitializerFunction {
    const char* class_name() const noexcept override { return "Counting"; }
    void fill(const Shape& shape, double* values, const RandomStream&) const override {
      for (Index i = 0; i < shape.size(); ++i) values[i] = static_cast<double>(i);
    }
  };
  Dense layer(2, {.kernel_initializer = Counting()});
  layer.ensure_built({None, 2});
  EXPECT_TRUE(expect::same(layer.get_weights()[0], Tensor{{0, 1}, {2, 3}}));
}
