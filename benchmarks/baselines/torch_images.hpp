#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "image_task.hpp"

namespace baselines {

/// An ImageTask with LibTorch, with channels first, the layout that it prefers.
class TorchImages {
 public:
  TorchImages(const ImageTask& task, int threads);
  ~TorchImages();
  void forward();
  void backward();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
