#include <gtest/gtest.h>

#include <lamina/core/tensor.hpp>
#include <lamina/core/tensor_printing.hpp>
#include <sstream>

namespace lamina {
namespace {

TEST(TensorPrinting, AgreesWithNumPy) {
  EXPECT_EQ(Tensor<float>(2.5).to_string(), "2.5");
  EXPECT_EQ((Tensor<float>{1.F, -2.F, 3.5F}).to_string(), "[1, -2, 3.5]");
  EXPECT_EQ((Tensor<float>{{1, 2}, {3, 4}}).to_string(), "[[1, 2],\n [3, 4]]");
  EXPECT_EQ((Tensor<float>{{{1}, {2}}, {{3}, {4}}}).to_string(), "[[[1],\n  [2]],\n [[3],\n  [4]]]");
  EXPECT_EQ(Tensor<float>::zeros({0}).to_string(), "[]");
  EXPECT_EQ(Tensor<float>::zeros({2, 0}).to_string(), "[[],\n []]");
}

TEST(TensorPrinting, ShowsTheDigitsOfTheScalarType) {
  EXPECT_EQ(Tensor<float>(0.1F).to_string(), "0.1");
  EXPECT_EQ(Tensor<float>(1.0F / 3).to_string(), "0.3333333");
  EXPECT_EQ(Tensor<double>(1.0 / 3).to_string(), "0.333333333333333");
  EXPECT_EQ(Tensor<float>(1e20F).to_string(), "1e+20");
}

TEST(TensorPrinting, LongAxesAreAbbreviated) {
  Tensor<float> twelve = Tensor<float>::empty({12}), thirteen = Tensor<float>::empty({13});
  for (Index i = 0; i < 12; ++i) twelve.mutable_data()[i] = static_cast<float>(i);
  for (Index i = 0; i < 13; ++i) thirteen.mutable_data()[i] = static_cast<float>(i);
  EXPECT_EQ(twelve.to_string(), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]");
  EXPECT_EQ(thirteen.to_string(), "[0, 1, 2, ..., 10, 11, 12]");
  EXPECT_EQ(Tensor<float>::zeros({100, 1}).to_string(), "[[0],\n [0],\n [0],\n ...,\n [0],\n [0],\n [0]]");
}

TEST(TensorPrinting, StreamsTakeTensorsAndShapes) {
  std::ostringstream out;
  out << Tensor<float>{1, 2} << " " << Shape{1, 2};
  EXPECT_EQ(out.str(), "[1, 2] (1, 2)");
}

}  // namespace
}  // namespace lamina
