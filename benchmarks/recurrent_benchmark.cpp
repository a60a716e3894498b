// LSTM and GRU with 64 units over sequences of 50 steps and 16 features, which return the last output: the forward
// pass, and with the gradients of the weights and the inputs. Arguments: batch size, number of threads.
#include <benchmark/benchmark.h>

#include "baselines/hand_recurrent.hpp"
#include "baselines/torch_recurrent.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

template <class Layer>
struct LaminaRecurrent : LaminaLayer<Layer> {
  LaminaRecurrent(Index batch, int threads) : LaminaRecurrent(RecurrentTask(batch, 1), threads) {}
  LaminaRecurrent(const RecurrentTask& task, int threads)
      : LaminaLayer<Layer>(reshape(lamina::Tensor<float>(task.x), {task.batch, task.steps, task.features}),
                           lamina::Tensor<float>(task.dy), threads, RecurrentTask::units) {}
};
using LaminaLstm = LaminaRecurrent<lamina::LSTM<float>>;
using LaminaGru = LaminaRecurrent<lamina::GRU<float>>;

template <class Layer>
void recurrent_forward(benchmark::State& state) {
  Layer layer(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) {
    layer.forward();
    benchmark::ClobberMemory();
  }
}

template <class Layer>
void recurrent_train(benchmark::State& state) {
  Layer layer(state.range(0), static_cast<int>(state.range(1)));
  for (auto _ : state) {
    layer.train();
    benchmark::ClobberMemory();
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{32}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();
}
void sizes_alone(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgsProduct({{32}, {1}})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(recurrent_forward<LaminaLstm>)->Name("lstm_forward/lamina")->Apply(sizes);
BENCHMARK(recurrent_train<LaminaLstm>)->Name("lstm_train/lamina")->Apply(sizes);
BENCHMARK(recurrent_forward<LaminaGru>)->Name("gru_forward/lamina")->Apply(sizes);
BENCHMARK(recurrent_train<LaminaGru>)->Name("gru_train/lamina")->Apply(sizes);
BENCHMARK(recurrent_forward<HandLstm>)->Name("lstm_forward/hand")->Apply(sizes_alone);
BENCHMARK(recurrent_train<HandLstm>)->Name("lstm_train/hand")->Apply(sizes_alone);
BENCHMARK(recurrent_forward<HandGru>)->Name("gru_forward/hand")->Apply(sizes_alone);
BENCHMARK(recurrent_train<HandGru>)->Name("gru_train/hand")->Apply(sizes_alone);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(recurrent_forward<TorchLstm>)->Name("lstm_forward/torch")->Apply(sizes);
BENCHMARK(recurrent_train<TorchLstm>)->Name("lstm_train/torch")->Apply(sizes);
BENCHMARK(recurrent_forward<TorchGru>)->Name("gru_forward/torch")->Apply(sizes);
BENCHMARK(recurrent_train<TorchGru>)->Name("gru_train/torch")->Apply(sizes);
#endif

}  // namespace
