#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_normalization.hpp"

#include <string>

#include "baselines/hand_embedding.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchBatchNormalization::State {
  State(Index rows, Index channels)
      : x(images(rows, channels).requires_grad_()),
        dy(images(rows, channels)),
        gamma(torch::ones({channels}).requires_grad_()),
        beta(torch::zeros({channels}).requires_grad_()),
        mean(torch::zeros({channels})),
        variance(torch::ones({channels})) {}
  /// Images of 14 x 14 pixels; their number is rows / 196.
  static torch::Tensor images(Index rows, Index channels) {
    return torch::rand({rows / 196, channels, 14, 14}).contiguous(at::MemoryFormat::ChannelsLast);
  }
  torch::Tensor operator()(bool training) {
    return torch::batch_norm(x, gamma, beta, mean, variance, training, 0.01, 1e-3, false);
  }
  torch::Tensor x, dy, gamma, beta, mean, variance;
};

TorchBatchNormalization::TorchBatchNormalization(Index rows, Index channels, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(rows, channels);
}

TorchBatchNormalization::~TorchBatchNormalization() = default;

void TorchBatchNormalization::train() {
  State& s = *state_;
  torch::autograd::grad({s(true)}, {s.x, s.gamma, s.beta}, {s.dy});
}

void TorchBatchNormalization::infer() {
  const torch::NoGradGuard guard;
  (*state_)(false);
}

struct TorchLayerNormalization::State {
  State(Index rows, Index features)
      : x(torch::rand({rows, features}).requires_grad_()),
        dy(torch::rand({rows, features})),
        gamma(torch::ones({features}).requires_grad_()),
        beta(torch::zeros({features}).requires_grad_()) {}
  torch::Tensor operator()() { return torch::layer_norm(x, {x.size(1)}, gamma, beta, 1e-3); }
  torch::Tensor x, dy, gamma, beta;
};

TorchLayerNormalization::TorchLayerNormalization(Index rows, Index features, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(rows, features);
}

TorchLayerNormalization::~TorchLayerNormalization() = default;

void TorchLayerNormalization::train() {
  State& s = *state_;
  torch::autograd::grad({s()}, {s.x, s.gamma, s.beta}, {s.dy});
}

void TorchLayerNormalization::infer() {
  const torch::NoGradGuard guard;
  (*state_)();
}

struct TorchEmbedding::State {
  explicit State(const std::string& name)
      : layer(torch::nn::EmbeddingOptions(EmbeddingTask::rows, EmbeddingTask::width).sparse(name != "Adam")),
        dy(torch::ones({EmbeddingTask::batch, EmbeddingTask::length, EmbeddingTask::width})) {
    using namespace torch::optim;
    if (name == "SGD") optimizer = std::make_unique<SGD>(layer->parameters(), SGDOptions(0.01));
    if (name == "Adagrad") optimizer = std::make_unique<Adagrad>(layer->parameters(), AdagradOptions(0.01));
    if (name == "Adam") optimizer = std::make_unique<Adam>(layer->parameters(), AdamOptions(0.001));
    for (Index i = 0; i < EmbeddingTask::batches; ++i) {
      auto positions = torch::empty({EmbeddingTask::batch, EmbeddingTask::length}, torch::kLong);
      auto* to = positions.data_ptr<int64_t>();
      for (const Index position : EmbeddingTask::positions(i)) *to++ = position;
      batches.push_back(positions);
    }
  }
  torch::nn::Embedding layer;
  torch::Tensor dy;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  std::vector<torch::Tensor> batches;
  std::size_t step = 0;
};

TorchEmbedding::TorchEmbedding(const char* optimizer, int threads) {
  at::set_num_threads(threads);
  state_ = std::make_unique<State>(optimizer);
}

TorchEmbedding::~TorchEmbedding() = default;

void TorchEmbedding::step() {
  State& s = *state_;
  s.optimizer->zero_grad();
  s.layer(s.batches[s.step++ % s.batches.size()]).backward(s.dy);
  s.optimizer->step();
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
