// Two 3 x 3 convolutions (32 and 64 filters), each with max pooling, and two dense layers: a training step, and the
// forward pass. Names: cnn_step/<program>/<threads>, cnn_forward/<program>/<threads>; batches of 64.
#include <benchmark/benchmark.h>

#include <string>

#include "baselines/hand_cnn.hpp"
#include "baselines/torch_convolution.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

constexpr Index batch = 64;

class LaminaCnn {
 public:
  LaminaCnn(Index, int threads)
      : threads_(threads),
        model_(lamina::Conv2D<float>(CnnTask::filters1, 3, {.activation = "relu"}), lamina::MaxPooling2D<float>(),
               lamina::Conv2D<float>(CnnTask::filters2, 3, {.activation = "relu"}), lamina::MaxPooling2D<float>(),
               lamina::Flatten<float>(), lamina::Dense<float>(CnnTask::hidden, "relu"),
               lamina::Dense<float>(Digits::classes)) {
    model_.compile({.optimizer = lamina::Adam<float>(static_cast<double>(CnnTask::rate)),
                    .loss = lamina::SparseCategoricalCrossentropy<float>({.from_logits = true})});
  }
  void forward(const Matrix& x) {
    lamina::set_num_threads(threads_);
    benchmark::DoNotOptimize(model_(images(x)));
  }
  float step(const Matrix& x, const Eigen::VectorXi& labels) {
    lamina::set_num_threads(threads_);
    return static_cast<float>(model_.train_on_batch(images(x), lamina::Tensor<float>(labels))["loss"]);
  }

 private:
  static lamina::Tensor<float> images(const Matrix& x) {
    return lamina::Tensor<float>::view(x.data(), {x.rows(), CnnTask::side, CnnTask::side, 1});
  }
  int threads_;
  lamina::Sequential<float> model_;
};

template <class Cnn>
void cnn_step(benchmark::State& state, int threads) {
  Cnn cnn(batch, threads);
  constexpr Index batches = 16;
  std::vector<Matrix> images;
  std::vector<Eigen::VectorXi> labels;
  for (Index i = 0; i < batches; ++i) {
    images.emplace_back(digits().images.middleRows(i * batch, batch));
    labels.emplace_back(digits().labels.segment(i * batch, batch));
  }
  float loss = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    loss = cnn.step(images[i], labels[i]);
    i = (i + 1) % images.size();
  }
  state.counters["loss"] = static_cast<double>(loss);
}

template <class Cnn>
void cnn_forward(benchmark::State& state, int threads) {
  Cnn cnn(batch, threads);
  const Matrix x = digits().images.topRows(batch);
  for (auto _ : state) {
    cnn.forward(x);
    benchmark::ClobberMemory();
  }
}

template <class Cnn>
void add(const std::string& program) {
  for (const int threads : {1, 2}) {
    const std::string end = program + "/" + std::to_string(threads);
    for (auto* benchmark : {benchmark::RegisterBenchmark(("cnn_step/" + end).c_str(), cnn_step<Cnn>, threads),
                            benchmark::RegisterBenchmark(("cnn_forward/" + end).c_str(), cnn_forward<Cnn>, threads)})
      benchmark->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
  }
}

[[maybe_unused]] const bool added = [] {
  add<LaminaCnn>("lamina");
  add<HandCnn>("hand");
#ifdef LAMINA_HAVE_TORCH
  add<TorchCnn>("torch");
#endif
  return true;
}();

}  // namespace
