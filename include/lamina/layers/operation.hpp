#pragma once
#include "lamina/layers/input.hpp"
#include "lamina/layers/multi_input_layer.hpp"

// Operations on symbolic tensors: `a + b`, `relu(a)`, `mean(a, {.axes = {1}})` draw the operation into the graph, as a
// layer without weights.

namespace lamina {

namespace detail {

/// An operation in a graph: its name, its tensors, and what else it was given.
template <class S>
using OperationFunction = Tensor<S> (*)(const std::vector<Tensor<S>>& x, const Config& arguments);

inline ReduceOptions reduce_options(const Config& c) {
  ReduceOptions options;
  argument_from_config(c.at("axes"), options.axes);
  options.keepdims = c.at("keepdims").as_bool();
  return options;
}
inline Shape shape_argument(const Config& c) {
  Shape shape;
  argument_from_config(c, shape);
  return shape;
}
inline Index axis_argument(const Config& c) { return c.at("axis").as_integer<Index>(); }

/// The operands of an operation between two: a number stands among the arguments.
template <class S, class F>
Tensor<S> between(const std::vector<Tensor<S>>& x, const Config& c, const F& f) {
  if (x.size() == 2) return f(x[0], x[1]);
  const Tensor<S> number(static_cast<S>(c.at("number").as_real()));
  return c.find("reversed") != nullptr ? f(number, x.at(0)) : f(x.at(0), number);
}

// Each has its name and what it computes; `operations` lists them all.
#define LAMINA_OPERATION(Name, text, expression)                                                                   \
  struct Name##Operation {                                                                                         \
    static constexpr const char* name = text;                                                                      \
    template <class S>                                                                                             \
    static Tensor<S> compute([[maybe_unused]] const std::vector<Tensor<S>>& x, [[maybe_unused]] const Config& c) { \
      return expression;                                                                                           \
    }                                                                                                              \
  }
LAMINA_OPERATION(Add, "add", between(x, c, [](const auto& a, const auto& b) { return a + b; }));
LAMINA_OPERATION(Subtract, "subtract", between(x, c, [](const auto& a, const auto& b) { return a - b; }));
LAMINA_OPERATION(Multiply, "multiply", between(x, c, [](const auto& a, const auto& b) { return a * b; }));
LAMINA_OPERATION(Divide, "divide", between(x, c, [](const auto& a, const auto& b) { return a / b; }));
LAMINA_OPERATION(Maximum, "maximum", between(x, c, [](const auto& a, const auto& b) { return maximum(a, b); }));
LAMINA_OPERATION(Minimum, "minimum", between(x, c, [](const auto& a, const auto& b) { return minimum(a, b); }));
LAMINA_OPERATION(Power, "power", between(x, c, [](const auto& a, const auto& b) { return pow(a, b); }));
LAMINA_OPERATION(Matmul, "matmul", matmul(x.at(0), x.at(1)));
LAMINA_OPERATION(Negative, "negative", -x.at(0));
LAMINA_OPERATION(Exp, "exp", exp(x.at(0)));
LAMINA_OPERATION(Log, "log", log(x.at(0)));
LAMINA_OPERATION(Sqrt, "sqrt", sqrt(x.at(0)));
LAMINA_OPERATION(Square, "square", square(x.at(0)));
LAMINA_OPERATION(Abs, "absolute", abs(x.at(0)));
LAMINA_OPERATION(Tanh, "tanh", tanh(x.at(0)));
LAMINA_OPERATION(Sigmoid, "sigmoid", sigmoid(x.at(0)));
LAMINA_OPERATION(Relu, "relu", relu(x.at(0)));
LAMINA_OPERATION(Softplus, "softplus", softplus(x.at(0)));
LAMINA_OPERATION(StopGradient, "stop_gradient", stop_gradient(x.at(0)));
LAMINA_OPERATION(Softmax, "softmax", softmax(x.at(0), axis_argument(c)));
LAMINA_OPERATION(LogSoftmax, "log_softmax", log_softmax(x.at(0), axis_argument(c)));
LAMINA_OPERATION(Clip, "clip", clip(x.at(0), c.at("low").as_real(), c.at("high").as_real()));
LAMINA_OPERATION(Sum, "sum", sum(x.at(0), reduce_options(c)));
LAMINA_OPERATION(Mean, "mean", mean(x.at(0), reduce_options(c)));
LAMINA_OPERATION(Max, "max", (max)(x.at(0), reduce_options(c)));
LAMINA_OPERATION(Min, "min", (min)(x.at(0), reduce_options(c)));
LAMINA_OPERATION(Reshape, "reshape", reshape(x.at(0), shape_argument(c.at("shape"))));
LAMINA_OPERATION(Concatenate, "concatenate", concatenate(x, axis_argument(c)));
#undef LAMINA_OPERATION

template <class... Each>
struct OperationList {
  template <class S>
  static OperationFunction<S> find(const std::string& name) {
    OperationFunction<S> found = nullptr;
    static_cast<void>(((name == Each::name ? (found = &Each::template compute<S>, true) : false) || ...));
    if (found == nullptr) {
      const std::vector<std::string_view> known{Each::name...};
      raise_unknown_name("operation", name, known);
    }
    return found;
  }
};
using operations =
    OperationList<AddOperation, SubtractOperation, MultiplyOperation, DivideOperation, MaximumOperation,
                  MinimumOperation, PowerOperation, MatmulOperation, NegativeOperation, ExpOperation, LogOperation,
                  SqrtOperation, SquareOperation, AbsOperation, TanhOperation, SigmoidOperation, ReluOperation,
                  SoftplusOperation, StopGradientOperation, SoftmaxOperation, LogSoftmaxOperation, ClipOperation,
                  SumOperation, MeanOperation, MaxOperation, MinOperation, ReshapeOperation, ConcatenateOperation>;

}  // namespace detail

struct OperationArguments {
  std::string operation = {};
  Config arguments = Config::map();
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("operation", self.operation);
    field("arguments", self.arguments);
  }
};

/// An operation as a layer of a graph; made by operations on symbolic tensors.
template <class Scalar = float>
class Operation : public MultiInputLayer<Scalar> {
 public:
  using Arguments = OperationArguments;
  explicit Operation(OperationArguments arguments)
      : Operation(arguments, detail::operations::find<Scalar>(arguments.operation)) {}
  Operation(OperationArguments arguments, detail::OperationFunction<Scalar> function)
      : arguments_(std::move(arguments)), function_(function) {
    this->set_name(detail::unique_name(arguments_.operation));
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Operation"; }
  Config get_config() const override { return this->config_with(arguments_); }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    return {function_(x, arguments_.arguments)};
  }

 private:
  OperationArguments arguments_;
  detail::OperationFunction<Scalar> function_;
};

namespace detail {

template <class Op, class S>
SymbolicTensor<S> draw(const std::vector<SymbolicTensor<S>>& inputs, Config arguments = Config::map()) {
  return inputs | Operation<S>(OperationArguments{Op::name, std::move(arguments)}, &Op::template compute<S>);
}
template <class Op, class S>
SymbolicTensor<S> draw_with_number(const SymbolicTensor<S>& x, double number, bool reversed) {
  Config arguments = Config::map();
  arguments["number"] = number;
  if (reversed) arguments["reversed"] = true;
  return draw<Op, S>({x}, std::move(arguments));
}
template <class Op, class S>
SymbolicTensor<S> draw_along(const SymbolicTensor<S>& x, Index axis) {
  Config arguments = Config::map();
  arguments["axis"] = axis;
  return draw<Op, S>({x}, std::move(arguments));
}
template <class Op, class S>
SymbolicTensor<S> draw_reduction(const SymbolicTensor<S>& x, const ReduceOptions& options) {
  Config arguments = Config::map();
  arguments["axes"] = argument_to_config(options.axes);
  arguments["keepdims"] = options.keepdims;
  return draw<Op, S>({x}, std::move(arguments));
}

template <class T>
struct IsSymbolic : std::false_type {};
template <class S>
struct IsSymbolic<SymbolicTensor<S>> : std::true_type {
  using scalar = S;
};

/// Two symbolic tensors, or one and a number.
template <class A, class B>
concept SymbolicOperands = (IsSymbolic<A>::value && (IsSymbolic<B>::value || Arithmetic<B>)) ||
                           (Arithmetic<A> && IsSymbolic<B>::value);
template <class Op, class A, class B>
auto draw_between(const A& a, const B& b) {
  if constexpr (!IsSymbolic<B>::value)
    return draw_with_number<Op>(a, static_cast<double>(b), false);
  else if constexpr (!IsSymbolic<A>::value)
    return draw_with_number<Op>(b, static_cast<double>(a), true);
  else
    return draw<Op, typename IsSymbolic<A>::scalar>({a, b});
}

}  // namespace detail

// The operations' names are those of tensors; see lamina/ops for what they compute.

template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto operator+(const A& a, const B& b) { return detail::draw_between<detail::AddOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto operator-(const A& a, const B& b) { return detail::draw_between<detail::SubtractOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto operator*(const A& a, const B& b) { return detail::draw_between<detail::MultiplyOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto operator/(const A& a, const B& b) { return detail::draw_between<detail::DivideOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto maximum(const A& a, const B& b) { return detail::draw_between<detail::MaximumOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto minimum(const A& a, const B& b) { return detail::draw_between<detail::MinimumOperation>(a, b); }
template <class A, class B>
requires detail::SymbolicOperands<A, B>
auto pow(const A& a, const B& b) { return detail::draw_between<detail::PowerOperation>(a, b); }
template <class S>
SymbolicTensor<S> matmul(const SymbolicTensor<S>& a, const SymbolicTensor<S>& b) {
  return detail::draw<detail::MatmulOperation, S>({a, b});
}
template <class S>
SymbolicTensor<S> operator-(const SymbolicTensor<S>& x) {
  return detail::draw<detail::NegativeOperation, S>({x});
}
template <class S>
SymbolicTensor<S> exp(const SymbolicTensor<S>& x) {
  return detail::draw<detail::ExpOperation, S>({x});
}
template <class S>
SymbolicTensor<S> log(const SymbolicTensor<S>& x) {
  return detail::draw<detail::LogOperation, S>({x});
}
template <class S>
SymbolicTensor<S> sqrt(const SymbolicTensor<S>& x) {
  return detail::draw<detail::SqrtOperation, S>({x});
}
template <class S>
SymbolicTensor<S> square(const SymbolicTensor<S>& x) {
  return detail::draw<detail::SquareOperation, S>({x});
}
template <class S>
SymbolicTensor<S> abs(const SymbolicTensor<S>& x) {
  return detail::draw<detail::AbsOperation, S>({x});
}
template <class S>
SymbolicTensor<S> tanh(const SymbolicTensor<S>& x) {
  return detail::draw<detail::TanhOperation, S>({x});
}
template <class S>
SymbolicTensor<S> sigmoid(const SymbolicTensor<S>& x) {
  return detail::draw<detail::SigmoidOperation, S>({x});
}
template <class S>
SymbolicTensor<S> relu(const SymbolicTensor<S>& x) {
  return detail::draw<detail::ReluOperation, S>({x});
}
template <class S>
SymbolicTensor<S> softplus(const SymbolicTensor<S>& x) {
  return detail::draw<detail::SoftplusOperation, S>({x});
}
template <class S>
SymbolicTensor<S> stop_gradient(const SymbolicTensor<S>& x) {
  return detail::draw<detail::StopGradientOperation, S>({x});
}
template <class S>
SymbolicTensor<S> softmax(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::draw_along<detail::SoftmaxOperation>(x, axis);
}
template <class S>
SymbolicTensor<S> log_softmax(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::draw_along<detail::LogSoftmaxOperation>(x, axis);
}
template <class S>
SymbolicTensor<S> clip(const SymbolicTensor<S>& x, double low, double high) {
  Config arguments = Config::map();
  arguments["low"] = low;
  arguments["high"] = high;
  return detail::draw<detail::ClipOperation, S>({x}, std::move(arguments));
}
template <class S>
SymbolicTensor<S> sum(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::draw_reduction<detail::SumOperation>(x, options);
}
template <class S>
SymbolicTensor<S> mean(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::draw_reduction<detail::MeanOperation>(x, options);
}
template <class S>
SymbolicTensor<S>(max)(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::draw_reduction<detail::MaxOperation>(x, options);
}
template <class S>
SymbolicTensor<S>(min)(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::draw_reduction<detail::MinOperation>(x, options);
}
/// The batch axis included: `reshape(x, {-1, 4, 4})`.
template <class S>
SymbolicTensor<S> reshape(const SymbolicTensor<S>& x, const Shape& shape) {
  Config arguments = Config::map(), sizes = Config::list();
  for (const Index size : shape) sizes.push_back(size);
  arguments["shape"] = std::move(sizes);
  return detail::draw<detail::ReshapeOperation, S>({x}, std::move(arguments));
}
template <class S>
SymbolicTensor<S> concatenate(const std::vector<SymbolicTensor<S>>& parts, Index axis = -1) {
  Config arguments = Config::map();
  arguments["axis"] = axis;
  return detail::draw<detail::ConcatenateOperation, S>(parts, std::move(arguments));
}

}  // namespace lamina
