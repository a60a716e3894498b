#include "lamina/kernels/squares.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lamina::kernels {
namespace {

TEST(Squares, AreScaledByTheLargestNumber) {
  const std::vector<float> large{3e19f, 4e19f}, small{3e-30f, 4e-30f}, largest{3e38f, 3e38f};
  EXPECT_NEAR(scaled_squares(2, large.data()).length(), 5e19, 1e13);
  EXPECT_NEAR(scaled_squares(2, small.data()).length(), 5e-30, 1e-36);
  EXPECT_NEAR(scaled_squares(2, largest.data()).length(), 4.2426406871e38, 1e32);
  const std::vector<double> doubles{1.2e308, 1.6e308};
  const Squares squares = scaled_squares(2, doubles.data());
  EXPECT_NEAR(std::ldexp(doubles[0], -squares.exponent) / squares.root(), 0.6, 1e-15) << "the norm overflows";
}

TEST(Squares, OfZeroInfinityAndNaN) {
  const std::vector<float> zero{0, 0}, infinite{1, HUGE_VALF}, nan{1, std::nanf("")};
  EXPECT_EQ(scaled_squares(2, zero.data()).length(), 0);
  EXPECT_EQ(scaled_squares(0, zero.data()).length(), 0);
  EXPECT_EQ(scaled_squares(2, infinite.data()).length(), HUGE_VAL);
  EXPECT_TRUE(std::isnan(scaled_squares(2, nan.data()).length()));
}

TEST(Squares, OfDifferentExponentsAreAdded) {
  const std::vector<float> large{3e19f}, larger{4e19f}, one{1};
  Squares sum;
  sum.add(scaled_squares(1, one.data()));
  sum.add(scaled_squares(1, large.data()));
  sum.add(scaled_squares(1, larger.data()));
  sum.add({});
  EXPECT_NEAR(sum.length(), 5e19, 1e13);
}

TEST(Squares, ReportWhetherThePlainSumIsExact) {
  EXPECT_TRUE(squares_are_exact<float>(1.0, 1000));
  EXPECT_FALSE(squares_are_exact<float>(HUGE_VAL, 2));
  EXPECT_FALSE(squares_are_exact<float>(0.0, 2));
  EXPECT_FALSE(squares_are_exact<float>(1e-36, 2)) << "smaller squares underflow";
  EXPECT_FALSE(squares_are_exact<float>(std::nan(""), 2));
}

}  // namespace
}  // namespace lamina::kernels
