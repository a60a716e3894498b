#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>
#include <string>

#include "data.hpp"

namespace baselines {

/// LibTorch's optimizer of this name, on one variable with a gradient.
class TorchUpdate {
 public:
  TorchUpdate(const std::string& name, Index size);
  ~TorchUpdate();
  void operator()();
  static bool has(const std::string& name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
