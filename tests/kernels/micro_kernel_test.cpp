#include <lamina/kernels/micro_kernel.hpp>

#include <gtest/gtest.h>

#include "support/values.hpp"

// Compares tiles of C with plain loops in double.

namespace lamina {
namespace {

using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;

template <class S>
class MicroKernel : public ::testing::Test {
 protected:
  static constexpr int width = kernels::compiled_lanes<S>;

  /// C (rows, columns), with row stride `columns + 2`, (+)= A (rows, depth) times a panel of B (depth, packs).
  static void check(Index rows, Index columns, Index depth, bool accumulate, bool bias, bool relu, bool transposed) {
    const bool two_packs = columns > width;
    const Index padded = two_packs ? 2 * width : width, c_row = columns + 2;
    SCOPED_TRACE(text(rows, " rows, ", columns, " columns, depth ", depth, accumulate ? ", accumulated" : "",
                      bias ? ", bias" : "", relu ? ", relu" : "", transposed ? ", A transposed" : ""));
    const Values<S> a = random_values<S>(rows * depth, 1), b = random_values<S>(depth * padded, 2),
                    added = random_values<S>(padded, 3), before = random_values<S>(rows * c_row, 4);
    const Index a_row = transposed ? 1 : depth, a_column = transposed ? rows : 1;
    Values<double> expected(rows * c_row);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < c_row; ++j) {
        double sum = static_cast<double>(before[i * c_row + j]);
        if (j < columns) {
          if (!accumulate) sum = 0;
          for (Index k = 0; k < depth; ++k)
            sum += static_cast<double>(a[i * a_row + k * a_column]) * static_cast<double>(b[k * padded + j]);
          if (bias) sum += static_cast<double>(added[j]);
          if (relu && sum < 0) sum = 0;
        }
        expected[i * c_row + j] = sum;
      }
    Values<S> c = before;
    const kernels::detail::Tile<S> tile{depth,  a.data(), b.data(), a_row,      a_column,
                                        padded, c.data(), c_row,    accumulate, bias ? added.data() : nullptr,
                                        relu,   columns};
    kernels::detail::multiply_rows<S, width>(tile, rows, two_packs);
    EXPECT_TRUE(values_near(c, expected, rounding<S>(depth + 4)));
  }
};
TYPED_TEST_SUITE(MicroKernel, testing::Scalars);

TYPED_TEST(MicroKernel, OfEveryNumberOfRowsAndColumns) {
  for (Index rows = 0; rows <= 18; ++rows)
    for (Index columns = 1; columns <= 2 * this->width; ++columns)
      this->check(rows, columns, 7, false, false, false, false);
}

TYPED_TEST(MicroKernel, OfEveryDepth) {
  for (const Index depth : {0, 1, 2, 15, 256})
    for (const bool transposed : {false, true}) this->check(9, 2 * this->width, depth, false, false, false, transposed);
}

TYPED_TEST(MicroKernel, AddsTheBiasAndAppliesRelu) {
  for (const bool accumulate : {false, true})
    for (const bool bias : {false, true})
      for (const bool relu : {false, true})
        for (const Index columns : {Index{1}, Index{this->width}, Index{this->width} + 1, Index{2 * this->width}})
          this->check(13, columns, 5, accumulate, bias, relu, false);
}

}  // namespace
}  // namespace lamina
