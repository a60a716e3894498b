// A training epoch of 784-128(relu)-dropout-10 over 60,000 shuffled samples, with running loss and accuracy. Names:
// mlp_epoch/<program>/<batch>/<optimizer>/<threads>. `hand` multiplies with Eigen, `hand_tiles` with hand-written
// products.
#include <benchmark/benchmark.h>

#include <string>

#include "baselines/hand_mlp.hpp"
#include "baselines/hand_mlp_tiles.hpp"
#include "baselines/torch_models.hpp"
#include "lamina_models.hpp"

namespace {

using namespace baselines;

template <class Mlp>
void mlp_epoch(benchmark::State& state, MlpOptions options) {
  Mlp mlp(digits(), options);
  MlpResult result;
  for (auto _ : state) result = mlp.epoch();
  // The times of a program that does not learn would be meaningless.
  state.counters["loss"] = result.loss;
  state.counters["accuracy"] = result.accuracy;
  state.SetItemsProcessed(state.iterations() * digits().labels.size());
}

template <class Mlp>
void add(const std::string& program, int threads) {
  for (const Index batch : {32, 128}) {
    for (const bool adam : {true, false}) {
      const std::string name =
          "mlp_epoch/" + program + "/" + std::to_string(batch) + (adam ? "/adam/" : "/sgd/") + std::to_string(threads);
      const MlpOptions options{.batch = batch, .adam = adam, .rate = adam ? 0.001f : 0.01f, .threads = threads};
      benchmark::RegisterBenchmark(name.c_str(), mlp_epoch<Mlp>, options)
          ->Unit(benchmark::kMillisecond)
          ->MeasureProcessCPUTime()
          ->UseRealTime();
    }
  }
}

[[maybe_unused]] const bool added = [] {
  add<LaminaMlp>("lamina", 1);
  add<LaminaMlp>("lamina", 2);
  add<HandMlp>("hand", 1);
  add<HandMlpTiles>("hand_tiles", 1);
  add<HandMlp>("hand", 2);
  add<HandMlpTiles>("hand_tiles", 2);
#ifdef LAMINA_HAVE_TORCH
  add<TorchMlp>("torch", 1);
#endif
  return true;
}();

}  // namespace
