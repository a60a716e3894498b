#include <lamina/kernels/lookup.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::in_double;
using testing::random_values;
using testing::Values;
using testing::with_threads;

template <class S>
class LookupKernel : public ::testing::Test {
 protected:
  static Values<S> indices(Index count, Index rows) {
    Values<S> result(count);
    for (Index i = 0; i < count; ++i) result[i] = static_cast<S>(i * 7 % rows);
    return result;
  }
};
TYPED_TEST_SUITE(LookupKernel, testing::Scalars);

TYPED_TEST(LookupKernel, CopiesRows) {
  using S = TypeParam;
  for (const Index width : testing::edge_widths)
    for (const Index count : {0, 1, 5, 6, 7, 100}) {
      const Values<S> table = random_values<S>(23 * width, 1), indices = this->indices(count, 23);
      Values<S> out(count * width, S(9));
      kernels::lookup<S>(count, width, table.data(), indices.data(), out.data());
      for (Index i = 0; i < count; ++i)
        for (Index j = 0; j < width; ++j)
          ASSERT_EQ(out[i * width + j], table[i * 7 % 23 * width + j]) << width << ": " << i << ", " << j;
    }
}

TYPED_TEST(LookupKernel, AddsRowsInTheOrderOfTheIndices) {
  using S = TypeParam;
  for (const Index width : testing::edge_widths)
    for (const Index count : {0, 1, 6, 7, 100}) {
      const Values<S> rows = random_values<S>(count * width, 2), indices = this->indices(count, 23);
      Values<S> table = random_values<S>(23 * width, 3), expected = table;
      for (Index i = 0; i < count; ++i)
        for (Index j = 0; j < width; ++j) expected[i * 7 % 23 * width + j] += rows[i * width + j];
      kernels::add_rows<S>(count, width, rows.data(), indices.data(), 23, table.data());
      EXPECT_TRUE(testing::same_bits(table, expected)) << width << ", " << count;
    }
}

TYPED_TEST(LookupKernel, TheSameBitsForAnyNumberOfThreads) {
  using S = TypeParam;
  const Index count = 3000, width = 40, table_rows = 500;
  const Values<S> rows = random_values<S>(count * width, 4), indices = this->indices(count, table_rows);
  Values<S> expected(table_rows * width);
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < width; ++j) expected[i * 7 % table_rows * width + j] += rows[i * width + j];
  for (const int threads : {1, 2, 3})
    with_threads(threads, [&] {
      Values<S> table(table_rows * width), out(count * width);
      kernels::add_rows<S>(count, width, rows.data(), indices.data(), table_rows, table.data());
      EXPECT_TRUE(testing::same_bits(table, expected)) << threads;
      kernels::lookup<S>(count, width, expected.data(), indices.data(), out.data());
      for (Index i = 0; i < count; ++i)
        ASSERT_EQ(out[i * width + 39], expected[i * 7 % table_rows * width + 39]) << threads;
    });
}

TYPED_TEST(LookupKernel, FindsTheFirstBadIndex) {
  using S = TypeParam;
  const S nan = std::numeric_limits<S>::quiet_NaN(), inf = std::numeric_limits<S>::infinity();
  const S good[] = {0, 3, S(-0.0), 2};
  EXPECT_EQ(kernels::first_bad_index<S>(4, good, 4), 4);
  EXPECT_EQ(kernels::first_bad_index<S>(4, good, 3), 1);
  EXPECT_EQ(kernels::first_bad_index<S>(0, good, 0), 0);
  for (const S bad : {S(-1), S(4), S(0.5), nan, inf, -inf}) {
    const S indices[] = {0, 1, bad, -7};
    EXPECT_EQ(kernels::first_bad_index<S>(4, indices, 4), 2) << bad;
  }
}

TYPED_TEST(LookupKernel, RecordsTouchedRowsWhileThereIsRoom) {
  using S = TypeParam;
  using lamina::detail::TouchedRows;
  Values<std::uint64_t> memory(static_cast<Index>(TouchedRows::bytes(8, 4 * sizeof(S)) / 8 + 1));
  TouchedRows* rows = TouchedRows::place(memory.data(), 8, 4 * sizeof(S));
  const S few[] = {5, 2, 5};
  ASSERT_TRUE(kernels::touch_rows<S>(3, few, *rows));
  ASSERT_EQ(rows->count(), 2);
  EXPECT_EQ(rows->begin()[0], 5);
  EXPECT_EQ(rows->begin()[1], 2);
  const S many[] = {0, 1, 3};
  EXPECT_FALSE(kernels::touch_rows<S>(3, many, *rows)) << "at most four of eight rows are recorded";
}

}  // namespace
}  // namespace lamina
