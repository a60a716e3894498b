#pragma once
#include <algorithm>
#include <cmath>
#include <string_view>

#include "lamina/core/named_option.hpp"
#include "lamina/kernels/resample.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina {

/// The values of Interpolation.
struct InterpolationValues {
  /// The interpolation methods.
  enum Kind {
    nearest,   ///< The nearest pixel.
    bilinear,  ///< Linear, 2 taps per axis.
    bicubic,   ///< Keys's cubic, 4 taps per axis.
    lanczos3,  ///< Lanczos window of radius 3.
    lanczos5   ///< Lanczos window of radius 5.
  };
  /// The name of each method.
  static constexpr std::string_view names[] = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"};
  /// The name of the option, for error texts.
  static constexpr const char* option = "interpolation";
};

/// The interpolation method of image resizing: Interpolation::bilinear, or "bilinear".
using Interpolation = NamedOption<InterpolationValues>;

namespace detail {

/// A kernels::Resampling that owns its tables; copies share them.
template <class S>
struct ResamplingTable {
  Index from, to, taps;
  Storage first;
  Tensor<S> weights;
  ResamplingTable(Index n, Index m, Index most)
      : from(n), to(m), taps((std::min)(n, most)), first(Storage::of<Index>(m)), weights(Tensor<S>::zeros({m, taps})) {}
  Index* starts() const noexcept { return static_cast<Index*>(first.memory()); }
  kernels::Resampling<S> view() const noexcept { return {from, to, taps, starts(), weights.data()}; }
};

/// sin(pi x) / (pi x)
inline double sinc(double x) {
  const double radians = 3.14159265358979323846 * x;
  return x == 0 ? 1 : std::sin(radians) / radians;
}
/// Keys's cubic convolution kernel (1981) with parameter a, its slope at distance 1.
inline double cubic(double x, double a) {
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
/// The value of the interpolation kernel at distance x.
inline double interpolation_kernel(Interpolation interpolation, double x) {
  if (interpolation == Interpolation::bilinear) return (std::max)(0.0, 1 - std::fabs(x));
  if (interpolation == Interpolation::bicubic) return cubic(x, -0.5);
  const double reach = interpolation == Interpolation::lanczos3 ? 3 : 5;
  return std::fabs(x) < reach ? sinc(x) * sinc(x / reach) : 0;
}

/// The taps and weights that resample an axis of size n to size m. The center of output pixel j has the input
/// coordinate (j + 1/2) n / m - 1/2 (half-pixel centers). Without antialiasing, nearest, bilinear and bicubic equal
/// PyTorch's, with replicated borders. With antialiasing, and for Lanczos, the weights sum to 1; antialiasing also
/// widens the kernel by n / m if the axis shrinks.
template <class S>
ResamplingTable<S> resampling_table(Index n, Index m, Interpolation interpolation, bool antialias) {
  const double scale = static_cast<double>(n) / static_cast<double>(m);
  const bool is_lanczos = interpolation == Interpolation::lanczos3 || interpolation == Interpolation::lanczos5;
  const auto fill = [&](Index most, const auto& weigh) {
    ResamplingTable<S> table(n, m, most);
    for (Index j = 0; j < m; ++j)
      weigh(j, table.taps, table.starts()[j], TensorAccess::data(table.weights) + j * table.taps);
    return table;
  };
  if (interpolation == Interpolation::nearest)
    return fill(1, [&](Index j, [[maybe_unused]] Index taps, Index& first, S* weights) {
      const float at = (static_cast<float>(j) + 0.5F) * (static_cast<float>(n) / static_cast<float>(m));
      first = (std::min)(static_cast<Index>(std::floor(at)), n - 1);
      weights[0] = S(1);
    });
  if (!antialias && !is_lanczos) {
    const Index neighbours = interpolation == Interpolation::bilinear ? 2 : 4;
    return fill(neighbours, [&](Index j, [[maybe_unused]] Index taps, Index& first, S* weights) {
      const double place = scale * (static_cast<double>(j) + 0.5) - 0.5;
      const double at = neighbours == 2 ? (std::max)(place, 0.0) : place, whole = std::floor(at);
      const Index nearest = static_cast<Index>(whole) - (neighbours / 2 - 1);
      first = (std::clamp<Index>)(nearest, 0, n - taps);
      for (Index k = 0; k < neighbours; ++k) {
        const double x = at - whole - static_cast<double>(k - (neighbours / 2 - 1));
        weights[(std::clamp<Index>)(nearest + k, 0, n - 1) - first] +=
            static_cast<S>(neighbours == 2 ? 1 - std::fabs(x) : cubic(x, -0.75));
      }
    });
  }
  const double reach = interpolation == Interpolation::bilinear   ? 1
                       : interpolation == Interpolation::bicubic  ? 2
                       : interpolation == Interpolation::lanczos3 ? 3
                                                                  : 5;
  const double stretch = antialias ? (std::max)(scale, 1.0) : 1.0;
  return fill(2 * static_cast<Index>(std::ceil(reach * stretch)) + 1,
              [&](Index j, [[maybe_unused]] Index taps, Index& first, S* weights) {
                const double centre = scale * (static_cast<double>(j) + 0.5);
                const Index low = (std::max<Index>)(static_cast<Index>(centre - reach * stretch + 0.5), 0);
                const Index high = (std::min)(static_cast<Index>(centre + reach * stretch + 0.5), n);
                first = (std::clamp<Index>)(low, 0, n - taps);
                double total = 0;
                const auto weight = [&](Index i) {
                  return interpolation_kernel(interpolation, (static_cast<double>(i) - centre + 0.5) / stretch);
                };
                for (Index i = low; i < high; ++i) total += weight(i);
                for (Index i = low; i < high; ++i) weights[i - first] = static_cast<S>(weight(i) / total);
              });
}

/// y = x resampled along an axis, or if `Transposed`, the transpose of that operation. Gradient: dx = the other of the
/// two, applied to dy.
template <bool Transposed, class S>
Tensor<S> resample(const Tensor<S>& x, Index axis, const ResamplingTable<S>& table) {
  Tensor<S> y = Tensor<S>::empty(x.shape().with(axis, Transposed ? table.from : table.to));
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : x.shape()[i];
  const auto kernel = Transposed ? kernels::resample_transposed<S> : kernels::resample<S>;
  kernel(table.view(), outer, inner, x.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient(
        [axis, table](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, resample<!Transposed>(dy, axis, table)); });
  return y;
}

/// Resizes two adjacent axes of x to `rows` and `columns`; first the axis that shrinks more, which is the cheaper
/// order.
template <class S>
Tensor<S> resize(const Tensor<S>& x, Index row_axis, Index rows, Index columns, Interpolation interpolation,
                 bool antialias) {
  const Index column_axis = row_axis + 1, n = x.shape()[row_axis], m = x.shape()[column_axis];
  if (n == 0 || m == 0) raise<ShapeError>("resize: expected an image with sizes >= 1, got shape ", x.shape());
  static_cast<void>(x.shape().with(row_axis, rows).with(column_axis, columns).size());  // throws if too large
  const auto along = [&](const Tensor<S>& t, Index axis, Index from, Index to) {
    return from == to && !antialias ? t
                                    : resample<false>(t, axis, resampling_table<S>(from, to, interpolation, antialias));
  };
  if (static_cast<double>(rows) * static_cast<double>(m) <= static_cast<double>(columns) * static_cast<double>(n))
    return along(along(x, row_axis, n, rows), column_axis, m, columns);
  return along(along(x, column_axis, m, columns), row_axis, n, rows);
}

LAMINA_COMPILED_FUNCTION(resize);

}  // namespace detail

}  // namespace lamina
