#pragma once
#include <lamina/data/dataset.hpp>
#include "support/check_layer.hpp"

// Functional models.

namespace lamina::testing::functional_models {

template <class Scalar = float>
struct Sum : MultiInputLayer<Scalar> {
  Sum() { this->set_supports_masking(true); }
  std::string class_name() const override { return "Sum"; }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    Tensor<Scalar> y = x.at(0);
    for (std::size_t i = 1; i < x.size(); ++i) y = y + x[i];
    return {y};
  }
};

inline const Tensor<float> first_input = expect::scattered<float>({40, 4}, 1),
                           second_input = expect::scattered<float>({40, 4}, 2),
                           yp = expect::scattered<float>({40, 2}, 3), yq = expect::scattered<float>({40, 1}, 4) > 0;

/// A model with two inputs, a shared layer and two outputs.
struct TwoByTwo {
  Dense<float> shared{3, {.activation = "tanh", .name = "shared"}};
  SymbolicTensor<float> a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  SymbolicTensor<float> both = std::vector{shared(a), shared(b)} | Sum();
  SymbolicTensor<float> p = both | Dense(2, {.name = "p"}), q = both | Dense(1, {.activation = "sigmoid", .name = "q"});
  Model<float> model{std::vector{a, b}, std::vector{p, q}, "two_by_two"};
};

inline void compile(Model<float>& model) {
  model.compile({.optimizer = "sgd", .loss = {"mse", "binary_crossentropy"}, .loss_weights = {1, 0.5}});
}

}  // namespace lamina::testing::functional_models
