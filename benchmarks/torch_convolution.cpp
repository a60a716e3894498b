#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_convolution.hpp"

#include "baselines/hand_optimizer.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

namespace {

/// Every thread of libtorch's pool rounds denormal numbers to zero, as the other programs' do.
void flush_denormals(int threads) {
  at::parallel_for(0, threads, 1, [](std::int64_t, std::int64_t) { at::globalContext().setFlushDenormal(true); });
}

}  // namespace

struct TorchConvolution::State {
  explicit State(const ConvolutionCase& all) : c(all) {
    std::vector<std::int64_t> x_shape{c.batch, c.channels};
    std::vector<std::int64_t> w_shape{c.transposed ? c.channels : c.filters, c.transposed ? c.filters : c.channels};
    for (int i = 0; i < c.rank; ++i) {
      x_shape.push_back(c.input[static_cast<std::size_t>(i)]);
      w_shape.push_back(c.window);
      strides.push_back(c.stride);
      padding.push_back(c.same ? c.window / 2 : 0);
      ones.push_back(1);
      zeros.push_back(0);
    }
    x = torch::rand(x_shape).requires_grad_();
    w = torch::rand(w_shape).requires_grad_();
    b = torch::rand({c.filters}).requires_grad_();
    dy = torch::rand_like(run());
  }
  torch::Tensor run() const { return torch::convolution(x, w, b, strides, padding, ones, c.transposed, zeros, 1); }

  ConvolutionCase c;
  std::vector<std::int64_t> strides, padding, ones, zeros;
  torch::Tensor x, w, b, dy;
};

TorchConvolution::TorchConvolution(const ConvolutionCase& c, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(c);
}

TorchConvolution::~TorchConvolution() = default;

void TorchConvolution::forward() {
  const torch::NoGradGuard guard;
  state_->run();
}

void TorchConvolution::train() {
  torch::autograd::grad({state_->run()}, {state_->x, state_->w, state_->b}, {state_->dy});
}

struct TorchCnn::State {
  explicit State(const CnnOptions& all) : options(all) {
    x = tensor(digits().images.topRows(options.batch)).view({options.batch, 1, CnnTask::side, CnnTask::side});
    labels = torch::empty({options.batch}, torch::kLong);
    std::copy(digits().labels.begin(), digits().labels.begin() + options.batch, labels.data_ptr<std::int64_t>());
    for (const auto& module : {conv1.ptr(), conv2.ptr()})
      for (const torch::Tensor& p : module->parameters()) parameters.push_back(p);
    for (const auto& module : {dense1.ptr(), dense2.ptr()})
      for (const torch::Tensor& p : module->parameters()) parameters.push_back(p);
    optimizer = std::make_unique<torch::optim::Adam>(
        parameters, torch::optim::AdamOptions(static_cast<double>(CnnTask::rate)).eps(1e-7));
  }
  torch::Tensor logits() {
    auto y = torch::max_pool2d(torch::relu(conv1(x)), 2);
    y = torch::max_pool2d(torch::relu(conv2(y)), 2);
    return dense2(torch::relu(dense1(y.flatten(1))));
  }

  CnnOptions options;
  torch::nn::Conv2d conv1{torch::nn::Conv2dOptions(1, CnnTask::filters1, 3)};
  torch::nn::Conv2d conv2{torch::nn::Conv2dOptions(CnnTask::filters1, CnnTask::filters2, 3)};
  torch::nn::Linear dense1{CnnTask::features, CnnTask::hidden};
  torch::nn::Linear dense2{CnnTask::hidden, Digits::classes};
  std::vector<torch::Tensor> parameters;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  torch::Tensor x, labels;
};

TorchCnn::TorchCnn(const CnnOptions& options) {
  at::set_num_threads(options.threads);
  state_ = std::make_unique<State>(options);
}

TorchCnn::~TorchCnn() = default;

float TorchCnn::step() {
  const FlushDenormals flush;
  State& state = *state_;
  flush_denormals(state.options.threads);
  for (const torch::Tensor& parameter : state.parameters) parameter.mutable_grad().reset();
  const auto loss = torch::nn::functional::cross_entropy(state.logits(), state.labels);
  loss.backward();
  state.optimizer->step();
  return loss.item<float>();
}

void TorchCnn::predict() {
  const torch::InferenceMode guard;
  torch::softmax(state_->logits(), 1);
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
