#pragma once
#include <string_view>
#include <vector>

#include "lamina/core/name_table.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/layers/graph/operation_class.hpp"

// Operations on symbolic tensors: `a + b`, `relu(a)`, `mean(a, {.axes = {1}})` add the operation to the graph as a
// layer without weights. Each family of operations has its header in layers/graph/operations.

namespace lamina {

namespace detail {

/// The operands of an operation in order, tensors or constants, and its options.
template <class S>
class OperationInputs {
 public:
  /// The source of an operand.
  struct Slot {
    Index tensor = -1;        ///< Index of the tensor in the call; -1 for a constant.
    Tensor<S> constant = {};  ///< Value of the constant.
  };
  OperationInputs(const std::vector<Tensor<S>>& tensors, const std::vector<Slot>& places,
                  const OperationSettings& read) noexcept
      : settings(read), tensors_(tensors), slots_(places) {}

  std::size_t size() const noexcept { return slots_.empty() ? tensors_.size() : slots_.size(); }
  const Tensor<S>& operator[](std::size_t i) const {
    if (slots_.empty()) return tensors_.at(i);
    const Slot& slot = slots_.at(i);
    return slot.tensor < 0 ? slot.constant : tensors_[static_cast<std::size_t>(slot.tensor)];
  }
  std::vector<Tensor<S>> all() const {
    std::vector<Tensor<S>> operands;
    for (std::size_t i = 0; i < size(); ++i) operands.push_back((*this)[i]);
    return operands;
  }
  const OperationSettings& settings;

 private:
  const std::vector<Tensor<S>>& tensors_;
  const std::vector<Slot>& slots_;
};

template <class S>
using OperationFunction = std::vector<Tensor<S>> (*)(const OperationInputs<S>&);

/// Converts a value of a configuration to a tensor: a number, nested lists of numbers, or an array as Keras writes it.
template <class S>
Tensor<S> tensor_from_config(const std::string& who, const Config& value) {
  if (has_class(value, "__numpy__") || has_class(value, "__tensor__"))
    return tensor_from_config<S>(who, value.at("config").at("value"));
  if (value.kind() == Config::Kind::boolean) return Tensor<S>(static_cast<S>(value.as_bool() ? 1 : 0));
  if (value.is_number()) return Tensor<S>(static_cast<S>(value.as_real()));
  if (!value.is_list() || value.size() == 0)
    raise<ValueError>(who, ": expected a tensor, a number or a list of numbers, got ", value.to_string());
  std::vector<Tensor<S>> parts;
  for (const Config& element : value.elements()) parts.push_back(tensor_from_config<S>(who, element));
  return stack(parts);
}

}  // namespace detail

/// An operation of a graph, as a layer without weights. Operations on symbolic tensors and layer_from_config create it.
/// Keras's `keras.Operation`; `class_name` returns Keras's name, such as "TrueDivide". As in Keras, the output has no
/// mask.
/// Shapes: as the function of the operation on tensors. Throws a ValueError for a wrong number of operands.
template <class Scalar = float>
class Operation : public MultiInputLayer<Scalar> {
 public:
  /// Constructs an operation of the class `kind`, which `function` computes.
  Operation(OperationArguments arguments, const detail::OperationClass& kind,
            detail::OperationFunction<Scalar> function)
      : arguments_(std::move(arguments)), kind_(kind), function_(function) {
    this->set_name(detail::unique_name(to_snake_case(kind_.name)));
    this->set_supports_masking(true);
    read_operands();
    std::vector<Config> constants;
    const auto parameters = detail::parameters_of(kind_.signature);
    for (std::size_t i = 0; i < parameters.size() && i < arguments_.operands.size(); ++i)
      if (parameters[i].constant) constants.push_back(arguments_.operands[i].value);
    ArgumentReader field(kind_.name, arguments_.config, {"name"});
    detail::OperationReader reader{field, arguments_.config, std::move(constants), settings_};
    kind_.read(reader);
    field.finish();
  }
  std::string class_name() const override { return kind_.name; }
  const char* module() const noexcept override { return kind_.module; }
  /// Returns Keras's options of the operation, and its name.
  LAMINA_COLD Config get_config() const override {
    Config config = Config::map();
    config["name"] = this->name();
    for (const Config::Member& m : arguments_.config.members())
      if (m.first != "name") config[m.first] = m.second;
    return config;
  }
  Config call_config(std::vector<Config> tensors) const override {
    const bool listed = detail::parameters_of(kind_.signature).front().list;
    Config args = Config::list(), call = Config::map();
    std::size_t next = 0;
    if (arguments_.operands.empty())
      for (Config& tensor : tensors) args.push_back(std::move(tensor));
    for (const OperationOperand& operand : arguments_.operands)
      args.push_back(operand.is_tensor ? std::move(tensors.at(next++)) : operand.value);
    call["args"] = listed ? Config::list({std::move(args)}) : std::move(args);
    call["kwargs"] = Config::map();
    return call;
  }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    return function_(detail::OperationInputs<Scalar>(x, slots_, settings_));
  }
  std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>&,
                                            const std::vector<Tensor<Scalar>>&) const override {
    return {};
  }
  /// Returns the shapes of the outputs, by two calls with different sizes for each axis None: an output axis is None if
  /// its sizes differ.
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    std::vector<Shape> outputs = shapes_for(inputs, 0);
    bool known = true;
    for (const Shape& shape : inputs) known = known && shape.is_known();
    if (known) return outputs;
    const std::vector<Shape> others = shapes_for(inputs, 1);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      for (Index i = 0; i < outputs[k].rank(); ++i)
        if (outputs[k][i] != others[k][i]) outputs[k][i] = unknown_size;
    return outputs;
  }

 protected:
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    if (!slots_.empty() && inputs.size() != tensor_count_)
      raise<ValueError>(this->where("call"), "expected ", tensor_count_, " tensors, got ", inputs.size());
  }

 private:
  void read_operands() {
    const auto parameters = detail::parameters_of(kind_.signature);
    const bool listed = parameters.front().list || parameters.front().rest;
    if (arguments_.operands.empty() && !listed)
      for (const auto& p : parameters)
        if (!p.optional) arguments_.operands.push_back({!p.constant, Config()});
    if (!listed && arguments_.operands.size() > parameters.size())
      raise<ValueError>(kind_.name, ": expected at most ", parameters.size(), " operands, got ",
                        arguments_.operands.size());
    for (std::size_t i = 0; i < arguments_.operands.size(); ++i) {
      const OperationOperand& operand = arguments_.operands[i];
      if (operand.is_tensor)
        slots_.push_back({static_cast<Index>(tensor_count_++), {}});
      else if (listed || !parameters[i].constant)
        slots_.push_back({-1, detail::tensor_from_config<Scalar>(kind_.name, operand.value)});
    }
  }
  std::vector<Shape> shapes_for(const std::vector<Shape>& inputs, Index variation) const {
    const NoGradient<Scalar> no_gradient;
    const CallContext::DryRun dry_run;
    std::vector<Tensor<Scalar>> samples;
    for (Shape shape : inputs) {
      for (Index i = 0; i < shape.rank(); ++i)
        if (shape[i] == unknown_size) shape[i] = (i == 0 ? 2 : shape.rank() > 4 ? 32 : 64) + variation;
      samples.push_back(Tensor<Scalar>::zeros(shape));
    }
    check_inputs(samples);
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& y : call_many(samples)) shapes.push_back(y.shape());
    return shapes;
  }

  OperationArguments arguments_;
  const detail::OperationClass& kind_;
  detail::OperationFunction<Scalar> function_;
  detail::OperationSettings settings_ = {};
  std::vector<typename detail::OperationInputs<Scalar>::Slot> slots_;
  std::size_t tensor_count_ = 0;
};

namespace detail {

/// Defines the operation `Type`: its Keras name, its `kind`, and `compute`, which returns the outputs for the operands
/// `in`.
#define LAMINA_OPERATION(Type, class_name, module, signature, read, ...)  \
  struct Type {                                                           \
    static constexpr const char* name = class_name;                       \
    static constexpr std::string_view text = class_name;                  \
    template <int = 0>                                                    \
    static constexpr OperationClass kind{name, module, signature, read};  \
    template <class S>                                                    \
    static std::vector<Tensor<S>> compute(const OperationInputs<S>& in) { \
      return {__VA_ARGS__};                                               \
    }                                                                     \
  }

/// Adds an operation to the graph and returns its outputs.
template <class Op, class S>
std::vector<SymbolicTensor<S>> symbolic_outputs(const std::vector<SymbolicTensor<S>>& inputs,
                                                Config config = Config::map(),
                                                std::vector<OperationOperand> operands = {}) {
  const auto operation =
      std::make_shared<Operation<S>>(OperationArguments{Op::name, std::move(config), std::move(operands)},
                                     Op::template kind<>, &Op::template compute<S>);
  return std::as_const(*operation).apply(inputs);
}
/// As symbolic_outputs, for operations with one output.
template <class Op, class S>
SymbolicTensor<S> symbolic_output(const std::vector<SymbolicTensor<S>>& inputs, Config config = Config::map(),
                                  std::vector<OperationOperand> operands = {}) {
  return symbolic_outputs<Op, S>(inputs, std::move(config), std::move(operands)).front();
}

constexpr bool same_class_name(std::string_view known, std::string_view name) noexcept { return known == name; }
/// A table of operations by their Keras class names.
template <class... Each>
using OperationTable = NameTable<same_class_name, Each...>;

/// Returns a configuration with these options: name, value, name, value, ...
template <class... Values>
Config options_config(const Values&... names_and_values) {
  Config config = Config::map();
  const auto add = [&](const auto& self, const char* name, const auto& value, const auto&... rest) -> void {
    config[name] = argument_to_config(value);
    if constexpr (sizeof...(rest) > 0) self(self, rest...);
  };
  add(add, names_and_values...);
  return config;
}

template <class T>
struct IsSymbolic : std::false_type {};
template <class S>
struct IsSymbolic<SymbolicTensor<S>> : std::true_type {
  using scalar = S;
};

/// True for two symbolic tensors, and for a symbolic tensor and a number.
template <class A, class B>
concept SymbolicOperands =
    (IsSymbolic<A>::value && (IsSymbolic<B>::value || Arithmetic<B>)) || (Arithmetic<A> && IsSymbolic<B>::value);
/// Appends an operand: a symbolic tensor or a number.
template <class T, class S>
void add_operand(const T& operand, std::vector<SymbolicTensor<S>>& tensors, std::vector<OperationOperand>& operands) {
  if constexpr (IsSymbolic<T>::value) {
    tensors.push_back(operand);
    operands.push_back({});
  } else {
    operands.push_back({false, Config(operand)});
  }
}
/// Adds an operation of two operands to the graph.
template <class Op, class A, class B>
auto symbolic_binary(const A& a, const B& b) {
  using S = typename IsSymbolic<std::conditional_t<IsSymbolic<A>::value, A, B>>::scalar;
  std::vector<SymbolicTensor<S>> tensors;
  std::vector<OperationOperand> operands;
  add_operand(a, tensors, operands);
  add_operand(b, tensors, operands);
  return symbolic_output<Op, S>(tensors, Config::map(), std::move(operands));
}

// Define functions of symbolic tensors, which add an operation to the graph.
#define LAMINA_SYMBOLIC_UNARY(function, Op)                \
  template <class S>                                       \
  SymbolicTensor<S> function(const SymbolicTensor<S>& x) { \
    return detail::symbolic_output<detail::Op, S>({x});    \
  }                                                        \
  static_assert(true)
#define LAMINA_SYMBOLIC_BINARY(function, Op)          \
  template <class A, class B>                         \
    requires detail::SymbolicOperands<A, B>           \
  auto function(const A& a, const B& b) {             \
    return detail::symbolic_binary<detail::Op>(a, b); \
  }                                                   \
  static_assert(true)
#define LAMINA_SYMBOLIC_REDUCTION(function, Op)                                               \
  template <class S>                                                                          \
  SymbolicTensor<S> function(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) { \
    return detail::symbolic_output<detail::Op, S>({x}, detail::reduction_config(options));    \
  }                                                                                           \
  static_assert(true)

}  // namespace detail

}  // namespace lamina
