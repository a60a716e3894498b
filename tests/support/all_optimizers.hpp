#pragma once
#include "support/expect.hpp"

// Options of all optimizers: gradient accumulation, moving averages of the weights, exclusions, configurations,
// restored state.

namespace lamina::testing::all_optimizers {

template <class S>
std::vector<Variable<S>> two_variables() {
  return {Variable<S>(expect::scattered<S>({37, 3}, 1), "kernel"), Variable<S>(expect::scattered<S>({3}, 2), "bias")};
}

template <class S>
std::vector<Tensor<S>> gradients_of_step(int step) {
  const auto seed = 10 + 2 * static_cast<std::uint64_t>(step);
  return {expect::scattered<S>({37, 3}, seed), expect::scattered<S>({3}, seed + 1)};
}

/// Returns every optimizer, with options for which it has all kinds of state.
template <class S>
std::vector<std::shared_ptr<Optimizer<S>>> all_optimizers(const Config& common = Config::map()) {
  std::vector<std::shared_ptr<Optimizer<S>>> made;
  const auto add = [&](const char* name, Config arguments) {
    for (const auto& [key, value] : common.members()) arguments[key] = value;
    made.push_back(OptimizerFamily<S>::Table::from_config("optimizer", named_config(name, std::move(arguments))));
  };
  Config momentum = Config::map(), centered = Config::map(), amsgrad = Config::map(), rho = Config::map();
  momentum["momentum"] = 0.9;
  centered["momentum"] = 0.9;
  centered["centered"] = true;
  amsgrad["amsgrad"] = true;
  rho["learning_rate_power"] = -0.7;
  add("SGD", momentum);
  add("RMSprop", centered);
  add("Adam", amsgrad);
  add("AdamW", amsgrad);
  add("Ftrl", rho);
  for (const char* name :
       {"Adadelta", "Adagrad", "Adamax", "Nadam", "Lion", "Lamb", "Adafactor", "Muon", "sgd", "adam"})
    add(name, Config::map());
  return made;
}

/// Returns every optimizer, wrapped in a LossScaleOptimizer.
template <class S>
std::vector<std::shared_ptr<Optimizer<S>>> all_wrapped_optimizers(const Config& common = Config::map()) {
  std::vector<std::shared_ptr<Optimizer<S>>> made = all_optimizers<S>(common);
  for (auto& optimizer : made)
    optimizer = std::make_shared<LossScaleOptimizer<S>>(
        std::move(optimizer), LossScaleOptimizerOptions{.initial_scale = 4, .dynamic_growth_steps = 3});
  return made;
}

}  // namespace lamina::testing::all_optimizers
