#ifdef LAMINA_HAVE_TORCH

#include <torch/torch.h>

#include "baselines/torch_images.hpp"

namespace baselines {

struct TorchImages::State {
  explicit State(const ImageTask& t) : task(t), x(torch::rand({t.batch, t.channels, t.side, t.side})) {
    inputs.push_back(x.requires_grad_());
    if (task.depthwise()) {
      inputs.push_back(kernel = torch::rand({t.channels, 1, 3, 3}).requires_grad_());
      inputs.push_back(bias = torch::rand({t.channels}).requires_grad_());
    }
    if (task.separable()) inputs.push_back(pointwise = torch::rand({t.channels, t.channels, 1, 1}).requires_grad_());
    y = call();
    dy = torch::rand(y.sizes());
  }
  torch::Tensor call() const {
    namespace F = torch::nn::functional;
    if (task.layer == "MaxPooling2D") return F::max_pool2d(x, F::MaxPool2dFuncOptions(2));
    if (task.layer == "AveragePooling2D") return F::avg_pool2d(x, F::AvgPool2dFuncOptions(2));
    if (task.layer == "GlobalAveragePooling2D") return x.mean({2, 3});
    if (task.layer == "UpSampling2D")
      return F::interpolate(x,
                            F::InterpolateFuncOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest));
    if (task.separable()) return torch::conv2d(torch::conv2d(x, kernel, {}, 1, 1, 1, task.channels), pointwise, bias);
    return torch::conv2d(x, kernel, bias, 1, 1, 1, task.channels);
  }

  ImageTask task;
  torch::Tensor x, kernel, bias, pointwise, y, dy;
  std::vector<torch::Tensor> inputs;
};

TorchImages::TorchImages(const ImageTask& task, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(task);
}

TorchImages::~TorchImages() = default;

void TorchImages::forward() {
  torch::NoGradGuard guard;
  state_->call();
}

void TorchImages::backward() {
  torch::autograd::grad({state_->y}, state_->inputs, {state_->dy}, /*retain_graph=*/true);
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
