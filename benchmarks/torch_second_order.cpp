#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_models.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchSecondOrder::State {
  explicit State(Index batch) : x(torch::rand({batch, 64})), y(torch::rand({batch, 1})) {
    for (const auto& layer : {layer1, layer2, layer3})
      for (const torch::Tensor& parameter : layer->parameters()) {
        parameters.push_back(parameter);
        direction.push_back(torch::rand_like(parameter));
      }
  }
  torch::Tensor model(const torch::Tensor& in) { return layer3(torch::tanh(layer2(torch::tanh(layer1(in))))); }
  torch::Tensor loss() { return torch::mse_loss(model(x), y); }

  torch::Tensor x, y;
  torch::nn::Linear layer1 = linear(glorot(64, 128, 1));
  torch::nn::Linear layer2 = linear(glorot(128, 128, 2));
  torch::nn::Linear layer3 = linear(glorot(128, 1, 3));
  std::vector<torch::Tensor> parameters, direction, gradients;
};

TorchSecondOrder::TorchSecondOrder(Index batch) {
  at::set_num_threads(1);
  state_ = std::make_unique<State>(batch);
}

TorchSecondOrder::~TorchSecondOrder() = default;

void TorchSecondOrder::gradient() { state_->gradients = torch::autograd::grad({state_->loss()}, state_->parameters); }

void TorchSecondOrder::gradient_of_input_gradient() {
  const torch::Tensor x = state_->x.detach().requires_grad_();
  const auto slope = torch::autograd::grad({state_->model(x).sum()}, {x}, {}, /*retain_graph=*/true,
                                           /*create_graph=*/true);
  state_->gradients = torch::autograd::grad({slope[0].square().sum()}, state_->parameters, {},
                                            /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
}

void TorchSecondOrder::hessian_vector_product() {
  const auto gradients = torch::autograd::grad({state_->loss()}, state_->parameters, {}, /*retain_graph=*/true,
                                               /*create_graph=*/true);
  state_->gradients = torch::autograd::grad(gradients, state_->parameters, state_->direction,
                                            /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
