#include <lamina/ops/get_item.hpp>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using T = Tensor<float>;

TEST(GetItem, AgreesWithNumPysIndexing) {
  const T x = reshape(T{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {3, 4});
  EXPECT_TRUE(tensors_equal(get_item(x, {1}), T{4, 5, 6, 7}));
  EXPECT_TRUE(tensors_equal(get_item(x, {-1, -2}), T(10)));
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{}, 1}), T{1, 5, 9}));
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{1, {}}, Slice{{}, 2}}), T{{4, 5}, {8, 9}}));
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{}, Slice{.step = 2}}), T{{0, 2}, {4, 6}, {8, 10}}));
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{.step = -1}, 0}), T{8, 4, 0}));
  EXPECT_TRUE(tensors_equal(get_item(x, {0, Slice{3, 0, -2}}), T{3, 1}));
  EXPECT_TRUE(tensors_equal(get_item(x, {0, Slice{-3, -1}}), T{1, 2}));
  EXPECT_TRUE(tensors_equal(get_item(x, {ellipsis, 3}), T{3, 7, 11}));
  EXPECT_TRUE(tensors_equal(get_item(x, {}), x));
  EXPECT_EQ(get_item(x, {newaxis, Slice{}, newaxis}).shape(), (Shape{1, 3, 1, 4}));
  EXPECT_EQ(get_item(x, {ellipsis, newaxis}).shape(), (Shape{3, 4, 1}));
  EXPECT_EQ(get_item(x, {0, ellipsis, 1}).shape(), Shape{});
}

TEST(GetItem, ClampsSlicesToTheAxis) {
  const T x{0, 1, 2, 3};
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{2, 100}}), T{2, 3}));
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{-100, 1}}), T{0}));
  EXPECT_EQ(get_item(x, {Slice{3, 1}}).shape(), Shape{0});
  EXPECT_EQ(get_item(x, {Slice{7, 9}}).shape(), Shape{0});
  EXPECT_TRUE(tensors_equal(get_item(x, {Slice{100, {}, -3}}), T{3, 0}));
  EXPECT_EQ(get_item(x, {Slice{0, 3, -1}}).shape(), Shape{0});
}

TEST(GetItem, Gradients) {
  const auto x = random_tensor<double>({3, 4, 5}, 1), r = random_tensor<double>({2, 3}, 2);
  EXPECT_TRUE(check_gradient([r](const auto& v) { return get_item(v, {Slice{1, {}}, 2, Slice{.step = 2}}) * r; }, {x}));
  EXPECT_TRUE(check_gradient(
      [](const auto& v) {
        return square(get_item(v, {-1, ellipsis, Slice{.step = -3}}));
      },
      {x}));
}

TEST(GetItem, RejectsIndicesOutOfRange) {
  const T x = T::zeros({3, 4});
  EXPECT_TRUE(raises<ShapeError>([&] { return get_item(x, {3}); }, {"position 3", "axis 0", "(3, 4)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return get_item(x, {0, -5}); }, {"position -5", "axis 1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return get_item(x, {0, 0, 0}); }, {"at most 2 axes", "(3, 4)", "got 3"}));
  EXPECT_TRUE(raises<ValueError>([&] { return get_item(x, {ellipsis, ellipsis}); }, {"ellipsis", "2"}));
  EXPECT_TRUE(raises<ValueError>([&] { return get_item(x, {Slice{.step = 0}}); }, {"step", "0"}));
}

}  // namespace
}  // namespace lamina
