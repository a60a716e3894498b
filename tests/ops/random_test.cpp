// random_normal, random_uniform.
#include "support/expect.hpp"
#include "support/with_threads.hpp"

using namespace lamina;

namespace {

template <class S>
class RandomOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RandomOf, Scalars);

template <class S>
double share(const Tensor<S>& x, double low, double high) {
  Index inside = 0;
  for (Index i = 0; i < x.size(); ++i) inside += x[i] >= low && x[i] < high;
  return static_cast<double>(inside) / static_cast<double>(x.size());
}

}  // namespace

TYPED_TEST(RandomOf, NormalNumbersAreNormallyDistributed) {
  const auto x = random_normal<TypeParam>({500, 400}, {.mean = 3, .stddev = 2});
  EXPECT_EQ(x.shape(), (Shape{500, 400}));
  EXPECT_NEAR(share(x, 1, 5), 0.6827, 0.005);
  EXPECT_NEAR(share(x, 3, 100), 0.5, 0.005);
  EXPECT_NEAR(share(x, -1, 7), 0.9545, 0.003);
}

TYPED_TEST(RandomOf, UniformNumbersAreUniformAndBelowTheUpperBound) {
  const auto x = random_uniform<TypeParam>({500, 400}, {.minval = -1, .maxval = 3});
  EXPECT_EQ(share(x, -1, 3), 1);
  for (const double low : {-1, 0, 1, 2}) EXPECT_NEAR(share(x, low, low + 1), 0.25, 0.005);
  // Two adjacent numbers, so that half of all samples round to the upper bound.
  const auto end = std::nextafter(TypeParam(1), TypeParam(2));
  EXPECT_EQ(share(random_uniform<TypeParam>({1000}, {.minval = 1, .maxval = end}), 1, end), 1);
  EXPECT_TRUE(expect::same(random_uniform<TypeParam>({3}, {.minval = 2, .maxval = 2}), Tensor<TypeParam>{2, 2, 2}));
}

TEST(Random, NumbersDifferBetweenCallsAndRepeatInEveryRun) {
  const auto two = [] {
    set_random_seed(5);
    return std::vector{random_normal({4}), random_normal({4}), random_uniform({4}), random_uniform({4})};
  };
  const auto first = two(), second = two();
  EXPECT_FALSE(expect::same(first[0], first[1]));
  EXPECT_FALSE(expect::same(first[2], first[3]));
  EXPECT_TRUE(expect::same(first, second));
  set_random_seed(6);
  EXPECT_FALSE(expect::same(first[0], random_normal({4})));
}

TEST(Random, ASeedGivesTheSameNumbersInEveryCall) {
  EXPECT_TRUE(expect::same(random_normal({9}, {.seed = 3}), random_normal({9}, {.seed = 3})));
  EXPECT_FALSE(expect::same(random_normal({9}, {.seed = 3}), random_normal({9}, {.seed = 4})));
  EXPECT_TRUE(expect::same(random_uniform({9}, {.seed = 3}), random_uniform({9}, {.seed = 3})));
  EXPECT_FALSE(expect::same(random_uniform({9}, {.seed = 3}), random_uniform({9}, {.seed = 4})));
}

TEST(Random, TrainingStepsHaveDifferentNumbers) {
  const auto in_step = [](std::uint64_t number) {
    const CallContext::Step step(1, number);
    return random_normal({5});
  };
  EXPECT_TRUE(expect::same(in_step(7), in_step(7)));
  EXPECT_FALSE(expect::same(in_step(7), in_step(8)));
}

TEST(Random, NumbersDoNotDependOnThreads) {
  std::vector<Tensor<float>> one, three;
  for (auto* made : {&one, &three})
    lamina::testing::with_threads(made == &one ? 1 : 3, [&] {
      set_random_seed(2);
      *made = {random_normal({301, 67}), random_uniform({301, 67})};
    });
  EXPECT_TRUE(expect::same(one, three));
}

TEST(Random, EmptyTensorsAndBadArguments) {
  EXPECT_EQ(random_normal({0, 3}).shape(), (Shape{0, 3}));
  EXPECT_EQ(random_uniform({}).rank(), 0);
  EXPECT_TRUE(expect::error<ValueError>([] { random_normal({2}, {.stddev = -1}); }, {"random_normal", "stddev", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { random_uniform({2}, {.minval = 1, .maxval = 0}); },
                                        {"random_uniform", "minval", "1 and 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { random_normal({None, 3}); }, {"known shape"}));
}
