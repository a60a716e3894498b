#pragma once

#include <array>
#include <string>
#include <vector>

#include "data.hpp"

namespace baselines {

/// The network that every program trains on 28 x 28 images of one channel: 32 windows of 3 x 3 (relu), the largest of 2
/// x 2, 64 windows of 3 x 3 (relu), the largest of 2 x 2, 128 units (relu), 10 with softmax cross-entropy; by Adam.
struct CnnTask {
  static constexpr Index side = 28, side1 = 26, pooled1 = 13, side2 = 11, pooled2 = 5;
  static constexpr Index filters1 = 32, filters2 = 64, hidden = 128;
  static constexpr Index patch1 = 9, patch2 = 9 * filters1, features = pooled2 * pooled2 * filters2;
  static constexpr float rate = 0.001f;

  static Matrix kernel1() { return glorot(patch1, filters1, 1); }
  static Matrix kernel2() { return glorot(patch2, filters2, 2); }
  static Matrix kernel3() { return glorot(features, hidden, 3); }
  static Matrix kernel4() { return glorot(hidden, Digits::classes, 4); }
};

struct CnnOptions {
  Index batch = 64;
  int threads = 1;
};

/// A convolution by itself, from `channels` to `filters`; a transposed one has a window's worth of output for each
/// input.
struct ConvolutionCase {
  std::string name;
  int rank;
  std::array<Index, 3> input;
  Index window, stride;
  bool same;
  Index batch, channels, filters;
  bool transposed = false;
};

inline const std::vector<ConvolutionCase>& convolution_cases() {
  static const std::vector<ConvolutionCase> all = {
      {"conv2d_28x28x1_32", 2, {28, 28}, 3, 1, false, 64, 1, 32},
      {"conv2d_13x13x32_64", 2, {13, 13}, 3, 1, false, 64, 32, 64},
      {"conv2d_32x32x64_64_same", 2, {32, 32}, 3, 1, true, 16, 64, 64},
      {"conv2d_14x14x256_256_same", 2, {14, 14}, 3, 1, true, 8, 256, 256},
      {"conv2d_28x28x64_128_stride2", 2, {28, 28}, 3, 2, false, 16, 64, 128},
      {"conv2d_56x56x64_64_one_image", 2, {56, 56}, 3, 1, true, 1, 64, 64},
      {"conv1d_128x64_64", 1, {128}, 5, 1, false, 32, 64, 64},
      {"conv3d_16x16x16x16_32", 3, {16, 16, 16}, 3, 1, false, 8, 16, 32},
      {"conv1d_transpose_64x32_32", 1, {64}, 4, 2, false, 32, 32, 32, true},
      {"conv2d_transpose_14x14x32_16", 2, {14, 14}, 3, 2, false, 32, 32, 16, true},
      {"conv3d_transpose_8x8x8x32_16", 3, {8, 8, 8}, 3, 2, false, 4, 32, 16, true},
  };
  return all;
}

}  // namespace baselines
