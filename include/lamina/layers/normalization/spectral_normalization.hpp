#pragma once
#include <cmath>

#include "lamina/kernels/squares.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/base/layer_argument.hpp"

namespace lamina {

/// The options of SpectralNormalization.
struct SpectralNormalizationOptions {
  Index power_iterations = 1;  ///< Number of power iterations per training step; >= 1. Default: 1.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.
};

/// The arguments of SpectralNormalization in configurations.
struct SpectralNormalizationArguments {
  Config layer = {};                          ///< Configuration of the wrapped layer. Required.
  SpectralNormalizationOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("layer", self.layer);
    field("power_iterations", self.options.power_iterations);
  }
};

/// Wraps a layer and normalizes its kernel W, as a matrix (..., outputs), to a largest singular value (spectral norm)
/// of about 1. Keras's `keras.layers.SpectralNormalization` (Miyato et al., 2018).
///
/// Each call in training improves the estimate of the singular vectors by `power_iterations` steps of v = u Wᵀ / |u Wᵀ|
/// and u = v W / |v W|, and then sets W to W / (v W uᵀ). A call in inference does not change the kernel.
/// Shapes: x and y as the layer, u (1, outputs). Weights: the kernel, `vector_u`, then the other weights of the layer.
/// Throws a ValueError if the layer has no weight "kernel" or "embeddings", or if power_iterations < 1.
///
///     SpectralNormalization(Dense(10))
///     SpectralNormalization(Conv2D(64, 3), {.power_iterations = 2})
template <class Scalar = float>
class SpectralNormalization : public Layer<Scalar> {
 public:
  using Arguments = SpectralNormalizationArguments;
  /// Wraps a layer, which is moved in or passed as a std::shared_ptr.
  template <detail::LayerArgumentFor<Layer<Scalar>> L>
    requires(!std::is_same_v<std::remove_cvref_t<L>, SpectralNormalization>)
  explicit SpectralNormalization(L&& layer, SpectralNormalizationOptions options = {})
      : SpectralNormalization(0, detail::make_shared_layer<Layer<Scalar>>(std::forward<L>(layer)), std::move(options)) {
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit SpectralNormalization(const SpectralNormalizationArguments& arguments)
      : SpectralNormalization(0, layer_from_config<Scalar>(arguments.layer), arguments.options) {}
  /// Moves the layer and its weights.
  SpectralNormalization(SpectralNormalization&& other) noexcept
      : Layer<Scalar>(std::move(other)),
        layer_(std::move(other.layer_)),
        options_(std::move(other.options_)),
        kernel_(std::move(other.kernel_)),
        vector_(std::move(other.vector_)) {
    this->track(*layer_);  // at the same address as before, and as built as before
    this->set_built(layer_->built() && !this->build_shape().empty());
  }

  std::string class_name() const override { return "SpectralNormalization"; }
  LAMINA_COLD Config get_config() const override {
    return this->config_with(
        SpectralNormalizationArguments{named_config(layer_->class_name(), layer_->get_config()), options_});
  }
  Layer<Scalar>& layer() const noexcept { return *layer_; }  ///< Returns the wrapped layer.

  LAMINA_COLD void build(const Shape& input) override {
    layer_->ensure_built(input);
    kernel_ = Variable<Scalar>();
    for (const char* name : {"kernel", "embeddings"})
      for (const Variable<Scalar>& v : layer_->variables())
        if (!kernel_.defined() && v.name() == name) kernel_ = v;
    if (!kernel_.defined() || kernel_.shape().rank() < 2)
      raise<ValueError>("expected a layer with a weight \"kernel\" or \"embeddings\", got ", layer_->class_name(),
                        " \"", layer_->name(), "\", which has none");
    this->track_weight(kernel_);  // Keras's order: kernel, vector_u, the other weights of the layer
    vector_ = this->add_weight("vector_u", {1, kernel_.shape().back()}, TruncatedNormal({.stddev = 0.02}),
                               {.trainable = false});
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (CallContext::training() && !CallContext::recomputing()) normalize_kernel();
    return (*layer_)(x);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return layer_->compute_output_shape(input);
  }

 private:
  SpectralNormalization(int, std::shared_ptr<Layer<Scalar>> layer, SpectralNormalizationOptions options)
      : layer_(std::move(layer)), options_(std::move(options)) {
    if (options_.power_iterations < 1)
      raise<ValueError>("SpectralNormalization: expected power_iterations >= 1, got ", options_.power_iterations);
    this->set_name(options_.name);
    this->track(*layer_);
  }

  void normalize_kernel() const {
    const NoGradient<Scalar> no_gradient;
    Tensor<Scalar> kernel = kernel_.value();
    const Scalar largest_weight = (max)(abs(kernel)).item();
    if (largest_weight == 0) return;
    // The result does not depend on the scale of the kernel; the products of a tiny kernel would underflow.
    if (largest_weight < Scalar(1e-3))
      kernel = kernel * std::ldexp(Scalar(1), -kernels::scaling_exponent(largest_weight));
    const Tensor<Scalar> w = reshape(kernel, {-1, kernel.columns()});
    Tensor<Scalar> u = vector_.value(), v;
    for (Index i = 0; i < options_.power_iterations; ++i) {
      v = of_length_one(matmul(u, w, {.transpose_b = true}));
      u = of_length_one(matmul(v, w));
    }
    const Scalar largest = matmul(matmul(v, w), u, {.transpose_b = true}).item();
    vector_.assign(u);
    kernel_.assign(kernel / largest);
  }
  static Tensor<Scalar> of_length_one(const Tensor<Scalar>& x) { return detail::unit_vectors(x, {}, 1e-14); }

  std::shared_ptr<Layer<Scalar>> layer_;
  SpectralNormalizationOptions options_;
  Variable<Scalar> kernel_, vector_;
};

template <class L>
SpectralNormalization(L&&, SpectralNormalizationOptions = {})
    -> SpectralNormalization<detail::layer_argument_scalar<L>>;

}  // namespace lamina
