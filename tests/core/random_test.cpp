#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <lamina/core/random.hpp>
#include <numeric>
#include <vector>

namespace lamina {
namespace {

std::vector<std::uint32_t> words(const Philox::Block& block) { return {block.word, block.word + 4}; }
using Words = std::vector<std::uint32_t>;

// The test vectors of the authors' Random123 library.
TEST(Philox, AgreesWithTheTestVectors) {
  EXPECT_EQ(words(Philox{{0, 0}}(0, 0)), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(Philox{{~0U, ~0U}}(~std::uint64_t{0}, ~std::uint64_t{0})),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(Philox{{0xa4093822, 0x299f31d0}}(0x85a308d3243f6a88, 0x0370734413198a2e)),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsAConstantExpression) { static_assert(Philox{{0, 0}}(0, 0).word[0] == 0x6627e8d5); }

TEST(RandomStream, ElementsAreFunctionsOfTheirPosition) {
  const RandomStream random(0x123456789abcdef, 42);
  EXPECT_EQ(random.philox().key[0], 0x89abcdefU);
  EXPECT_EQ(random.philox().key[1], 0x1234567U);
  EXPECT_EQ(random.stream(), 42U);
  for (std::uint64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(random.bits(i), random.block(i / 4).word[i % 4]);
    const std::uint64_t low = random.bits(2 * i), high = random.bits(2 * i + 1);
    EXPECT_EQ(random.long_bits(i), low | high << 32);
  }
}

TEST(RandomStream, SeedsAndStreamsAreIndependentSequences) {
  const RandomStream a(1, 0), b(2, 0), c(1, 1);
  EXPECT_NE(a.long_bits(0), b.long_bits(0));
  EXPECT_NE(a.long_bits(0), c.long_bits(0));
  EXPECT_EQ(a.with_seed(2).long_bits(3), b.long_bits(3));
  EXPECT_EQ(c.with_seed(9).stream(), 1U);
}

// Fixed values: a change of them would change all seeded results of users.
TEST(RandomStream, NumbersNeverChange) {
  const RandomStream random(42, 7);
  EXPECT_EQ(random.bits(0), 0x67ee6f2cU);
  EXPECT_EQ(random.long_bits(5), 0xd301a3d5571a4cf0U);
  EXPECT_EQ(random.uniform(0), 0x1.caa82198cfdcdp-1);
  EXPECT_EQ(random.uniform(999), 0x1.f7753d0b5b5adp-1);
  EXPECT_EQ(random.normal(0), 0x1.420fdd4ad2613p+0);
  EXPECT_EQ(random.normal(1), -0x1.b7c3bc096468ep-2);
  EXPECT_EQ(random.normal(999), 0x1.10565a7de563ep+1);
  EXPECT_EQ(random.below(3, 1000), 174U);
}

TEST(RandomStream, UniformNumbersAreUniformInTheOpenInterval) {
  const RandomStream random(3, 0);
  constexpr std::uint64_t n = 200000;
  double sum = 0, squares = 0, products = 0, previous = 0.5;
  std::vector<int> buckets(64, 0);
  for (std::uint64_t i = 0; i < n; ++i) {
    const double u = random.uniform(i);
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
    products += (u - 0.5) * (previous - 0.5);
    previous = u;
    ++buckets[static_cast<std::size_t>(u * 64)];
  }
  const double count = static_cast<double>(n);
  EXPECT_NEAR(sum / count, 0.5, 0.003);
  EXPECT_NEAR(squares / count, 1.0 / 3, 0.003);
  EXPECT_NEAR(products / count, 0, 0.001);
  double chi_squared = 0;
  for (int b : buckets) chi_squared += (b - count / 64) * (b - count / 64) / (count / 64);
  EXPECT_LT(chi_squared, 63 + 5 * std::sqrt(2.0 * 63));
}

TEST(RandomStream, NormalNumbersHaveTheirMomentsAndTails) {
  const RandomStream random(4, 0);
  constexpr std::uint64_t n = 200000;
  double moments[5] = {};
  int beyond_one = 0, beyond_two = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double z = random.normal(i);
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(z, k) / static_cast<double>(n);
    beyond_one += std::fabs(z) > 1;
    beyond_two += std::fabs(z) > 2;
  }
  EXPECT_NEAR(moments[1], 0, 0.01);
  EXPECT_NEAR(moments[2], 1, 0.015);
  EXPECT_NEAR(moments[3], 0, 0.03);
  EXPECT_NEAR(moments[4], 3, 0.1);
  EXPECT_NEAR(beyond_one / static_cast<double>(n), 0.317311, 0.005);
  EXPECT_NEAR(beyond_two / static_cast<double>(n), 0.045500, 0.002);
}

TEST(RandomStream, NormalQuantilesAreExact) {
  EXPECT_EQ(RandomStream::normal_quantile(0.5), 0.0);
  const std::vector<std::pair<double, double>> expected{
      {0.75, 0.67448975019608174},  {0.9, 1.2815515655446004},    {0.975, 1.9599639845400538},
      {0.99, 2.3263478740408408},   {0.999, 3.0902323061678132},  {1e-5, -4.2648907939228247},
      {1e-10, -6.3613409024040557}, {1e-20, -9.2623400897984092}, {1e-100, -21.273453560965322}};
  for (const auto& [p, z] : expected) EXPECT_NEAR(RandomStream::normal_quantile(p), z, 4e-15 * std::fabs(z)) << p;
  // The cumulative distribution function, by erfc of the C library, is the inverse of the quantile function.
  for (double p = 1e-6; p < 0.5; p *= 1.7) {
    const double z = RandomStream::normal_quantile(p);
    EXPECT_NEAR(0.5 * std::erfc(-z / std::sqrt(2.0)) / p, 1.0, 1e-13) << p;
    EXPECT_NEAR(RandomStream::normal_quantile(1 - p), -z, 1e-9) << p;
  }
}

TEST(RandomStream, BelowIsUniformAndInRange) {
  const RandomStream random(5, 0);
  std::vector<int> counts(7, 0);
  for (std::uint64_t i = 0; i < 70000; ++i) {
    const std::uint64_t value = random.below(i, 7);
    ASSERT_LT(value, 7U);
    ++counts[static_cast<std::size_t>(value)];
  }
  for (int c : counts) EXPECT_NEAR(c, 10000, 450);
  EXPECT_EQ(random.below(0, 1), 0U);
}

TEST(RandomSeed, RestartsTheGlobalStreams) {
  set_random_seed(77);
  EXPECT_EQ(random_seed(), 77U);
  const RandomStream first = next_random_stream(), second = next_random_stream();
  EXPECT_NE(first.long_bits(0), second.long_bits(0));
  set_random_seed(77);
  EXPECT_EQ(next_random_stream().long_bits(0), first.long_bits(0));
  EXPECT_EQ(next_random_stream().long_bits(0), second.long_bits(0));
  set_random_seed(0);
}

TEST(ShufflePositions, IsAPermutationThatDependsOnTheStreamAlone) {
  std::vector<Index> a, b, c;
  shuffle_positions(a, 1000, RandomStream(1, 2));
  shuffle_positions(b, 1000, RandomStream(1, 2));
  shuffle_positions(c, 1000, RandomStream(1, 3));
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  std::vector<Index> sorted = a, counting(1000);
  std::sort(sorted.begin(), sorted.end());
  std::iota(counting.begin(), counting.end(), 0);
  EXPECT_EQ(sorted, counting);
  EXPECT_NE(a, counting);
  shuffle_positions(a, 0, RandomStream(1, 2));
  EXPECT_TRUE(a.empty());
  shuffle_positions(a, 1, RandomStream(1, 2));
  EXPECT_EQ(a, std::vector<Index>{0});
}

TEST(ShufflePositions, EveryPositionIsEquallyLikely) {
  std::vector<int> where_zero_went(5, 0);
  std::vector<Index> positions;
  for (std::uint64_t stream = 0; stream < 10000; ++stream) {
    shuffle_positions(positions, 5, RandomStream(9, stream));
    ++where_zero_went[static_cast<std::size_t>(std::find(positions.begin(), positions.end(), 0) - positions.begin())];
  }
  for (int c : where_zero_went) EXPECT_NEAR(c, 2000, 200);
}

}  // namespace
}  // namespace lamina
