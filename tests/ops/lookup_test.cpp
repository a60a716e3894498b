#include <lamina/ops/lookup.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

TEST(Lookup, ReturnsTheRowsOfTheIndices) {
  const Tensor<double> table = expect::scattered({5, 3});
  const Tensor<double> y = lookup(table, Tensor<double>{{4, 0}, {2, 4}});
  ASSERT_EQ(y.shape(), (Shape{2, 2, 3}));
  const Index rows[] = {4, 0, 2, 4};
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 3; ++j) EXPECT_EQ(y[i * 3 + j], table(rows[i], j));
  EXPECT_EQ(lookup(table, Tensor<double>::zeros({0, 7})).shape(), (Shape{0, 7, 3}));
  EXPECT_EQ(lookup(table, Tensor<double>(1.0)).shape(), Shape{3});
}

TEST(Lookup, GradientsOfEqualIndicesAreAdded) {
  const Tensor<double> table = expect::scattered({5, 3}), indices{4, 0, 4};
  EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& t) { return lookup(t, indices); }, {table},
                                              {.second_order = true}));
  Tensor<double> watched = table;
  GradientTape<double> tape;
  tape.watch(watched);
  const Tensor<double> gradient = tape.gradient(sum(lookup(watched, indices)), watched);
  for (Index j = 0; j < 3; ++j) {
    EXPECT_EQ(gradient(0, j), 1);
    EXPECT_EQ(gradient(1, j), 0);
    EXPECT_EQ(gradient(4, j), 2);
  }
}

TEST(Lookup, RejectsIndicesOutOfRange) {
  const Tensor<float> table = Tensor<float>::zeros({5, 3});
  EXPECT_TRUE(expect::error<ValueError>([&] { lookup(table, Tensor<float>{0, 5}); }, {"[0, 5)", "got 5", "element 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { lookup(table, Tensor<float>{0.5}); }, {"0.5"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { lookup(Tensor<float>{1, 2}, Tensor<float>{0}); }, {"(rows, width)"}));
}
