#pragma once
#include <utility>

#include "lamina/kernels/rnn/gru.hpp"
#include "lamina/ops/rnn/sequence_pass.hpp"

namespace lamina::detail {

/// gru_reset_after or gru_reset_before, composed of recorded operations.
template <class S>
SequenceOutput<S> gru_by_steps(const SequenceInput<S>& in, bool reset_after) {
  return step_by_step<S>(
      GruStep<S, TanhFunction, SigmoidFunction>({in.kernel, in.recurrent, in.bias}, reset_after, {}, {}), in.x,
      initial_states(in, 1), in.mask, in.options);
}

/// Gated recurrent unit (Cho et al., 2014) with the reset gate after the product: z_t = σ(x_t W_z + h_(t-1) U_z), r_t =
/// σ(x_t W_r + h_(t-1) U_r), g_t = tanh(x_t W_g + r_t (h_(t-1) U_g)), h_t = z_t h_(t-1) + (1 - z_t) g_t. The rows of
/// the bias (2, 3 units) are added to the products with x and with h. Gradients as in simple_rnn, with dz from
/// kernels::gru_reset_after_backward.
template <class S>
SequenceOutput<S> gru_reset_after(const SequenceInput<S>& in) {
  SequencePass<S> pass(in, 3, 1);
  const bool recording = pass.run.kept;
  const S* bias = in.bias.defined() ? in.bias.data() : nullptr;
  Tensor<S> z = Tensor<S>::empty({pass.steps, pass.batch, pass.width}), h = pass.state_buffer(0);
  Tensor<S> recalled = recording ? Tensor<S>::empty({pass.steps, pass.batch, pass.units}) : Tensor<S>();
  Tensor<S> workspace = Tensor<S>::empty({pass.batch, pass.width});
  pass.project_inputs(TensorAccess::data(z), bias);
  pass.allocate_outputs();
  kernels::gru_reset_after<S>(pass.run, in.recurrent.data(), bias == nullptr ? nullptr : bias + pass.width,
                              TensorAccess::data(z), TensorAccess::data(workspace), TensorAccess::data(h),
                              TensorAccess::data(recalled));
  SequenceOutput<S> out = pass.output(&h);
  if (!recording) return out;
  if (Recording<S> tape = recording_of(in, out))
    tape.gradient([pass = std::move(pass), z, h, recalled](Gradients<S>& g) mutable {
      if (Gradients<S>::recorded())
        return differentiate_by_steps(g, pass.in, [](const auto& again) { return gru_by_steps(again, true); });
      pass.output_gradient(g.output(0));
      Tensor<S> dh = pass.state_gradient(g.output(1)), dx = Tensor<S>::empty(z.shape()),
                dm = Tensor<S>::empty(z.shape()), repeated = pass.repeated();
      kernels::gru_reset_after_backward<S>(pass.run, pass.transposed_recurrent().data(), z.data(), recalled.data(),
                                           h.data(), TensorAccess::data(dx), TensorAccess::data(dm),
                                           TensorAccess::data(dh), TensorAccess::data(repeated));
      pass.add_input_gradients(g, dx);
      pass.add_recurrent_gradient(g, h, dm);
      if (g.needs(3)) {
        Tensor<S> db = Tensor<S>::empty({2, pass.width});
        const Index rows = pass.steps * pass.batch;
        kernels::reduce<kernels::SumOf>(1, rows, pass.width, dx.data(), TensorAccess::data(db));
        kernels::reduce<kernels::SumOf>(1, rows, pass.width, dm.data(), TensorAccess::data(db) + pass.width);
        g.add(3, std::move(db));
      }
      if (g.needs(4)) g.add(4, std::move(dh));
    });
  return out;
}

/// Gated recurrent unit with the reset gate before the product: g_t = tanh(x_t W_g + (r_t h_(t-1)) U_g), otherwise as
/// gru_reset_after. The bias (3 units,) is added to the products with x.
template <class S>
SequenceOutput<S> gru_reset_before(const SequenceInput<S>& in) {
  SequencePass<S> pass(in, 3, 1);
  const bool recording = pass.run.kept;
  Tensor<S> z = Tensor<S>::empty({pass.steps, pass.batch, pass.width}), h = pass.state_buffer(0);
  Tensor<S> reset_h = Tensor<S>::empty({recording ? pass.steps : 1, pass.batch, pass.units});
  pass.project_inputs(TensorAccess::data(z), in.bias.defined() ? in.bias.data() : nullptr);
  pass.allocate_outputs();
  kernels::gru_reset_before<S>(pass.run, in.recurrent.data(), TensorAccess::data(z), TensorAccess::data(reset_h),
                               TensorAccess::data(h));
  SequenceOutput<S> out = pass.output(&h);
  if (!recording) return out;
  if (Recording<S> tape = recording_of(in, out))
    tape.gradient([pass = std::move(pass), z, h, reset_h](Gradients<S>& g) mutable {
      if (Gradients<S>::recorded())
        return differentiate_by_steps(g, pass.in, [](const auto& again) { return gru_by_steps(again, false); });
      pass.output_gradient(g.output(0));
      Tensor<S> dh = pass.state_gradient(g.output(1)), dz = Tensor<S>::empty(z.shape()), repeated = pass.repeated(),
                workspace = Tensor<S>::empty({pass.batch, pass.units});
      kernels::gru_reset_before_backward<S>(pass.run, pass.transposed_recurrent().data(), z.data(), h.data(),
                                            TensorAccess::data(dz), TensorAccess::data(workspace),
                                            TensorAccess::data(dh), TensorAccess::data(repeated));
      pass.add_input_gradients(g, dz);
      if (g.needs(2)) {
        const Index u = pass.units, n = pass.width;
        Tensor<S> du = Tensor<S>::empty(pass.in.recurrent.shape());
        pass.recurrent_gradient(TensorAccess::data(du), 0, 2 * u, h.data(), dz.data(), n);
        pass.recurrent_gradient(TensorAccess::data(du), 2 * u, u, reset_h.data(), dz.data() + 2 * u, n);
        g.add(2, std::move(du));
      }
      if (g.needs(4)) g.add(4, std::move(dh));
    });
  return out;
}

LAMINA_COMPILED_FUNCTION(gru_reset_after);
LAMINA_COMPILED_FUNCTION(gru_reset_before);

}  // namespace lamina::detail
