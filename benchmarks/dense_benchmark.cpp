// A single dense layer with a square kernel, forward and backward. Arguments: width, batch size.
#include <benchmark/benchmark.h>

#include "baselines/hand_dense.hpp"
#include "baselines/torch_models.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

/// Sets the number of operations per second; one pass takes `products` * 2 * batch * width * width operations.
void count_operations(benchmark::State& state, int products) {
  const auto width = static_cast<double>(state.range(0));
  state.counters["flop/s"] = benchmark::Counter(products * 2 * static_cast<double>(state.range(1)) * width * width,
                                                benchmark::Counter::kIsIterationInvariantRate);
}

template <class Dense>
void dense_forward(benchmark::State& state) {
  Dense dense(state.range(0), state.range(1));
  for (auto _ : state) {
    dense.forward();
    benchmark::ClobberMemory();
  }
  count_operations(state, 1);
}

template <class Dense>
void dense_backward(benchmark::State& state) {
  Dense dense(state.range(0), state.range(1));
  for (auto _ : state) {
    dense.backward();
    benchmark::ClobberMemory();
  }
  count_operations(state, 2);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{16, 64, 128, 256, 1024}, {1, 32, 128}});
}

/// Sizes that are multiples of a tile.
void tile_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{16, 64, 128, 256, 1024}, {32, 128}});
}

/// Forward and backward with a tape.
template <class Dense>
void dense_train(benchmark::State& state) {
  Dense dense(state.range(0), state.range(1));
  for (auto _ : state) {
    dense.train();
    benchmark::ClobberMemory();
  }
  count_operations(state, 3);
}

BENCHMARK(dense_forward<LaminaDense>)->Name("dense_forward/lamina")->Apply(sizes);
BENCHMARK(dense_train<LaminaDense>)->Name("dense_train/lamina")->Apply(sizes);
BENCHMARK(dense_forward<HandDense>)->Name("dense_forward/hand")->Apply(sizes);
BENCHMARK(dense_forward<HandDenseTiles>)->Name("dense_forward/hand_tiles")->Apply(tile_sizes);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(dense_forward<TorchDense>)->Name("dense_forward/torch")->Apply(sizes);
#endif

BENCHMARK(dense_backward<HandDense>)->Name("dense_backward/hand")->Apply(sizes);
BENCHMARK(dense_backward<HandDenseTiles>)->Name("dense_backward/hand_tiles")->Apply(tile_sizes);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(dense_backward<TorchDense>)->Name("dense_backward/torch")->Apply(sizes);
#endif

}  // namespace
