#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/einsum.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The options of EinsumDense.
struct EinsumDenseOptions {
  ActivationArgument activation = {};  ///< Activation of the output. Default: none.
  std::string bias_axes = {};          ///< Letters of the output axes that the bias has. Default: no bias.
  /// Initializer of the kernel. Default: GlorotUniform.
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();  ///< Initializer of the bias. Default: Zeros.
  Regularizer kernel_regularizer = {};                      ///< Penalty on the kernel. Default: none.
  Regularizer bias_regularizer = {};                        ///< Penalty on the bias. Default: none.
  Regularizer activity_regularizer = {};                    ///< Penalty on the output, per sample. Default: none.
  Constraint kernel_constraint = {};  ///< Constraint on the kernel after each update. Default: none.
  Constraint bias_constraint = {};    ///< Constraint on the bias after each update. Default: none.
  std::string name = {};              ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("activation", self.activation);
    std::optional<std::string> axes = self.bias_axes.empty() ? std::nullopt : std::optional(self.bias_axes);
    field("bias_axes", axes);
    if constexpr (!std::is_const_v<Self>) self.bias_axes = axes.value_or("");
    detail::kernel_fields(self, field);
  }
};

/// The arguments of EinsumDense.
struct EinsumDenseArguments {
  std::string equation = {};        ///< Equation of the product, such as "abc,cd->abd". Required.
  Shape output_shape = {};          ///< Shape of the output without the batch axis and those of an ellipsis. Required.
  EinsumDenseOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("equation", self.equation);
    Config shape = argument_to_config(self.output_shape);
    field.required("output_shape", shape);
    if constexpr (!std::is_const_v<Self>) {
      self.output_shape = Shape();
      if (shape.is_list())
        argument_from_config(shape, self.output_shape);
      else
        self.output_shape.push_back(shape.as_integer<Index>());
    }
    EinsumDenseOptions::fields(self.options, field);
    for (const char* name : {"lora_rank", "lora_alpha"}) field.ignored(name);
    for (const char* name : {"gptq_unpacked_column_size", "quantization_config"}) field.unsupported(name);
  }
};

namespace detail {

/// The subscripts of an EinsumDense equation, and the shapes of output, kernel and bias for an input of shape `from`.
struct EinsumShapes {
  std::string_view input, weight, result;
  Shape output, kernel, bias;
  std::vector<Index> input_axes, output_axes;  // of the kernel

  EinsumShapes(std::string_view equation, const std::string& bias_axes, const Shape& from, const Shape& output_shape) {
    const std::size_t comma = equation.find(','), arrow = equation.find("->");
    if (comma == std::string_view::npos || arrow == std::string_view::npos || arrow < comma) raise_unfit(equation);
    input = equation.substr(0, comma);
    weight = equation.substr(comma + 1, arrow - comma - 1);
    result = equation.substr(arrow + 2);
    const bool left = cut_ellipsis(input, true), right = cut_ellipsis(input, false);
    if (left != cut_ellipsis(result, true) || right != cut_ellipsis(result, false) || (left && right))
      raise_unfit(equation);
    for (const std::string_view part : {input, weight, result})
      for (const char c : part)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) raise_unfit(equation);
    if (input.empty() || weight.empty() || result.empty()) raise_unfit(equation);

    const auto letters = static_cast<Index>(input.size());
    const Index hidden = from.rank() - letters, before = left ? hidden : 0;
    if (hidden < 0 || (hidden > 0 && !left && !right))
      raise<ShapeError>("equation \"", equation, "\": expected an input of rank ", letters,
                        left || right ? " or more" : "", ", got shape ", from);
    // output_shape does not contain the batch axis and the axes of an ellipsis.
    output.push_back(from.front());
    for (Index i = 1; i < before; ++i) output.push_back(from[i]);
    for (const Index size : output_shape) output.push_back(size);
    for (Index i = letters; right && i < from.rank(); ++i) output.push_back(from[i]);
    const Index result_rank = static_cast<Index>(result.size()) + hidden;
    if (output.rank() != result_rank)
      raise<ShapeError>("equation \"", equation,
                        "\": output_shape: expected the axes of the result without the batch axis and those of an "
                        "ellipsis, got ",
                        output_shape, " for an input of shape ", from);
    const auto in_input = [&](char c) { return at(input, c) < 0 ? Index{-1} : at(input, c) + before; };
    const auto in_result = [&](char c) { return at(result, c) < 0 ? Index{-1} : at(result, c) + before; };
    for (const char c : input)
      if (const Index i = in_result(c); i >= 0) {
        if (output[i] == unknown_size) output[i] = from[in_input(c)];
        if (output[i] != from[in_input(c)] && from[in_input(c)] != unknown_size)
          raise<ShapeError>("equation \"", equation, "\": axis \"", std::string_view(&c, 1), "\" has size ",
                            from[in_input(c)], " in the input of shape ", from, " and ", output[i],
                            " in output_shape. Give both the same size.");
      }
    for (const char c : result)
      if (at(input, c) < 0 && at(weight, c) < 0)
        raise<ValueError>("equation \"", equation, "\": expected the axis \"", std::string_view(&c, 1),
                          "\" of the result also in the input or the kernel");
    for (const char c : weight) {
      if (in_result(c) < 0 && in_input(c) < 0)
        raise<ValueError>("equation \"", equation, "\": expected the axis \"", std::string_view(&c, 1),
                          "\" of the kernel also in the input or the result");
      (in_result(c) >= 0 ? output_axes : input_axes).push_back(kernel.rank());
      kernel.push_back(in_result(c) >= 0 ? output[in_result(c)] : from[in_input(c)]);
    }
    if (bias_axes.empty()) return;
    // The bias has the axes of the result from the first of bias_axes on; those not in bias_axes have size 1.
    auto first = static_cast<Index>(result.size());
    for (const char c : bias_axes) {
      if (at(result, c) < 0)
        raise<ValueError>("equation \"", equation, "\": bias_axes: expected axes of the result, got \"",
                          std::string_view(&c, 1), "\"");
      first = (std::min)(first, at(result, c));
    }
    for (Index i = first; i < static_cast<Index>(result.size()); ++i)
      bias.push_back(at(bias_axes, result[static_cast<std::size_t>(i)]) >= 0 ? output[i + before] : 1);
    for (Index i = 0; right && i < hidden; ++i) bias.push_back(1);
  }

 private:
  [[noreturn]] static void raise_unfit(std::string_view equation) {
    raise<ValueError>(
        "equation \"", equation,
        "\": expected the form \"ab,bc->ac\", \"...ab,bc->...ac\" or \"ab...,bc->ac...\", with letters for "
        "axes");
  }
  static bool cut_ellipsis(std::string_view& part, bool front) {
    constexpr std::string_view points = "...";
    if (part.size() < 3 || (front ? part.substr(0, 3) : part.substr(part.size() - 3)) != points) return false;
    part = front ? part.substr(3) : part.substr(0, part.size() - 3);
    return true;
  }
  static Index at(std::string_view part, char letter) {
    const std::size_t found = part.find(letter);
    return found == std::string_view::npos ? -1 : static_cast<Index>(found);
  }
};

}  // namespace detail

/// A dense layer whose product is an einsum: y = activation(einsum(equation, x, kernel) + bias). Keras's
/// `keras.layers.EinsumDense`.
///
/// Shapes: those of the equation "input,kernel->output". The sizes of the kernel follow from the input and
/// `output_shape`, the shape of the output without the batch axis and the axes of an ellipsis; None stands for the size
/// of the input. The bias has the axes of `bias_axes`.
/// Throws a ValueError for an equation of another form, a ShapeError for shapes that do not fit it.
///
///     EinsumDense("abc,cd->abd", {None, 64}, {.bias_axes = "d"})   // a dense layer over sequences
///     EinsumDense("...x,xy->...y", 64)                             // over inputs of any rank
///     EinsumDense("abc,cde->abde", {None, 8, 64})                  // projection to 8 heads of size 64
template <class Scalar = float>
class EinsumDense : public Layer<Scalar> {
 public:
  using Arguments = EinsumDenseArguments;
  /// Constructs the layer for an equation and a shape of the output.
  EinsumDense(std::string equation, const Shape& output_shape, EinsumDenseOptions options = {})
      : EinsumDense(EinsumDenseArguments{std::move(equation), output_shape, std::move(options)}) {}
  /// As above, for an `output_shape` with one axis.
  EinsumDense(std::string equation, Index output_size, EinsumDenseOptions options = {})
      : EinsumDense(std::move(equation), Shape{output_size}, std::move(options)) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit EinsumDense(EinsumDenseArguments arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(detail::resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    this->set_name(arguments_.options.name);
  }

  std::string class_name() const override { return "EinsumDense"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  LAMINA_COLD void build(const Shape& input) override {
    const EinsumDenseOptions& o = arguments_.options;
    const detail::EinsumShapes form = form_for(input);
    this->set_input_spec({.rank = input.rank()});
    Initializer initializer = o.kernel_initializer;
    if (const auto given = o.kernel_initializer.resolve())
      if (auto scaled = given->with_axes(form.input_axes, form.output_axes)) initializer = std::move(scaled);
    kernel_ = this->add_weight("kernel", form.kernel, initializer,
                               detail::weight_options<Scalar>(o.kernel_regularizer, o.kernel_constraint));
    if (!o.bias_axes.empty())
      bias_ = this->add_weight("bias", form.bias, o.bias_initializer,
                               detail::weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Tensor<Scalar> y = detail::einsum<Scalar>(arguments_.equation, x, kernel_.value());
    if (bias_.defined()) y = y + bias_;
    if (!activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return form_for(input).output; }

 private:
  detail::EinsumShapes form_for(const Shape& input) const {
    return {arguments_.equation, arguments_.options.bias_axes, input, arguments_.output_shape};
  }
  EinsumDenseArguments arguments_;
  Activation<Scalar> activation_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

EinsumDense(std::string, Shape, EinsumDenseOptions) -> EinsumDense<float>;
EinsumDense(std::string, Index, EinsumDenseOptions) -> EinsumDense<float>;

}  // namespace lamina
