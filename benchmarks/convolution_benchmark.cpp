// Single convolutions: forward, and forward and backward to all gradients that training computes.
// Names: conv_forward/<program>/<task>/<threads>, conv_train/<program>/<task>/<threads>; see ConvolutionTask.
#include <benchmark/benchmark.h>

#include <string>

#include "baselines/convolution_task.hpp"
#include "baselines/torch_convolution.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

class LaminaConvolution {
 public:
  LaminaConvolution(const ConvolutionTask& task, int threads) : task_(task), threads_(threads) {
    lamina::Shape shape{task.batch}, kernel;
    for (int i = 0; i < task.rank; ++i) {
      shape.push_back(task.side);
      kernel.push_back(task.window);
    }
    shape.push_back(task.channels);
    kernel.push_back(task.transposed ? task.filters : task.channels);
    kernel.push_back(task.transposed ? task.channels : task.filters);
    x_ = random(shape);
    kernel_ = lamina::Variable<float>(random(kernel), "kernel");
    bias_ = lamina::Variable<float>(random({task.filters}), "bias");
    dy_ = random(call(x_).shape());
  }
  void forward() { y_ = call(x_); }
  void train() {
    lamina::GradientTape tape;
    lamina::Tensor<float> x = x_;
    std::vector<lamina::Tensor<float>> wanted{kernel_, bias_};
    if (!task_.first) {
      tape.watch(x);
      wanted.push_back(x);
    }
    gradients_ = tape.gradient(call(x), wanted, dy_);
  }

 private:
  static lamina::Tensor<float> random(const lamina::Shape& shape) {
    return reshape(lamina::Tensor<float>(Matrix(Matrix::Random(1, shape.size()))), shape);
  }
  lamina::Tensor<float> call(const lamina::Tensor<float>& x) const {
    lamina::set_num_threads(threads_);
    if (task_.transposed)  // LibTorch's "same" crops both ends equally, as Keras's does for stride 1
      return conv_transpose(x, kernel_, bias_, {.strides = task_.stride, .padding = task_.same ? "same" : "valid"});
    return conv(x, kernel_, bias_, {.strides = task_.stride, .padding = task_.same ? "same" : "valid"});
  }
  ConvolutionTask task_;
  int threads_;
  lamina::Tensor<float> x_, dy_, y_;
  lamina::Variable<float> kernel_, bias_;
  std::vector<lamina::Tensor<float>> gradients_;
};

template <class Convolution>
void conv_forward(benchmark::State& state, const ConvolutionTask& task, int threads) {
  Convolution convolution(task, threads);
  for (auto _ : state) {
    convolution.forward();
    benchmark::ClobberMemory();
  }
}

template <class Convolution>
void conv_train(benchmark::State& state, const ConvolutionTask& task, int threads) {
  Convolution convolution(task, threads);
  for (auto _ : state) {
    convolution.train();
    benchmark::ClobberMemory();
  }
}

template <class Convolution>
void add(const std::string& program) {
  for (const ConvolutionTask& task : convolution_tasks)
    for (const int threads : {1, 2}) {
      const std::string end = program + "/" + task.name + "/" + std::to_string(threads);
      for (auto* benchmark :
           {benchmark::RegisterBenchmark(("conv_forward/" + end).c_str(), conv_forward<Convolution>, task, threads),
            benchmark::RegisterBenchmark(("conv_train/" + end).c_str(), conv_train<Convolution>, task, threads)})
        benchmark->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
    }
}

[[maybe_unused]] const bool added = [] {
  add<LaminaConvolution>("lamina");
#ifdef LAMINA_HAVE_TORCH
  add<TorchConvolution>("torch");
#endif
  return true;
}();

}  // namespace
