// A training step, and the forward pass alone, of conv-pool-conv-pool-dense-dense over 64 images; see CnnTask.
// Names: cnn_step/<program>, cnn_predict/<program>.
#include <benchmark/benchmark.h>

#include <lamina/lamina.hpp>
#include <string>

#include "baselines/hand_cnn.hpp"
#include "baselines/torch_convolution.hpp"

namespace {

using namespace baselines;

class LaminaCnn {
 public:
  explicit LaminaCnn(const CnnOptions& options)
      : options_(options),
        x_(lamina::reshape(lamina::Tensor<float>(Matrix(digits().images.topRows(options.batch))),
                           {options.batch, CnnTask::side, CnnTask::side, 1})),
        y_(Eigen::VectorXi(digits().labels.head(options.batch))),
        model_(lamina::Conv2D<float>(CnnTask::filters1, 3, {.activation = "relu"}), lamina::MaxPooling2D<float>(2),
               lamina::Conv2D<float>(CnnTask::filters2, 3, {.activation = "relu"}), lamina::MaxPooling2D<float>(2),
               lamina::Flatten<float>(), lamina::Dense<float>(CnnTask::hidden, "relu"),
               lamina::Dense<float>(Digits::classes, "softmax")) {
    model_.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  }
  float step() {
    lamina::set_num_threads(options_.threads);
    return static_cast<float>(model_.train_on_batch(x_, y_)["loss"]);
  }
  void predict() {
    lamina::set_num_threads(options_.threads);
    output_ = model_.predict_on_batch(x_)[0];
  }

 private:
  CnnOptions options_;
  lamina::Tensor<float> x_, y_, output_;
  lamina::Sequential<float> model_;
};

template <class Cnn>
void cnn_step(benchmark::State& state, CnnOptions options) {
  Cnn cnn(options);
  float loss = 0;
  for (auto _ : state) loss = cnn.step();
  state.counters["loss"] = static_cast<double>(loss);  // a program that does not learn is not worth timing
  state.SetItemsProcessed(state.iterations() * options.batch);
}

template <class Cnn>
void cnn_predict(benchmark::State& state, CnnOptions options) {
  Cnn cnn(options);
  for (auto _ : state) {
    cnn.predict();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * options.batch);
}

template <class Cnn>
void add(const std::string& program, int threads) {
  const CnnOptions options{.threads = threads};
  for (auto* benchmark : {benchmark::RegisterBenchmark(("cnn_step/" + program).c_str(), cnn_step<Cnn>, options),
                          benchmark::RegisterBenchmark(("cnn_predict/" + program).c_str(), cnn_predict<Cnn>, options)})
    benchmark->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
}

[[maybe_unused]] const bool added = [] {
  add<LaminaCnn>("lamina", 1);
  add<LaminaCnn>("lamina_two_threads", 2);
  add<HandCnn>("hand", 1);
#ifdef LAMINA_HAVE_TORCH
  add<TorchCnn>("torch", 1);
  add<TorchCnn>("torch_two_threads", 2);
#endif
  return true;
}();

}  // namespace
