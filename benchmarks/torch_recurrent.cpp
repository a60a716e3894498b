#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_recurrent.hpp"

#include "baselines/torch_tensor.hpp"

namespace baselines {

template <bool Lstm>
struct TorchRecurrent<Lstm>::State {
  using Layer = std::conditional_t<Lstm, torch::nn::LSTM, torch::nn::GRU>;
  using Options = std::conditional_t<Lstm, torch::nn::LSTMOptions, torch::nn::GRUOptions>;

  explicit State(Index batch)
      : layer(Options(RecurrentTask::features, RecurrentTask::units).batch_first(true)),
        x(torch::rand({batch, RecurrentTask::steps, RecurrentTask::features}).requires_grad_()),
        dy(torch::rand({batch, RecurrentTask::units})) {}

  torch::Tensor call() { return std::get<0>(layer->forward(x)).select(1, RecurrentTask::steps - 1); }

  Layer layer;
  torch::Tensor x, dy;
};

template <bool Lstm>
TorchRecurrent<Lstm>::TorchRecurrent(Index batch, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(batch);
}

template <bool Lstm>
TorchRecurrent<Lstm>::~TorchRecurrent() = default;

template <bool Lstm>
void TorchRecurrent<Lstm>::forward() {
  const torch::NoGradGuard guard;
  state_->call();
}

template <bool Lstm>
void TorchRecurrent<Lstm>::train() {
  std::vector<torch::Tensor> wanted = state_->layer->parameters();
  wanted.push_back(state_->x);
  torch::autograd::grad({state_->call()}, wanted, {state_->dy});
}

template class TorchRecurrent<true>;
template class TorchRecurrent<false>;

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
