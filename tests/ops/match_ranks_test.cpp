#include <lamina/ops/match_ranks.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

std::pair<Shape, Shape> matched(const Shape& a, const Shape& b) {
  Tensor<float> x = Tensor<float>::zeros(a), y = Tensor<float>::zeros(b);
  detail::match_ranks(x, y);
  return {x.shape(), y.shape()};
}

}  // namespace

TEST(MatchRanks, ALastAxisOfSizeOneIsAddedOrRemoved) {
  EXPECT_EQ(matched({4}, {4, 1}), (std::pair<Shape, Shape>{{4, 1}, {4, 1}}));
  EXPECT_EQ(matched({4, 1}, {4}), (std::pair<Shape, Shape>{{4, 1}, {4, 1}}));
  EXPECT_EQ(matched({4, 3}, {4, 3, 1}), (std::pair<Shape, Shape>{{4, 3}, {4, 3}}));
  EXPECT_EQ(matched({4, 3, 1}, {4, 3}), (std::pair<Shape, Shape>{{4, 3}, {4, 3}}));
}

TEST(MatchRanks, OtherShapesAreUnchanged) {
  EXPECT_EQ(matched({4}, {4, 3}), (std::pair<Shape, Shape>{{4}, {4, 3}}));
  EXPECT_EQ(matched({4}, {4, 1, 1}), (std::pair<Shape, Shape>{{4}, {4, 1, 1}}));
  EXPECT_EQ(matched({4, 1}, {4, 1}), (std::pair<Shape, Shape>{{4, 1}, {4, 1}}));
}

TEST(MatchTargets, AcceptsLabelsOfTheFirstAxes) {
  const auto shapes = [](const Shape& t, const Shape& p) {
    const auto both = detail::match_targets(Tensor<float>::zeros(t), Tensor<float>::zeros(p), "MyLoss");
    return std::pair(both.t.shape(), both.p.shape());
  };
  EXPECT_EQ(shapes({4}, {4, 3}), (std::pair<Shape, Shape>{{4}, {4, 3}}));
  EXPECT_EQ(shapes({4, 2}, {4, 2, 3}), (std::pair<Shape, Shape>{{4, 2}, {4, 2, 3}}));
  EXPECT_EQ(shapes({4}, {4, 1}), (std::pair<Shape, Shape>{{4, 1}, {4, 1}}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({3}, {4, 3}); }, {"MyLoss", "(3,)", "(4, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { shapes({4, 3, 2}, {4, 3}); }, {"MyLoss", "(4, 3, 2)"}));
}

TEST(MatchTargets, SameShapesAreRequiredByName) {
  const Tensor<float> a = Tensor<float>::zeros({4, 3}), b = Tensor<float>::zeros({4});
  detail::check_same_shape(a, a, "MyLoss");
  EXPECT_TRUE(expect::error<ShapeError>([&] { detail::check_same_shape(b, a, "MyLoss"); }, {"MyLoss", "sparse"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { detail::check_same_shape(a, b, "MyLoss"); }, {"same shape"}));
}
