#include <lamina/initializers/random.hpp>

#include "support/expect.hpp"
#include "support/initializers.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::initializers;

struct Moments {
  double mean, stddev, lowest, highest;
  explicit Moments(const Tensor<double>& x) {
    mean = x.array().mean();
    stddev = std::sqrt((x.array() - mean).square().mean());
    lowest = x.array().minCoeff();
    highest = x.array().maxCoeff();
  }
};

/// The mean, the standard deviation and the bounds that Keras documents for a shape.
struct Expected {
  Shape shape;
  double mean, stddev, lowest, highest;
};

void check(const Initializer& initializer, const Expected& expected) {
  SCOPED_TRACE(expected.shape.to_string());
  set_random_seed(1);
  const Tensor<double> x = made<double>(initializer, expected.shape);
  ASSERT_EQ(x.shape(), expected.shape);
  const Moments found(x);
  const double samples = static_cast<double>(x.size());
  EXPECT_NEAR(found.mean, expected.mean, 5 * expected.stddev / std::sqrt(samples));
  EXPECT_NEAR(found.stddev, expected.stddev, 5 * expected.stddev / std::sqrt(samples));
  EXPECT_GE(found.lowest, expected.lowest);
  EXPECT_LE(found.highest, expected.highest);
}

constexpr double unbounded = 1e300;

}  // namespace

TEST(Initializers, RandomNormal) {
  check("random_normal", {{200, 300}, 0, 0.05, -unbounded, unbounded});
  check(RandomNormal({.mean = 0.3, .stddev = 0.2}), {{5, 40, 60}, 0.3, 0.2, -unbounded, unbounded});
  EXPECT_TRUE(expect::same(made<double>(Initializer(RandomNormal({.mean = 2, .stddev = 0})), {3}), Tensor{2., 2., 2.}));
  EXPECT_TRUE(expect::error<ValueError>([] { RandomNormal({.stddev = -1}); }, {"RandomNormal", "stddev >= 0", "-1"}));
}

TEST(Initializers, RandomNormalIsNormal) {
  const Tensor<double> x = made<double>(Initializer(RandomNormal({.stddev = 1, .seed = 3})), {100'000});
  for (const auto& [limit, share] :
       {std::pair{0.0, 0.5}, {1.0, 0.841345}, {2.0, 0.977250}, {-1.5, 0.066807}, {3.0, 0.99865}}) {
    const double below = static_cast<double>((x.array() < limit).count()) / 1e5;
    EXPECT_NEAR(below, share, 0.008) << "fraction below " << limit;
  }
}

TEST(Initializers, GlorotUniformDependsOnTheFans) {
  check("glorot_uniform", {{200, 300}, 0, 0.06324555320336758, -0.10954451150103323, 0.10954451150103323});
  check("glorot_uniform", {{3, 3, 40, 60}, 0, 0.04714045207910317, -0.0816496580927726, 0.0816496580927726});
  check("glorot_uniform", {{20000}, 0, 0.007071067811865475, -0.012247448713915891, 0.012247448713915891});
  check(GlorotUniform(), {{1000, 40}, 0, 0.04385290096535146, -0.075955452531275, 0.075955452531275});
}

TEST(Initializers, GlorotUniformReachesItsBounds) {
  const Moments found(made<double>(Initializer(GlorotUniform({.seed = 1})), {200, 300}));
  EXPECT_LT(found.lowest, -0.1095);
  EXPECT_GT(found.highest, 0.1095);
}

TEST(Initializers, HeNormalIsTruncatedAtTwoStandardDeviations) {
  const auto expected = [](const Shape& shape, double fan_in) {
    const double stddev = std::sqrt(2 / fan_in), bound = 2 * stddev / 0.87962566103423978;
    return Expected{shape, 0, stddev, -bound, bound};
  };
  check("he_normal", expected({5, 40, 60}, 200));
  check("he_normal", expected({3, 3, 3, 16, 24}, 432));
  check(HeNormal(), expected({200, 300}, 200));
}

// An attention kernel, (inputs, heads, width): fan out is 4 x 8, and no axis is a window.
TEST(Initializers, AxesOfTheFansCanBeNamed) {
  const double limit = std::sqrt(6.0 / (16 + 4 * 8));
  check(GlorotUniform({.input_axes = 0, .output_axes = {1, 2}}),
        {{16, 4, 8}, 0, limit / std::sqrt(3.0), -limit, limit});
  const double he = std::sqrt(6.0 / (4 * 8));  // fan in: the second-last axis times the window, the first axis
  check(HeUniform({.output_axes = 2}), {{8, 4, 16}, 0, he / std::sqrt(3.0), -he, he});
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        made<float>(GlorotUniform({.input_axes = 2}), {3, 4});
      },
      {"GlorotUniform", "input_axes", "(3, 4)", "got 2"}));
  const Config config = LecunNormal({.seed = 3, .output_axes = {1, 2}}).get_config();
  EXPECT_TRUE(config.at("input_axes").is_null());
  EXPECT_EQ(config.at("output_axes").size(), 2u);
}
