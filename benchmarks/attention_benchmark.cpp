// Multi-head self-attention: 8 heads of size 8, sequences of 128 steps. Arguments: batch size, number of threads.
#include <benchmark/benchmark.h>

#include "baselines/hand_attention.hpp"
#include "baselines/torch_attention.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

struct LaminaAttention : LaminaLayer<lamina::MultiHeadAttention<float>, 2> {
  LaminaAttention(Index batch, int threads) : LaminaAttention(AttentionTask(batch), threads) {}
  LaminaAttention(const AttentionTask& task, int threads)
      : LaminaLayer(reshape(lamina::Tensor<float>(task.x), {task.batch, task.steps, task.width}),
                    reshape(lamina::Tensor<float>(task.dy), {task.batch, task.steps, task.width}), threads, task.heads,
                    task.head) {}
};

/// The hand-written baseline, which always runs on one thread.
struct HandAttentionAlone : HandAttention {
  HandAttentionAlone(Index samples, int) : HandAttention(samples) {}
};

template <class Attention>
void attention_forward(benchmark::State& state) {
  Attention attention(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) {
    attention.forward();
    benchmark::ClobberMemory();
  }
}

template <class Attention>
void attention_train(benchmark::State& state) {
  Attention attention(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) {
    attention.train();
    benchmark::ClobberMemory();
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{16, 32}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();
}
void sizes_alone(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{16, 32}, {1}})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(attention_forward<LaminaAttention>)->Name("attention_forward/lamina")->Apply(sizes);
BENCHMARK(attention_train<LaminaAttention>)->Name("attention_train/lamina")->Apply(sizes);
BENCHMARK(attention_forward<HandAttentionAlone>)->Name("attention_forward/hand")->Apply(sizes_alone);
BENCHMARK(attention_train<HandAttentionAlone>)->Name("attention_train/hand")->Apply(sizes_alone);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(attention_forward<TorchAttention>)->Name("attention_forward/torch")->Apply(sizes);
BENCHMARK(attention_train<TorchAttention>)->Name("attention_train/torch")->Apply(sizes);
#endif

}  // namespace
