#include <gtest/gtest.h>

#include <lamina/kernels/gather_rows.hpp>
#include <lamina/kernels/strided_copy.hpp>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::random_tensor;

TEST(StridedCopy, TransposesAndAdds) {
  const float from[] = {1, 2, 3, 4, 5, 6};
  float to[] = {0, 0, 0, 0, 0, 0};
  const Index from_step[] = {1, 3}, to_step[] = {2, 1};
  kernels::strided_copy<false>(Shape{3, 2}, from, from_step, to, to_step);
  EXPECT_EQ(std::vector<float>(to, to + 6), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  kernels::strided_copy<true>(Shape{3, 2}, from, from_step, to, to_step);
  EXPECT_EQ(std::vector<float>(to, to + 6), (std::vector<float>{2, 8, 4, 10, 6, 12}));
}

TEST(StridedCopy, EveryRank) {
  const float one = 3;
  float out = 0;
  kernels::strided_copy<false>(Shape{}, &one, nullptr, &out, nullptr);
  EXPECT_EQ(out, 3.0F);
  kernels::strided_copy<true>(Shape{}, &one, nullptr, &out, nullptr);
  EXPECT_EQ(out, 6.0F);
  Shape shape;
  for (Index rank = 1; rank <= 8; ++rank) {
    shape.push_back(rank % 2 == 0 ? 3 : 2);
    const Tensor<float> x = random_tensor<float>(shape, 1);
    Tensor<float> y = Tensor<float>::zeros(shape);
    Index steps[8];
    kernels::row_major_steps(shape, steps);
    kernels::strided_copy<false>(shape, x.data(), steps, y.mutable_data(), steps);
    EXPECT_TRUE(testing::tensors_equal(x, y));
  }
}

TEST(StridedCopy, AnEmptyShapeCopiesNothing) {
  float to = 5;
  const Index step[] = {1, 1};
  kernels::strided_copy<false>(Shape{3, 0}, &to, step, &to, step);
  kernels::strided_copy<true>(Shape{0, 3}, &to, step, &to, step);
  EXPECT_EQ(to, 5.0F);
}

TEST(GatherRows, TakesRowsInAnyOrder) {
  for (Index width : {0, 1, 3, 16, 300})
    for (Index count : {0, 1, 2, 5, 1000}) {
      const Tensor<float> x = random_tensor<float>({50, width}, 2);
      std::vector<Index> positions;
      for (Index i = 0; i < count; ++i) positions.push_back(i * 7 % 50);
      Tensor<float> y = Tensor<float>::empty({count, width});
      testing::with_threads(3,
                            [&] { kernels::gather_rows(count, width, x.data(), positions.data(), y.mutable_data()); });
      for (Index i = 0; i < count; ++i)
        for (Index j = 0; j < width; ++j) ASSERT_EQ(y(i, j), x(i * 7 % 50, j));
    }
}

}  // namespace
}  // namespace lamina
