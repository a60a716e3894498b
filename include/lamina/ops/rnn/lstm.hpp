#pragma once
#include <utility>

#include "lamina/kernels/rnn/lstm.hpp"
#include "lamina/ops/rnn/sequence_pass.hpp"

namespace lamina::detail {

/// lstm composed of recorded operations.
template <class S>
SequenceOutput<S> lstm_by_steps(const SequenceInput<S>& in) {
  return step_by_step<S>(LstmStep<S, TanhFunction, SigmoidFunction>({in.kernel, in.recurrent, in.bias}, {}, {}), in.x,
                         initial_states(in, 2), in.mask, in.options);
}

/// Long short-term memory (Hochreiter and Schmidhuber, 1997): [i f g o]_t = x_t W + h_(t-1) U + b, c_t = σ(f) c_(t-1) +
/// σ(i) tanh(g), h_t = σ(o) tanh(c_t). Gradients as in simple_rnn, with dz from kernels::lstm_backward.
template <class S>
SequenceOutput<S> lstm(const SequenceInput<S>& in) {
  SequencePass<S> pass(in, 4, 2);
  const bool recording = pass.run.kept;
  Tensor<S> z = Tensor<S>::empty({pass.steps, pass.batch, pass.width});
  Tensor<S> states[2] = {pass.state_buffer(0), pass.state_buffer(1)};
  Tensor<S> tanh_c = recording ? Tensor<S>::empty({pass.steps, pass.batch, pass.units}) : Tensor<S>();
  pass.project_inputs(TensorAccess::data(z), in.bias.defined() ? in.bias.data() : nullptr);
  pass.allocate_outputs();
  kernels::lstm<S>(pass.run, in.recurrent.data(), TensorAccess::data(z), TensorAccess::data(states[0]),
                   TensorAccess::data(states[1]), TensorAccess::data(tanh_c));
  SequenceOutput<S> out = pass.output(states);
  if (!recording) return out;
  if (Recording<S> tape = recording_of(in, out))
    tape.gradient([pass = std::move(pass), z, h = states[0], c = states[1], tanh_c](Gradients<S>& g) mutable {
      if (Gradients<S>::recorded()) return differentiate_by_steps(g, pass.in, lstm_by_steps<S>);
      pass.output_gradient(g.output(0));
      Tensor<S> dh = pass.state_gradient(g.output(1)), dc = pass.state_gradient(g.output(2)),
                dz = Tensor<S>::empty(z.shape()), repeated = pass.repeated();
      kernels::lstm_backward<S>(pass.run, pass.transposed_recurrent().data(), z.data(), c.data(), tanh_c.data(),
                                TensorAccess::data(dz), TensorAccess::data(dh), TensorAccess::data(dc),
                                TensorAccess::data(repeated));
      pass.add_input_gradients(g, dz);
      pass.add_recurrent_gradient(g, h, dz);
      if (g.needs(4)) g.add(4, std::move(dh));
      if (g.needs(5)) g.add(5, std::move(dc));
    });
  return out;
}

LAMINA_COMPILED_FUNCTION(lstm);

}  // namespace lamina::detail
