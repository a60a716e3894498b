#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_convolution.hpp"

#include "baselines/hand_optimizer.hpp"
#include "baselines/torch_tensor.hpp"

namespace baselines {

struct TorchConvolution::State {
  State(const ConvolutionTask& t, int number_of_threads)
      : task(t),
        threads(number_of_threads),
        stride(static_cast<std::size_t>(t.rank), t.stride),
        padding(static_cast<std::size_t>(t.rank), t.same ? t.window / 2 : 0) {
    std::vector<std::int64_t> shape{t.batch, t.channels};
    std::vector<std::int64_t> kernel_shape{t.transposed ? t.channels : t.filters,
                                           t.transposed ? t.filters : t.channels};
    shape.insert(shape.end(), static_cast<std::size_t>(t.rank), t.side);
    kernel_shape.insert(kernel_shape.end(), static_cast<std::size_t>(t.rank), t.window);
    x = torch::rand(shape).requires_grad_(!t.first);
    kernel = torch::rand(kernel_shape).requires_grad_();
    bias = torch::rand({t.filters}).requires_grad_();
    dy = torch::rand_like(call());
  }

  torch::Tensor call() {
    at::set_num_threads(threads);
    if (task.transposed)
      return task.rank == 1   ? torch::conv_transpose1d(x, kernel, bias, stride, padding)
             : task.rank == 2 ? torch::conv_transpose2d(x, kernel, bias, stride, padding)
                              : torch::conv_transpose3d(x, kernel, bias, stride, padding);
    return task.rank == 1   ? torch::conv1d(x, kernel, bias, stride, padding)
           : task.rank == 2 ? torch::conv2d(x, kernel, bias, stride, padding)
                            : torch::conv3d(x, kernel, bias, stride, padding);
  }

  ConvolutionTask task;
  int threads;
  std::vector<std::int64_t> stride, padding;
  torch::Tensor x, kernel, bias, dy;
};

TorchConvolution::TorchConvolution(const ConvolutionTask& task, int threads)
    : state_(std::make_unique<State>(task, threads)) {}

TorchConvolution::~TorchConvolution() = default;

void TorchConvolution::forward() {
  const torch::NoGradGuard guard;
  state_->call();
}

void TorchConvolution::train() {
  std::vector<torch::Tensor> wanted{state_->kernel, state_->bias};
  if (!state_->task.first) wanted.push_back(state_->x);
  torch::autograd::grad({state_->call()}, wanted, {state_->dy});
}

struct TorchCnn::State {
  explicit State(int number_of_threads) : threads(number_of_threads) {
    const torch::NoGradGuard guard;
    // From (row, column, channel, filter) to (filter, channel, row, column).
    first->weight.copy_(tensor(CnnTask::kernel1()).view({3, 3, 1, CnnTask::filters1}).permute({3, 2, 0, 1}));
    second->weight.copy_(
        tensor(CnnTask::kernel2()).view({3, 3, CnnTask::filters1, CnnTask::filters2}).permute({3, 2, 0, 1}));
    first->bias.zero_();
    second->bias.zero_();
    for (const auto& part : {first->parameters(), second->parameters(), third->parameters(), fourth->parameters()})
      parameters.insert(parameters.end(), part.begin(), part.end());
    optimizer = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(CnnTask::rate).eps(1e-7));
  }

  torch::Tensor logits(const Matrix& images) {
    at::set_num_threads(threads);
    const auto x =
        torch::from_blob(const_cast<float*>(images.data()), {images.rows(), 1, CnnTask::side, CnnTask::side});
    const auto a = torch::max_pool2d(torch::relu(first(x)), 2);
    const auto b = torch::max_pool2d(torch::relu(second(a)), 2);
    return fourth(torch::relu(third(b.flatten(1))));
  }

  int threads;
  torch::nn::Conv2d first{torch::nn::Conv2dOptions(1, CnnTask::filters1, 3)};
  torch::nn::Conv2d second{torch::nn::Conv2dOptions(CnnTask::filters1, CnnTask::filters2, 3)};
  torch::nn::Linear third = linear(CnnTask::kernel3());
  torch::nn::Linear fourth = linear(CnnTask::kernel4());
  std::vector<torch::Tensor> parameters;
  std::unique_ptr<torch::optim::Adam> optimizer;
};

TorchCnn::TorchCnn(Index, int threads) : state_(std::make_unique<State>(threads)) {}

TorchCnn::~TorchCnn() = default;

void TorchCnn::forward(const Matrix& x) {
  const torch::NoGradGuard guard;
  state_->logits(x);
}

float TorchCnn::step(const Matrix& x, const Eigen::VectorXi& labels) {
  const FlushDenormals flush;
  auto classes = torch::empty({labels.size()}, torch::kLong);
  std::copy(labels.begin(), labels.end(), classes.data_ptr<std::int64_t>());
  for (const torch::Tensor& parameter : state_->parameters) parameter.mutable_grad().reset();
  const auto loss = torch::nn::functional::cross_entropy(state_->logits(x), classes);
  loss.backward();
  state_->optimizer->step();
  return loss.item<float>();
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
