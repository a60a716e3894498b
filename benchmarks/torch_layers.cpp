#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_models.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchDense::State {
  State(Index width, Index batch)
      : layer(linear(glorot(width, width, 1))),
        x(torch::rand({batch, width}).requires_grad_()),
        dy(torch::rand({batch, width})),
        y(layer(x)) {}

  torch::nn::Linear layer;
  torch::Tensor x, dy, y;
};

TorchDense::TorchDense(Index width, Index batch) {
  at::set_num_threads(1);
  state_ = std::make_unique<State>(width, batch);
}

TorchDense::~TorchDense() = default;

void TorchDense::forward() {
  torch::NoGradGuard guard;
  state_->layer(state_->x);
}

void TorchDense::backward() {
  torch::autograd::grad({state_->y}, {state_->x, state_->layer->weight, state_->layer->bias}, {state_->dy},
                        /*retain_graph=*/true);
}

struct TorchPredictMlp::State {
  torch::nn::Linear layer1 = linear(MlpTask::kernel1());
  torch::nn::Linear layer2 = linear(MlpTask::kernel2());
};

TorchPredictMlp::TorchPredictMlp() {
  at::set_num_threads(1);
  state_ = std::make_unique<State>();
}

TorchPredictMlp::~TorchPredictMlp() = default;

Row TorchPredictMlp::operator()(const Row& x) {
  torch::InferenceMode guard;
  const auto input = torch::from_blob(const_cast<float*>(x.data()), {1, x.size()});
  const auto output = torch::softmax(state_->layer2(torch::relu(state_->layer1(input))), 1);
  return Eigen::Map<const Row>(output.data_ptr<float>(), output.size(1));
}

struct TorchPredictSmall::State {
  torch::nn::Linear layer1 = linear(glorot(8, 16, 1));
  torch::nn::Linear layer2 = linear(glorot(16, 16, 2));
  torch::nn::Linear layer3 = linear(glorot(1, 16, 3).transpose());
};

TorchPredictSmall::TorchPredictSmall() {
  at::set_num_threads(1);
  state_ = std::make_unique<State>();
}

TorchPredictSmall::~TorchPredictSmall() = default;

float TorchPredictSmall::operator()(const Row& x) {
  torch::InferenceMode guard;
  const auto input = torch::from_blob(const_cast<float*>(x.data()), {1, x.size()});
  const auto second = torch::relu(state_->layer2(torch::tanh(state_->layer1(input))));
  return state_->layer3(second).item<float>();
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
