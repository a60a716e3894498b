#pragma once
#include <array>

#include "lamina/kernels/rnn/recurrence.hpp"
#include "lamina/ops/rnn/recurrent_steps.hpp"

// Common parts of the fused recurrent operations (simple_rnn, lstm, gru), which process a whole sequence with tanh and
// sigmoid. Products that do not depend on the states are one matrix product for all steps: x W in the forward pass, and
// the weight gradients in the backward pass.

namespace lamina {

namespace detail {

/// The inputs of a fused recurrent operation. Shapes: x (batch, steps, features), kernel (features, gates units),
/// recurrent (units, gates units), bias (gates units,) or undefined, states (batch, units) or undefined for zeros, mask
/// (batch, steps), 0 at masked steps, or undefined.
template <class S>
struct SequenceInput {
  Tensor<S> x, kernel, recurrent, bias, states[2], mask;
  SequenceOptions options;

  std::array<Tensor<S>, 6> all() const { return {x, kernel, recurrent, bias, states[0], states[1]}; }
};

struct TanhFunction {
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return tanh(x);
  }
};
struct SigmoidFunction {
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return sigmoid(x);
  }
};

/// A sequence in the layout of the kernels, (steps, batch, features), with the parts of the forward and backward passes
/// that all recurrent operations have in common. Throws ShapeError if the shapes of the inputs do not match.
template <class S>
class SequencePass {
 public:
  SequencePass(const SequenceInput<S>& given, Index gates, std::size_t state_count)
      : in(given),
        batch(given.x.rank() == 3 ? given.x.shape()[0] : 0),
        steps(given.x.rank() == 3 ? given.x.shape()[1] : 0),
        features(given.x.columns()),
        units(given.recurrent.rank() == 2 ? given.recurrent.shape()[0] : 0),
        width(gates * units),
        count(state_count) {
    check_shapes();
    Recorder<S>* recorder = Recorder<S>::active();
    if (recorder != nullptr)
      for (const Tensor<S>& t : in.all()) run.kept = run.kept || (t.defined() && recorder->watches(t));
    run.steps = steps;
    run.batch = batch;
    run.units = units;
    run.zero_hidden = in.options.zero_output_for_mask;
    if (in.mask.defined()) {
      mask = Tensor<S>::empty({steps, batch});
      kernels::to_time_major<S>(batch, steps, 1, in.options.go_backwards, nullptr, in.mask.data(),
                                TensorAccess::data(mask));
      run.mask = mask.data();
    }
    for (std::size_t i = 0; i < count; ++i) run.started = run.started || in.states[i].defined();
    const bool is_time_major = !in.options.go_backwards && !mask.defined() && (batch == 1 || steps == 1);
    x = is_time_major ? in.x.detached() : Tensor<S>::empty(in.x.shape());
    if (!is_time_major)
      kernels::to_time_major<S>(batch, steps, features, in.options.go_backwards, run.mask, in.x.data(),
                                TensorAccess::data(x));
  }

  /// z = x W + b for all steps, of shape (steps, batch, gates units).
  void project_inputs(S* z, const S* bias) const {
    kernels::multiply<S>(steps * batch, width, features, {x.data(), features, 1}, {in.kernel.data(), width, 1}, z,
                         width, false, {bias, false});
  }
  /// A buffer for state i, with the initial state in front: of all steps, (steps + 1, batch, units), if the backward
  /// pass needs them, else (1, batch, units).
  Tensor<S> state_buffer(std::size_t i) const {
    Tensor<S> buffer = Tensor<S>::empty({run.kept ? steps + 1 : 1, batch, units});
    if (in.states[i].defined())
      kernels::detail::copy_row(batch * units, in.states[i].data(), TensorAccess::data(buffer));
    else
      kernels::detail::zero_row(batch * units, TensorAccess::data(buffer));
    return buffer;
  }
  /// Allocates the outputs, unless the output is the last state.
  void allocate_outputs() {
    const bool sequences = in.options.return_sequences;
    if (!sequences && !mask.defined()) return;
    y = Tensor<S>::empty(sequences ? Shape{batch, steps, units} : Shape{batch, units});
    outputs_at(TensorAccess::data(y));
  }
  /// The outputs and the last states.
  SequenceOutput<S> output(const Tensor<S>* state_buffers) const {
    SequenceOutput<S> out;
    for (std::size_t i = 0; i < count; ++i) {
      Tensor<S> last = Tensor<S>::empty({batch, units});
      kernels::detail::copy_row(batch * units, state_buffers[i].data() + run.state(steps), TensorAccess::data(last));
      out.states.push_back(std::move(last));
    }
    out.y = y.defined() ? y : out.states[0];
    return out;
  }

  // ---- Backward pass

  /// The buffer for the gradient of a state, initialized with the gradient of the last state (zeros if undefined).
  Tensor<S> state_gradient(const Tensor<S>& last) const {
    return last.defined() ? last.copy() : Tensor<S>::zeros({batch, units});
  }
  /// Sets the gradient of the outputs for the kernels.
  void output_gradient(const Tensor<S>& dy) {
    if (dy.defined()) outputs_at(const_cast<S*>(dy.data()));  // only read
  }
  /// The buffer for the gradient of an output that masked steps repeat; undefined without a mask.
  Tensor<S> repeated() const { return mask.defined() ? Tensor<S>::zeros({batch, units}) : Tensor<S>(); }
  /// The transposed recurrent kernel Uᵀ.
  Tensor<S> transposed_recurrent() const {
    Tensor<S> t = Tensor<S>::empty({width, units});
    S* out = TensorAccess::data(t);
    const S* from = in.recurrent.data();
    constexpr Index run_length = 16;  // the cache lines being written stay in the L1 cache until they are full
    for (Index i0 = 0; i0 < units; i0 += run_length)
      for (Index j = 0; j < width; ++j)
        for (Index i = i0, end = (std::min)(units, i0 + run_length); i < end; ++i)
          out[j * units + i] = from[i * width + j];
    return t;
  }
  /// Adds the gradients of x, the kernel and the bias, given dz, that of z = x W + b.
  void add_input_gradients(Gradients<S>& g, const Tensor<S>& dz) const {
    if (g.needs(0)) {
      Tensor<S> by_steps = Tensor<S>::empty({steps, batch, features}), dx = Tensor<S>::empty(in.x.shape());
      kernels::multiply<S>(steps * batch, features, width, {dz.data(), width, 1}, {in.kernel.data(), 1, width},
                           TensorAccess::data(by_steps), features);
      kernels::from_time_major<S>(batch, steps, features, in.options.go_backwards, by_steps.data(),
                                  TensorAccess::data(dx));
      g.add(0, std::move(dx));
    }
    if (g.needs(1)) {
      Tensor<S> dw = Tensor<S>::empty(in.kernel.shape());
      kernels::multiply<S>(features, width, steps * batch, {x.data(), 1, features}, {dz.data(), width, 1},
                           TensorAccess::data(dw), width);
      g.add(1, std::move(dw));
    }
    if (g.needs(3) && in.bias.rank() == 1) {
      Tensor<S> db = Tensor<S>::empty({width});
      kernels::reduce<kernels::SumOf>(1, steps * batch, width, dz.data(), TensorAccess::data(db));
      g.add(3, std::move(db));
    }
  }
  /// Computes columns [first, first + n) of dU, given the states before each step and dz, the gradient of their product
  /// with U. Skips the initial states if they are zeros.
  void recurrent_gradient(S* du, Index first, Index n, const S* states, const S* dz, Index dz_row) const {
    const Index skip = run.started ? 0 : batch;
    kernels::multiply<S>(units, n, steps * batch - skip, {states + skip * units, 1, units},
                         {dz + skip * dz_row, dz_row, 1}, du + first, width);
  }

  /// Adds the gradient of the recurrent kernel U, given the states before each step and dz, the gradient of their
  /// product with U.
  void add_recurrent_gradient(Gradients<S>& g, const Tensor<S>& states, const Tensor<S>& dz) const {
    if (!g.needs(2)) return;
    Tensor<S> du = Tensor<S>::empty(in.recurrent.shape());
    recurrent_gradient(TensorAccess::data(du), 0, width, states.data(), dz.data(), width);
    g.add(2, std::move(du));
  }

  SequenceInput<S> in;
  Index batch, steps, features, units, width;
  std::size_t count;
  kernels::Recurrence<S> run;
  Tensor<S> x, mask, y;  // x and mask: steps first

 private:
  void outputs_at(S* data) {
    run.y = data;
    run.y_row = in.options.return_sequences ? steps * units : units;
    run.y_step = in.options.return_sequences ? units : 0;
  }
  void check_shapes() const {
    const bool fits = in.x.rank() == 3 && in.kernel.rank() == 2 && units > 0 && in.kernel.shape()[0] == features &&
                      in.kernel.shape()[1] == width && in.recurrent.shape()[1] == width;
    if (!fits)
      raise<ShapeError>(
          "rnn: expected x of shape (batch, steps, features), a kernel (features, n units) and a "
          "recurrent kernel (units, n units) with n = ",
          width / std::max<Index>(1, units), " gates, got shapes ", in.x.shape(), ", ", in.kernel.shape(), " and ",
          in.recurrent.shape());
    if (steps == 0) raise<ShapeError>("rnn: expected a sequence of at least one step, got shape ", in.x.shape());
    for (const Tensor<S>& state : in.states)
      if (state.defined() && state.shape() != Shape{batch, units})
        raise<ShapeError>("rnn: expected an initial state of shape ", Shape{batch, units}, ", got ", state.shape());
    if (in.mask.defined() && in.mask.shape() != Shape{batch, steps})
      raise<ShapeError>("rnn: expected a mask of shape ", Shape{batch, steps}, " for a sequence of shape ",
                        in.x.shape(), ", got ", in.mask.shape());
  }
};

/// Adds the gradients of a recurrent operation as recorded operations, for an outer tape: recomputes the sequence with
/// `by_steps` on a new tape and differentiates that.
template <class S, class BySteps>
void differentiate_by_steps(Gradients<S>& g, const SequenceInput<S>& in, const BySteps& by_steps) {
  std::vector<Tensor<S>> sources;
  std::vector<std::size_t> positions;
  GradientTape<S> tape;
  const SequenceOutput<S> out = by_steps(in);
  Tensor<S> target(S(0));
  const auto weigh = [&](const Tensor<S>& output, const Tensor<S>& gradient) {
    if (gradient.defined()) target = add(target, lamina::sum(multiply(output, gradient)));
  };
  weigh(out.y, g.output(0));
  for (std::size_t i = 0; i < out.states.size(); ++i) weigh(out.states[i], g.output(static_cast<std::uint32_t>(i + 1)));
  const auto all = in.all();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].defined() && g.needs(i)) {
      sources.push_back(all[i]);
      positions.push_back(i);
    }
  std::vector<Tensor<S>> gradients = tape.gradient(target, sources);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].defined()) g.add(positions[i], std::move(gradients[i]));
}

/// The initial states; zeros for undefined ones.
template <class S>
std::vector<Tensor<S>> initial_states(const SequenceInput<S>& in, std::size_t count) {
  std::vector<Tensor<S>> states;
  for (std::size_t i = 0; i < count; ++i)
    states.push_back(in.states[i].defined() ? in.states[i]
                                            : Tensor<S>::zeros({in.x.shape()[0], in.recurrent.shape()[0]}));
  return states;
}

/// Starts recording a recurrent operation; the tape's outputs are y and the states, its inputs those of `in.all()`.
template <class S>
Recording<S> recording_of(const SequenceInput<S>& in, SequenceOutput<S>& out) {
  Tensor<S> outputs[3] = {out.y, out.states[0], out.states.back()};
  const auto inputs = in.all();
  Recording<S> tape(outputs, out.states.size() + 1, inputs.data(), inputs.size());
  out.y = outputs[0];
  for (std::size_t i = 0; i < out.states.size(); ++i) out.states[i] = outputs[i + 1];
  return tape;
}

}  // namespace detail

}  // namespace lamina
