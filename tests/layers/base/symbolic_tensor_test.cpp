#include <lamina/layers/base/symbolic_tensor.hpp>
#include <sstream>

#include "support/expect.hpp"

using namespace lamina;

TEST(SymbolicTensor, HasAShapeWithTheBatchAxis) {
  const auto x = Input({28, 28});
  EXPECT_TRUE(x.defined());
  EXPECT_EQ(x.shape(), (Shape{None, 28, 28}));
  EXPECT_EQ(x.rank(), 3);
  const auto y = x | Flatten() | Dense(10);
  EXPECT_EQ(y.shape(), (Shape{None, 10}));
}

TEST(SymbolicTensor, ComparesEqualForTheSameOutputOfTheSameCall) {
  const auto x = Input({4}), other = Input({4}), copy = x;
  EXPECT_TRUE(x == copy);
  EXPECT_FALSE(x == other);
  Dense<float> dense(2);
  const auto once = dense(x), twice = dense(x);
  EXPECT_FALSE(once == twice);
}

TEST(SymbolicTensor, PrintsAsKerasDoes) {
  EXPECT_EQ(Input({4}).to_string(), "<SymbolicTensor shape=(None, 4), dtype=float32>");
  EXPECT_EQ(Input<double>({4}).to_string(), "<SymbolicTensor shape=(None, 4), dtype=float64>");
  std::ostringstream out;
  out << SymbolicTensor<float>();
  EXPECT_EQ(out.str(), "<SymbolicTensor (undefined)>");
}

TEST(SymbolicTensor, UndefinedIsAnError) {
  const SymbolicTensor<float> none;
  EXPECT_FALSE(none.defined());
  EXPECT_TRUE(expect::error<StateError>([&] { (void)none.shape(); }, {"Input"}));
}

TEST(SymbolicTensor, ADeepGraphIsDestroyedIteratively) {
  auto x = Input({1});
  for (int i = 0; i < 50000; ++i) x = -x;
  EXPECT_EQ(x.shape(), (Shape{None, 1}));
}
