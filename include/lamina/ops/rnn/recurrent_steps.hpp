#pragma once
#include "lamina/ops/dense.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/shaping.hpp"

// Recurrent layers step by step, made of operations: for any activation, for dropout, for cells of one's own, and for
// gradients of gradients. What is common is faster in sequence_pass.hpp, with the same results.

namespace lamina {

/// How a sequence (batch, steps, ...) is gone through.
struct SequenceOptions {
  bool return_sequences = false;  ///< If true, returns the outputs of all steps, otherwise the last. Default: false.
  bool go_backwards =
      false;  ///< If true, starts from the last step; outputs are in the order of computation. Default: false.
  bool zero_output_for_mask =
      false;  ///< If true, a masked step outputs 0, otherwise the output before it. Default: false.
};

/// What a sequence gives: the outputs (batch, steps, ...), or the last of them, and the states after the last step.
template <class S>
struct SequenceOutput {
  Tensor<S> y;
  std::vector<Tensor<S>> states;
};

namespace detail {

/// One step: the output, and the new states in the old ones' place.
template <class S>
class StepFunction {
 public:
  virtual ~StepFunction() = default;
  virtual Tensor<S> operator()(const Tensor<S>& x, std::vector<Tensor<S>>& states) const = 0;
};

/// Step after step. Where the mask (batch, steps) hides a step from a sample, its states stay as they are, and its
/// output is 0 or the one before, which before the first step is 0.
template <class S>
SequenceOutput<S> step_by_step(const StepFunction<S>& step, const Tensor<S>& x, std::vector<Tensor<S>> states,
                               const Tensor<S>& mask, const SequenceOptions& options) {
  const Index steps = x.shape()[1];
  if (steps == 0) raise<ShapeError>("expected a sequence of at least one step, got shape ", x.shape());
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
      const auto chosen = [&](const Tensor<S>& now, const Tensor<S>& otherwise) {
        Shape shape = now.shape();
        for (Index i = 1; i < shape.rank(); ++i) shape[i] = 1;
        return where(TensorAccess::with_shape(counts, shape), now, otherwise);
      };
      output = chosen(output, options.zero_output_for_mask || t == 0 ? Tensor<S>(S(0)) : y);
      for (std::size_t i = 0; i < states.size(); ++i) after[i] = chosen(after[i], states[i]);
    }
    y = output;
    states = std::move(after);
    if (options.return_sequences) outputs.push_back(y);
  }
  return {options.return_sequences ? stack(outputs, 1) : y, std::move(states)};
}

/// x w for gates that lie side by side in w; with a mask for x (dropout), or one for each gate.
template <class S>
Tensor<S> project(const Tensor<S>& x, const Tensor<S>& w, const std::vector<Tensor<S>>& masks) {
  if (masks.empty()) return matmul(x, w, {});
  if (masks.size() == 1) return matmul(multiply(x, masks[0]), w, {});
  const std::vector<Tensor<S>> parts = split(w, static_cast<Index>(masks.size()));
  std::vector<Tensor<S>> gates;
  for (std::size_t i = 0; i < masks.size(); ++i) gates.push_back(matmul(multiply(x, masks[i]), parts[i], {}));
  return concatenate(gates);
}
template <class S>
Tensor<S> add_bias(const Tensor<S>& z, const Tensor<S>& bias) {
  return bias.defined() ? add(z, bias) : z;
}

/// What the steps of all cells here have: weights, the bias undefined where there is none, and dropout's masks, one for
/// all gates, one for each, or none.
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

/// [i f g o] = x W + h U + b,  c = r(f) c + r(i) a(g),  h = r(o) a(c)
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

/// z = g(x W_z + h U_z),  r = g(x W_r + h U_r),  c = f(x W_c + r (h U_c)), or f(x W_c + (r h) U_c) where the reset
/// comes before the product,  h = z h + (1 - z) c; biases are added to the products, to those of h too where the reset
/// comes after.
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
