// Second derivatives of a network 64-128(tanh)-128(tanh)-1, compared with the gradient of its loss. Argument: batch
// size. The cost of the matrix products alone, as multiples of the gradient's: 2.1 for the gradient of the squared norm
// of the input gradient, 2.8 for a Hessian-vector product.
#include <benchmark/benchmark.h>

#include "baselines/torch_models.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

template <class Model>
void gradient(benchmark::State& state) {
  Model model(state.range(0));
  for (auto _ : state) {
    model.gradient();
    benchmark::ClobberMemory();
  }
}

template <class Model>
void gradient_of_input_gradient(benchmark::State& state) {
  Model model(state.range(0));
  for (auto _ : state) {
    model.gradient_of_input_gradient();
    benchmark::ClobberMemory();
  }
}

template <class Model>
void hessian_vector_product(benchmark::State& state) {
  Model model(state.range(0));
  for (auto _ : state) {
    model.hessian_vector_product();
    benchmark::ClobberMemory();
  }
}

void batches(benchmark::internal::Benchmark* benchmark) { benchmark->Arg(1)->Arg(16)->Arg(128); }

BENCHMARK(gradient<LaminaSecondOrder>)->Name("second_order/gradient/lamina")->Apply(batches);
BENCHMARK(gradient_of_input_gradient<LaminaSecondOrder>)->Name("second_order/of_input_gradient/lamina")->Apply(batches);
BENCHMARK(hessian_vector_product<LaminaSecondOrder>)->Name("second_order/hessian_vector/lamina")->Apply(batches);
#ifdef LAMINA_HAVE_TORCH
BENCHMARK(gradient<TorchSecondOrder>)->Name("second_order/gradient/torch")->Apply(batches);
BENCHMARK(gradient_of_input_gradient<TorchSecondOrder>)->Name("second_order/of_input_gradient/torch")->Apply(batches);
BENCHMARK(hessian_vector_product<TorchSecondOrder>)->Name("second_order/hessian_vector/torch")->Apply(batches);
#endif

}  // namespace
