#pragma once

#include <array>
#include <cstdint>

#include "data.hpp"

namespace baselines {

/// A convolution: spatial axes of equal size, a window of equal sizes, padding "valid" or "same" (half a window on each
/// side).
struct ConvolutionTask {
  const char* name;
  int rank;
  std::int64_t batch, side, channels, filters, window, stride = 1;
  bool same = false, transposed = false;
  bool first = false;  // first layer of a network: the input gradient is not computed
};

inline constexpr std::array convolution_tasks{
    ConvolutionTask{"conv2d_28x1_32", 2, 64, 28, 1, 32, 3, 1, false, false, true},
    ConvolutionTask{"conv2d_13x32_64", 2, 64, 13, 32, 64, 3},
    ConvolutionTask{"conv2d_same_32x64_64", 2, 16, 32, 64, 64, 3, 1, true},
    ConvolutionTask{"conv2d_strides_28x64_128", 2, 16, 28, 64, 128, 3, 2, true},
    ConvolutionTask{"conv2d_rgb_224x3_64", 2, 2, 224, 3, 64, 7, 2, true, false, true},
    ConvolutionTask{"conv2d_1x1_14x256_64", 2, 16, 14, 256, 64, 1},
    ConvolutionTask{"conv2d_deep_7x512_512", 2, 8, 7, 512, 512, 3, 1, true},
    ConvolutionTask{"conv1d_128x64_64", 1, 32, 128, 64, 64, 5},
    ConvolutionTask{"conv3d_16x16_32", 3, 8, 16, 16, 32, 3},
    ConvolutionTask{"conv1d_transpose_64x32_32", 1, 32, 64, 32, 32, 4, 2, false, true},
    ConvolutionTask{"conv2d_transpose_14x32_16", 2, 32, 14, 32, 16, 3, 2, false, true},
    ConvolutionTask{"conv2d_transpose_28x16_1", 2, 32, 28, 16, 1, 3, 1, true, true},
    ConvolutionTask{"conv3d_transpose_8x32_16", 3, 4, 8, 32, 16, 3, 2, false, true},
};

}  // namespace baselines
