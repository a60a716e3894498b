// A training step of an embedding: looks up 1600 rows of a table (100,000, 64), computes their gradient and updates the
// table. Argument: number of threads.
#include <benchmark/benchmark.h>

#include "baselines/hand_embedding.hpp"
#include "baselines/torch_normalization.hpp"
#include "lamina/lamina.hpp"

namespace {

using namespace baselines;

class LaminaEmbedding {
 public:
  LaminaEmbedding(const char* optimizer, int threads)
      : layer_(EmbeddingTask::rows, EmbeddingTask::width),
        optimizer_(lamina::OptimizerFamily<float>::Table::from_config("optimizer", optimizer)),
        dy_(lamina::Tensor<float>::ones({EmbeddingTask::batch, EmbeddingTask::length, EmbeddingTask::width})) {
    lamina::set_num_threads(threads);
    for (Index i = 0; i < EmbeddingTask::batches; ++i)
      batches_.push_back(lamina::Tensor<float>::from(EmbeddingTask::positions(i).data(),
                                                     {EmbeddingTask::batch, EmbeddingTask::length}));
    layer_(batches_[0]);
    variables_ = layer_.trainable_variables();
  }
  void step() {
    {
      lamina::GradientTape<float> tape;
      const lamina::Tensor<float> y = layer_(batches_[step_++ % batches_.size()]);
      tape.gradient_into(gradients_, y, variables_, dy_);
    }
    optimizer_->apply_gradients(gradients_, variables_);
    gradients_[0] = lamina::Tensor<float>();
  }

 private:
  lamina::Embedding<float> layer_;
  std::shared_ptr<lamina::Optimizer<float>> optimizer_;
  lamina::Tensor<float> dy_;
  std::vector<lamina::Tensor<float>> batches_, gradients_;
  std::vector<lamina::Variable<float>> variables_;
  std::size_t step_ = 0;
};

template <class Program>
void run(benchmark::State& state, const char* optimizer) {
  Program program(optimizer, static_cast<int>(state.range(0)));
  for (int i = 0; i < 3; ++i) program.step();
  for (auto _ : state) {
    program.step();
    benchmark::ClobberMemory();
  }
}

template <class Program>
void add(const char* optimizer, const char* who) {
  benchmark::RegisterBenchmark((std::string("embedding_") + optimizer + "/" + who).c_str(), run<Program>, optimizer)
      ->Arg(1)
      ->Arg(2)
      ->Unit(benchmark::kMicrosecond);
}

const bool registered = [] {
  add<HandEmbedding>("SGD", "hand");
  for (const char* optimizer : {"SGD", "Adagrad", "Adam"}) {
    add<LaminaEmbedding>(optimizer, "lamina");
#ifdef LAMINA_HAVE_TORCH
    add<TorchEmbedding>(optimizer, "torch");
#endif
  }
  return true;
}();

}  // namespace
