#pragma once
#include "lamina/ops/dense.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/shaping.hpp"

// Recurrent layers step by step, composed of recorded operations: for any activation, dropout, user-defined cells and
// higher-order gradients. The common case (tanh and sigmoid, no dropout) is faster in sequence_pass.hpp, with equal
// results.

namespace lamina {

/// The options of recurrent layers for a sequence (batch, steps, ...). Keras's arguments of `keras.layers.RNN`.
struct SequenceOptions {
  bool return_sequences = false;  ///< If true, returns the outputs of all steps, else the last one. Default: false.
  bool go_backwards = false;      ///< If true, processes and returns steps in reverse order. Default: false.
  /// If true, a masked step outputs 0, else the output of the step before. Default: false.
  bool zero_output_for_mask = false;
};

/// The result of a recurrent layer.
template <class S>
struct SequenceOutput {
  Tensor<S> y;                    ///< The outputs (batch, steps, ...), or the last one (batch, ...).
  std::vector<Tensor<S>> states;  ///< The states after the last step.
};

namespace detail {

/// One step of a recurrent cell: returns the output and replaces the states by the new ones.
template <class S>
class StepFunction {
 public:
  virtual ~StepFunction() = default;
  virtual Tensor<S> operator()(const Tensor<S>& x, std::vector<Tensor<S>>& states) const = 0;
};

/// Applies `step` to each step of x (batch, steps, ...). If the mask (batch, steps) is 0 for a step of a sample, its
/// states do not change, and its output is that of the step before (0 for the first step), or 0 if
/// `options.zero_output_for_mask`. Throws ShapeError for no steps.
template <class S>
SequenceOutput<S> step_by_step(const StepFunction<S>& step, const Tensor<S>& x, std::vector<Tensor<S>> states,
                               const Tensor<S>& mask, const SequenceOptions& options) {
  const Index steps = x.shape()[1];
  if (steps == 0) raise<ShapeError>("rnn: expected a sequence of at least one step, got shape ", x.shape());
  Shape begin = x.shape(), size = x.shape().with(1, 1), at = x.shape().slice(2).prepend(x.shape()[0]);
  for (Index i = 0; i < begin.rank(); ++i) begin[i] = 0;
  std::vector<Tensor<S>> outputs;
  Tensor<S> y;
  for (Index t = 0; t < steps; ++t) {
    begin[1] = options.go_backwards ? steps - 1 - t : t;
    std::vector<Tensor<S>> after = states;
    Tensor<S> output = step(reshape_to(slice(x, begin, size), at), after);
    if (mask.defined()) {
      const Tensor<S> counts = slice(mask, {0, begin[1]}, {mask.shape()[0], 1});
      const auto masked = [&](const Tensor<S>& now, const Tensor<S>& otherwise) {
        Shape shape = now.shape();
        for (Index i = 1; i < shape.rank(); ++i) shape[i] = 1;
        return where(TensorAccess::with_shape(counts, shape), now, otherwise);
      };
      output = masked(output, options.zero_output_for_mask || t == 0 ? Tensor<S>(S(0)) : y);
      for (std::size_t i = 0; i < states.size(); ++i) after[i] = masked(after[i], states[i]);
    }
    y = output;
    states = std::move(after);
    if (options.return_sequences) outputs.push_back(y);
  }
  return {options.return_sequences ? stack(outputs, 1) : y, std::move(states)};
}

/// x w for the gates whose kernels are concatenated in w. `masks` (dropout) is empty, or has one mask for x, or one per
/// gate.
template <class S>
Tensor<S> project(const Tensor<S>& x, const Tensor<S>& w, const std::vector<Tensor<S>>& masks) {
  if (masks.empty()) return matmul(x, w, {});
  if (masks.size() == 1) return matmul(multiply(x, masks[0]), w, {});
  const std::vector<Tensor<S>> parts = split(w, static_cast<Index>(masks.size()));
  std::vector<Tensor<S>> gates;
  for (std::size_t i = 0; i < masks.size(); ++i) gates.push_back(matmul(multiply(x, masks[i]), parts[i], {}));
  return concatenate(gates);
}
/// z + bias, or z if the bias is undefined.
template <class S>
Tensor<S> add_bias(const Tensor<S>& z, const Tensor<S>& bias) {
  return bias.defined() ? add(z, bias) : z;
}

/// The weights of a cell (bias undefined for none) and its dropout masks for inputs and states: none, one for all
/// gates, or one per gate.
template <class S>
struct CellWeights {
  Tensor<S> kernel, recurrent, bias;
  std::vector<Tensor<S>> x_masks = {}, h_masks = {};
};

/// h = f(x W + h U + b)
template <class S, class Activation>
struct SimpleRnnStep final : StepFunction<S> {
  SimpleRnnStep(CellWeights<S> weights, Activation activation) : w(std::move(weights)), f(std::move(activation)) {}
  Tensor<S> operator()(const Tensor<S>& x, std::vector<Tensor<S>>& states) const override {
    const Tensor<S> z = add_bias(project(x, w.kernel, w.x_masks), w.bias);
    return states[0] = f(add(z, project(states[0], w.recurrent, w.h_masks)));
  }
  CellWeights<S> w;
  Activation f;
};

/// [i f g o] = x W + h U + b, c = r(f) c + r(i) a(g), h = r(o) a(c), where a is the activation and r the recurrent
/// activation.
template <class S, class Activation, class Gate>
struct LstmStep final : StepFunction<S> {
  LstmStep(CellWeights<S> weights, Activation activation, Gate gate)
      : w(std::move(weights)), a(std::move(activation)), r(std::move(gate)) {}
  Tensor<S> operator()(const Tensor<S>& x, std::vector<Tensor<S>>& states) const override {
    const Tensor<S> z = add_bias(project(x, w.kernel, w.x_masks), w.bias);
    return from_gates(add(z, project(states[0], w.recurrent, w.h_masks)), states, a, r);
  }
  static Tensor<S> from_gates(const Tensor<S>& z, std::vector<Tensor<S>>& states, const Activation& a, const Gate& r) {
    const std::vector<Tensor<S>> gates = split(z, 4);
    states[1] = add(multiply(r(gates[1]), states[1]), multiply(r(gates[0]), a(gates[2])));
    return states[0] = multiply(r(gates[3]), a(states[1]));
  }
  CellWeights<S> w;
  Activation a;
  Gate r;
};

/// z = g(x W_z + h U_z), r = g(x W_r + h U_r), h = z h + (1 - z) c, where f is the activation, g the recurrent
/// activation and c = f(x W_c + r (h U_c)) if `reset_after`, else f(x W_c + (r h) U_c). A bias is added to the products
/// with x, and if `reset_after`, another one to those with h.
template <class S, class Activation, class Gate>
struct GruStep final : StepFunction<S> {
  GruStep(CellWeights<S> weights, bool resets_after, Activation activation, Gate gate)
      : w(std::move(weights)), reset_after(resets_after), f(std::move(activation)), g(std::move(gate)) {
    if (!reset_after) recurrent = split(w.recurrent, 3);
    if (reset_after && w.bias.defined()) {
      const Shape row{w.bias.columns()};
      const std::vector<Tensor<S>> rows = split(w.bias, 2, 0);
      x_bias = reshape_to(rows[0], row);
      h_bias = reshape_to(rows[1], row);
    } else {
      x_bias = w.bias;
    }
  }
  Tensor<S> operator()(const Tensor<S>& x, std::vector<Tensor<S>>& states) const override {
    const Tensor<S> h = states[0], one(S(1));
    const std::vector<Tensor<S>> in = split(add_bias(project(x, w.kernel, w.x_masks), x_bias), 3);
    Tensor<S> z, c;
    if (reset_after) {
      const std::vector<Tensor<S>> again = split(add_bias(project(h, w.recurrent, w.h_masks), h_bias), 3);
      z = g(add(in[0], again[0]));
      c = f(add(in[2], multiply(g(add(in[1], again[1])), again[2])));
    } else {
      z = g(add(in[0], matmul(masked(h, 0), recurrent[0], {})));
      const Tensor<S> reset = g(add(in[1], matmul(masked(h, 1), recurrent[1], {})));
      c = f(add(in[2], matmul(multiply(reset, masked(h, 2)), recurrent[2], {})));
    }
    return states[0] = add(multiply(z, h), multiply(subtract(one, z), c));
  }
  Tensor<S> masked(const Tensor<S>& h, std::size_t gate) const {
    return w.h_masks.empty() ? h : multiply(h, w.h_masks[gate]);
  }
  CellWeights<S> w;
  bool reset_after;
  Activation f;
  Gate g;
  std::vector<Tensor<S>> recurrent;
  Tensor<S> x_bias, h_bias;
};

LAMINA_COMPILED_FUNCTION(step_by_step);
LAMINA_COMPILED_FUNCTION(project);
}  // namespace detail

}  // namespace lamina
