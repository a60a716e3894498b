// TensorList: one tensor or several, in order or by name.
#include <lamina/data/tensor_list.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {
const Tensor<float> a{{1, 2}, {3, 4}}, b{5, 6}, c{7};
}

TEST(TensorList, ConvertsToItsFirstTensor) {
  const TensorList<float> none, one = a, two = {a, b}, eigen = Eigen::MatrixXf::Ones(2, 3).eval();
  EXPECT_EQ(none.count(), 0U);
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(two.count(), 2U);
  EXPECT_EQ(eigen.shape(), (Shape{2, 3}));
  EXPECT_TRUE(expect::same(two * 2, a * 2)) << "one tensor is expected";
  EXPECT_TRUE(expect::same(two.at(1), b));
  EXPECT_EQ(two.tensors().size(), 2U);
  EXPECT_EQ(TensorList<float>(std::vector<Tensor<float>>{}).count(), 0U);
}

TEST(TensorList, GrowsAndIsTransformedTensorByTensor) {
  TensorList<float> list;
  list.append(a);
  list.append(b);
  EXPECT_EQ(list.count(), 2U);
  const auto twice = [](const Tensor<float>& t) { return t * 2; };
  EXPECT_TRUE(expect::same(list.transformed(twice).at(1), b * 2));
  TensorList<float> into = {c, c};
  list.transform_into(into, twice);
  EXPECT_TRUE(expect::same(into.at(0), a * 2));
  EXPECT_TRUE(expect::same(into.at(1), b * 2));
  TensorList<float>().transform_into(into, twice);
  EXPECT_EQ(into.count(), 0U) << "previous tensors are removed";
  EXPECT_FALSE((TensorList<float>{a, Tensor<float>()}).transformed(twice).at(1).defined());
}

TEST(TensorList, IsSortedByName) {
  const TensorList<float> named = {{"b", b}, {"a", a}};
  const TensorList<float> ordered = named.in_order_of({"a", "b"}, "fit: ");
  EXPECT_TRUE(expect::same(ordered.at(0), a));
  EXPECT_TRUE(expect::same(ordered.at(1), b));
  EXPECT_TRUE(ordered.names().empty());
  const TensorList<float> plain = {a, b};
  EXPECT_TRUE(expect::same(plain.in_order_of({"x"}, "fit: ").at(1), b)) << "without names, the order is unchanged";
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        named.in_order_of({"a", "c"}, "fit: ");
      },
      {"fit: ", "\"c\"", "\"b\", \"a\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { named.in_order_of({"a"}, "fit: "); }, {"expected 1", "got 2"}));
}
