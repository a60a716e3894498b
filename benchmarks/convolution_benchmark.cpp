// Convolutions by themselves, forward, and forward and back to all three gradients; see convolution_cases().
// Names: convolution_forward/<case>/<program>, convolution_train/<case>/<program>.
#include <benchmark/benchmark.h>

#include <lamina/ops/convolution.hpp>
#include <string>
#include <vector>

#include "baselines/torch_convolution.hpp"

namespace {

using namespace baselines;

class LaminaConvolution {
 public:
  LaminaConvolution(const ConvolutionCase& c, int threads) : c_(c) {
    lamina::set_num_threads(threads);
    lamina::Shape x{c.batch}, w{0};
    for (int i = 0; i < c.rank; ++i) {
      x.push_back(c.input[static_cast<std::size_t>(i)]);
      w.push_back(c.window);
    }
    x.push_back(c.channels);
    w.push_back(c.transposed ? c.filters : c.channels);
    w.push_back(c.transposed ? c.channels : c.filters);
    x_ = filled(x);
    w_ = filled(w.slice(1));
    b_ = filled({c.filters});
    dy_ = filled(run().shape());
  }
  void forward() { y_ = run(); }
  void train() {
    lamina::GradientTape<float> tape;
    for (auto* t : {&x_, &w_, &b_}) tape.watch(*t);
    const lamina::Tensor<float> y = run();
    gradients_ = tape.gradient(y, std::vector<lamina::Tensor<float>>{x_, w_, b_}, dy_);
  }

 private:
  lamina::Tensor<float> run() const {
    const lamina::Padding padding = c_.same ? lamina::Padding::same : lamina::Padding::valid;
    if (c_.transposed) return lamina::conv_transpose(x_, w_, b_, {.strides = c_.stride, .padding = padding});
    return lamina::conv(x_, w_, b_, {.strides = c_.stride, .padding = padding});
  }
  static lamina::Tensor<float> filled(const lamina::Shape& shape) {
    Xorshift random;
    lamina::Tensor<float> t = lamina::Tensor<float>::zeros(shape);
    float* values = t.mutable_data();
    for (Index i = 0; i < t.size(); ++i) values[i] = random.uniform();
    return t;
  }

  ConvolutionCase c_;
  lamina::Tensor<float> x_, w_, b_, dy_, y_;
  std::vector<lamina::Tensor<float>> gradients_;
};

template <class Convolution>
void forward(benchmark::State& state, const ConvolutionCase& c) {
  Convolution convolution(c, 1);
  for (auto _ : state) {
    convolution.forward();
    benchmark::ClobberMemory();
  }
}

template <class Convolution>
void train(benchmark::State& state, const ConvolutionCase& c) {
  Convolution convolution(c, 1);
  for (auto _ : state) {
    convolution.train();
    benchmark::ClobberMemory();
  }
}

template <class Convolution>
void add(const std::string& program) {
  for (const ConvolutionCase& c : convolution_cases()) {
    const std::string name = c.name + "/" + program;
    benchmark::RegisterBenchmark(("convolution_forward/" + name).c_str(), forward<Convolution>, c)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("convolution_train/" + name).c_str(), train<Convolution>, c)
        ->Unit(benchmark::kMicrosecond);
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
