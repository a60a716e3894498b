#include <lamina/kernels/convolution/depthwise.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::Depthwise;
using kernels::Window;
using kernels::WindowAxis;
using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class DepthwiseKernel : public ::testing::Test {
 protected:
  struct Results {
    Values<S> y, dx, dkernel, dbias;
  };

  static void check(Index batch, Index channels, const Window& window, const std::string& trace) {
    SCOPED_TRACE(trace + text(", batch ", batch, ", channels ", channels));
    const Depthwise d(batch, channels, window);
    const Values<S> x = random_values<S>(batch * window.inputs() * channels, 1),
                    kernel = random_values<S>(window.size() * channels, 2), start = random_values<S>(channels, 3),
                    dy = random_values<S>(batch * window.outputs() * channels, 4);
    const Values<double> x_plain = in_double(x), kernel_plain = in_double(kernel), dy_plain = in_double(dy);
    Values<double> y(dy.count()), dx(x.count()), dkernel(kernel.count()), dbias(channels), without(dy.count());
    const WindowAxis* a = d.axes;
    for (Index row = 0; row < batch * window.outputs(); ++row) {
      const Index o[] = {row / a[2].output / a[1].output % a[0].output, row / a[2].output % a[1].output,
                         row % a[2].output};
      for (Index c = 0; c < channels; ++c) {
        y[row * channels + c] += static_cast<double>(start[c]);
        dbias[c] += dy_plain[row * channels + c];
      }
      for (Index tap = 0; tap < window.size(); ++tap) {
        const Index k[] = {tap / a[2].size / a[1].size, tap / a[2].size % a[1].size, tap % a[2].size};
        Index at = row / window.outputs();
        bool inside = true;
        for (int i = 0; i < 3; ++i) {
          const Index position = o[i] * a[i].stride - a[i].before + k[i] * a[i].dilation;
          inside = inside && position >= 0 && position < a[i].input;
          at = at * a[i].input + position;
        }
        for (Index c = 0; inside && c < channels; ++c) {
          const double product = x_plain[at * channels + c] * kernel_plain[tap * channels + c];
          y[row * channels + c] += product;
          without[row * channels + c] += product;
          dx[at * channels + c] += dy_plain[row * channels + c] * kernel_plain[tap * channels + c];
          dkernel[tap * channels + c] += dy_plain[row * channels + c] * x_plain[at * channels + c];
        }
      }
    }
    Results alone;
    for (const int threads : {1, 3})
      with_threads(threads, [&] {
        Results r{Values<S>(dy.count(), S(9)), Values<S>(x.count(), S(9)), Values<S>(kernel.count(), S(9)),
                  Values<S>(channels, S(9))};
        kernels::depthwise<S>(d, x.data(), kernel.data(), nullptr, r.y.data());
        EXPECT_TRUE(values_near(r.y, without, rounding<S>(window.size() + 8)));
        kernels::depthwise<S>(d, x.data(), kernel.data(), start.data(), r.y.data());
        kernels::depthwise_input_gradient<S>(d, dy.data(), kernel.data(), r.dx.data());
        kernels::depthwise_kernel_gradient<S>(d, x.data(), dy.data(), r.dkernel.data(), nullptr);
        EXPECT_TRUE(values_near(r.dkernel, dkernel, rounding<S>(batch * window.outputs() + 8)));
        kernels::depthwise_kernel_gradient<S>(d, x.data(), dy.data(), r.dkernel.data(), r.dbias.data());
        EXPECT_TRUE(values_near(r.y, y, rounding<S>(window.size() + 8)));
        EXPECT_TRUE(values_near(r.dx, dx, rounding<S>(window.size() + 8)));
        EXPECT_TRUE(values_near(r.dkernel, dkernel, rounding<S>(batch * window.outputs() + 8)));
        EXPECT_TRUE(values_near(r.dbias, dbias, rounding<S>(batch * window.outputs() + 8)));
        if (threads == 1) alone = r;
        EXPECT_TRUE(testing::same_bits(r.y, alone.y));
        EXPECT_TRUE(testing::same_bits(r.dx, alone.dx));
        EXPECT_TRUE(testing::same_bits(r.dkernel, alone.dkernel));
        EXPECT_TRUE(testing::same_bits(r.dbias, alone.dbias));
      });
  }
};
TYPED_TEST_SUITE(DepthwiseKernel, testing::Scalars);

TYPED_TEST(DepthwiseKernel, EveryNumberOfChannels) {
  const Index input[] = {5, 7};
  for (const Index channels : testing::edge_widths)
    if (channels > 0) this->check(2, channels, Window(2, input, 3, 1, 1, "same"), "3 x 3");
}

TYPED_TEST(DepthwiseKernel, AllKindsOfWindows) {
  for (const char* padding : {"valid", "same", "causal"})
    for (const Index stride : {1, 2, 5})
      for (const Index dilation : {1, 2})
        for (const Index size : {1, 2, 3, 4, 7}) {
          const Index input[] = {14, 13};
          const std::string trace = text(padding, ", stride ", stride, ", dilation ", dilation, ", size ", size);
          this->check(2, 5, Window(1, input, size, stride, dilation, padding), "1-D, " + trace);
          if (size < 4) this->check(1, 3, Window(2, input, {size, 2}, stride, {1, dilation}, padding), "2-D, " + trace);
        }
}

TYPED_TEST(DepthwiseKernel, ThreeAxesAndEmptyBatches) {
  const Index input[] = {4, 5, 6};
  this->check(2, 9, Window(3, input, {2, 3, 3}, {1, 2, 1}, 1, "same"), "3-D");
  this->check(3, 4, Window(3, input, 2, 2, 1, "valid"), "3-D");
  this->check(0, 4, Window(3, input, 2, 2, 1, "valid"), "no images");
}

TYPED_TEST(DepthwiseKernel, LargeImagesOnSeveralThreads) {
  const Index input[] = {40, 41};
  this->check(3, 33, Window(2, input, 3, 1, 1, "same"), "large");
}

}  // namespace
}  // namespace lamina
