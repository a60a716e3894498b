#pragma once
#include <cstdint>
#include <deque>
#include <lamina/core/random.hpp>
#include <lamina/core/touched_rows.hpp>
#include <lamina/kernels/convolution/convolution_gradients.hpp>
#include <lamina/kernels/rnn/recurrence.hpp>
#include <vector>

// What the kernels of kernel_table.hpp run on.

namespace lamina::testing_support {

/// The arrays of a run, with the same random numbers in every run.
template <class S>
class Arrays {
 public:
  const S* in(Index count, double low = -1, double high = 1) { return add(count, low, high).data(); }
  /// Returns an array that the kernel writes and may read.
  S* out(Index count, double low = -1, double high = 1) {
    std::vector<S>& array = add(count, low, high);
    written_.push_back(&array);
    return array.data();
  }
  void result(double value) { *out(1) = static_cast<S>(value); }
  std::vector<double> written() const {
    std::vector<double> all;
    for (const auto* array : written_) all.insert(all.end(), array->begin(), array->end());
    return all;
  }

 private:
  std::vector<S>& add(Index count, double low, double high) {
    const RandomStream random(arrays_.size(), 5);
    std::vector<S>& array = arrays_.emplace_back(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < array.size(); ++i) array[i] = static_cast<S>(low + (high - low) * random.uniform(i));
    return array;
  }
  std::deque<std::vector<S>> arrays_;
  std::vector<const std::vector<S>*> written_;
};

template <class S>
struct KernelOfTable {
  const char* name;                // name of the function in lamina::kernels
  std::vector<const char*> inner;  // functions whose inner kernels it runs; empty: its own
  void (*run)(Arrays<S>& a);
};

/// Recurrent layers: 3 steps, 5 samples, 19 units, a mask; states are kept and all outputs returned.
template <class S>
kernels::Recurrence<S> recurrence(Arrays<S>& a) {
  static const std::vector<S> mask = [] {
    std::vector<S> all(15, S(1));
    all[6] = S(0);
    return all;
  }();
  kernels::Recurrence<S> r;
  r.steps = 3, r.batch = 5, r.units = 19;
  r.mask = mask.data();
  r.started = r.kept = true;
  r.y = a.out(5 * 3 * 19);
  r.y_row = 3 * 19, r.y_step = 19;
  return r;
}
/// 3 images of 9 x 8 pixels.
inline kernels::Window window(Index size, Index stride) {
  const Index input[] = {9, 8};
  return {2, input, size, stride, 1, Padding::same};
}
inline kernels::Convolution convolution(Index size, Index channels, Index filters) {
  return {window(size, 1), 3, channels, filters, 1};
}
template <class S>
kernels::ConvolutionGradients<S> gradients(const kernels::Convolution& c, Arrays<S>& a) {
  kernels::ConvolutionGradients<S> g;
  g.x = a.in(3 * 72 * c.channels), g.kernel = a.in(c.kernel_size()), g.dy = a.in(3 * 72 * c.filters);
  g.dx = a.out(3 * 72 * c.channels), g.dkernel = a.out(c.kernel_size()), g.dbias = a.out(c.filters);
  return g;
}
/// Rows 1, 3 and 4 of 9 rows with 37 elements.
template <class S>
class SomeRows {
 public:
  SomeRows() : memory_(lamina::detail::TouchedRows::bytes(9, bytes) / 8 + 1) {
    rows_ = lamina::detail::TouchedRows::place(memory_.data(), 9, bytes);
    for (const int row : {1, 3, 4}) rows_->touch(row);
  }
  const lamina::detail::TouchedRows& rows() const { return *rows_; }

 private:
  static constexpr std::size_t bytes = 37 * sizeof(S);
  std::vector<std::int64_t> memory_;
  lamina::detail::TouchedRows* rows_;
};

}  // namespace lamina::testing_support
