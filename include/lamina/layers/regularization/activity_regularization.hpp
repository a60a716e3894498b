#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of ActivityRegularization.
struct ActivityRegularizationOptions {
  double l1 = 0.0;        ///< Factor of the sum of absolute values; >= 0. Default: 0.
  double l2 = 0.0;        ///< Factor of the sum of squares; >= 0. Default: 0.
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("l1", self.l1);
    field("l2", self.l2);
  }
};

/// Adds a penalty on its input to the loss: (l1 sum |x| + l2 sum x²) / batch; y = x. Keras's
/// `keras.layers.ActivityRegularization`.
/// Shapes: x and y (batch, ...). Throws a ValueError for negative options, a ShapeError for an input of rank 0.
template <class Scalar = float>
class ActivityRegularization : public Layer<Scalar> {
 public:
  using Arguments = ActivityRegularizationOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit ActivityRegularization(const ActivityRegularizationOptions& options = {}) : options_(options) {
    detail::check_not_negative(options.l1, "l1", "ActivityRegularization");
    detail::check_not_negative(options.l2, "l2", "ActivityRegularization");
    this->set_name(options.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "ActivityRegularization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (x.rank() == 0) raise<ShapeError>("expected an input with a batch axis, got a tensor of rank 0");
    const auto per_sample = 1.0 / static_cast<double>((std::max<Index>)(1, x.shape()[0]));
    const auto l1 = static_cast<Scalar>(options_.l1 * per_sample), l2 = static_cast<Scalar>(options_.l2 * per_sample);
    if (l1 != 0 && l2 != 0)
      this->add_loss(sum(abs(x)) * l1 + sum(square(x)) * l2);
    else if (l1 != 0)
      this->add_loss(sum(abs(x)) * l1);
    else if (l2 != 0)
      this->add_loss(sum(square(x)) * l2);
    return x;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  ActivityRegularizationOptions options_;
};

}  // namespace lamina
