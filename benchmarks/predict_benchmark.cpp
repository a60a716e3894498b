// The prediction of one sample by a built network.
#include <benchmark/benchmark.h>

#include "baselines/hand_predict.hpp"
#include "baselines/torch_models.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

/// Makes the compiler assume that the input changes in every round; otherwise it may compute the result only once.
template <class Model, class Input>
void predict(benchmark::State& state, Model&& model, Input x) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
    const auto& y = model(x);
    benchmark::DoNotOptimize(&y);
  }
}

void predict_mlp_hand(benchmark::State& state) { predict(state, HandPredictMlp(), Row(Row::Random(Digits::pixels))); }

void predict_small_hand_fixed(benchmark::State& state) {
  predict(state, HandPredictFixed(), HandPredictFixed::Input(HandPredictFixed::Input::Random()));
}

void predict_small_hand_dynamic(benchmark::State& state) { predict(state, HandPredictDynamic(), Row(Row::Random(8))); }

#ifdef LAMINA_HAVE_TORCH
void predict_mlp_torch(benchmark::State& state) { predict(state, TorchPredictMlp(), Row(Row::Random(Digits::pixels))); }

void predict_small_torch(benchmark::State& state) { predict(state, TorchPredictSmall(), Row(Row::Random(8))); }
#endif

void predict_mlp_lamina(benchmark::State& state) {
  predict(state, LaminaPredictMlp(), Row(Row::Random(Digits::pixels)));
}

void predict_small_lamina(benchmark::State& state) { predict(state, LaminaPredictSmall(), Row(Row::Random(8))); }

BENCHMARK(predict_mlp_lamina)->Name("predict_mlp/lamina");
BENCHMARK(predict_mlp_hand)->Name("predict_mlp/hand");
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(predict_mlp_torch)->Name("predict_mlp/torch");
#endif

BENCHMARK(predict_small_lamina)->Name("predict_small/lamina");
BENCHMARK(predict_small_hand_fixed)->Name("predict_small/hand_fixed");
BENCHMARK(predict_small_hand_dynamic)->Name("predict_small/hand_dynamic");
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(predict_small_torch)->Name("predict_small/torch");
#endif

}  // namespace
