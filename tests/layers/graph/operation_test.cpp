#include <lamina/layers/graph/operation.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(Operations, HaveTheOutputShapesOfTheirInputs) {
  const auto x = Input({unknown_size, 3});
  EXPECT_EQ((max)(x, {.axes = {1}}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(transpose(x).shape(), (Shape{3, unknown_size, unknown_size}));
  EXPECT_EQ(sum(x, {.axes = {0}}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(reshape(x, {-1, 3}).shape(), (Shape{unknown_size, 3}));
  EXPECT_EQ(sum(x).shape(), Shape{});
  EXPECT_EQ(get_item(x, {Slice{}, -1}).shape(), (Shape{unknown_size, 3}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { slice(x, {0, 0, 2}, {-1, -1, 2}); }, {"slice", "(None, None, 3)"}));
}

TEST(Operations, RejectTooManyOperands) {
  const auto operand = [](Config value) { return OperationOperand{false, std::move(value)}; };
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        Operation<float>({.operation = "Add", .operands = {operand(1.0), operand(2.0), operand(3.0)}},
                         detail::operation_class("Add"), nullptr);
      },
      {"Add", "at most 2 operands", "got 3"}));
}

TEST(Operations, TrainInAGraph) {
  const auto x = Input({4, 3});
  Dense<double> unused(1);
  const auto y = sum(square(get_item(x, {Slice{}, Slice{1, 3}})), {.axes = {1}}) | Dense(1);
  Model model(x, y);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor<float> target = Tensor<float>::ones({6, 1});
  const History history = model.fit(xa, target, {.epochs = 10, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
}

TEST(Operations, EndMasksAsInKeras) {
  const auto x = Input({4, 3});
  const Tensor<float> padded = where(expect::scattered<float>({6, 4, 1}, 7) > 0, xa, 0);
  GRU gru(2);
  Model model(x, gru(x | Masking() | Dense(3)) * 1), ended(x, gru((x | Masking()) * 1));
  EXPECT_TRUE(expect::near(ended.predict(padded), gru(padded), {1e-6, 1e-6})) << "no mask";
}

}  // namespace
