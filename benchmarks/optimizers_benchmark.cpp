// The update of one variable by each optimizer, on one thread. Argument: number of elements.
#include <benchmark/benchmark.h>

#include "baselines/hand_updates.hpp"
#include "baselines/torch_optimizers.hpp"
#include "lamina/lamina.hpp"

namespace {

using lamina::Index;

class LaminaUpdate {
 public:
  LaminaUpdate(const std::string& name, Index size)
      : optimizer_(make(name)),
        variables_{lamina::Variable<float>(random(name, size))},
        gradients_{random(name, size)} {
    lamina::set_num_threads(1);
  }
  void operator()() { optimizer_->apply_gradients(gradients_, variables_); }
  static bool has(const std::string&) { return true; }

 private:
  static std::shared_ptr<lamina::Optimizer<float>> make(const std::string& name) {
    using Table = lamina::OptimizerFamily<float>::Table;
    if (name != "SGD_momentum") return Table::from_config("optimizer", name);
    return std::make_shared<lamina::SGD<float>>(lamina::SGDOptions{.momentum = 0.9});
  }
  /// A vector, or a matrix of 250 rows for optimizers whose update depends on the rank.
  static lamina::Tensor<float> random(const std::string& name, Index size) {
    const lamina::Tensor<float> values(Eigen::ArrayXf::Random(size));
    return name == "Muon" || name == "Adafactor" ? reshape(values, {250, size / 250}) : values;
  }
  std::shared_ptr<lamina::Optimizer<float>> optimizer_;
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> gradients_;
};

template <class Update>
void run(benchmark::State& state, const std::string& name) {
  Update update(name, state.range(0));
  for (int i = 0; i < 3; ++i) update();
  for (auto _ : state) {
    update();
    benchmark::ClobberMemory();
  }
  state.counters["elements/s"] =
      benchmark::Counter(static_cast<double>(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
}

template <class Update>
void add(const std::string& name, const char* who) {
  if (Update::has(name))
    benchmark::RegisterBenchmark(("optimizer_" + name + "/" + who).c_str(), run<Update>, name)
        ->Arg(100000)
        ->Arg(1000000)
        ->Unit(benchmark::kMicrosecond);
}

const bool registered = [] {
  for (const char* name : {"SGD", "SGD_momentum", "RMSprop", "Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta",
                           "Ftrl", "Lion", "Lamb", "Adafactor", "Muon"}) {
    add<LaminaUpdate>(name, "lamina");
    add<baselines::HandUpdate>(name, "hand");
#ifdef LAMINA_HAVE_TORCH
    add<baselines::TorchUpdate>(name, "torch");
#endif
  }
  return true;
}();

}  // namespace
