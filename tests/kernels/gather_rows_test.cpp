#include <gtest/gtest.h>

#include <lamina/kernels/gather_rows.hpp>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::random_tensor;

TEST(GatherRows, TakesRowsInAnyOrder) {
  for (Index width : {0, 1, 3, 7, 8, 9, 15, 16, 17, 33, 300})
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
