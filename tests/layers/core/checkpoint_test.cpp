// Gradient checkpointing: blocks that are recomputed in the backward pass.
#include <thread>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace {

using namespace lamina;
using lamina::testing::check_gradient;
using lamina::testing::random_tensor;
using lamina::testing::tensors_equal;
using lamina::testing::tensors_near;

using Values = std::vector<Tensor<double>>;

/// Returns the output of a block, and the gradients of its input and of these variables.
template <class Run>
Values outcome(const Run& run, Tensor<double> x, const std::vector<Variable<double>>& variables) {
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> y = run(x), target = sum(y * random_tensor<double>(y.shape(), 77));
  Values all = tape.gradient(target, variables);
  all.push_back(tape.gradient(target, x));
  all.push_back(y.detached());
  return all;
}

/// Checks that a block gives the same bits with and without a checkpoint.
template <class Block>
void expect_the_same(const Block& block, const Tensor<double>& x, const std::vector<Variable<double>>& variables) {
  const Values plain = outcome(block, x, variables);
  const Values again = outcome([&](const auto& t) { return checkpoint(block, t); }, x, variables);
  ASSERT_EQ(plain.size(), again.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    ASSERT_TRUE(plain[i].defined() && again[i].defined()) << i;
    EXPECT_TRUE(tensors_equal(again[i], plain[i])) << i;
  }
}

TEST(Checkpoint, OfALayerGivesTheSameGradients) {
  const Dense<double> layer(5, "tanh");
  const Tensor<double> x = random_tensor<double>({4, 3}, 1);
  layer(x);
  expect_the_same(layer, x, layer.trainable_variables());
}

TEST(Checkpoint, OfAModelAndOfALambda) {
  const Sequential<double> model{Dense<double>(5, "tanh"), Dense<double>(4, "relu"), Dense<double>(2)};
  const Tensor<double> x = random_tensor<double>({4, 3}, 1);
  model(x);
  expect_the_same(model, x, model.trainable_variables());
  expect_the_same([&](const auto& t) { return square(model(t)) + sum(t); }, x, model.trainable_variables());
}

TEST(Checkpoint, BuildsALayerAtItsFirstCall) {
  const Dense<double> layer(5, "tanh");
  const Tensor<double> x = random_tensor<double>({4, 3}, 1);
  GradientTape<double> tape;
  const Tensor<double> y = sum(checkpoint(layer, x));
  ASSERT_TRUE(layer.built());
  const auto gradients = tape.gradient(y, layer.trainable_variables());
  EXPECT_EQ(gradients[0].shape(), Shape({3, 5}));
  EXPECT_GT(sum(abs(gradients[0])).item(), 0);
}

TEST(Checkpoint, TakesSeveralInputsOneOfThemTwice) {
  const auto product = [](const auto& a, const auto& b, const auto& c) { return a * b * exp(c); };
  Tensor<double> x{0.5, -1.0};
  const Variable<double> v(Tensor<double>{2.0, 3.0});
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> plain = product(x, v.value(), x), again = checkpoint(product, x, v, x);
  EXPECT_TRUE(tensors_equal(again, plain));
  EXPECT_TRUE(tensors_near(tape.gradient(again, x), tape.gradient(plain, x), 1e-15));
  EXPECT_TRUE(tensors_equal(tape.gradient(again, v), tape.gradient(plain, v)));
}

TEST(Checkpoint, GivesSeveralTensors) {
  const auto parts = [](const Tensor<double>& x) { return Values{x * x, exp(x), sum(x)}; };
  Tensor<double> x{0.5, -1.0};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Values y = checkpoint(parts, x);
  ASSERT_EQ(y.size(), 3U);
  EXPECT_TRUE(tensors_equal(tape.gradient(y[0], x), Tensor<double>{1.0, -2.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y[1], x), exp(x.detached())));
  const Tensor<double> all = tape.gradient(y[0] * y[2] + y[1], x);  // 2 x sum(x) + sum(x²) + e^x
  EXPECT_TRUE(tensors_near(all, Tensor<double>{-0.5 + 1.25 + std::exp(0.5), 1.0 + 1.25 + std::exp(-1.0)}, 1e-14));
  EXPECT_EQ(checkpoint(parts, x.detached()).size(), 3U);
}

TEST(Checkpoint, CapturedTensorsGetTheirGradients) {
  Tensor<double> x{0.5, -1.0}, scale{2.0, 3.0};
  const Variable<double> w(Tensor<double>{1.5, 2.5}), frozen(Tensor<double>{4.0, 5.0}, "frozen", false);
  GradientTape<double> tape({.persistent = true});
  tape.watch(scale);  // the input is not watched
  const Tensor<double> between = scale * scale;
  const Tensor<double> y = checkpoint([&](const auto& t) { return t * between * w * w * frozen; }, x);
  EXPECT_TRUE(tensors_near(tape.gradient(y, scale), Tensor<double>{0.5 * 4 * 2.25 * 4, -1.0 * 6 * 6.25 * 5}, 1e-14));
  EXPECT_TRUE(tensors_near(tape.gradient(y, w), Tensor<double>{0.5 * 4 * 3 * 4, -1.0 * 9 * 5 * 5}, 1e-14));
  EXPECT_FALSE(tape.gradient(y, x).defined());
  EXPECT_FALSE(tape.gradient(y, frozen).defined());
}

TEST(Checkpoint, WithoutWatchedInputsIsAConstant) {
  const Tensor<double> x{0.5, -1.0};
  const auto runs = std::make_shared<int>(0);
  const auto block = [runs](const Tensor<double>& t) {
    ++*runs;
    return t * t;
  };
  EXPECT_TRUE(tensors_equal(checkpoint(block, x), Tensor<double>{0.25, 1.0})) << "outside of a tape";
  GradientTape<double> tape;
  const Tensor<double> y = checkpoint(block, x);
  EXPECT_FALSE(tape.gradient(y, x).defined());
  EXPECT_EQ(*runs, 2);
}

TEST(Checkpoint, RecomputesOnlyForRequestedGradients) {
  Tensor<double> x{0.5, -1.0}, other{1.0, 1.0};
  const auto runs = std::make_shared<int>(0);
  const auto block = [runs](const Tensor<double>& t) {
    ++*runs;
    return t * t;
  };
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  tape.watch(other);
  const Tensor<double> y = checkpoint(block, x) * other;
  EXPECT_EQ(*runs, 1);
  tape.gradient(y, other);
  EXPECT_EQ(*runs, 1);
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{1.0, -2.0}));
  EXPECT_EQ(*runs, 2);
}

TEST(Checkpoint, TheBackwardPassWorksInsideNoGradient) {
  Tensor<double> x{0.5, -1.0};
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> y = checkpoint([](const auto& t) { return t * t; }, x);
  const NoGradient<double> constant;
  EXPECT_TRUE(tensors_equal(checkpoint([](const auto& t) { return t * t; }, x), y.detached()));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{1.0, -2.0}));
}

TEST(Checkpoint, Nests) {
  const Dense<double> first(4, "tanh"), second(3, "sigmoid");
  const Tensor<double> x = random_tensor<double>({4, 3}, 1);
  second(first(x));
  std::vector<Variable<double>> variables = first.trainable_variables();
  for (const auto& v : second.trainable_variables()) variables.push_back(v);
  const auto inner = [&](const Tensor<double>& t) { return second(checkpoint(first, t)) * sum(first(t)); };
  const Values plain = outcome([&](const auto& t) { return second(first(t)) * sum(first(t)); }, x, variables);
  const Values again = outcome([&](const auto& t) { return checkpoint(inner, t); }, x, variables);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(tensors_near(again[i], plain[i], 1e-14)) << i;
}

TEST(Checkpoint, TheRecomputationUsesTheSameRandomNumbers) {
  const Sequential<double> model{Dense<double>(50), Dropout<double>(0.5), Dense<double>(2)};
  Tensor<double> x = random_tensor<double>({8, 3}, 1);
  model(x);
  const auto block = [&](const Tensor<double>& t) { return model(t, {.training = true}); };
  {
    // In a training step, random numbers are those without a checkpoint, and later random numbers do not change.
    std::uint64_t next[2];
    Values found[2];
    for (int i : {0, 1}) {
      const CallContext::Step step(1, 7);
      const auto run = [&](const auto& t) { return i == 0 ? block(t) : checkpoint(block, t); };
      found[i] = outcome(run, x, model.trainable_variables());
      next[i] = CallContext::random_stream().stream();
    }
    for (std::size_t i = 0; i < found[0].size(); ++i) EXPECT_TRUE(tensors_equal(found[1][i], found[0][i])) << i;
    EXPECT_EQ(next[1], next[0]);
  }
  // Outside of a step, the gradient uses the dropout mask of the forward pass: the block is linear, so
  // y = x dy/dx + y(0).
  for (int repeat = 0; repeat < 3; ++repeat) {
    GradientTape<double> tape;
    tape.watch(x);
    const Tensor<double> y = checkpoint([&](const auto& t) { return model(t, {.training = true}); }, x);
    const Tensor<double> gradient = tape.gradient(sum(y), x);
    EXPECT_NEAR(sum(gradient * x.detached()).item(), sum(y).item(), 1e-12);
    EXPECT_NE(next_random_stream().stream(), CallContext::random_stream().stream());
  }
}

TEST(Checkpoint, TheRecomputationUsesTheSameTrainingFlag) {
  const auto seen = std::make_shared<std::vector<std::pair<bool, bool>>>();
  Tensor<double> x{1.0};
  GradientTape<double> tape;
  tape.watch(x);
  Tensor<double> y;
  {
    const CallContext::Training on(true);
    y = checkpoint(
        [seen](const Tensor<double>& t) {
          seen->push_back({CallContext::training(), CallContext::recomputing()});
          return t * t;
        },
        x);
  }
  tape.gradient(y, x);
  EXPECT_EQ(*seen, (std::vector<std::pair<bool, bool>>{{true, false}, {true, true}}));
  EXPECT_FALSE(CallContext::training());
  EXPECT_FALSE(CallContext::recomputing());
}

// A layer updates its state once per batch, and the gradient belongs to the forward pass that used the previous state.
TEST(Checkpoint, StatesAreUpdatedOnce) {
  const Tensor<double> x = random_tensor<double>({6, 4}, 1);
  const auto trained = [&](bool again) {
    set_random_seed(3);
    const Sequential<double> model{BatchNormalization<double>(),
                                   SpectralNormalization<double>(std::make_shared<Dense<double>>(3))};
    model(x);
    const auto block = [&](const Tensor<double>& t) { return model(t, {.training = true}); };
    Values all =
        outcome([&](const auto& t) { return again ? checkpoint(block, t) : block(t); }, x, model.trainable_variables());
    for (const Tensor<double>& w : model.get_weights()) all.push_back(w);
    return all;
  };
  const Values plain = trained(false), again = trained(true);
  ASSERT_EQ(again.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(tensors_equal(again[i], plain[i])) << i;
}

TEST(Checkpoint, AStatefulLayerRequiresGivenStates) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4}, 1), h = random_tensor<double>({2, 5}, 2);
  SimpleRNN<double> layer(5, {.stateful = true});
  layer(x);
  {
    Tensor<double> watched = x;
    GradientTape<double> tape;
    tape.watch(watched);
    const Tensor<double> y = checkpoint(layer, watched);
    EXPECT_TRUE(expect::error<StateError>([&] { tape.gradient(y, watched); }, {"checkpoint", "stateful", "states"}));
  }
  const auto given = [&](const Tensor<double>& t) { return layer.apply({t, h}).front(); };
  expect_the_same(given, x, layer.trainable_variables());
  const Tensor<double> next = layer(x);  // continues from the state after one call, not after two
  layer.reset_state();
  given(x);
  EXPECT_TRUE(tensors_equal(layer(x), next));
}

/// Replaces masked steps by zeros.
struct Masked : Layer<double> {
  Masked() { set_supports_masking(true); }
  Tensor<double> call(const Tensor<double>& x) const override {
    const Tensor<double> mask = mask_of(x);
    return mask.defined() ? x * x * reshape(mask, {mask.shape()[0], mask.shape()[1], 1}) : x * x;
  }
};
struct CheckpointedMasked : Layer<double> {
  CheckpointedMasked() { set_supports_masking(true); }
  Tensor<double> call(const Tensor<double>& x) const override { return checkpoint(inner, x); }
  Masked inner;
};

TEST(Checkpoint, TheRecomputationUsesTheSameMasks) {
  Tensor<double> x = Tensor<double>::ones({1, 3, 2});
  const CheckpointedMasked layer;
  layer(x);
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> y = layer(x, {.mask = Tensor<float>{{1, 0, 1}}});
  EXPECT_TRUE(tensors_equal(y, Tensor<double>{{{1.0, 1.0}, {0.0, 0.0}, {1.0, 1.0}}}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{{{2.0, 2.0}, {0.0, 0.0}, {2.0, 2.0}}}));
}

TEST(Checkpoint, OfASoftmaxBeforeACrossEntropy) {
  struct Stepping : Sequential<double> {
    using Sequential<double>::Sequential;
    double step(const Tensor<double>& x, const Tensor<double>& y) { return train_step(Samples<double>{x, y, {}}); }
  };
  const Tensor<double> x = random_tensor<double>({8, 3}, 1);
  Tensor<double> y = Tensor<double>::zeros({8});
  for (Index i = 0; i < 8; ++i) y.mutable_data()[i] = static_cast<double>(i % 4);
  Values weights[2];
  for (int i : {0, 1}) {
    const auto inner = std::make_shared<Dense<double>>(4, Activation<double>("softmax"));
    Stepping model(
        Lambda<double>([inner, i](const Tensor<double>& t) { return i == 0 ? (*inner)(t) : checkpoint(*inner, t); }));
    set_random_seed(5);
    model(x);
    model.compile({.optimizer = SGD<double>(0.5), .loss = "sparse_categorical_crossentropy"});
    for (int step = 0; step < 3; ++step) model.step(x, y);
    weights[i] = model.get_weights();
  }
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(tensors_near(weights[1][i], weights[0][i], 1e-12));
}

TEST(Checkpoint, HasDerivativesOfHigherOrder) {
  const Dense<double> layer(3, "tanh");
  const Tensor<double> x = random_tensor<double>({2, 3}, 1), factor = random_tensor<double>({2, 3}, 2);
  layer(x);
  const auto block = [&](const Tensor<double>& a, const Tensor<double>& b) {
    return checkpoint([&](const auto& u, const auto& v) { return layer(u) * v * sum(a); }, a, b);
  };
  EXPECT_TRUE(check_gradient(block, {x, factor}, {.second_order = true}));
  EXPECT_TRUE(check_gradient(
      [&](const Tensor<double>& a) { return hessian([&](const auto& t) { return sum(block(t, t)); }, a); }, {x}));

  const auto variables = layer.trainable_variables();
  Values v;
  for (const auto& w : variables) v.push_back(random_tensor<double>(w.shape(), 30 + v.size()));
  const auto plain = hessian_vector_product([&] { return sum(square(layer(x))); }, variables, v);
  const auto again = hessian_vector_product(
      [&] { return checkpoint([&](const auto& t) { return sum(square(checkpoint(layer, t))); }, x); }, variables, v);
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_TRUE(tensors_near(again[i], plain[i], 1e-13)) << i;
}

TEST(Checkpoint, ATapeInsideOfABlock) {
  const Variable<double> w(Tensor<double>{1.5, 2.5});
  const auto slope = [&](const Tensor<double>& x) {
    Tensor<double> in = x;
    GradientTape<double> tape;
    tape.watch(in);
    return tape.gradient(checkpoint([&](const auto& t) { return t * t * t * w * w; }, in), in);
  };
  Tensor<double> x{0.5, -1.0};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> y = checkpoint(slope, x);  // 3 x² w²
  EXPECT_TRUE(tensors_near(y, Tensor<double>{3 * 0.25 * 2.25, 3 * 6.25}, 1e-14));
  EXPECT_TRUE(tensors_near(tape.gradient(y, x), Tensor<double>{6 * 0.5 * 2.25, -6 * 6.25}, 1e-14));
  EXPECT_TRUE(tensors_near(tape.gradient(y, w), Tensor<double>{6 * 0.25 * 1.5, 6 * 2.5}, 1e-14));
}

TEST(Checkpoint, ABlockThatIsNotDeterministicIsAnError) {
  Tensor<double> x{1.0, 2.0};
  const auto calls = std::make_shared<int>(0);
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> y =
      checkpoint([calls](const Tensor<double>& t) { return (*calls)++ == 0 ? t * t : sum(t * t); }, x);
  EXPECT_TRUE(expect::error<StateError>([&] { tape.gradient(y, x); }, {"checkpoint", "(2,)", "()", "the same"}));
  *calls = 0;
  const Values several =
      checkpoint([calls](const Tensor<double>& t) { return Values(static_cast<std::size_t>(++*calls), t * t); }, x);
  EXPECT_TRUE(expect::error<StateError>([&] { tape.gradient(several[0], x); }, {"expected 1 outputs", "got 2"}));
  const Tensor<double> z = x * x;  // the recomputation leaves no records behind
  EXPECT_TRUE(tensors_equal(tape.gradient(z, x), Tensor<double>{2.0, 4.0}));
}

// Sixteen blocks of eight layers each: memory of the tape after the forward pass, and peak memory.
TEST(Checkpoint, SavesMemory) {
  std::thread([] {  // each thread has its own memory pool
    const Variable<float> w(Tensor<float>::full({64, 64}, 0.01F));
    const auto block = [&](const Tensor<float>& x) {
      Tensor<float> y = x;
      for (int i = 0; i < 8; ++i) y = tanh(matmul(y, w));
      return y;
    };
    const std::size_t each = 64 * 64 * sizeof(float);
    const auto run = [&](bool checkpointed, std::size_t& held, std::size_t& most) {
      Tensor<float> x = Tensor<float>::ones({64, 64});
      release_cached_memory();
      const MemoryStatistics before = memory_statistics();
      GradientTape tape;
      tape.watch(x);
      Tensor<float> y = x;
      for (int i = 0; i < 16; ++i) y = checkpointed ? checkpoint(block, y) : block(y);
      held = (memory_statistics().live_bytes - before.live_bytes) / each;
      const Tensor<float> gradient = tape.gradient(y, w);
      // All cached memory was in use at some time, because the pool allocates only if its cache is empty.
      const MemoryStatistics after = memory_statistics();
      most = (after.live_bytes + after.cached_bytes - before.live_bytes) / each;
      return gradient;
    };
    std::size_t held = 0, most = 0, held_again = 0, most_again = 0;
    const Tensor<float> plain = run(false, held, most), again = run(true, held_again, most_again);
    EXPECT_TRUE(tensors_near(again, plain, 1e-6));
    EXPECT_GE(held, 16U * 8U);
    EXPECT_LE(held_again, 16U + 2U);
    EXPECT_GE(most, 16U * 8U);
    EXPECT_LE(most_again, 16U + 2 * 8U + 12U);
  })
      .join();
}

}  // namespace
