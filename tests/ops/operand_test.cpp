#include <lamina/ops/operand.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(Operands, AreTensorsVariablesNumbersAndEigenValues) {
  static_assert(TensorLike<Tensor<float>> && TensorLike<const Tensor<double>&> && TensorLike<Variable<float>>);
  static_assert(!TensorLike<float> && !TensorLike<Eigen::MatrixXf> && !TensorLike<std::string>);
  static_assert(Operand<int> && Operand<double> && Operand<Eigen::MatrixXf> && Operand<Tensor<float>>);
  static_assert(!Operand<std::string>);
  static_assert(Operands<Tensor<float>, int> && Operands<double, Variable<float>>);
  static_assert(!Operands<int, double>, "numbers alone are C++'s");
  const Tensor<float> x{1, 2};
  EXPECT_EQ(&detail::as_tensor(x), &x) << "a tensor is passed through";
}

TEST(Operands, BecomeTensorsOfTheOtherOperandsScalar) {
  const Variable<double> v(Tensor<double>{1, 2});
  EXPECT_TRUE(expect::same(detail::as_tensor(v), Tensor<double>{1, 2}));
  EXPECT_TRUE(expect::same(Tensor<double>(detail::as_tensor_of<double>(3)), Tensor<double>(3.0)));
  const Eigen::MatrixXd m{{1, 2}, {3, 4}};
  EXPECT_TRUE(expect::same(Tensor<double>(detail::as_tensor_of<double>(m)), Tensor<double>{{1, 2}, {3, 4}}));
  static_assert(std::is_same_v<detail::common_scalar<int, Tensor<float>>, float>);
  static_assert(std::is_same_v<detail::common_scalar<Variable<double>, int>, double>);
}
