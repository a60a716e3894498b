#include <gtest/gtest.h>

#include <stdexcept>

#include "support/compare.hpp"

// After an exception during recording or the backward pass, tapes and variables remain usable.

namespace lamina {
namespace {

using testing::tensors_equal;

/// y = x, whose gradient throws.
Tensor<float> faulty(const Tensor<float>& x) {
  Tensor<float> y = x.copy();
  if (Recording<float> tape{y, x})
    tape.gradient([](const Tensor<float>&, Gradients<float>&) { throw std::runtime_error("faulty"); });
  return y;
}

void expect_usable() {
  Tensor<float> x{3};
  GradientTape outer;
  outer.watch(x);
  Tensor<float> first;
  {
    GradientTape inner;
    first = inner.gradient(x * x * x, x);
  }
  EXPECT_TRUE(tensors_equal(first, Tensor<float>{27}));
  EXPECT_TRUE(tensors_equal(outer.gradient(first, x), Tensor<float>{18}));
}

TEST(TapeErrors, InTheForwardPass) {
  const auto fails = [] {
    Tensor<float> x{1, 2};
    GradientTape tape;
    tape.watch(x);
    const Tensor<float> y = x * x;
    matmul(y, x);
  };
  EXPECT_THROW(fails(), ShapeError);
  expect_usable();
}

TEST(TapeErrors, ATapeContinuesAfterAFailedOperation) {
  Tensor<float> x{1, 2};
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = x * x;
  EXPECT_THROW((y + Tensor<float>{1, 2, 3}), ShapeError);
  EXPECT_TRUE(tensors_equal(tape.gradient(y * 2, x), Tensor<float>{4, 8}));
}

TEST(TapeErrors, InTheBackwardPass) {
  {
    Tensor<float> x{1, 2};
    GradientTape tape;
    tape.watch(x);
    const Tensor<float> y = exp(faulty(x * x)) * x;
    EXPECT_THROW(tape.gradient(y, x), std::runtime_error);
    EXPECT_THROW(tape.gradient(y, x), StateError);
  }
  expect_usable();
}

TEST(TapeErrors, APersistentTapeCanBeUsedAgain) {
  Tensor<float> x{1, 2};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> u = x * x, bad = faulty(u), good = u * 3;
  EXPECT_THROW(tape.gradient(bad * 5 + good, x), std::runtime_error);
  EXPECT_TRUE(tensors_equal(tape.gradient(good, x), Tensor<float>{6, 12}));
}

TEST(TapeErrors, InAnInnerTape) {
  Tensor<float> x{2};
  GradientTape outer({.persistent = true});
  outer.watch(x);
  const Tensor<float> y = x * x;
  const auto fails = [&] {
    GradientTape inner;
    inner.gradient(faulty(y * x), x);
  };
  EXPECT_THROW(fails(), std::runtime_error);
  EXPECT_TRUE(tensors_equal(outer.gradient(y * x, x), Tensor<float>{12}));
}

TEST(TapeErrors, NothingIsRecordedAfterwards) {
  Tensor<float> x{2};
  try {
    GradientTape tape;
    tape.watch(x);
    throw std::runtime_error("elsewhere");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(detail::Recorder<float>::active(), nullptr);
  EXPECT_EQ(detail::Recorder<float>::of_this_thread().depth(), 0);
  expect_usable();
}

TEST(TapeErrors, AnUndefinedVariableIsAnError) {
  const Variable<float> nothing;
  EXPECT_FALSE(nothing.defined());
  EXPECT_TRUE(testing::raises<StateError>([&] { return nothing.value(); }, {"before it was created", "add_weight"}));
}

}  // namespace
}  // namespace lamina
