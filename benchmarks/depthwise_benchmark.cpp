// 3 x 3 depthwise and separable convolutions with padding "same", by lamina, by hand (on one thread) and by LibTorch.
#include "baselines/hand_depthwise.hpp"
#include "baselines/image_benchmarks.hpp"
#include "baselines/torch_images.hpp"
#include "lamina_images.hpp"

namespace {

using namespace baselines;

const bool registered = [] {
  for (const char* layer : {"DepthwiseConv2D", "SeparableConv2D"})
    for (const ImageTask& task : {ImageTask{layer, 32, 28, 32}, ImageTask{layer, 8, 56, 64}})
      for (const int threads : {1, 2}) {
        register_images(task, "lamina", threads,
                        [](const ImageTask& t, int n) { return std::make_unique<LaminaImages>(t, n); });
        if (threads == 1)
          register_images(task, "hand", 1, [](const ImageTask& t, int) { return std::make_unique<HandDepthwise>(t); });
#ifdef LAMINA_HAVE_TORCH
        register_images(task, "torch", threads,
                        [](const ImageTask& t, int n) { return std::make_unique<TorchImages>(t, n); });
#endif
      }
  return true;
}();

}  // namespace
