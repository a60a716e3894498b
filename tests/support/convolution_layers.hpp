#pragma once
#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

namespace lamina::testing::convolution_layers {

inline const Tensor<double>& channels_to_front(const Tensor<double>& x, Tensor<double>& out) {
  Shape order{0, x.rank() - 1};
  for (Index i = 1; i + 1 < x.rank(); ++i) order.push_back(i);
  return out = transpose(x, order);
}

/// Checks that a layer with channels first computes the same as one with channels last.
template <template <class> class L, class Options>
void check_channels_first(const Shape& input, const AxisSizes& size, Options options) {
  options.channels_first = false;
  L<double> last(3, size, options);
  options.channels_first = true;
  L<double> first(3, size, options);
  const Tensor<double> x = expect::scattered(input);
  Tensor<double> moved, y_moved;
  const Tensor<double> y = last(x);
  first(channels_to_front(x, moved));
  first.set_weights(last.get_weights());
  const Tensor<double> y_first = first(moved);
  EXPECT_TRUE(expect::near(y_first, channels_to_front(y, y_moved))) << first.class_name();
  EXPECT_EQ(first.compute_output_shape(moved.shape()), y_first.shape());
  EXPECT_EQ(first.get_config().at("data_format").as_string(), "channels_first");
}

}  // namespace lamina::testing::convolution_layers
