#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The arguments of RepeatVector.
struct RepeatVectorArguments {
  Index n = 0;  ///< Number of repetitions; >= 1. Required.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("n", self.n);
  }
};

/// Repeats each sample n times: y[b, i, :] = x[b, :]. Keras's `keras.layers.RepeatVector`.
/// Shapes: x (batch, features), y (batch, n, features). Throws a ValueError if n < 1, a ShapeError for an input of
/// another rank.
template <class Scalar = float>
class RepeatVector : public Layer<Scalar> {
 public:
  using Arguments = RepeatVectorArguments;
  /// Constructs the layer for n repetitions.
  LAMINA_COLD explicit RepeatVector(Index n, NameOption option = {}) : n_(n) {
    if (n < 1) raise<ValueError>("RepeatVector: expected n >= 1, got ", n);
    this->set_name(std::move(option.name));
    this->set_input_spec({.rank = 2});
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit RepeatVector(const RepeatVectorArguments& arguments) : RepeatVector(arguments.n) {}
  std::string class_name() const override { return "RepeatVector"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(RepeatVectorArguments{n_}); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Index batch = x.shape()[0], features = x.shape()[1];
    return broadcast_to(detail::reshape_to(x, {batch, 1, features}), {batch, n_, features});
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    return {input[0], n_, input[1]};
  }

 private:
  Index n_;
};

}  // namespace lamina
