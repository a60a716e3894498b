// LSTM and GRU of 64 units over sequences of 50 steps and 16 features, of which the last output is wanted: the output
// alone, and with the gradients of the weights and the sequences. Arguments: batch, threads.
#include <benchmark/benchmark.h>

#include "baselines/hand_recurrent.hpp"
#include "baselines/torch_recurrent.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

template <class Layer>
class LaminaRecurrent {
 public:
  LaminaRecurrent(Index batch, int threads) : layer_(RecurrentTask::units) {
    const RecurrentTask task(batch, 1);
    x_ = reshape(lamina::Tensor<float>(task.x), {batch, RecurrentTask::steps, RecurrentTask::features});
    dy_ = lamina::Tensor<float>(task.dy);
    lamina::set_num_threads(threads);
    layer_(x_);
    variables_ = layer_.trainable_variables();
  }
  void forward() { y_ = layer_(x_); }
  void train() {
    lamina::GradientTape tape({.persistent = true});
    lamina::Tensor<float> x = x_;
    tape.watch(x);
    const lamina::Tensor<float> y = layer_(x);
    std::vector<lamina::Tensor<float>> wanted{x};
    for (const auto& v : variables_) wanted.push_back(v);
    gradients_ = tape.gradient(y, wanted, dy_);
  }

 private:
  Layer layer_;
  lamina::Tensor<float> x_, dy_, y_;
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> gradients_;
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
