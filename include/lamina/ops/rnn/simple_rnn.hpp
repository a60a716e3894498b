#pragma once
#include <utility>

#include "lamina/kernels/rnn/simple_rnn.hpp"
#include "lamina/ops/rnn/sequence_pass.hpp"

namespace lamina::detail {

/// simple_rnn composed of recorded operations.
template <class S>
SequenceOutput<S> simple_rnn_by_steps(const SequenceInput<S>& in) {
  return step_by_step<S>(SimpleRnnStep<S, TanhFunction>({in.kernel, in.recurrent, in.bias}, {}), in.x,
                         initial_states(in, 1), in.mask, in.options);
}

/// h_t = tanh(z_t) with z_t = x_t W + h_(t-1) U + b. Gradients: dz_t = dh_t (1 - h_t²), dh_(t-1) = dz_t Uᵀ,
/// dx_t = dz_t Wᵀ, dW = sum x_tᵀ dz_t, dU = sum h_(t-1)ᵀ dz_t, db = sum of the rows of dz_t.
template <class S>
SequenceOutput<S> simple_rnn(const SequenceInput<S>& in) {
  SequencePass<S> pass(in, 1, 1);
  const bool recording = pass.run.kept;
  pass.run.kept = true;  // the buffer of the states first holds x W + b
  Tensor<S> h = pass.state_buffer(0);
  pass.project_inputs(TensorAccess::data(h) + pass.run.state(1), in.bias.defined() ? in.bias.data() : nullptr);
  pass.allocate_outputs();
  kernels::simple_rnn<S>(pass.run, in.recurrent.data(), TensorAccess::data(h));
  SequenceOutput<S> out = pass.output(&h);
  if (!recording) return out;
  if (Recording<S> tape = recording_of(in, out))
    tape.gradient([pass = std::move(pass), h](Gradients<S>& g) mutable {
      if (Gradients<S>::recorded()) return differentiate_by_steps(g, pass.in, simple_rnn_by_steps<S>);
      pass.output_gradient(g.output(0));
      Tensor<S> dh = pass.state_gradient(g.output(1)), dz = Tensor<S>::empty({pass.steps, pass.batch, pass.width}),
                repeated = pass.repeated();
      kernels::simple_rnn_backward<S>(pass.run, pass.transposed_recurrent().data(), h.data(), TensorAccess::data(dz),
                                      TensorAccess::data(dh), TensorAccess::data(repeated));
      pass.add_input_gradients(g, dz);
      pass.add_recurrent_gradient(g, h, dz);
      if (g.needs(4)) g.add(4, std::move(dh));
    });
  return out;
}

LAMINA_COMPILED_FUNCTION(simple_rnn);

}  // namespace lamina::detail
