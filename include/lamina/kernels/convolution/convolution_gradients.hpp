#pragma once
#include "lamina/kernels/convolution/channel_tiles.hpp"
#include "lamina/kernels/convolution/convolution.hpp"
#include "lamina/kernels/convolution/winograd_gradients.hpp"
#include "lamina/kernels/threads.hpp"

// The backward pass of a convolution: data gradient and filter gradient; and the transposed convolution.

namespace lamina::kernels {

namespace detail {

/// Copies rows of dy to `z`, with 0 where y <= 0 (the gradient of relu), and adds their sum to `sums`. `y`, `z` and
/// `sums` may be null.
template <class S>
void gradient_rows(Index rows, Index n, const S* dy, const S* y, S* z, Index z_row, S* sums) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    const auto columns = [&](auto lanes, auto packs, Index j) LAMINA_INLINE_LAMBDA {
      constexpr int L = decltype(lanes)::value, P = decltype(packs)::value;
      using V = Pack<S, L>;
      V sum[std::size_t{P}];
      LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[p] = V::splat(S(0));
      for (Index i = 0; i < rows; ++i) LAMINA_UNROLL for (int p = 0; p < P; ++p) {
          const Index at = i * n + j + p * L;
          V value = V::load(dy + at);
          if (y != nullptr) value = select(V::load(y + at) > S(0), value, S(0));
          if (z != nullptr) value.store(z + i * z_row + j + p * L);
          sum[p] = sum[p] + value;
        }
      if (sums == nullptr) return;
      LAMINA_UNROLL for (int p = 0; p < P; ++p)(V::load(sums + j + p * L) + sum[p]).store(sums + j + p * L);
    };
    channel_tiles<W, 2, false>(0, n, columns);
  });
}

/// Adds rows of `count` elements, `from_row` apart, to `to` at the offsets `row`.
template <class S>
void add_runs(Index rows, Index count, const S* from, Index from_row, S* to, const std::int32_t* row) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    using V = Pack<S, W>;
    for (Index i = 0; i < rows; ++i, from += from_row) {
      S* sum = to + row[i];
      Index j = 0;
      for (; j + W <= count; j += W) (V::load(sum + j) + V::load(from + j)).store(sum + j);
      for (; j < count; ++j) {
        LAMINA_ONE_BY_ONE(j);
        sum[j] += from[j];
      }
    }
  });
}

/// Computes the gradients of a convolution, block by block.
template <class S>
class ConvolutionGradientPass {
 public:
  ConvolutionGradientPass(const Convolution& c, const ConvolutionGradients<S>& g, Index most_images,
                          const S* bias = nullptr, bool relu = false)
      : c_(c),
        g_(g),
        bias_(bias),
        relu_(relu),
        panel_(gathered_panel<S>()),
        copies_gradient_(g.y != nullptr || (g.dkernel != nullptr && c.group_filters() % (panel_ / 2) != 0)),
        plan_(c, c.filters, most_images),
        transposed_(g.dx == nullptr ? 0 : c.groups * packed_group()) {
    if (g.dx != nullptr) pack_transposed_kernel();
  }

  /// Computes dx only. Sets of images are independent.
  void data_gradient() const {
    parallel_ranges(plan_.sets(), 1, sets_worth_a_thread(), [&](Index begin, Index end) {
      const Workspace space(*this);
      for (Index set = begin; set < end; ++set) {
        S* buffer = begin_inputs(plan_.block(set * plan_.blocks_of_set()), space);
        for (Index i = set * plan_.blocks_of_set(); i < (set + 1) * plan_.blocks_of_set(); ++i) {
          const Block block = plan_.block(i);
          add_data_gradient(block, gradient(block, space, nullptr), buffer + plan_.block_offset(block), space);
        }
        end_inputs(plan_.block(set * plan_.blocks_of_set()), buffer);
      }
    });
  }

  /// Computes all gradients in one pass, for a small kernel. Its gradient is accumulated in copies, one per part of the
  /// batch; the number of copies does not depend on the number of threads.
  void gradients() const {
    const Index sets = plan_.sets(), copies = std::clamp<Index>(sets, 1, most_copies);
    const Index kernel = c_.kernel_size(), each = kernel + c_.filters;
    const Buffer<S> sums(copies * each);
    parallel_ranges(copies, 1, sets_worth_a_thread() * copies / std::max<Index>(1, sets) + 1,
                    [&](Index begin, Index end) {
                      const Workspace space(*this);
                      for (Index i = begin; i < end; ++i)
                        part(sets * i / copies, sets * (i + 1) / copies, sums.data() + i * each, space);
                    });
    if (g_.dkernel != nullptr) add_copies(copies, each, kernel, sums.data(), g_.dkernel);
    if (g_.dbias != nullptr) add_copies(copies, each, c_.filters, sums.data() + kernel, g_.dbias);
  }

  /// Computes the gradients of a large kernel and of the bias, block after block. Threads share the rows of the kernel.
  void filter_gradient() const {
    const Workspace space(*this);
    if (g_.dbias != nullptr) std::memset(g_.dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
    if (plan_.blocks() == 0) std::memset(g_.dkernel, 0, static_cast<std::size_t>(c_.kernel_size()) * sizeof(S));
    for (Index i = 0; i < plan_.blocks(); ++i) {
      const Block block = plan_.block(i);
      const S* dz = gradient(block, space, g_.dbias);
      const S* from = plan_.input(block, g_.x, space.input.data());
      parallel_ranges(c_.patch(), 8, convolution_worth_a_thread / work_of(block.rows, c_.group_filters()) + 1,
                      [&](Index begin, Index end) { kernel_rows(block, from, dz, begin, end, g_.dkernel, i > 0); });
    }
  }

 private:
  Index sets_worth_a_thread() const noexcept {
    const Index rows = plan_.rows_of_block() * plan_.blocks_of_set();
    return convolution_worth_a_thread / work_of(rows, c_.work()) + 1;
  }

  // The transposed kernel is packed in units that are multiplied at once: a whole patch, or the channels of one tap.
  Index unit() const noexcept { return scatters_ ? c_.group_channels() : c_.patch(); }
  Index packed_unit() const noexcept { return (unit() + panel_ - 1) / panel_ * panel_ * c_.group_filters(); }
  Index packed_group() const noexcept { return c_.patch() / unit() * packed_unit(); }
  void pack_transposed_kernel() {
    const Index filters = c_.group_filters(), units = c_.patch() / unit();
    parallel_ranges(c_.groups * units, 1, 65536 / (packed_unit() + 1) + 1, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i)
        pack_panels<S>({g_.kernel + i % units * unit() * c_.filters + i / units * filters, 1, c_.filters}, filters,
                       unit(), panel_, transposed_.data() + i * packed_unit());
    });
  }
  Index patch_rows() const noexcept { return std::clamp<Index>(8192 / c_.patch() / 8 * 8, 8, 256); }

  /// The work memory of one thread.
  struct Workspace {
    Buffer<S> input, gradient, dx, patches;
    explicit Workspace(const ConvolutionGradientPass& b)
        : input(b.g_.dkernel == nullptr ? 0 : b.plan_.block_buffer()),
          gradient(b.copies_gradient_ ? b.plan_.rows_of_block() * b.c_.filters + b.panel_ : 0),
          dx(b.g_.dx == nullptr || b.plan_.in_place() ? 0 : b.plan_.set_buffer()),
          patches(b.g_.dx == nullptr || b.scatters_ ? 0 : b.patch_rows() * b.c_.patch()) {}
  };
  using Block = ConvolutionPlan::Block;

  /// Returns the rows of dy of a block, and adds their sum to `dbias` unless it is null.
  const S* gradient(const Block& block, const Workspace& space, S* dbias) const {
    const Index first = plan_.first_row(block) * c_.filters;
    S* copy = copies_gradient_ ? space.gradient.data() : nullptr;
    if (copy != nullptr || dbias != nullptr)
      gradient_rows(block.rows, c_.filters, g_.dy + first, g_.y == nullptr ? nullptr : g_.y + first, copy, c_.filters,
                    dbias);
    return copy != nullptr ? copy : g_.dy + first;
  }

  /// dkernel (+)= patchesᵀ dy, rows [begin, end).
  void kernel_rows(const Block& block, const S* from, const S* dz, Index begin, Index end, S* dkernel,
                   bool accumulate) const {
    for (Index g = 0; g < c_.groups; ++g)
      multiply_gathered<S>({end - begin, block.rows, c_.group_filters(), from + g * c_.group_channels(),
                            plan_.patch() + begin, plan_.rows(), dz + g * c_.group_filters(), c_.filters, panel_,
                            dkernel + begin * c_.filters + g * c_.group_filters(), nullptr, c_.filters, accumulate});
  }

  /// Data gradient (col2im): adds dy kernelᵀ to the patches in dx.
  void add_data_gradient(const Block& block, const S* dz, S* dx, const Workspace& space) const {
    const Index channels = c_.group_channels(), filters = c_.group_filters(), patch = c_.patch();
    const std::int32_t* at = plan_.patch();
    for (Index g = 0; g < c_.groups; ++g) {
      GatheredProduct<S> product{block.rows,
                                 filters,
                                 unit(),
                                 dz + g * filters,
                                 plan_.gradient_rows(),
                                 plan_.filters(),
                                 transposed_.data() + g * packed_group(),
                                 panel_,
                                 filters * panel_,
                                 nullptr,
                                 plan_.rows(),
                                 0,
                                 true};
      if (scatters_) {  // directly to the channels of each tap
        for (Index k = 0; k < patch; k += channels, product.b += packed_unit()) {
          product.c = dx + at[k] + g * channels;
          multiply_gathered(product);
        }
        continue;
      }
      product.c = space.patches.data();
      product.c_row = nullptr;
      product.c_stride = patch;
      product.accumulate = false;
      for (Index first = 0; first < block.rows; first += patch_rows()) {
        product.rows = (std::min)(patch_rows(), block.rows - first);
        product.row = plan_.gradient_rows() + first;
        multiply_gathered(product);
        for (Index k = 0; k < patch; k += run_)
          add_runs(product.rows, run_, product.c + k, patch, dx + at[k] + g * channels, plan_.rows() + first);
      }
    }
  }

  /// Returns the buffer in which the gradient of a set of images is accumulated, initialized with zeros or the bias.
  S* begin_inputs(const Block& set, const Workspace& space) const {
    S* buffer = plan_.in_place() ? g_.dx + set.image * plan_.image() : space.dx.data();
    const Index size = set.images * plan_.image();
    if (bias_ == nullptr)
      std::memset(buffer, 0, static_cast<std::size_t>(size) * sizeof(S));
    else
      for (Index i = 0; i < size; i += c_.channels)
        std::memcpy(buffer + i, bias_, static_cast<std::size_t>(c_.channels) * sizeof(S));
    return buffer;
  }
  void end_inputs(const Block& set, S* buffer) const {
    if (!plan_.in_place()) plan_.take_out(set, buffer, g_.dx);
    if (!relu_) return;
    S* out = g_.dx + set.image * plan_.inputs() * c_.channels;
    for (Index i = 0, n = set.images * plan_.inputs() * c_.channels; i < n; ++i) out[i] = out[i] < S(0) ? S(0) : out[i];
  }

  void part(Index begin, Index end, S* sums, const Workspace& space) const {
    S* dbias = g_.dbias == nullptr ? nullptr : sums + c_.kernel_size();
    std::memset(sums + c_.kernel_size(), 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
    if (begin == end) std::memset(sums, 0, static_cast<std::size_t>(c_.kernel_size()) * sizeof(S));
    bool accumulate = false;
    for (Index set = begin; set < end; ++set) {
      const Index first = set * plan_.blocks_of_set();
      S* buffer = g_.dx == nullptr ? nullptr : begin_inputs(plan_.block(first), space);
      for (Index i = first; i < first + plan_.blocks_of_set(); ++i) {
        const Block block = plan_.block(i);
        const S* dz = gradient(block, space, dbias);
        if (g_.dkernel != nullptr)
          kernel_rows(block, plan_.input(block, g_.x, space.input.data()), dz, 0, c_.patch(), sums, accumulate);
        accumulate = true;
        if (buffer != nullptr) add_data_gradient(block, dz, buffer + plan_.block_offset(block), space);
      }
      if (buffer != nullptr) end_inputs(plan_.block(first), buffer);
    }
  }

  const Convolution& c_;
  const ConvolutionGradients<S>& g_;
  const S* bias_;  // of a transposed convolution, whose output is dx
  bool relu_;
  Index panel_;
  bool copies_gradient_;
  bool scatters_ = c_.group_channels() % (panel_ / 2) == 0;  // rows are whole vectors
  ConvolutionPlan plan_;
  Buffer<S> transposed_;
  Index run_ = plan_.run(c_);
};

}  // namespace detail

/// Computes the gradients of a convolution with respect to its input, kernel and bias.
template <class S>
void convolution_gradients(const Convolution& c, const ConvolutionGradients<S>& g) {
  const bool bias_alone = g.dx == nullptr && g.dkernel == nullptr;
  if (!bias_alone && detail::winograd::is_faster(c)) return detail::winograd::convolution_gradients(c, g);
  using Pass = detail::ConvolutionGradientPass<S>;
  const bool inputs_alone = g.dkernel == nullptr && g.dbias == nullptr;
  if (!inputs_alone && (c.kernel_size() <= detail::most_elements_in_copies || g.dkernel == nullptr))
    return Pass(c, g, std::max<Index>(1, c.batch / 16)).gradients();
  if (g.dx != nullptr) {
    ConvolutionGradients<S> inputs = g;
    inputs.dkernel = inputs.dbias = nullptr;
    Pass(c, inputs, c.batch / (2 * ThreadTeam::instance().size())).data_gradient();
  }
  if (!inputs_alone) {
    ConvolutionGradients<S> kernel = g;
    kernel.dx = nullptr;
    Pass(c, kernel, c.batch).filter_gradient();
  }
}

namespace detail {

/// Returns the convolution that equals the transpose of a convolution with stride 1, with the flipped kernel.
inline Convolution transposed_convolution(const Convolution& c) {
  Convolution transposed = c;
  std::swap(transposed.channels, transposed.filters);
  for (Index i = 0; i < c.window.rank; ++i) {
    WindowAxis& axis = transposed.window.axes[i];
    std::swap(axis.input, axis.output);
    axis.before = axis.reach() - 1 - axis.before;
  }
  return transposed;
}
/// True if that convolution is faster: for one or two channels, or if Winograd's algorithm applies to it.
inline bool transposes_by_convolution(const Convolution& c) {
  bool everywhere = c.groups == 1;
  for (Index i = 0; i < c.window.rank; ++i) everywhere = everywhere && c.window.axes[i].stride == 1;
  return everywhere && (c.channels <= 2 || winograd::is_faster(transposed_convolution(c)));
}
/// Returns the kernel, flipped along all spatial axes and transposed: (window..., channels, filters) to (window...,
/// filters, channels).
template <class S>
Buffer<S> flipped_kernel(const Convolution& c, const S* kernel) {
  Buffer<S> flipped(c.kernel_size());
  const Index window = c.window.size(), one = c.channels * c.filters;
  for (Index k = 0; k < window; ++k)
    pack_panels<S>({kernel + (window - 1 - k) * one, 1, c.filters}, c.filters, c.channels, c.channels,
                   flipped.data() + k * one);
  return flipped;
}

}  // namespace detail

/// Transposed convolution: x = convᵀ(y, kernel) + bias; with `relu`, x = max(x, 0). Every output position adds y times
/// the kernel to the inputs in its window: it is the data gradient of the convolution. `bias` (channels) may be null.
/// Shapes: see Convolution.
template <class S>
void convolve_transposed(const Convolution& c, const S* y, const S* kernel, const S* bias, bool relu, S* x) {
  if (detail::transposes_by_convolution(c)) {
    const detail::Buffer<S> flipped = detail::flipped_kernel(c, kernel);
    return convolve(detail::transposed_convolution(c), y, flipped.data(), bias, relu, x);
  }
  ConvolutionGradients<S> g;
  g.kernel = kernel;
  g.dy = y;
  g.dx = x;
  detail::ConvolutionGradientPass<S>(c, g, c.batch / (2 * ThreadTeam::instance().size()), bias, relu).data_gradient();
}

LAMINA_COMPILED_FUNCTION(convolution_gradients);
LAMINA_COMPILED_FUNCTION(convolve_transposed);

}  // namespace lamina::kernels
