// A training step of y = 2x - 1: six samples, one weight, one bias.
#include <benchmark/benchmark.h>

#include "baselines/hand_linear.hpp"
#include "baselines/torch_models.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

template <class Model>
void linear_step(benchmark::State& state, Model&& model) {
  float loss = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(&model);  // hides the model and its sizes from the compiler
    benchmark::DoNotOptimize(loss = model.step());
  }
  state.counters["loss"] = static_cast<double>(loss);
}

void linear_step_hand_fixed(benchmark::State& state) {
  linear_step(state, HandLinearFixed(LinearTask::inputs().array(), LinearTask::targets().array()));
}

void linear_step_hand_dynamic(benchmark::State& state) {
  linear_step(state, HandLinearDynamic(LinearTask::inputs(), LinearTask::targets()));
}

void linear_step_hand_columns(benchmark::State& state) {
  linear_step(state, HandLinearColumns(LinearTask::inputs(), LinearTask::targets()));
}

void linear_step_lamina(benchmark::State& state) { linear_step(state, LaminaLinear<lamina::Dense<float>>()); }

void linear_step_lamina_simple_dense(benchmark::State& state) {
  linear_step(state, LaminaLinear<lamina::SimpleDense<float>>());
}

/// 500 epochs per iteration; items are epochs.
void linear_fit_lamina(benchmark::State& state) {
  LaminaLinearFit model;
  float loss = 0;
  for (auto _ : state) benchmark::DoNotOptimize(loss = model.fit());
  state.counters["loss"] = static_cast<double>(loss);
  state.counters["epoch"] =
      benchmark::Counter(500, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(linear_step_lamina)->Name("linear_step/lamina");
BENCHMARK(linear_step_lamina_simple_dense)->Name("linear_step/lamina_simple_dense");
BENCHMARK(linear_fit_lamina)->Name("linear_fit/lamina");
BENCHMARK(linear_step_hand_fixed)->Name("linear_step/hand_fixed");
BENCHMARK(linear_step_hand_dynamic)->Name("linear_step/hand_dynamic");
BENCHMARK(linear_step_hand_columns)->Name("linear_step/hand_columns");

#ifdef LAMINA_HAVE_TORCH
void linear_step_torch(benchmark::State& state) { linear_step(state, TorchLinear()); }

BENCHMARK(linear_step_torch)->Name("linear_step/torch");
#endif

}  // namespace
