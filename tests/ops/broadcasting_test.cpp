#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;

TEST(Broadcasting, BroadcastsEitherOperand) {
  const Tensor<float> column{{1}, {2}}, row{10, 20, 30};
  const Tensor<float> expected{{11, 21, 31}, {12, 22, 32}};
  EXPECT_TRUE(tensors_equal(column + row, expected));
  EXPECT_TRUE(tensors_equal(row + column, expected));
  EXPECT_TRUE(tensors_equal(row - column, Tensor<float>{{9, 19, 29}, {8, 18, 28}}));
  EXPECT_TRUE(tensors_equal(column - row, Tensor<float>{{-9, -19, -29}, {-8, -18, -28}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(2) * row, Tensor<float>{20, 40, 60}));
}

TEST(Broadcasting, BroadcastToRepeatsTheElements) {
  const Tensor<float> row{1, 2, 3};
  EXPECT_TRUE(tensors_equal(broadcast_to(row, {2, 3}), Tensor<float>{{1, 2, 3}, {1, 2, 3}}));
  EXPECT_TRUE(tensors_equal(broadcast_to(Tensor<float>{{1}, {2}}, {2, 3}), Tensor<float>{{1, 1, 1}, {2, 2, 2}}));
  EXPECT_TRUE(tensors_equal(broadcast_to(Tensor<float>(7), {2, 2}), Tensor<float>{{7, 7}, {7, 7}}));
  EXPECT_TRUE(tensors_equal(broadcast_to(Tensor<float>{{{1}}, {{2}}}, {2, 2, 2}),
                            Tensor<float>{{{1, 1}, {1, 1}}, {{2, 2}, {2, 2}}}));
  EXPECT_EQ(broadcast_to(row, {0, 3}).shape(), (Shape{0, 3}));
  EXPECT_TRUE(tensors_equal(broadcast_to(row, {3}), row));
  EXPECT_EQ(broadcast_to(row, {40, 3}).matrix().colwise().sum()(2), 120.0F);
}

TEST(Broadcasting, BroadcastToRejectsIncompatibleShapes) {
  const Tensor<float> row{1, 2, 3};
  EXPECT_TRUE(raises<ShapeError>([&] { return broadcast_to(row, {2, 4}); }, {"(3,)", "(2, 4)"}));
  EXPECT_TRUE(raises<ShapeError>(
      [&] {
        return broadcast_to(Tensor<float>{{1, 2}}, {2});
      },
      {"broadcast_to", "(1, 2)", "(2,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return row + Tensor<float>{1, 2}; }, {"(3,)", "(2,)", "do not broadcast"}));
}

TEST(Broadcasting, GradientsInBothDirections) {
  const std::vector<std::pair<Shape, Shape>> pairs{
      {{3, 4}, {4}},       {{3, 4}, {3, 1}}, {{3, 4}, {}},           {{3, 1}, {1, 4}},
      {{2, 3, 4}, {3, 1}}, {{1, 1}, {5}},    {{2, 1, 3}, {4, 1}},    {{}, {}},
      {{1}, {}},           {{20}, {3, 1}},   {{2, 1, 2, 1}, {2, 1}}, {{1, 3, 1, 2}, {2, 1, 2, 1}}};
  for (const auto& [a_shape, b_shape] : pairs) {
    const Tensor<double> a = random_tensor<double>(a_shape, 1, 0.5, 2), b = random_tensor<double>(b_shape, 2, 0.5, 2);
    const auto add = [](const auto& u, const auto& v) { return u + v; };
    const auto subtract = [](const auto& u, const auto& v) { return u - v; };
    const auto multiply = [](const auto& u, const auto& v) { return u * v; };
    const auto divide = [](const auto& u, const auto& v) { return u / v; };
    const auto larger = [](const auto& u, const auto& v) { return maximum(u, v) * v; };
    for (const auto& inputs : {std::vector{a, b}, std::vector{b, a}}) {
      EXPECT_TRUE(check_gradient(add, inputs, {.second_order = true})) << a_shape << b_shape;
      EXPECT_TRUE(check_gradient(subtract, inputs, {.second_order = true})) << a_shape << b_shape;
      EXPECT_TRUE(check_gradient(multiply, inputs, {.second_order = true})) << a_shape << b_shape;
      EXPECT_TRUE(check_gradient(divide, inputs, {.second_order = true})) << a_shape << b_shape;
      EXPECT_TRUE(check_gradient(larger, inputs, {.second_order = true})) << a_shape << b_shape;
    }
  }
}

TEST(Broadcasting, GradientsOfBroadcastTo) {
  for (const auto& [from, to] : std::vector<std::pair<Shape, Shape>>{
           {{3}, {2, 3}}, {{2, 1}, {2, 5}}, {{}, {4}}, {{1, 3, 1}, {2, 3, 4}}, {{2, 1, 2, 1}, {3, 2, 2, 2, 2}}}) {
    const auto f = [shape = to](const auto& x) {
      const auto y = broadcast_to(x, shape);
      return y * y;
    };
    EXPECT_TRUE(check_gradient(f, {random_tensor<double>(from, 1)}, {.second_order = true})) << from << to;
  }
}

}  // namespace
}  // namespace lamina
