#ifdef LAMINA_HAVE_TORCH

#include "baselines/torch_optimizers.hpp"

#include "baselines/torch_tensor.hpp"

namespace baselines {

namespace {
std::unique_ptr<torch::optim::Optimizer> make(const std::string& name, const std::vector<torch::Tensor>& parameters) {
  using namespace torch::optim;
  if (name == "SGD") return std::make_unique<SGD>(parameters, SGDOptions(0.01));
  if (name == "SGD_momentum") return std::make_unique<SGD>(parameters, SGDOptions(0.01).momentum(0.9));
  if (name == "RMSprop") return std::make_unique<RMSprop>(parameters, RMSpropOptions(0.001).alpha(0.9).eps(1e-7));
  if (name == "Adam") return std::make_unique<Adam>(parameters, AdamOptions(0.001).eps(1e-7));
  if (name == "AdamW") return std::make_unique<AdamW>(parameters, AdamWOptions(0.001).eps(1e-7).weight_decay(0.004));
  if (name == "Adagrad") return std::make_unique<Adagrad>(parameters, AdagradOptions(0.001).eps(1e-7));
  return nullptr;
}
}  // namespace

struct TorchUpdate::State {
  State(const std::string& name, Index size) : parameter(torch::rand({size}).requires_grad_()) {
    parameter.mutable_grad() = torch::rand({size}) - 0.5;
    optimizer = make(name, {parameter});
  }
  torch::Tensor parameter;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
};

TorchUpdate::TorchUpdate(const std::string& name, Index size) {
  at::set_num_threads(1);
  at::globalContext().setFlushDenormal(true);
  state_ = std::make_unique<State>(name, size);
}

TorchUpdate::~TorchUpdate() = default;

void TorchUpdate::operator()() { state_->optimizer->step(); }

bool TorchUpdate::has(const std::string& name) {
  for (const char* known : {"SGD", "SGD_momentum", "RMSprop", "Adam", "AdamW", "Adagrad"})
    if (name == known) return true;
  return false;
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
