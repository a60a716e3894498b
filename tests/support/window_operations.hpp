#pragma once
#include <gtest/gtest.h>
#include "lamina/ops/depthwise.hpp"
#include "lamina/ops/pooling.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/with_threads.hpp"

// Pooling and depthwise convolution by plain loops.

namespace lamina::testing::window_operations {

/// Windows over an image with three spatial axes; unused axes have size 1.
struct Windows {
  Index input[3], size[3], stride[3], dilation[3] = {1, 1, 1};
  bool same = false;

  Index reach(int a) const { return (size[a] - 1) * dilation[a] + 1; }
  Index outputs(int a) const {
    return same ? (input[a] + stride[a] - 1) / stride[a] : (input[a] - reach(a)) / stride[a] + 1;
  }
  Index before(int a) const {
    return same ? std::max<Index>(0, (outputs(a) - 1) * stride[a] + reach(a) - input[a]) / 2 : 0;
  }
  Shape image(Index batch, Index channels) const { return {batch, input[0], input[1], input[2], channels}; }
  Shape output(Index batch, Index channels) const { return {batch, outputs(0), outputs(1), outputs(2), channels}; }
  AxisSizes of(const Index (&each)[3]) const { return AxisSizes(each, 3); }
  Padding padding() const { return same ? Padding::same : Padding::valid; }

  /// Calls f(output, input, tap), positions without batch and channels, for all taps inside the image.
  template <class F>
  void each(const F& f) const {
    Index o[3], k[3];
    Index at = 0;
    for (o[0] = 0; o[0] < outputs(0); ++o[0])
      for (o[1] = 0; o[1] < outputs(1); ++o[1])
        for (o[2] = 0; o[2] < outputs(2); ++o[2], ++at) {
          Index tap = 0;
          for (k[0] = 0; k[0] < size[0]; ++k[0])
            for (k[1] = 0; k[1] < size[1]; ++k[1])
              for (k[2] = 0; k[2] < size[2]; ++k[2], ++tap) {
                Index from = 0;
                bool inside = true;
                for (int a = 0; a < 3; ++a) {
                  const Index i = o[a] * stride[a] - before(a) + k[a] * dilation[a];
                  inside = inside && i >= 0 && i < input[a];
                  from = from * input[a] + i;
                }
                if (inside) f(at, from, tap);
              }
        }
  }
};

inline const Windows all_windows[] = {
    {{1, 6, 8}, {1, 2, 2}, {1, 2, 2}},                    // disjoint windows that cover the image
    {{1, 7, 9}, {1, 2, 3}, {1, 2, 3}},                    // a remainder
    {{1, 9, 7}, {1, 3, 3}, {1, 2, 2}},                    // overlapping windows
    {{1, 9, 7}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, true},   // padding
    {{1, 5, 14}, {1, 2, 3}, {1, 1, 2}, {1, 1, 1}, true},  // asymmetric padding
    {{1, 8, 8}, {1, 2, 1}, {1, 3, 4}},                    // gaps
    {{4, 5, 6}, {2, 3, 2}, {1, 2, 2}, {1, 1, 1}, true},   // three axes
    {{1, 1, 40}, {1, 1, 5}, {1, 1, 3}},                   // one axis
    {{1, 12, 11}, {1, 5, 6}, {1, 2, 1}},                  // more than sixteen taps
    {{1, 2, 3}, {1, 5, 4}, {1, 1, 1}, {1, 1, 1}, true},   // wider than the image
};

}  // namespace lamina::testing::window_operations
