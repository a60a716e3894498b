#ifdef LAMINA_HAVE_TORCH

#include "baselines/hand_linear.hpp"
#include "baselines/hand_optimizer.hpp"
#include "baselines/torch_models.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchLinear::State {
  torch::Tensor x = tensor(LinearTask::inputs());
  torch::Tensor y = tensor(LinearTask::targets());
  torch::nn::Linear layer = linear(Matrix::Zero(1, 1));
  torch::optim::SGD optimizer{layer->parameters(), torch::optim::SGDOptions(LinearTask::rate)};
};

TorchLinear::TorchLinear() {
  at::set_num_threads(1);
  state_ = std::make_unique<State>();
}

TorchLinear::~TorchLinear() = default;

float TorchLinear::step() {
  state_->optimizer.zero_grad();
  const torch::Tensor loss = torch::mse_loss(state_->layer(state_->x), state_->y);
  loss.backward();
  state_->optimizer.step();
  return loss.item<float>();
}

struct TorchMlp::State {
  State(const Digits& data, const MlpOptions& all)
      : options(all), images(tensor(data.images)), labels(torch::empty({data.labels.size()}, torch::kLong)) {
    std::copy(data.labels.begin(), data.labels.end(), labels.data_ptr<std::int64_t>());
    for (const torch::Tensor& parameter : layer2->parameters()) parameters.push_back(parameter);
    if (options.adam) {
      optimizer = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(options.rate).eps(1e-7));
    } else {
      optimizer = std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(options.rate));
    }
  }

  MlpOptions options;
  torch::Tensor images, labels;
  torch::nn::Linear layer1 = linear(MlpTask::kernel1());
  torch::nn::Linear layer2 = linear(MlpTask::kernel2());
  std::vector<torch::Tensor> parameters = layer1->parameters();
  std::unique_ptr<torch::optim::Optimizer> optimizer;
};

TorchMlp::TorchMlp(const Digits& data, const MlpOptions& options) {
  at::set_num_threads(options.threads);
  state_ = std::make_unique<State>(data, options);
}

TorchMlp::~TorchMlp() = default;

// With glibc, setting MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ to a gigabyte in the environment saves LibTorch
// a fifth to a third of an epoch with Adam: otherwise its temporaries are returned to the system and mapped again.
MlpResult TorchMlp::epoch() {
  // Not LibTorch's default. Without it, Adam's subnormal moments take most of the time on every thread of its pool.
  const FlushDenormals flush;
  State& state = *state_;
  at::parallel_for(0, state.options.threads, 1,
                   [](std::int64_t, std::int64_t) { at::globalContext().setFlushDenormal(true); });
  const Index samples = state.labels.size(0);
  const auto order = state.options.shuffle ? torch::randperm(samples, torch::kLong) : torch::arange(samples);
  double loss_sum = 0;
  Index correct = 0;
  for (Index start = 0; start < samples; start += state.options.batch) {
    const auto chosen = order.slice(0, start, std::min(start + state.options.batch, samples));
    const auto labels = state.labels.index_select(0, chosen);
    // Faster than zero_grad: the next gradient is stored instead of added.
    for (const torch::Tensor& parameter : state.parameters) parameter.mutable_grad().reset();
    auto hidden = torch::relu(state.layer1(state.images.index_select(0, chosen)));
    if (state.options.dropout > 0) hidden = torch::dropout(hidden, state.options.dropout, /*train=*/true);
    const auto logits = state.layer2(hidden);
    const auto loss = torch::nn::functional::cross_entropy(logits, labels);
    loss.backward();
    state.optimizer->step();
    loss_sum += loss.item<double>() * static_cast<double>(chosen.size(0));
    correct += logits.argmax(1).eq(labels).sum().item<std::int64_t>();
  }
  const auto count = static_cast<double>(samples);
  return {loss_sum / count, static_cast<double>(correct) / count};
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
