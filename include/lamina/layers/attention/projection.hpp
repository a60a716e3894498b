#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/dense.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina::detail {

/// The options of the projections of an attention layer.
struct ProjectionOptions {
  bool use_bias = true;                           ///< If true, adds a bias. Default: true.
  Initializer kernel_initializer;                 ///< Initializer of the kernel. Required.
  Initializer bias_initializer;                   ///< Initializer of the bias. Required.
  Regularizer kernel_regularizer;                 ///< Penalty on the kernel. Default: none.
  Regularizer bias_regularizer;                   ///< Penalty on the bias. Default: none.
  Regularizer activity_regularizer;               ///< Penalty on the output, per sample. Default: none.
  Constraint kernel_constraint, bias_constraint;  ///< Constraints after each update. Default: none.
};

/// Initializes a kernel as the matrix (inputs, outputs) if the inner initializer depends on the fans and its input_axes
/// or output_axes are not set; otherwise with its actual shape.
class MatrixInitializer : public InitializerFunction {
 public:
  MatrixInitializer(std::shared_ptr<const InitializerFunction> inner, Shape matrix)
      : inner_(std::move(inner)), matrix_(matrix) {}
  const char* class_name() const noexcept override { return inner_->class_name(); }
  LAMINA_COLD Config get_config() const override { return inner_->get_config(); }
  std::optional<std::uint64_t> seed() const override { return inner_->seed(); }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    const Config config = inner_->get_config();
    const Config *inputs = config.find("input_axes"), *outputs = config.find("output_axes");
    const bool by_fans = inputs != nullptr && outputs != nullptr && (inputs->is_null() || outputs->is_null());
    inner_->fill(by_fans ? matrix_ : shape, values, random);
  }

 private:
  std::shared_ptr<const InitializerFunction> inner_;
  Shape matrix_;
};

/// A dense layer over the last axes of its input: y[..., o...] = sum_i x[..., i...] kernel[i..., o...] + bias[o...].
/// The projections of attention layers, for which Keras uses EinsumDense.
template <class Scalar>
class Projection : public Layer<Scalar> {
 public:
  /// Constructs a projection that sums over the last `inputs` axes. If `gate`, the output is the sigmoid of y.
  Projection(const char* name, Index inputs, const Shape& outputs, const ProjectionOptions& options, bool gate = false)
      : inputs_(inputs),
        outputs_(outputs),
        gate_(gate),
        options_(options),
        activity_regularizer_(resolve_function<Scalar>(options.activity_regularizer)) {
    this->set_name(name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "EinsumDense"; }

  LAMINA_COLD void build(const Shape& input) override {
    Shape kernel = input.slice(input.rank() - inputs_);
    const Shape matrix{kernel.size(), outputs_.size()};
    for (const Index size : outputs_) kernel.push_back(size);
    const Initializer initializer(
        std::make_shared<const MatrixInitializer>(options_.kernel_initializer.resolve(), matrix));
    kernel_ = this->add_weight("kernel", kernel, initializer,
                               weight_options<Scalar>(options_.kernel_regularizer, options_.kernel_constraint));
    if (options_.use_bias)
      bias_ = this->add_weight("bias", outputs_, options_.bias_initializer,
                               weight_options<Scalar>(options_.bias_regularizer, options_.bias_constraint));
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Index columns = outputs_.size(), depth = kernel_.size() / std::max<Index>(1, columns);
    Shape rows = x.shape().slice(0, x.rank() - inputs_);
    const Tensor<Scalar> bias = bias_.defined() ? reshape_to(bias_.value(), Shape{columns}) : Tensor<Scalar>();
    Tensor<Scalar> y =
        dense<Scalar>(reshape_to(x, {rows.size(), depth}), reshape_to(kernel_.value(), {depth, columns}), bias, false);
    for (const Index size : outputs_) rows.push_back(size);
    y = reshape_to(gate_ ? sigmoid(y) : y, rows);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }
  Tensor<Scalar> compute_mask(const Tensor<Scalar>&, const Tensor<Scalar>&) const override { return {}; }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    Shape output = input.slice(0, input.rank() - inputs_);
    for (const Index size : outputs_) output.push_back(size);
    return output;
  }

 private:
  Index inputs_;
  Shape outputs_;
  bool gate_;
  ProjectionOptions options_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

}  // namespace lamina::detail
