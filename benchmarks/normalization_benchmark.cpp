// Single batch and layer normalizations: forward and backward, and forward in inference. Arguments: rows, channels (or
// features), number of threads.
#include <benchmark/benchmark.h>

#include "baselines/hand_normalization.hpp"
#include "baselines/torch_normalization.hpp"
#include "lamina/lamina.hpp"

namespace {

using namespace baselines;

template <class Layer>
class LaminaNormalization {
 public:
  LaminaNormalization(Index rows, Index channels, int threads)
      : x_(Eigen::MatrixXf::Random(rows, channels)), dy_(Eigen::MatrixXf::Random(rows, channels)) {
    lamina::set_num_threads(threads);
    layer_(x_);
    sources_ = layer_.trainable_variables();
  }
  void train() {
    lamina::GradientTape<float> tape({.persistent = false});
    lamina::Tensor<float> x = x_;
    tape.watch(x);
    const lamina::Tensor<float> y = layer_(x, {.training = true});
    // All three gradients in one pass: the tape watches the values of the variables.
    const std::vector<lamina::Tensor<float>> sources{x, sources_[0].value(), sources_[1].value()};
    tape.gradient_into(gradients_, y, sources, dy_);
    for (auto& g : gradients_) g = lamina::Tensor<float>();
  }
  void infer() { layer_(x_); }

 private:
  Layer layer_;
  lamina::Tensor<float> x_, dy_;
  std::vector<lamina::Variable<float>> sources_;
  std::vector<lamina::Tensor<float>> gradients_;
};
using LaminaBatchNormalization = LaminaNormalization<lamina::BatchNormalization<float>>;
using LaminaLayerNormalization = LaminaNormalization<lamina::LayerNormalization<float>>;

template <class Program>
void train(benchmark::State& state) {
  Program program(state.range(0), state.range(1), static_cast<int>(state.range(2)));
  for (auto _ : state) {
    program.train();
    benchmark::ClobberMemory();
  }
}
template <class Program>
void infer(benchmark::State& state) {
  Program program(state.range(0), state.range(1), static_cast<int>(state.range(2)));
  for (auto _ : state) {
    program.infer();
    benchmark::ClobberMemory();
  }
}

/// Images (32, 28, 28, 32) and (64, 14, 14, 64).
void images(benchmark::internal::Benchmark* b) {
  for (const int threads : {1, 2}) b->Args({32 * 28 * 28, 32, threads})->Args({64 * 14 * 14, 64, threads});
  b->Unit(benchmark::kMicrosecond);
}
/// Sequences (32, 128, 256).
void sequences(benchmark::internal::Benchmark* b) {
  for (const int threads : {1, 2}) b->Args({32 * 128, 256, threads});
  b->Unit(benchmark::kMicrosecond);
}

BENCHMARK(train<LaminaBatchNormalization>)->Name("batch_normalization_train/lamina")->Apply(images);
BENCHMARK(train<HandBatchNormalization>)->Name("batch_normalization_train/hand")->Apply(images);
BENCHMARK(infer<LaminaBatchNormalization>)->Name("batch_normalization/lamina")->Apply(images);
BENCHMARK(infer<HandBatchNormalization>)->Name("batch_normalization/hand")->Apply(images);
BENCHMARK(train<LaminaLayerNormalization>)->Name("layer_normalization_train/lamina")->Apply(sequences);
BENCHMARK(train<HandLayerNormalization>)->Name("layer_normalization_train/hand")->Apply(sequences);
BENCHMARK(infer<LaminaLayerNormalization>)->Name("layer_normalization/lamina")->Apply(sequences);
BENCHMARK(infer<HandLayerNormalization>)->Name("layer_normalization/hand")->Apply(sequences);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(train<TorchBatchNormalization>)->Name("batch_normalization_train/torch")->Apply(images);
BENCHMARK(infer<TorchBatchNormalization>)->Name("batch_normalization/torch")->Apply(images);
BENCHMARK(train<TorchLayerNormalization>)->Name("layer_normalization_train/torch")->Apply(sequences);
BENCHMARK(infer<TorchLayerNormalization>)->Name("layer_normalization/torch")->Apply(sequences);
#endif

}  // namespace
