#include <lamina/ops/axes.hpp>

#include "support/check_gradient.hpp"

// NumPy's indexing, and operations that add, remove, move and repeat axes.

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using T = Tensor<float>;

TEST(Axes, AreAddedAndDropped) {
  const T x = T::zeros({2, 3});
  EXPECT_EQ(expand_dims(x, 0).shape(), (Shape{1, 2, 3}));
  EXPECT_EQ(expand_dims(x, -1).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(expand_dims(x, -2).shape(), (Shape{2, 1, 3}));
  const T y = T::zeros({1, 2, 1, 3, 1});
  EXPECT_EQ(squeeze(y).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(y, {0, -1}).shape(), (Shape{2, 1, 3}));
  EXPECT_TRUE(raises<ShapeError>([&] { return expand_dims(x, 3); }, {"expand_dims", "axis 3", "rank 3"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return squeeze(x, {1}); }, {"squeeze", "axis 1", "(2, 3)", "size 3"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return expand_dims(T::zeros({1, 1, 1, 1, 1, 1, 1, 1}), 0); }, {"at most 7"}));
}

TEST(Axes, AreSwappedAndMoved) {
  const T x = random_tensor<float>({2, 3, 4, 5}, 1);
  EXPECT_TRUE(tensors_equal(swapaxes(x, 1, -1), transpose(x, {0, 3, 2, 1})));
  EXPECT_TRUE(tensors_equal(moveaxis(x, 0, 2), transpose(x, {1, 2, 0, 3})));
  EXPECT_TRUE(tensors_equal(moveaxis(x, -1, 0), transpose(x, {3, 0, 1, 2})));
  EXPECT_TRUE(tensors_equal(moveaxis(x, 3, 1), transpose(x, {0, 3, 1, 2})));
  EXPECT_TRUE(tensors_equal(moveaxis(x, 1, 1), x));
}

TEST(Axes, AreReversedAndRepeated) {
  const T x{{1, 2}, {3, 4}};
  EXPECT_TRUE(tensors_equal(flip(x), T{{4, 3}, {2, 1}}));
  EXPECT_TRUE(tensors_equal(flip(x, {-1}), T{{2, 1}, {4, 3}}));
  EXPECT_TRUE(tensors_equal(repeat(x, 2, 1), T{{1, 1, 2, 2}, {3, 3, 4, 4}}));
  EXPECT_EQ(repeat(x, 0, 0).shape(), (Shape{0, 2}));
  EXPECT_TRUE(tensors_equal(tile(x, {2}), T{{1, 2, 1, 2}, {3, 4, 3, 4}}));
  EXPECT_TRUE(tensors_equal(tile(T{1, 2}, {2, 2}), T{{1, 2, 1, 2}, {1, 2, 1, 2}}));
  EXPECT_TRUE(tensors_equal(repeat(x, 2, -2), T{{1, 2}, {1, 2}, {3, 4}, {3, 4}}));
  EXPECT_EQ(tile(x, {0, 1}).shape(), (Shape{0, 2}));
  EXPECT_TRUE(tensors_equal(tile(x, {1, 2, 1}), T{{{1, 2}, {3, 4}, {1, 2}, {3, 4}}}));
  EXPECT_TRUE(raises<ValueError>([&] { return repeat(x, -1, 0); }, {"repeat", ">= 0", "-1"}));
  EXPECT_TRUE(raises<ValueError>([&] { return tile(x, {-1}); }, {"tile", ">= 0", "-1"}));
}

TEST(Axes, Gradients) {
  const auto x = random_tensor<double>({2, 3}, 1);
  EXPECT_TRUE(check_gradient([](const auto& v) { return square(flip(v, {1})) * tile(v, {1, 1}); }, {x}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return square(repeat(v, 3, 1)); }, {x}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return square(tile(v, {2, 3, 2})); }, {x}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return square(moveaxis(expand_dims(v, 1), 0, 2)); }, {x}));
}

}  // namespace
}  // namespace lamina
