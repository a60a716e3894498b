#include <gtest/gtest.h>

#include <lamina/kernels/strided_copy.hpp>
#include <vector>

#include "support/compare.hpp"

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

// Compares with a loop over positions, for strides with gaps, repeated elements and negative steps.
TEST(StridedCopy, SupportsAnyStrides) {
  for (const Index width : {1, 3, 7, 8, 9, 16, 17, 33})
    for (const bool add : {false, true}) {
      const Shape size{3, 2, width};
      const Index from_step[] = {0, -width, 1}, to_step[] = {4 * width, 2 * width, 2};
      const Tensor<double> x = random_tensor<double>({2, width}, 1);
      Tensor<double> y = random_tensor<double>({12 * width}, 2);
      std::vector<double> expected(y.data(), y.data() + y.size());
      for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 2; ++j)
          for (Index k = 0; k < width; ++k) {
            double& to = expected[static_cast<std::size_t>(i * 4 * width + j * 2 * width + 2 * k)];
            to = (add ? to : 0) + x(1 - j, k);
          }
      if (add)
        kernels::strided_copy<true>(size, x.data() + width, from_step, y.mutable_data(), to_step);
      else
        kernels::strided_copy<false>(size, x.data() + width, from_step, y.mutable_data(), to_step);
      EXPECT_EQ(std::vector<double>(y.data(), y.data() + y.size()), expected) << width << ' ' << add;
    }
}

TEST(StridedCopy, StridesOfARowMajorTensor) {
  Index step[3];
  kernels::row_major_steps(Shape{2, 3, 5}, step);
  EXPECT_EQ(std::vector<Index>(step, step + 3), (std::vector<Index>{15, 5, 1}));
}

TEST(StridedCopy, AnEmptyShapeCopiesNothing) {
  float to = 5;
  const Index step[] = {1, 1};
  kernels::strided_copy<false>(Shape{3, 0}, &to, step, &to, step);
  kernels::strided_copy<true>(Shape{0, 3}, &to, step, &to, step);
  EXPECT_EQ(to, 5.0F);
}

}  // namespace
}  // namespace lamina
