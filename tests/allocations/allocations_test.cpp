// Repeated steps allocate no memory, neither from the pools nor by operator new, which this program replaces to count
// the calls.
#include <atomic>
#include <cstdlib>
#include <new>

#include "support/expect.hpp"

namespace {
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (bytes / alignment + 1) * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

// Not inlined: otherwise compilers warn that memory from `new` is passed to `free`.
LAMINA_NOINLINE void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
LAMINA_NOINLINE void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
// The nothrow version is also replaced: that of a sanitizer would not call the two functions above.
LAMINA_NOINLINE void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes, alignof(std::max_align_t));
}
LAMINA_NOINLINE void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
LAMINA_NOINLINE void operator delete(void* memory) noexcept { std::free(memory); }
LAMINA_NOINLINE void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
LAMINA_NOINLINE void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
LAMINA_NOINLINE void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

using namespace lamina;

namespace {

struct Count {
  std::size_t heap, pool;
};

/// Returns the number of allocations when the action is repeated.
template <class Action>
Count again(const Action& action) {
  for (int i = 0; i < 3; ++i) action();
  const std::size_t heap = allocations, pool = memory_statistics().system_allocations;
  action();
  return {allocations - heap, memory_statistics().system_allocations - pool};
}

/// Counts the allocations of the training steps of `fit`, without those of an epoch and the history.
struct Stepping : Sequential<float> {
  using Sequential<float>::Sequential;
  float step(const Tensor<float>& x, const Tensor<float>& y) { return train_step(Samples<float>{x, y, {}}); }
  float test(const Tensor<float>& x, const Tensor<float>& y) { return test_step(Samples<float>{x, y, {}}); }
};

const Tensor<float> x = expect::scattered<float>({64, 20}), y = expect::scattered<float>({64, 3}, 2);

void expect_nothing(const Count& count) {
  EXPECT_EQ(count.heap, 0u) << "from operator new";
  EXPECT_EQ(count.pool, 0u) << "from the pools";
}

}  // namespace

TEST(Allocations, AreCounted) {
  const std::size_t before = allocations;
  const Tensor<float> large = Tensor<float>::zeros({12345, 67});
  EXPECT_GT(allocations, before);
}

TEST(Allocations, NoneInARepeatedTensor) {
  expect_nothing(again([] { Tensor<float>::zeros({100, 100}); }));
}

TEST(Allocations, NoneInARepeatedPrediction) {
  const Sequential<float> model{Dense(32, "relu"), Dense(3, "softmax")};
  expect_nothing(again([&] { model.predict(x, {.batch_size = 64}); }));
  expect_nothing(again([&] { model.predict(x, {.batch_size = 10}); }));
  const Tensor<float> one = x.rows_view(0, 1);
  expect_nothing(again([&] { model.predict(one); }));
}

TEST(Allocations, NoneInARepeatedTrainingStep) {
  Stepping model(Dense(32, "relu"), Dense(16, "tanh"), Dropout(0.2), Dense(3));
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  expect_nothing(again([&] { model.step(x, y); }));
  expect_nothing(again([&] { model.test(x, y); }));
  model.compile({.optimizer = Adam<float>({.learning_rate = 0.01, .amsgrad = true}), .loss = "mse"});
  expect_nothing(again([&] { model.step(x, y); }));
}

TEST(Allocations, NoneInARepeatedStepOfAClassifier) {
  Stepping model(Dense(32, "relu"), Dense(4, "softmax"));
  Tensor<float> labels = Tensor<float>::zeros({64});
  for (Index i = 0; i < 64; ++i) labels.mutable_data()[i] = static_cast<float>(i % 4);
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  expect_nothing(again([&] { model.step(x, labels); }));
}

// As in differentially private training: the gradient of each sample is clipped to a norm and added to the sum.
TEST(Allocations, NoneInALoopOverTheGradientsOfSingleSamples) {
  const Sequential<float> model{Dense(32, "relu"), Dropout(0.2), Dense(16, "tanh"), Dense(3)};
  const MeanSquaredError<float> loss;
  SGD<float> optimizer(0.1);
  std::vector<Tensor<float>> gradients, sums;
  loss(y, model(x));
  const std::vector<Variable<float>> variables = model.trainable_variables();
  for (const auto& v : variables) sums.push_back(Tensor<float>::zeros(v.shape()));
  expect_nothing(again([&] {
    for (Index i = 0; i < x.shape()[0]; ++i) {
      GradientTape tape;
      tape.gradient_into(gradients, loss(y.rows_view(i, i + 1), model(x.rows_view(i, i + 1), {.training = true})),
                         variables);
      Tensor<float> squares(0.F);
      for (const Tensor<float>& g : gradients) squares = squares + sum(square(g));
      const Tensor<float> factor = 1 / maximum(sqrt(squares), 1);
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = (i == 0 ? gradients[k] : sums[k] + gradients[k]) * factor;
    }
    optimizer.apply_gradients(sums, variables);
  }));
  EXPECT_GT(sum(abs(sums[0])).item(), 0);
}

TEST(Allocations, NoneInARepeatedStepThroughASecondDerivative) {
  const Sequential<float> model{Dense(32, "tanh"), Dense(1)};
  std::vector<Tensor<float>> gradients;
  Tensor<float> in = x;
  model(in);
  const std::vector<Variable<float>> variables = model.trainable_variables();
  expect_nothing(again([&] {
    GradientTape outer;
    outer.watch(in);
    Tensor<float> slope;
    {
      GradientTape inner;
      slope = inner.gradient(model(in), in);  // watched by both tapes
    }
    outer.gradient_into(gradients, sum(square(slope)), variables);
  }));
}

TEST(Allocations, NoneInARepeatedStepThroughACheckpoint) {
  const Sequential<float> model{Dense(32, "tanh"), Dropout(0.2), Dense(3)};
  std::vector<Tensor<float>> gradients;
  const Tensor<float> scale(2.F);
  model(x);
  const std::vector<Variable<float>> variables = model.trainable_variables();
  const CallContext::Training on(true);
  expect_nothing(again([&] {
    GradientTape tape;
    const Tensor<float> h = checkpoint([&](const Tensor<float>& t) { return model(t) * scale; }, x);
    tape.gradient_into(gradients, sum(square(checkpoint([](const Tensor<float>& t) { return tanh(t); }, h))),
                       variables);
  }));
}

TEST(Allocations, DoNotGrowWithTheNumberOfSteps) {
  Sequential<float> model{Dense(32, "relu"), Dense(3)};
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const auto fit = [&](Index epochs) {
    const std::size_t before = allocations;
    model.fit(x, y, {.batch_size = 16, .epochs = epochs, .verbose = 0});
    return allocations - before;
  };
  fit(3);
  const std::size_t few = fit(3);
  EXPECT_EQ(fit(50), few);
}
