#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;

TEST(Reshape, SharesTheElements) {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  const Tensor<float> y = reshape(x, {3, 2});
  EXPECT_TRUE(tensors_equal(y, Tensor<float>{{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_EQ(y.data(), x.data());
  EXPECT_EQ(reshape(x, {-1}).shape(), Shape{6});
  EXPECT_EQ(reshape(x, {3, -1, 1}).shape(), (Shape{3, 2, 1}));
  EXPECT_EQ(reshape(Tensor<float>(1), {1, 1}).shape(), (Shape{1, 1}));
  EXPECT_EQ(reshape(Tensor<float>{1}, {}).shape(), Shape{});
  EXPECT_EQ(reshape(Tensor<float>::zeros({0, 4}), {-1, 2}).shape(), (Shape{0, 2}));
}

TEST(Reshape, RejectsInvalidArguments) {
  const Tensor<float> x = Tensor<float>::zeros({2, 3});
  EXPECT_TRUE(raises<ShapeError>([&] { return reshape(x, {4, 2}); }, {"reshape", "(2, 3)", "6", "(4, 2)", "8"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return reshape(x, {-1, 4}); }, {"(2, 3)", "do not fill"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return reshape(x, {-1, -1}); }, {"at most one may be -1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return reshape(Tensor<float>::zeros({0, 3}), {-1, 0}); }, {"do not fill"}));
}

TEST(Transpose, PermutesAxes) {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  EXPECT_TRUE(tensors_equal(transpose(x), Tensor<float>{{1, 4}, {2, 5}, {3, 6}}));
  const Tensor<float> y = random_tensor<float>({2, 3, 4}, 1), p = transpose(y, {2, 0, 1});
  ASSERT_EQ(p.shape(), (Shape{4, 2, 3}));
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 3; ++j)
      for (Index k = 0; k < 4; ++k) EXPECT_EQ(p(k, i, j), y(i, j, k));
  EXPECT_TRUE(tensors_equal(transpose(p, {1, 2, 0}), y));
  EXPECT_TRUE(tensors_equal(transpose(y, {-1, 0, -2}), p));
  EXPECT_TRUE(tensors_equal(transpose(Tensor<float>(3)), Tensor<float>(3)));
  EXPECT_EQ(transpose(Tensor<float>::zeros({0, 3})).shape(), (Shape{3, 0}));
}

TEST(Transpose, RejectsInvalidPermutations) {
  const Tensor<float> x = Tensor<float>::zeros({2, 3});
  EXPECT_TRUE(raises<ShapeError>([&] { return transpose(x, {0}); }, {"transpose", "(2, 3)", "2 axes", "(0,)"}));
  EXPECT_TRUE(raises<ValueError>([&] { return transpose(x, {0, -2}); }, {"axis 0", "twice"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return transpose(x, {0, 2}); }, {"axis 2"}));
}

TEST(Concatenate, JoinsAlongAnyAxis) {
  const Tensor<float> a{{1, 2}, {3, 4}}, b{{5}, {6}}, c{{7, 8}};
  EXPECT_TRUE(tensors_equal(concatenate(std::vector{a, b}), Tensor<float>{{1, 2, 5}, {3, 4, 6}}));
  EXPECT_TRUE(tensors_equal(concatenate(std::vector{a, c}, 0), Tensor<float>{{1, 2}, {3, 4}, {7, 8}}));
  EXPECT_TRUE(tensors_equal(concatenate(-1, a, b, a), Tensor<float>{{1, 2, 5, 1, 2}, {3, 4, 6, 3, 4}}));
  EXPECT_TRUE(tensors_equal(concatenate(std::vector{a}), a));
  EXPECT_TRUE(tensors_equal(concatenate(0, Tensor<float>::zeros({0, 2}), c), c));
  EXPECT_TRUE(tensors_equal(concatenate(0, Variable<float>(c), c), Tensor<float>{{7, 8}, {7, 8}}));
}

TEST(Concatenate, RejectsShapesThatDifferInOtherAxes) {
  const Tensor<float> a = Tensor<float>::zeros({2, 3}), b = Tensor<float>::zeros({3, 3});
  EXPECT_TRUE(raises<ShapeError>([&] { return concatenate(1, a, b); }, {"concatenate", "axis 1", "(2, 3)", "(3, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return concatenate(0, a, Tensor<float>{1, 2, 3}); }, {"(3,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return concatenate(2, a, a); }, {"axis 2"}));
  EXPECT_TRUE(raises<ValueError>([] { return concatenate(std::vector<Tensor<float>>{}); }, {"at least one"}));
}

TEST(Slice, ReturnsABlock) {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  EXPECT_TRUE(tensors_equal(slice(x, {1, 0}, {2, 2}), Tensor<float>{{4, 5}, {7, 8}}));
  EXPECT_TRUE(tensors_equal(slice(x, {1, 1}, {-1, -1}), Tensor<float>{{5, 6}, {8, 9}}));
  EXPECT_EQ(slice(x, {3, 0}, {0, 3}).shape(), (Shape{0, 3}));
  EXPECT_TRUE(tensors_equal(slice(Tensor<float>(5), {}, {}), Tensor<float>(5)));
  EXPECT_TRUE(raises<ShapeError>([&] { return slice(x, {2, 0}, {2, 1}); }, {"slice", "(2, 0)", "(2, 1)", "(3, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return slice(x, {-1, 0}, {1, 1}); }, {"inside"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return slice(x, {4, 0}, {-1, 1}); }, {"inside"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return slice(x, {0}, {1}); }, {"2 positions", "(0,)"}));
}

TEST(Split, SplitsIntoEqualParts) {
  const Tensor<float> x{{1, 2, 3, 4}, {5, 6, 7, 8}};
  const auto parts = split(x, 2);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(tensors_equal(parts[1], Tensor<float>{{3, 4}, {7, 8}}));
  EXPECT_TRUE(tensors_equal(split(x, 2, 0)[1], Tensor<float>{{5, 6, 7, 8}}));
  EXPECT_TRUE(tensors_equal(concatenate(split(x, 4)), x));
  EXPECT_TRUE(raises<ShapeError>([&] { return split(x, 3); }, {"split", "axis 1", "(2, 4)", "got 3"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return split(x, 0); }, {"count >= 1", "got 0"}));
}

TEST(Stack, AddsAnAxis) {
  const Tensor<float> a{1, 2}, b{3, 4};
  EXPECT_TRUE(tensors_equal(stack(std::vector{a, b}), Tensor<float>{{1, 2}, {3, 4}}));
  EXPECT_TRUE(tensors_equal(stack(std::vector{a, b}, 1), Tensor<float>{{1, 3}, {2, 4}}));
  EXPECT_TRUE(tensors_equal(stack(std::vector{a, b}, -1), Tensor<float>{{1, 3}, {2, 4}}));
  EXPECT_TRUE(tensors_equal(stack(std::vector{Tensor<float>(1), Tensor<float>(2)}), Tensor<float>{1, 2}));
  EXPECT_TRUE(raises<ShapeError>([&] { return stack(std::vector{a, Tensor<float>{1}}); }, {"stack", "(2,)", "(1,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return stack(std::vector{a, b}, 2); }, {"axis 2", "rank 2"}));
  EXPECT_TRUE(raises<ValueError>([] { return stack(std::vector<Tensor<float>>{}); }, {"at least one"}));
}

TEST(Gather, TakesEntriesInAnyOrder) {
  const Tensor<float> x{{1, 2}, {3, 4}, {5, 6}};
  EXPECT_TRUE(tensors_equal(gather(x, {2, 0, 2}), Tensor<float>{{5, 6}, {1, 2}, {5, 6}}));
  EXPECT_TRUE(tensors_equal(gather(x, {1}, 1), Tensor<float>{{2}, {4}, {6}}));
  EXPECT_TRUE(tensors_equal(gather(x, {1, 1, 0}, -1), Tensor<float>{{2, 2, 1}, {4, 4, 3}, {6, 6, 5}}));
  EXPECT_EQ(gather(x, {}).shape(), (Shape{0, 2}));
  EXPECT_TRUE(raises<ValueError>([&] { return gather(x, {3}); }, {"gather", "position 3", "axis 0", "(3, 2)"}));
  EXPECT_TRUE(raises<ValueError>([&] { return gather(x, {-1}); }, {"position -1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return gather(x, {0}, 2); }, {"axis 2"}));
}

TEST(Shaping, Gradients) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4}, 1), y = random_tensor<double>({2, 2, 4}, 2);
  const GradientCheckOptions both{.second_order = true};
  const auto cube = [](const auto& v) { return v * v * v; };
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(reshape(v, {4, -1})); }, {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(transpose(v)); }, {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(transpose(v, {1, 2, 0})); }, {x}, both));
  EXPECT_TRUE(
      check_gradient([&](const auto& a, const auto& b) { return cube(concatenate(1, a, b, a)); }, {x, y}, both));
  EXPECT_TRUE(check_gradient([&](const auto& a) { return cube(concatenate(1, a, y)); }, {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(slice(v, {0, 1, 1}, {2, 2, -1})); }, {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return split(v, 2)[1] * split(v, 2)[0]; }, {x}, both));
  EXPECT_TRUE(check_gradient(
      [&](const auto& v) {
        return cube(stack(std::vector<Tensor<double>>{v, v * 2}, 1));
      },
      {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(gather(v, {2, 0, 2, 2}, 1)); }, {x}, both));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return cube(gather(v, {1}, 0)); }, {x}, both));
}

}  // namespace
}  // namespace lamina
