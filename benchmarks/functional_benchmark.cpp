// A training step of the same layers in a Sequential and in a functional Model: 16-32(relu)-32(relu)-1, whose layers
// are so small that the overhead of the model would be visible, and three dense layers of 512 units. Arguments: width,
// batch size.
#include <benchmark/benchmark.h>

#include "lamina_models.hpp"

namespace {

using namespace baselines;
using lamina::Dense;
using lamina::Tensor;

lamina::Sequential<float> chain(Index width, Index hidden) {
  return lamina::Sequential<float>(lamina::Input<float>({width}), Dense<float>(hidden, "relu"),
                                   Dense<float>(hidden, "relu"), Dense<float>(1));
}
lamina::Model<float> graph(Index width, Index hidden) {
  const auto x = lamina::Input<float>({width});
  return lamina::Model<float>(x, x | Dense<float>(hidden, "relu") | Dense<float>(hidden, "relu") | Dense<float>(1));
}

template <auto make>
void step(benchmark::State& state) {
  lamina::set_num_threads(1);
  const Index hidden = state.range(0), width = hidden / 2, batch = state.range(1);
  auto model = make(width, hidden);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor<float> x = Tensor<float>(Matrix(Matrix::Random(batch, width)));
  const Tensor<float> y = Tensor<float>(Matrix(Matrix::Random(batch, 1)));
  for (auto _ : state) benchmark::DoNotOptimize(model.train_on_batch(x, y));
}

template <auto make>
void forward(benchmark::State& state) {
  lamina::set_num_threads(1);
  const Index hidden = state.range(0), width = hidden / 2, batch = state.range(1);
  auto model = make(width, hidden);
  const Tensor<float> x = Tensor<float>(Matrix(Matrix::Random(batch, width)));
  for (auto _ : state) benchmark::DoNotOptimize(model(x));
}

void sizes(benchmark::internal::Benchmark* benchmark) { benchmark->Args({32, 1})->Args({32, 32})->Args({512, 32}); }

BENCHMARK(step<chain>)->Name("model_step/sequential")->Apply(sizes);
BENCHMARK(step<graph>)->Name("model_step/functional")->Apply(sizes);
BENCHMARK(forward<chain>)->Name("model_forward/sequential")->Apply(sizes);
BENCHMARK(forward<graph>)->Name("model_forward/functional")->Apply(sizes);

}  // namespace
