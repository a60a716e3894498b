#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "image_task.hpp"

namespace baselines {

/// libtorch's way of an ImageTask, on images with their channels first, which it prefers.
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
