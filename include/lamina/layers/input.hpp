#pragma once
#include "lamina/layers/layer.hpp"

namespace lamina {

struct InputOptions {
  Index batch_size = None;
  std::string name = {};
};

struct InputArguments {
  Shape batch_shape = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("batch_shape", self.batch_shape);
    field.ignored("sparse");
    field.ignored("ragged");
    field.ignored("optional");
  }
};

/// Says what a model's samples look like, so that it can be built before it sees data; computes nothing. Keras's
/// InputLayer.
template <class Scalar = float>
class InputLayer : public Layer<Scalar> {
 public:
  /// `shape` is that of one sample: without the batch axis.
  explicit InputLayer(const Shape& shape, InputOptions options = {}) : shape_(shape.prepend(options.batch_size)) {
    if (!options.name.empty()) this->set_name(options.name);
    this->set_supports_masking(true);
  }
  using Arguments = InputArguments;
  explicit InputLayer(const InputArguments& arguments) : shape_(arguments.batch_shape) {
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "InputLayer"; }
  Config get_config() const override { return this->config_with(InputArguments{shape_}); }
  const Shape* declared_input() const override { return &shape_; }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return x; }
  Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& shape) const override {
    if (!fits(shape, shape_))
      raise<ShapeError>("expected an input of shape ", shape_, ", got ", shape, ". Reshape the data, or the Input.");
  }

 private:
  Shape shape_;
};

/// The first entry of a Sequential that is to be built at once: `Sequential{Input({784}), Dense(10)}`.
template <class Scalar = float>
InputLayer<Scalar> Input(const Shape& shape, InputOptions options = {}) {
  return InputLayer<Scalar>(shape, std::move(options));
}

LAMINA_COMPILED_CLASS(InputLayer);

}  // namespace lamina
