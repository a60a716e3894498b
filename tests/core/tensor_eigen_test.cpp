#include <gtest/gtest.h>

#include <Eigen/Core>
#include <lamina/core/tensor.hpp>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;

TEST(TensorFromEigen, ColumnMajorMatricesKeepTheirIndices) {
  Eigen::MatrixXf m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  EXPECT_TRUE(tensors_equal(Tensor<float>(m), Tensor<float>{{1, 2, 3}, {4, 5, 6}}));
  const Tensor<float>::Matrix row_major = m;
  EXPECT_TRUE(tensors_equal(Tensor<float>(row_major), Tensor<float>{{1, 2, 3}, {4, 5, 6}}));
}

TEST(TensorFromEigen, AColumnVectorHasRankOneARowVectorRankTwo) {
  EXPECT_EQ(Tensor<float>(Eigen::VectorXf::Zero(4)).shape(), Shape{4});
  EXPECT_EQ(Tensor<float>(Eigen::Vector3f(1, 2, 3)).shape(), Shape{3});
  EXPECT_EQ(Tensor<float>(Eigen::RowVectorXf::Zero(4)).shape(), (Shape{1, 4}));
  EXPECT_EQ(Tensor<float>(Eigen::MatrixXf::Zero(4, 1)).shape(), (Shape{4, 1}));
  EXPECT_EQ(Tensor<float>(Eigen::ArrayXf::Zero(5)).shape(), Shape{5});
  EXPECT_EQ(Tensor<float>(Eigen::ArrayXXf::Zero(5, 2)).shape(), (Shape{5, 2}));
}

TEST(TensorFromEigen, IntegersAndDoublesAreConverted) {
  Eigen::MatrixXi whole(2, 2);
  whole << 1, 2, 3, 4;
  EXPECT_TRUE(tensors_equal(Tensor<float>(whole), Tensor<float>{{1, 2}, {3, 4}}));
  Eigen::Array<unsigned char, 2, 1> bytes(0, 255);
  EXPECT_TRUE(tensors_equal(Tensor<double>(bytes), Tensor<double>{0, 255}));
  EXPECT_EQ(Tensor<float>(Eigen::Vector2d(0.1, 0.2))(0), 0.1F);
  Eigen::Array<bool, 2, 1> flags(true, false);
  EXPECT_TRUE(tensors_equal(Tensor<float>(flags), Tensor<float>{1, 0}));
}

TEST(TensorFromEigen, ExpressionsBlocksAndProductsAreEvaluated) {
  Eigen::MatrixXf m(2, 2);
  m << 1, 2, 3, 4;
  EXPECT_TRUE(tensors_equal(Tensor<float>(m * m), Tensor<float>{{7, 10}, {15, 22}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m.transpose()), Tensor<float>{{1, 3}, {2, 4}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m + m), Tensor<float>{{2, 4}, {6, 8}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m.array() * 2), Tensor<float>{{2, 4}, {6, 8}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m.col(1)), Tensor<float>{2, 4}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m.row(1)), Tensor<float>{{3, 4}}));
  EXPECT_TRUE(tensors_equal(Tensor<float>(m.block(0, 1, 2, 1)), Tensor<float>{{2}, {4}}));
}

TEST(TensorFromEigen, TheTensorIsACopy) {
  Eigen::MatrixXf m = Eigen::MatrixXf::Ones(2, 2);
  const Tensor<float> t(m);
  m(0, 0) = 5;
  EXPECT_EQ(t(0, 0), 1.0F);
}

TEST(TensorToEigen, MapsShareTheElements) {
  const Tensor<float> t = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  EXPECT_EQ(t.matrix().rows(), 4);
  EXPECT_EQ(t.matrix().cols(), 2);
  EXPECT_EQ(t.matrix()(3, 0), 7.0F);
  EXPECT_EQ(t.matrix().data(), t.data());
  EXPECT_EQ(t.array().size(), 8);
  EXPECT_EQ(t.array().sum(), 36.0F);
  const Eigen::MatrixXf product = t.matrix().transpose() * t.matrix();
  EXPECT_EQ(product(0, 0), 1 + 9 + 25 + 49);
}

TEST(TensorToEigen, MutableMapsWrite) {
  Tensor<float> t = Tensor<float>::zeros({2, 2});
  t.mutable_matrix()(1, 0) = 3;
  t.mutable_array()(3) = 4;
  EXPECT_TRUE(tensors_equal(t, Tensor<float>{{0, 0}, {3, 4}}));
}

}  // namespace
}  // namespace lamina
