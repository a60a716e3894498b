#include <lamina/kernels/gathered_product.hpp>

#include "support/values.hpp"

namespace lamina {
namespace {

using kernels::GatheredProduct;
using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;

template <class S>
class GatheredProductKernel : public ::testing::Test {
 protected:
  /// Rows of A overlap and are permuted; columns of A have gaps.
  static void check(Index rows, Index depth, Index columns) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << depth << " x " << columns);
    Values<std::int32_t> row(rows), step(depth), c_row(rows);
    for (Index i = 0; i < rows; ++i) {
      row[i] = static_cast<std::int32_t>(i * 7 % 13 * 2);
      c_row[i] = static_cast<std::int32_t>((rows - 1 - i) * (columns + 2));
    }
    for (Index k = 0; k < depth; ++k) step[k] = static_cast<std::int32_t>(k / 3 * 4 + k % 3);
    const Values<S> a = random_values<S>(26 + 2 * depth, 1), b = random_values<S>(depth * columns, 2);
    const Index panel = kernels::gathered_panel<S>(), panels = (columns + panel - 1) / panel;
    Values<S> packed(panels * panel * depth + panel, S(9)), start = random_values<S>(columns + panel, 3);
    kernels::pack_panels<S>({b.data(), columns, 1}, depth, columns, panel, packed.data());

    const Values<double> a_plain = in_double(a), b_plain = in_double(b), start_plain = in_double(start);
    for (const bool table : {false, true})
      for (const bool accumulate : {false, true})
        for (const bool starts : {false, true})
          for (const bool relu : {false, true}) {
            Values<S> c(rows * (columns + 2), S(0.25));
            Values<double> expected(c.count(), 0.25);
            for (Index i = 0; i < rows; ++i)
              for (Index j = 0; j < columns; ++j) {
                double& sum = expected[table ? c_row[i] + j : i * (columns + 2) + j];
                sum = (accumulate ? sum : 0) + (starts ? start_plain[j] : 0);
                for (Index k = 0; k < depth; ++k) sum += a_plain[row[i] + step[k]] * b_plain[k * columns + j];
                if (relu) sum = std::max(sum, 0.0);
              }
            GatheredProduct<S> g{rows,
                                 depth,
                                 columns,
                                 a.data(),
                                 row.data(),
                                 step.data(),
                                 packed.data(),
                                 panel,
                                 depth * panel,
                                 c.data(),
                                 table ? c_row.data() : nullptr,
                                 columns + 2};
            g.accumulate = accumulate;
            g.start = starts ? start.data() : nullptr;
            g.relu = relu;
            kernels::multiply_gathered(g);
            EXPECT_TRUE(values_near(c, expected, rounding<S>(depth + 8)))
                << "table " << table << ", accumulate " << accumulate << ", start " << starts << ", relu " << relu;
          }
  }
};
TYPED_TEST_SUITE(GatheredProductKernel, testing::Scalars);

TYPED_TEST(GatheredProductKernel, EveryNumberOfColumns) {
  for (const Index columns : testing::edge_widths) this->check(5, 7, columns);
}

TYPED_TEST(GatheredProductKernel, EveryNumberOfRowsAndDepth) {
  for (Index rows = 0; rows <= 30; ++rows) this->check(rows, 5, 9);
  for (const Index depth : testing::edge_widths) this->check(3, depth, 17);
}

TYPED_TEST(GatheredProductKernel, InnerAxisLongerThanACachedPanel) {
  this->check(9, 2300, 5);
  this->check(2, 1024, 40);
  this->check(2, 1025, 40);
}

TYPED_TEST(GatheredProductKernel, PanelsArePaddedWithZeros) {
  using S = TypeParam;
  for (const Index panel : {1, 4, 16})
    for (const Index depth : {0, 1, 15, 16, 17, 40})
      for (const Index columns : {1, 3, 4, 5, 16, 33})
        for (const bool transposed : {false, true}) {
          const Values<S> b = random_values<S>(depth * columns, 1);
          const Index panels = (columns + panel - 1) / panel, row = transposed ? 1 : columns,
                      column = transposed ? depth : 1;
          Values<S> packed(panels * panel * depth, S(9));
          kernels::pack_panels<S>({b.data(), row, column}, depth, columns, panel, packed.data());
          for (Index k = 0; k < depth; ++k)
            for (Index j = 0; j < panels * panel; ++j)
              ASSERT_EQ(packed[j / panel * panel * depth + k * panel + j % panel],
                        j < columns ? b[k * row + j * column] : S(0))
                  << panel << ' ' << depth << ' ' << columns << ' ' << transposed << ": " << k << ", " << j;
        }
}

TYPED_TEST(GatheredProductKernel, ReluPropagatesNaN) {
  using S = TypeParam;
  const Index panel = kernels::gathered_panel<S>();
  const S a[] = {std::numeric_limits<S>::quiet_NaN(), S(-1)};
  const std::int32_t row[] = {0, 1}, step[] = {0};
  const Values<S> b(panel, S(1));
  S c[2] = {S(9), S(9)};
  GatheredProduct<S> g{2, 1, 1, a, row, step, b.data(), panel, panel, c, nullptr, 1};
  g.relu = true;
  kernels::multiply_gathered(g);
  EXPECT_TRUE(std::isnan(c[0]));
  EXPECT_EQ(c[1], S(0));
}

}  // namespace
}  // namespace lamina
