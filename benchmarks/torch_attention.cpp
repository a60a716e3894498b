#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_attention.hpp"

#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchAttention::State {
  explicit State(Index batch)
      : layer(torch::nn::MultiheadAttentionOptions(AttentionTask::width, AttentionTask::heads)),
        x(torch::rand({AttentionTask::steps, batch, AttentionTask::width}).requires_grad_()),
        dy(torch::rand({AttentionTask::steps, batch, AttentionTask::width})) {}

  torch::Tensor call() { return std::get<0>(layer->forward(x, x, x, {}, /*need_weights=*/false)); }

  torch::nn::MultiheadAttention layer;
  torch::Tensor x, dy;  // (steps, batch, width), the layer's layout
};

TorchAttention::TorchAttention(Index batch, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(batch);
}

TorchAttention::~TorchAttention() = default;

void TorchAttention::forward() {
  const torch::NoGradGuard guard;
  state_->call();
}

void TorchAttention::train() {
  std::vector<torch::Tensor> wanted = state_->layer->parameters();
  wanted.push_back(state_->x);
  torch::autograd::grad({state_->call()}, wanted, {state_->dy});
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
