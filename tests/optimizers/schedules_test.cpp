#include <lamina/optimizers/schedules.hpp>

#include "support/expect.hpp"

// Learning rate schedules at points with known values, and the learning rate as an option.

using namespace lamina;

namespace {

constexpr double pi = 3.14159265358979323846;

}  // namespace

TEST(Schedules, ExponentialDecay) {
  const ExponentialDecay smooth({.initial_learning_rate = 0.4, .decay_steps = 4, .decay_rate = 0.25});
  EXPECT_DOUBLE_EQ(smooth(0), 0.4);
  EXPECT_DOUBLE_EQ(smooth(2), 0.2);
  EXPECT_DOUBLE_EQ(smooth(4), 0.1);
  const ExponentialDecay stairs(
      {.initial_learning_rate = 0.4, .decay_steps = 4, .decay_rate = 0.25, .staircase = true});
  EXPECT_DOUBLE_EQ(stairs(3), 0.4);
  EXPECT_DOUBLE_EQ(stairs(7), 0.1);
}

TEST(Schedules, InverseTimeDecay) {
  const InverseTimeDecay smooth({.initial_learning_rate = 0.6, .decay_steps = 4, .decay_rate = 2});
  EXPECT_DOUBLE_EQ(smooth(2), 0.3);
  const InverseTimeDecay stairs({.initial_learning_rate = 0.6, .decay_steps = 4, .decay_rate = 2, .staircase = true});
  EXPECT_DOUBLE_EQ(stairs(3), 0.6);
  EXPECT_DOUBLE_EQ(stairs(5), 0.2);
}

TEST(Schedules, PiecewiseConstantDecay) {
  const PiecewiseConstantDecay steps({.boundaries = {2, 5}, .values = {3.0, 2.0, 1.0}});
  for (const auto& [step, rate] : std::vector<std::pair<Index, double>>{{0, 3}, {2, 3}, {3, 2}, {5, 2}, {6, 1}})
    EXPECT_EQ(steps(step), rate) << step;
  const PiecewiseConstantDecay constant({.boundaries = {}, .values = {0.5}});
  EXPECT_EQ(constant(7), 0.5);
}

TEST(Schedules, PolynomialDecay) {
  const PolynomialDecay once({.initial_learning_rate = 1.0, .decay_steps = 4, .end_learning_rate = 0.5, .power = 2.0});
  EXPECT_DOUBLE_EQ(once(0), 1);
  EXPECT_DOUBLE_EQ(once(2), 0.5 + 0.5 * 0.25);
  EXPECT_DOUBLE_EQ(once(4), 0.5);
  EXPECT_DOUBLE_EQ(once(9), 0.5);
  const PolynomialDecay again(
      {.initial_learning_rate = 1.0, .decay_steps = 4, .end_learning_rate = 0.0, .cycle = true});
  EXPECT_DOUBLE_EQ(again(0), 1);
  EXPECT_DOUBLE_EQ(again(4), 0);
  EXPECT_DOUBLE_EQ(again(6), 1 - 6.0 / 8);
  EXPECT_DOUBLE_EQ(again(9), 1 - 9.0 / 12);
}

TEST(Schedules, CosineDecay) {
  const CosineDecay plain({.initial_learning_rate = 2.0, .decay_steps = 8, .alpha = 0.25});
  EXPECT_DOUBLE_EQ(plain(0), 2);
  EXPECT_DOUBLE_EQ(plain(4), 2 * (0.75 * 0.5 + 0.25));
  EXPECT_DOUBLE_EQ(plain(8), 0.5);
  EXPECT_DOUBLE_EQ(plain(80), 0.5);
  const CosineDecay warm({.initial_learning_rate = 1.0, .decay_steps = 8, .warmup_target = 3.0, .warmup_steps = 4});
  EXPECT_DOUBLE_EQ(warm(0), 1);
  EXPECT_DOUBLE_EQ(warm(2), 2);
  EXPECT_DOUBLE_EQ(warm(4), 3);
  EXPECT_DOUBLE_EQ(warm(6), 1.5 * (1 + std::cos(pi / 4)));
  EXPECT_NEAR(warm(12), 0, 1e-15);
  const CosineDecay at_once({.initial_learning_rate = 1.0, .decay_steps = 8, .warmup_target = 3.0});
  EXPECT_DOUBLE_EQ(at_once(0), 3);
}

TEST(Schedules, CosineDecayRestarts) {
  const CosineDecayRestarts doubling(
      {.initial_learning_rate = 1.0, .first_decay_steps = 4, .m_mul = 0.5, .alpha = 0.1});
  EXPECT_DOUBLE_EQ(doubling(0), 1);
  EXPECT_DOUBLE_EQ(doubling(2), 0.9 * 0.5 + 0.1);
  EXPECT_DOUBLE_EQ(doubling(4), 0.9 * 0.5 + 0.1);   // the second period, 8 steps
  EXPECT_DOUBLE_EQ(doubling(8), 0.9 * 0.25 + 0.1);  // its middle
  EXPECT_DOUBLE_EQ(doubling(12), 0.9 * 0.25 + 0.1);
  EXPECT_DOUBLE_EQ(doubling(28), 0.9 * 0.125 + 0.1);
  const CosineDecayRestarts even({.initial_learning_rate = 1.0, .first_decay_steps = 4, .t_mul = 1.0});
  EXPECT_DOUBLE_EQ(even(4), 1);
  EXPECT_DOUBLE_EQ(even(6), 0.5);
}

TEST(Schedules, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { ExponentialDecay({.initial_learning_rate = 1.0, .decay_rate = 1.0}); },
                                        {"ExponentialDecay", "decay_steps > 0", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { CosineDecayRestarts({.initial_learning_rate = 1.0}); },
                                        {"CosineDecayRestarts", "first_decay_steps"}));
  EXPECT_TRUE(expect::error<ValueError>([] { PiecewiseConstantDecay({.boundaries = {1}, .values = {1.0}}); },
                                        {"PiecewiseConstantDecay", "1 values and 1 boundaries"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        PiecewiseConstantDecay({.boundaries = {3, 3}, .values = {1., 2., 3.}});
      },
      {"increasing"}));
  Config missing = Config::map();
  missing["decay_steps"] = 3;
  EXPECT_TRUE(expect::error<ValueError>(
      [&] { ScheduleFamily::Table::from_config(ScheduleFamily::kind, named_config("CosineDecay", missing)); },
      {"CosineDecay", "initial_learning_rate", "missing"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ScheduleFamily::Table::from_config(ScheduleFamily::kind, "CosineDeca"); },
                                        {"learning rate schedule", "cosine_decay"}));
}
