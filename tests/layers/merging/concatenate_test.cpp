#include <functional>
#include <lamina/layers/merging/concatenate.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::merging;
using Tensors = std::vector<Tensor<double>>;

}  // namespace

TEST(Concatenate, AlongAnyAxis) {
  EXPECT_TRUE(expect::same(Concatenate<double>()({a, Tensor<double>{{9.}, {8.}}}),
                           Tensor<double>{{1., -2., 3., 9.}, {0.5, 4., -1., 8.}}));
  EXPECT_TRUE(expect::same(Concatenate<double>(0)({a, b}).rows_view(2, 4), b));
  const Tensors x{tensor_of({2, 3, 4}, 1), tensor_of({2, 1, 4}, 2), tensor_of({2, 2, 4}, 3)};
  const Tensor<double> y = Concatenate<double>(-2).apply(x).at(0);
  ASSERT_EQ(y.shape(), (Shape{2, 6, 4}));
  EXPECT_TRUE(expect::same(slice(y, {0, 3, 0}, {2, 1, 4}), x[1]));
  EXPECT_TRUE(lamina::testing::check_gradient(
      [](const auto& u, const auto& v, const auto& w) {
        return Concatenate<double>(1)({u, v, w});
      },
      x, {.second_order = true}));
  Concatenate layer(1);
  EXPECT_EQ(layer.compute_output_shapes({{None, 3, 4}, {None, 2, 4}}).at(0), (Shape{None, 5, 4}));
  EXPECT_EQ(layer.compute_output_shapes({{None, None, 4}, {8, 2, 4}}).at(0), (Shape{8, None, 4}));
  EXPECT_EQ(Concatenate<double>()({Tensor<double>::zeros({0, 2}), Tensor<double>::zeros({0, 3})}).shape(),
            (Shape{0, 5}));
}

TEST(Concatenate, KeepsAStepIfAnyMaskDoes) {
  const Tensor<float> x{{{0, 0}, {1, 2}, {0, 0}, {3, 4}}}, y{{{0, 0}, {0, 0}, {1, 2}, {3, 4}}};
  const Tensor<float> steps{{0, 1, 0, 1}}, other{{0, 0, 1, 0}};
  const auto mask = [&](Index axis, CallMasks masks) {
    return get_mask(Concatenate(axis)({x, y}, {.mask = std::move(masks)}));
  };
  EXPECT_TRUE(expect::same(mask(1, {steps}), Tensor<float>{{0, 1, 0, 1, 1, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(2, {steps}), Tensor<float>{{1, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(-1, {steps, other}), Tensor<float>{{0, 1, 1, 1}}));
  EXPECT_TRUE(expect::same(mask(1, {steps, other}), Tensor<float>{{0, 1, 0, 1, 0, 0, 1, 0}}));
  EXPECT_FALSE(get_mask(Concatenate()({x, y})).defined());
}

TEST(Concatenate, ErrorsNameTheShapes) {
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4});
  const auto with = [&](Index axis, const Shape& shape) {
    return [=] {
      Concatenate<float> layer(axis);
      layer({x, Tensor<float>::ones(shape)});
    };
  };
  EXPECT_TRUE(expect::error<ShapeError>(with(-1, {2, 2, 4}), {"Concatenate", "(None, 3, 4), (None, 2, 4)", "axis -1"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(1, {2, 3}), {"Concatenate", "(None, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(3, {2, 3, 4}), {"Concatenate", "axis 3"}));
  EXPECT_TRUE(expect::error<ShapeError>(with(1, {1, 3, 4}), {"Concatenate", "(2, 3, 4), (1, 3, 4)"}));
}
