#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <lamina/core/random.hpp>
#include <lamina/kernels/convolution/convolution_gradients.hpp>
#include <string>
#include <vector>

#include "support/with_threads.hpp"

// The forward pass and the gradients of convolutions by plain loops, and by the kernels.

namespace lamina::testing::convolution {

using kernels::Convolution;
using kernels::Window;
using kernels::WindowAxis;

/// The sizes of a convolution.
struct ConvolutionSizes {
  std::vector<Index> input;
  AxisSizes size, stride, dilation;
  Padding padding;
  Index batch, channels, filters, groups;
};

inline Convolution convolution(const ConvolutionSizes& s) {
  return {Window(static_cast<Index>(s.input.size()), s.input.data(), s.size, s.stride, s.dilation, s.padding), s.batch,
          s.channels, s.filters, s.groups};
}

/// Convolutions with all kinds of windows, paddings and numbers of channels.
inline const std::vector<ConvolutionSizes>& all_sizes() {
  static const std::vector<ConvolutionSizes> all = {
      {{13, 13}, 3, 1, 1, "valid", 2, 32, 64, 1},
      {{28, 28}, 3, 1, 1, "valid", 3, 1, 32, 1},           // one channel
      {{13, 14}, {3, 5}, {2, 3}, 1, "same", 5, 3, 10, 1},  // odd padding
      {{9, 7}, {3, 2}, 1, {2, 3}, "same", 2, 4, 6, 2},     // dilation and groups
      {{17}, 5, 2, 1, "causal", 40, 3, 33, 3},             // filters per group that do not fill a vector
      {{17}, 4, 1, 3, "causal", 2, 64, 1, 1},              // one filter
      {{9, 11}, 3, 1, 1, "same", 2, 13, 2, 1},             // two filters, and runs that do not fill a vector
      {{8, 7}, {2, 4}, {2, 1}, 1, "same", 3, 24, 4, 2},    // two filters per group
      {{12, 9}, {3, 2}, 1, {1, 2}, "valid", 2, 1, 20, 1},  // one channel, whose gradient sums many filters
      {{6, 5, 4}, {2, 3, 2}, 1, 1, "same", 2, 2, 9, 1},    // two channels
      {{6, 5, 7}, {3, 2, 3}, {2, 1, 2}, 1, "same", 3, 4, 5, 1},
      {{5, 5, 5}, 2, 3, 1, "valid", 3, 5, 17, 1},  // strides that skip inputs
      {{3, 3}, 3, 1, 1, "same", 9, 96, 80, 1},     // a kernel larger than the images: its rows are split among threads
      {{70, 40}, 3, 1, 1, "same", 1, 16, 48, 4},   // an image in several blocks
      {{600}, 3, 1, 1, "same", 1, 12, 8, 1},
      {{4, 4}, 1, 1, 1, "same", 50, 7, 9, 1},  // blocks of several images, windows of one element
      {{1}, 3, 1, 1, "causal", 1, 1, 1, 1},    // a window larger than the input
      {{1, 1}, 1, 4, 1, "valid", 3, 2, 4, 2},
      {{8}, 2, 5, 1, "same", 7, 3, 35, 1},    // strides larger than the window
      {{4, 4}, 3, 1, 1, "same", 0, 7, 9, 1},  // no images
  };
  return all;
}

/// Convolutions that use Winograd's algorithm.
inline const std::vector<ConvolutionSizes>& winograd_sizes() {
  static const std::vector<ConvolutionSizes> all = {
      {{13, 13}, 3, 1, 1, "valid", 3, 32, 64, 1},  // odd output sizes
      {{9, 10}, 3, 1, 1, "same", 19, 17, 35, 1},   // channels that do not fill a vector, several parts of the batch
      {{4, 5}, 3, 1, 1, "same", 20, 16, 16, 1},
      {{70, 12}, 3, 1, 1, "valid", 2, 40, 24, 1},  // an image in several blocks
      {{8, 7}, 3, 1, 1, "same", 5, 96, 80, 1},  // a kernel larger than the images: its tile positions are split among threads
      {{4, 140}, 3, 1, 1, "same", 1, 64, 66, 1},  // a row longer than a block
  };
  return all;
}

template <class S>
std::vector<S> scattered(Index count, std::uint64_t seed) {
  const RandomStream random(seed, 77);
  std::vector<S> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<S>(static_cast<float>(2 * random.uniform(i) - 1));
  return values;
}

/// All results of a convolution.
template <class S>
struct Results {
  std::vector<S> y, dx, dkernel, dbias, transposed;
  void resize(const Convolution& c) {
    y.resize(static_cast<std::size_t>(c.batch * c.window.outputs() * c.filters));
    dx.resize(static_cast<std::size_t>(c.batch * c.window.inputs() * c.channels));
    dkernel.resize(static_cast<std::size_t>(c.kernel_size()));
    dbias.resize(static_cast<std::size_t>(c.filters));
    transposed.resize(dx.size());
  }
  template <class F>
  void each(const F& f) const {
    f("y", &Results::y);
    f("dx", &Results::dx);
    f("dkernel", &Results::dkernel);
    f("dbias", &Results::dbias);
    f("transposed", &Results::transposed);
  }
};

template <class S>
class Check {
 public:
  Check(const ConvolutionSizes& sizes, bool relu)
      : c_(convolution(sizes)),
        relu_(relu),
        x_(scattered<S>(c_.batch * c_.window.inputs() * c_.channels, 1)),
        kernel_(scattered<S>(c_.kernel_size(), 2)),
        bias_(scattered<S>(c_.filters, 3)),
        dy_(scattered<S>(c_.batch * c_.window.outputs() * c_.filters, 4)),
        bias_of_inputs_(scattered<S>(c_.channels, 5)) {}

  Results<S> by_kernels() const {
    Results<S> r;
    r.resize(c_);
    kernels::convolve<S>(c_, x_.data(), kernel_.data(), bias_.data(), relu_, r.y.data());
    kernels::convolution_gradients<S>(c_, {x_.data(), kernel_.data(), dy_.data(), relu_ ? r.y.data() : nullptr,
                                           r.dx.data(), r.dkernel.data(), r.dbias.data()});
    kernels::convolve_transposed<S>(c_, dy_.data(), kernel_.data(), bias_of_inputs_.data(), relu_, r.transposed.data());
    return r;
  }
  /// Computes y only, with or without the bias.
  std::vector<S> forward(bool bias) const {
    std::vector<S> y(size_of_y());
    kernels::convolve<S>(c_, x_.data(), kernel_.data(), bias ? bias_.data() : nullptr, relu_, y.data());
    return y;
  }
  std::vector<double> forward_by_loops(bool bias) const {
    std::vector<double> y(size_of_y());
    for (std::size_t i = 0; bias && i < y.size(); ++i)
      y[i] = static_cast<double>(bias_[i % static_cast<std::size_t>(c_.filters)]);
    products([&](std::size_t in, std::size_t k, std::size_t out) {
      y[out] += static_cast<double>(x_[in]) * static_cast<double>(kernel_[k]);
    });
    for (double& v : y) v = relu_ ? std::max(v, 0.0) : v;
    return y;
  }

  /// Computes each gradient separately, by different code paths than all at once.
  Results<S> gradients_alone(const Results<S>& all) const {
    Results<S> r = all;
    const S* y = relu_ ? all.y.data() : nullptr;
    kernels::convolution_gradients<S>(c_, {nullptr, kernel_.data(), dy_.data(), y, r.dx.data(), nullptr, nullptr});
    kernels::convolution_gradients<S>(c_, {x_.data(), nullptr, dy_.data(), y, nullptr, r.dkernel.data(), nullptr});
    kernels::convolution_gradients<S>(c_, {nullptr, nullptr, dy_.data(), y, nullptr, nullptr, r.dbias.data()});
    return r;
  }

  Results<double> by_loops(const std::vector<S>& y) const {
    Results<double> r;
    r.resize(c_);
    for (std::size_t i = 0; i < r.y.size(); ++i) {
      const std::size_t filter = i % static_cast<std::size_t>(c_.filters);
      r.y[i] = static_cast<double>(bias_[filter]);
      if (open(y, i)) r.dbias[filter] += static_cast<double>(dy_[i]);
    }
    for (std::size_t i = 0; i < r.transposed.size(); ++i)
      r.transposed[i] = static_cast<double>(bias_of_inputs_[i % static_cast<std::size_t>(c_.channels)]);
    products([&](std::size_t in, std::size_t k, std::size_t out) {
      const auto x = static_cast<double>(x_[in]), w = static_cast<double>(kernel_[k]);
      const auto d = static_cast<double>(dy_[out]), dz = open(y, out) ? d : 0.0;
      r.y[out] += x * w;
      r.dx[in] += dz * w;
      r.dkernel[k] += dz * x;
      r.transposed[in] += d * w;
    });
    if (relu_) {
      for (double& v : r.y) v = std::max(v, 0.0);
      for (double& v : r.transposed) v = std::max(v, 0.0);
    }
    return r;
  }

 private:
  std::size_t size_of_y() const { return static_cast<std::size_t>(c_.batch * c_.window.outputs() * c_.filters); }
  bool open(const std::vector<S>& y, std::size_t i) const { return !relu_ || y[i] > S(0); }

  /// Calls f(element of x, of the kernel, of y) for every product.
  template <class F>
  void products(const F& f) const {
    const auto axis = [&](Index i) { return i < c_.window.rank ? c_.window.axes[i] : WindowAxis(); };
    const WindowAxis a[3] = {axis(0), axis(1), axis(2)};
    const Index channels = c_.group_channels(), filters = c_.group_filters();
    Index o[3], k[3], in[3];
    for (Index n = 0; n < c_.batch; ++n)
      for (o[0] = 0; o[0] < a[0].output; ++o[0])
        for (o[1] = 0; o[1] < a[1].output; ++o[1])
          for (o[2] = 0; o[2] < a[2].output; ++o[2])
            for (k[0] = 0; k[0] < a[0].size; ++k[0])
              for (k[1] = 0; k[1] < a[1].size; ++k[1])
                for (k[2] = 0; k[2] < a[2].size; ++k[2]) {
                  bool inside = true;
                  Index from = n, to = n, of = 0;
                  for (int i = 0; i < 3; ++i) {
                    in[i] = o[i] * a[i].stride - a[i].before + k[i] * a[i].dilation;
                    inside = inside && in[i] >= 0 && in[i] < a[i].input;
                    from = from * a[i].input + in[i];
                    to = to * a[i].output + o[i];
                    of = of * a[i].size + k[i];
                  }
                  if (!inside) continue;
                  for (Index g = 0; g < c_.groups; ++g)
                    for (Index c = 0; c < channels; ++c)
                      for (Index filter = 0; filter < filters; ++filter)
                        f(static_cast<std::size_t>(from * c_.channels + g * channels + c),
                          static_cast<std::size_t>((of * channels + c) * c_.filters + g * filters + filter),
                          static_cast<std::size_t>(to * c_.filters + g * filters + filter));
                }
  }

  Convolution c_;
  bool relu_;
  std::vector<S> x_, kernel_, bias_, dy_, bias_of_inputs_;
};

template <class S>
void near(const Results<S>& actual, const Results<double>& expected, double within) {
  const auto compare = [&](const char* what, const std::vector<S>& a, const std::vector<double>& e) {
    ASSERT_EQ(a.size(), e.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(static_cast<double>(a[i]), e[i], within * (1 + std::abs(e[i]))) << what << ", element " << i;
  };
  compare("y", actual.y, expected.y);
  compare("dx", actual.dx, expected.dx);
  compare("dkernel", actual.dkernel, expected.dkernel);
  compare("dbias", actual.dbias, expected.dbias);
  compare("transposed", actual.transposed, expected.transposed);
}

template <class S>
void same_bits(const Results<S>& actual, const Results<S>& expected) {
  actual.each([&](const char* what, auto member) {
    const std::vector<S>&a = actual.*member, &e = expected.*member;
    ASSERT_EQ(a.size(), e.size());
    EXPECT_TRUE(a.empty() || std::memcmp(a.data(), e.data(), a.size() * sizeof(S)) == 0) << what;
  });
}

/// Checks the forward pass only, with and without bias and relu.
template <class S>
void check_forward(const std::vector<ConvolutionSizes>& all, double within) {
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const bool bias : {false, true}) {
      SCOPED_TRACE("sizes " + std::to_string(i) + (bias ? ", bias and relu" : ""));
      const Check<S> check(all[i], bias);
      const std::vector<double> expected = check.forward_by_loops(bias);
      std::vector<S> alone;
      for (const int threads : {1, 3})
        with_threads(threads, [&] {
          const std::vector<S> y = check.forward(bias);
          ASSERT_EQ(y.size(), expected.size());
          for (std::size_t j = 0; j < y.size(); ++j)
            ASSERT_NEAR(static_cast<double>(y[j]), expected[j], within * (1 + std::abs(expected[j]))) << j;
          if (threads == 1) alone = y;
          EXPECT_TRUE(y.empty() || std::memcmp(y.data(), alone.data(), y.size() * sizeof(S)) == 0) << threads;
        });
      if (::testing::Test::HasFatalFailure()) return;
    }
}

/// Checks the forward pass and both gradients.
template <class S>
void check_all(const std::vector<ConvolutionSizes>& all, double within) {
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const bool relu : {false, true}) {
      SCOPED_TRACE("sizes " + std::to_string(i) + (relu ? ", relu" : ""));
      const Check<S> check(all[i], relu);
      Results<S> alone;
      with_threads(1, [&] { alone = check.by_kernels(); });
      const Results<double> expected = check.by_loops(alone.y);
      near(alone, expected, within);
      if (::testing::Test::HasFatalFailure()) return;
      with_threads(1, [&] { near(check.gradients_alone(alone), expected, within); });
      for (const int threads : {2, 3, 5})
        with_threads(threads, [&] {
          SCOPED_TRACE(threads);
          same_bits(check.by_kernels(), alone);
        });
    }
}

}  // namespace lamina::testing::convolution
