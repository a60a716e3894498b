#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/gathered_dots.hpp>
#include <vector>

namespace lamina {
namespace {

/// Compares with a plain loop: `rows` overlapping rows, runs of `run` elements with gaps.
template <class S>
void check(Index rows, Index columns, Index run, Index runs, bool relu, double within) {
  const Index depth = run * runs, gap = 3, step_of_row = 2;
  std::vector<S> a(static_cast<std::size_t>(rows * step_of_row + runs * (run + gap))),
      b(static_cast<std::size_t>(columns * depth)), start(static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<S>(std::sin(static_cast<double>(i)));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<S>(std::cos(static_cast<double>(3 * i)));
  for (std::size_t i = 0; i < start.size(); ++i) start[i] = static_cast<S>(i) - S(0.5);
  std::vector<std::int32_t> row, step;
  for (Index i = 0; i < rows; ++i) row.push_back(static_cast<std::int32_t>(i * step_of_row));
  for (Index k = 0; k < depth; ++k) step.push_back(static_cast<std::int32_t>(k / run * (run + gap) + k % run));

  const Index c_row = columns + 1;  // elements between the rows must not change
  std::vector<S> c(static_cast<std::size_t>(rows * c_row), S(7));
  kernels::multiply_gathered_dots<S>(
      {rows, depth, columns, run, a.data(), row.data(), step.data(), b.data(), c.data(), c_row, start.data(), relu});
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      double expected = static_cast<double>(start[static_cast<std::size_t>(j)]);
      for (Index k = 0; k < depth; ++k) {
        const std::int32_t at = row[static_cast<std::size_t>(i)] + step[static_cast<std::size_t>(k)];
        expected += static_cast<double>(a[static_cast<std::size_t>(at)]) *
                    static_cast<double>(b[static_cast<std::size_t>(j * depth + k)]);
      }
      if (relu) expected = std::max(expected, 0.0);
      ASSERT_NEAR(static_cast<double>(c[static_cast<std::size_t>(i * c_row + j)]), expected, within)
          << "row " << i << ", column " << j << ", run " << run;
    }
    ASSERT_EQ(c[static_cast<std::size_t>(i * c_row + columns)], S(7));
  }
}

template <class S>
void check_sizes(double within) {
  for (const Index rows : {0, 1, 3, 4, 9})
    for (const Index columns : {1, 2})
      for (const Index run : {1, 7, 8, 16, 29, 48})
        for (const bool relu : {false, true}) check<S>(rows, columns, run, 3, relu, within);
}

TEST(GatheredDots, AgreeWithPlainLoopsInFloat) { check_sizes<float>(2e-5); }
TEST(GatheredDots, AgreeWithPlainLoopsInDouble) { check_sizes<double>(1e-12); }

TEST(GatheredDots, ReluPropagatesNaN) {
  const float a[] = {std::nanf(""), 1}, b[] = {1}, start[] = {0};
  const std::int32_t row[] = {0, 1}, step[] = {0};
  float c[2];
  kernels::multiply_gathered_dots<float>({2, 1, 1, 1, a, row, step, b, c, 1, start, true});
  EXPECT_TRUE(std::isnan(c[0]));
  EXPECT_EQ(c[1], 1);
}

}  // namespace
}  // namespace lamina
