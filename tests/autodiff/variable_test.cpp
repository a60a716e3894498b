#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;
using testing::tensors_equal;

TEST(Variable, IsAHandle) {
  const Variable<float> a(Tensor<float>{1, 2}, "w");
  const Variable<float> b = a, c(Tensor<float>{1, 2}, "w");
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == c);
  b.assign(Tensor<float>{3, 4});
  EXPECT_TRUE(tensors_equal(a.value(), Tensor<float>{3, 4}));
  EXPECT_TRUE(tensors_equal(c.value(), Tensor<float>{1, 2}));
}

TEST(Variable, ConvertsToItsValue) {
  const Variable<float> w(Tensor<float>{{1, 2}, {3, 4}});
  EXPECT_TRUE(tensors_equal(w + w, Tensor<float>{{2, 4}, {6, 8}}));
  EXPECT_TRUE(tensors_equal(2 * w, Tensor<float>{{2, 4}, {6, 8}}));
  EXPECT_TRUE(tensors_equal(sum(w), Tensor<float>(10)));
  EXPECT_TRUE(tensors_equal(transpose(w), Tensor<float>{{1, 3}, {2, 4}}));
  EXPECT_EQ(w.shape(), (Shape{2, 2}));
  EXPECT_EQ(w.size(), 4);
}

TEST(Variable, HasAName) {
  const Variable<float> w(Tensor<float>{1}, "kernel");
  EXPECT_EQ(w.name(), "kernel");
  EXPECT_EQ(w.path(), "kernel");
  w.set_path("sequential/dense/kernel");
  EXPECT_EQ(w.path(), "sequential/dense/kernel");
  w.rename("bias");
  EXPECT_EQ(w.name(), "bias");
  EXPECT_EQ(Variable<float>(Tensor<float>{1}).name(), "variable");
}

TEST(Variable, IdsOfExistingVariablesDiffer) {
  std::set<std::uint32_t> numbers;
  std::vector<Variable<float>> alive;
  for (int i = 0; i < 100; ++i) {
    alive.emplace_back(Tensor<float>{1});
    { const Variable<float> passing(Tensor<float>{1}); }
    numbers.insert(alive.back().number());
  }
  EXPECT_EQ(numbers.size(), 100U);
}

TEST(Variable, AReusedIdHasNoOldGradient) {
  GradientTape tape({.persistent = true});
  Tensor<float> y;
  {
    const Variable<float> gone(Tensor<float>{2});
    y = square(gone);
  }
  const Variable<float> fresh(Tensor<float>{3});
  const Tensor<float> z = square(fresh);
  EXPECT_TRUE(tensors_equal(tape.gradient(z, fresh), Tensor<float>{6}));
  const Tensor<float> through = tape.gradient(y, fresh);
  EXPECT_FALSE(through.defined()) << "the gradient of a destroyed variable: " << through.to_string();
}

TEST(Variable, ValuesReadBeforeAnAssignmentDoNotChange) {
  const Variable<float> w(Tensor<float>{1, 2});
  const Tensor<float> before = w;
  w.assign(Tensor<float>{5, 6});
  EXPECT_TRUE(tensors_equal(before, Tensor<float>{1, 2}));
  const Tensor<float> then = w;
  w.assign_add(Tensor<float>{1, 1});
  EXPECT_TRUE(tensors_equal(then, Tensor<float>{5, 6}));
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{6, 7}));
  const Tensor<float> last = w;
  w.mutable_data()[0] = 0;
  EXPECT_TRUE(tensors_equal(last, Tensor<float>{6, 7}));
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{0, 7}));
}

TEST(Variable, UpdatesInPlaceIfTheValueIsNotShared) {
  const Variable<float> w(Tensor<float>{1, 2});
  const float* memory = w.data();
  w.assign_add(Tensor<float>{1, 1});
  w.mutable_data()[1] += 1;
  EXPECT_EQ(w.data(), memory);
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{2, 4}));
}

TEST(Variable, AssigningDoesNotModifyTheAssignedTensor) {
  Tensor<float> t{1, 2};
  const Variable<float> w(Tensor<float>{0, 0});
  w.assign(t);
  t.mutable_data()[0] = 9;
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{1, 2}));
  w.assign_add(t);
  EXPECT_TRUE(tensors_equal(t, Tensor<float>{9, 2}));
}

TEST(Variable, UpdatesDoNotModifyTheInitialTensor) {
  const Tensor<float> initial{1, 2};
  const Variable<float> w(initial);
  w.mutable_data()[0] = 7;
  w.assign_add(Tensor<float>{1, 1});
  EXPECT_TRUE(tensors_equal(initial, Tensor<float>{1, 2}));
}

TEST(Variable, AddingItselfDoubles) {
  const Variable<float> w(Tensor<float>{1, 2});
  w.assign_add(w.value());
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{2, 4}));
  w.assign(w * 3);
  EXPECT_TRUE(tensors_equal(w.value(), Tensor<float>{6, 12}));
}

TEST(Variable, ShapesNeverChange) {
  const Variable<float> w(Tensor<float>{1, 2}, "w");
  w.set_path("dense/w");
  EXPECT_TRUE(raises<ShapeError>([&] { w.assign(Tensor<float>{1}); }, {"dense/w", "assign", "(2,)", "(1,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { w.assign_add(Tensor<float>{{1, 2}}); }, {"dense/w", "assign_add", "(1, 2)"}));
}

TEST(Variable, AnUpdateInsideATapeDoesNotChangeTheGradient) {
  const Variable<float> w(Tensor<float>{3});
  GradientTape tape;
  const Tensor<float> y = square(w);
  w.assign(Tensor<float>{100});
  w.assign_add(Tensor<float>{100});
  EXPECT_TRUE(tensors_equal(tape.gradient(y, w), Tensor<float>{6}));
}

TEST(Variable, IsReadByAnOperationWithoutAHandle) {
  const Variable<float> w(Tensor<float>{{1, 2}, {3, 4}}), b(Tensor<float>{10, 20}), nothing;
  const Tensor<float> x{{1, 1}};
  GradientTape tape;
  const Tensor<float> y = dense(x, w, b);
  EXPECT_TRUE(tensors_equal(y, Tensor<float>{{14, 26}}));
  const float *memory = w.data(), *bias = b.data();
  EXPECT_EQ(w.mutable_data(), memory);  // no copy: the gradient does not use the value, so nothing else refers to it
  EXPECT_EQ(b.mutable_data(), bias);
  const auto gradients = tape.gradient(y, std::vector{w, b});
  EXPECT_TRUE(tensors_equal(gradients[0], Tensor<float>{{1, 1}, {1, 1}}));
  EXPECT_TRUE(tensors_equal(gradients[1], Tensor<float>{1, 1}));
  EXPECT_FALSE(nothing.borrow_if_defined().defined());
  EXPECT_TRUE(raises<StateError>([&] { nothing.borrow(); }, {"before it was created"}));
}

TEST(Variable, AHandleIsKeptIfTheGradientUsesTheValue) {
  const Variable<float> w(Tensor<float>{{1, 2}, {3, 4}});
  Tensor<float> x{{1, 1}};
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = dense(x, w);
  const float* memory = w.data();
  EXPECT_NE(w.mutable_data(), memory);
  w.assign(Tensor<float>{{0, 0}, {0, 0}});
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{{3, 7}}));
}

TEST(Variable, PrintsAsKerasDoes) {
  const Variable<float> w(Tensor<float>{1, 2}, "w");
  EXPECT_EQ(w.to_string(), "<Variable path=w, shape=(2,), dtype=float32, value=[1, 2]>");
  std::ostringstream out;
  out << Variable<double>(Tensor<double>{0.5}, "v") << "\n" << std::vector{w, w};
  EXPECT_EQ(out.str(),
            "<Variable path=v, shape=(1,), dtype=float64, value=[0.5]>\n"
            "[<Variable path=w, shape=(2,), dtype=float32, value=[1, 2]>,\n"
            " <Variable path=w, shape=(2,), dtype=float32, value=[1, 2]>]");
}

}  // namespace
}  // namespace lamina
