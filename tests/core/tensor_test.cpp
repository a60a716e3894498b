#include <gtest/gtest.h>

#include <lamina/core/tensor.hpp>
#include <type_traits>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;
using testing::tensors_equal;

TEST(Tensor, TheDefaultIsUndefined) {
  const Tensor<float> t;
  EXPECT_FALSE(t.defined());
  EXPECT_EQ(t.size(), 0);
  EXPECT_EQ(t.data(), nullptr);
  EXPECT_EQ(t.to_string(), "(undefined)");
}

TEST(Tensor, ScalarsHaveRankZero) {
  const Tensor<float> t(2.5);
  EXPECT_TRUE(t.defined());
  EXPECT_EQ(t.shape(), Shape{});
  EXPECT_EQ(t.size(), 1);
  EXPECT_EQ(t.rows(), 1);
  EXPECT_EQ(t.columns(), 1);
  EXPECT_EQ(t.item(), 2.5F);
  EXPECT_EQ(t(), 2.5F);
}

TEST(Tensor, NestedListsGiveRanksOneToThree) {
  const Tensor<float> one{1, 2, 3};
  EXPECT_EQ(one.shape(), Shape{3});
  EXPECT_EQ(one(2), 3.0F);
  const Tensor<double> two{{1, 2}, {3, 4}, {5, 6}};
  EXPECT_EQ(two.shape(), (Shape{3, 2}));
  EXPECT_EQ(two(2, 0), 5.0);
  const Tensor<float> three{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  EXPECT_EQ(three.shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(three(1, 0, 1), 6.0F);
}

TEST(Tensor, ListsOfOneElementKeepTheirNesting) {
  EXPECT_EQ((Tensor<float>{7}).shape(), Shape{1});
  EXPECT_EQ((Tensor<float>{{7}}).shape(), (Shape{1, 1}));
  EXPECT_EQ((Tensor<float>{{{7}}}).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ((Tensor<float>{{1, 2}}).shape(), (Shape{1, 2}));
  EXPECT_EQ((Tensor<float>{{1}, {2}}).shape(), (Shape{2, 1}));
  EXPECT_EQ((Tensor<float>{{7}}).item(), 7.0F);
}

TEST(Tensor, BracesMayMixTypesOfNumbers) {
  const Index n = 3;
  EXPECT_TRUE(tensors_equal(Tensor<float>{1, 2.5F}, Tensor<float>{1.0F, 2.5F}));
  EXPECT_TRUE(tensors_equal(Tensor<double>{n, 2.5F, true, 7U}, Tensor<double>{3.0, 2.5, 1.0, 7.0}));
  EXPECT_TRUE(tensors_equal(Tensor<float>{{1, 2.5F}, {3, 4}}, Tensor<float>{{1.0, 2.5}, {3.0, 4.0}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>{{1}, {2.5F}}, Tensor<float>{{1.0}, {2.5}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>{{1, 2.5}}, Tensor<float>{{1.0, 2.5}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>{{{1, 2.5}}, {{3, 4}}}, Tensor<float>{{{1.0, 2.5}}, {{3.0, 4.0}}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>{{{1}, {2.5}}}, Tensor<float>{{{1.0}, {2.5}}}));
  const auto first = [](const Tensor<float>& t) { return t[0]; };
  EXPECT_EQ(first({1, 2.5F}), 1.0F);
  const std::vector<Tensor<float>> several{{1, 2.5F}, {{3, 4.5}}};
  EXPECT_EQ(several[0].shape(), Shape{2});
  EXPECT_EQ(several[1].shape(), (Shape{1, 2}));
  // Sizes of any integer type are sizes, not elements.
  EXPECT_EQ(Tensor<float>::zeros({n, 2}).shape(), (Shape{3, 2}));
}

TEST(Tensor, RaggedListsAreErrors) {
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{{1, 2.5F}, {3}}; }, {"expected 2", "got 1"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{1, {2.5F, 3}}; }, {"expected a number", "got a list"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{{1, 2}, 2.5F}; }, {"expected a list", "got a number"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{{1, 2}, {3}}; }, {"equally long", "expected 2", "got 1"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{{{1, 2}}, {{3, 4}, {5, 6}}}; }, {"expected 1", "got 2"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>{{{1, 2}}, {{3, 4, 5}}}; }, {"expected 2", "got 3"}));
}

TEST(Tensor, DeducesTheScalarType) {
  static_assert(std::is_same_v<decltype(Tensor{1, 2}), Tensor<float>>);
  static_assert(std::is_same_v<decltype(Tensor{1.F, 2.F}), Tensor<float>>);
  static_assert(std::is_same_v<decltype(Tensor{1.0, 2.0}), Tensor<double>>);
  static_assert(std::is_same_v<decltype(Tensor{{1.0}, {2.0}}), Tensor<double>>);
  static_assert(std::is_same_v<decltype(Tensor(Eigen::MatrixXd())), Tensor<double>>);
  static_assert(std::is_same_v<decltype(Tensor(Eigen::MatrixXi())), Tensor<float>>);
  static_assert(std::is_same_v<decltype(Tensor(3)), Tensor<float>>);
}

TEST(Tensor, Factories) {
  EXPECT_TRUE(tensors_equal(Tensor<float>::zeros({2, 2}), Tensor<float>{{0, 0}, {0, 0}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>::ones({3}), Tensor<float>{1, 1, 1}));
  EXPECT_TRUE(tensors_equal(Tensor<double>::full({1, 2}, 0.5), Tensor<double>{{0.5, 0.5}}));
  const int numbers[] = {1, 2, 3, 4, 5, 6};
  EXPECT_TRUE(tensors_equal(Tensor<float>::from(numbers, {2, 3}), Tensor<float>{{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(Tensor<float>::empty({4, 5}).size(), 20);
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>::empty({None, 3}); }, {"known shape", "(None, 3)"}));
}

TEST(Tensor, RanksZeroToEight) {
  Shape shape;
  for (Index rank = 0; rank <= Shape::max_rank; ++rank) {
    const Tensor<float> t = Tensor<float>::ones(shape);
    EXPECT_EQ(t.rank(), rank);
    EXPECT_EQ(t.size(), shape.size());
    EXPECT_EQ(t.rows() * t.columns(), t.size());
    EXPECT_EQ(t.array().sum(), static_cast<float>(t.size()));
    if (rank < Shape::max_rank) shape.push_back(2);
  }
  EXPECT_EQ(Tensor<float>::ones(shape)(1, 1, 1, 1, 1, 1, 1, 1), 1.0F);
}

TEST(Tensor, AnEmptyBatchIsATensor) {
  const Tensor<float> t = Tensor<float>::zeros({0, 3});
  EXPECT_TRUE(t.defined());
  EXPECT_EQ(t.size(), 0);
  EXPECT_EQ(t.rows(), 0);
  EXPECT_EQ(t.columns(), 3);
  EXPECT_EQ(t.matrix().rows(), 0);
  EXPECT_EQ(t.copy().shape(), (Shape{0, 3}));
  EXPECT_EQ(t.cast<double>().shape(), (Shape{0, 3}));
  EXPECT_EQ(t.rows_view(0, 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(Tensor<float>(Eigen::MatrixXf(0, 4)).shape(), (Shape{0, 4}));
  EXPECT_TRUE(Tensor<float>(Eigen::MatrixXf(0, 4)).defined());
}

TEST(Tensor, ElementAccessChecksIndices) {
  const Tensor<float> t{{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(t(0, 2), 3.0F);
  EXPECT_EQ(t(1, 0), 4.0F);
  EXPECT_EQ(t[4], 5.0F);
  EXPECT_TRUE(raises<ShapeError>([&] { return t(2, 0); }, {"index 2", "axis 0", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t(0, 3); }, {"index 3", "axis 1", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t(0, -1); }, {"index -1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t(0); }, {"(2, 3)", "2 indices", "got 1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t.item(); }, {"one element", "(2, 3)"}));
  EXPECT_EQ((Tensor<float>{{9}}).item(), 9.0F);
}

TEST(Tensor, CastConverts) {
  const Tensor<double> d{0.1, 1e300, -2.0};
  const Tensor<float> f = d.cast<float>();
  EXPECT_EQ(f(0), 0.1F);
  EXPECT_EQ(f(2), -2.0F);
  EXPECT_EQ(f.cast<double>()(0), static_cast<double>(0.1F));
  EXPECT_EQ(d.cast<double>().data(), d.data());
}

TEST(Tensor, RowsViewSharesTheElements) {
  const Tensor<float> t{{1, 2}, {3, 4}, {5, 6}};
  const Tensor<float> rows = t.rows_view(1, 3);
  EXPECT_TRUE(tensors_equal(rows, Tensor<float>{{3, 4}, {5, 6}}));
  EXPECT_EQ(rows.data(), t.data() + 2);
  EXPECT_EQ(t.rows_view(3, 3).shape(), (Shape{0, 2}));
  EXPECT_EQ((Tensor<float>{1, 2, 3}).rows_view(0, 2).shape(), Shape{2});
  EXPECT_TRUE(raises<ShapeError>([&] { return t.rows_view(2, 4); }, {"[2, 4)", "(3, 2)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t.rows_view(-1, 1); }, {"[-1, 1)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return t.rows_view(2, 1); }, {"[2, 1)"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Tensor<float>(1).rows_view(0, 0); }, {"()"}));
}

}  // namespace
}  // namespace lamina
