#pragma once
#include <cstring>

#include "lamina/core/memory.hpp"
#include "lamina/kernels/convolution/window.hpp"
#include "lamina/kernels/elementwise.hpp"

// The blocks of a convolution, and the tables of offsets of the patches in a block.

namespace lamina::kernels {

/// The sizes of a convolution. Shapes: x (batch, inputs..., channels), kernel (window..., channels / groups, filters),
/// y (batch, outputs..., filters).
struct Convolution {
  Window window;       ///< The windows, with the sizes of inputs and outputs.
  Index batch = 0;     ///< Number of samples.
  Index channels = 0;  ///< Number of input channels, of all groups.
  Index filters = 0;   ///< Number of output channels, of all groups.
  Index groups = 1;    ///< Number of groups.

  Index group_channels() const noexcept { return channels / groups; }        ///< Input channels of a group.
  Index group_filters() const noexcept { return filters / groups; }          ///< Output channels of a group.
  Index patch() const noexcept { return window.size() * group_channels(); }  ///< Elements of a group's patch.
  Index kernel_size() const noexcept { return patch() * filters; }           ///< Elements of the kernel.
  /// Number of multiplications per output position.
  Index work() const noexcept { return kernel_size() / std::max<Index>(1, groups); }
};

/// The operands of the gradients of a convolution. An output that is not needed is null.
template <class S>
struct ConvolutionGradients {
  const S* x = nullptr;       ///< The input; needed for `dkernel`.
  const S* kernel = nullptr;  ///< The kernel; needed for `dx`.
  const S* dy = nullptr;      ///< The gradient with respect to the output.
  const S* y = nullptr;       ///< The output, if it was computed with relu: dy is 0 where y <= 0. Null without relu.
  S* dx = nullptr;            ///< The gradient with respect to the input, or null.
  S* dkernel = nullptr;       ///< The gradient with respect to the kernel, or null.
  S* dbias = nullptr;         ///< The gradient with respect to the bias, or null.
};

namespace detail {

/// The number of multiplications that make another thread worthwhile.
inline constexpr Index convolution_worth_a_thread = 400000;

/// The gradient of a kernel of at most `most_elements_in_copies` elements is accumulated in up to `most_copies` copies,
/// one per part of the batch.
inline constexpr Index most_elements_in_copies = 65536, most_copies = 16;

/// Splits a convolution into blocks, and computes the tables of offsets of patches and of their elements.
///
/// A block consists of whole images if they are small, or of rows of one image (positions along the first axis). Its
/// input is in a buffer: in the input tensor itself, or in a copy with the padding that windows reach.
class ConvolutionPlan {
 public:
  struct Block {
    Index image, images, line, lines;
    Index rows;  // number of output positions
  };

  /// `gradient_row`: stride of the rows of dy, if used. `most_images`: maximum number of images per block.
  /// `least_blocks`: minimum number of blocks, if the convolution is large enough.
  ConvolutionPlan(const Convolution& c, Index gradient_row, Index most_images, Index least_blocks = 1)
      : channels_(c.channels) {
    const Window& w = c.window;
    line_axis_ = AxisSizes::max_rank - w.rank;
    for (Index i = 0; i < w.rank; ++i) axes_[line_axis_ + i] = w.axes[i];
    in_place_ = true;
    Index span = c.channels;
    for (Index i = AxisSizes::max_rank; i-- > 0;) {
      const WindowAxis& axis = axes_[i];
      const Index reached = (axis.output - 1) * axis.stride + axis.reach();
      buffer_[i] = (std::max)(reached, axis.before + axis.input);
      in_place_ = in_place_ && buffer_[i] == axis.input;
      step_[i] = span;
      span *= buffer_[i];
    }
    image_ = span;
    cut(c, most_images, least_blocks);
    write_tables(c, gradient_row);
  }

  Index blocks() const noexcept { return sets() * blocks_of_set_; }
  Index rows_of_block() const noexcept { return images_ * lines_ * line_; }
  /// Number of sets. A set consists of all blocks of some images; sets are independent.
  Index sets() const noexcept { return sets_; }
  Index blocks_of_set() const noexcept { return blocks_of_set_; }
  Block block(Index i) const noexcept {
    const Index image = i / blocks_of_set_ * images_, line = i % blocks_of_set_ * lines_;
    Block b{image, (std::min)(images_, batch_ - image), line, (std::min)(lines_, all_lines_ - line), 0};
    b.rows = b.images * b.lines * line_;
    return b;
  }
  /// The index of the first output position of a block.
  Index first_row(const Block& b) const noexcept { return (b.image * all_lines_ + b.line) * line_; }

  const std::int32_t* rows() const noexcept { return table(); }                         // offsets of patches
  const std::int32_t* patch() const noexcept { return rows() + rows_of_block(); }       // of a patch's elements
  const std::int32_t* gradient_rows() const noexcept { return patch() + patch_size_; }  // of the rows of dy
  const std::int32_t* filters() const noexcept { return gradient_rows() + rows_of_block(); }

  bool in_place() const noexcept { return in_place_; }
  /// The number of elements of the buffer of a block (`block_buffer`) and of a set (`set_buffer`).
  Index block_buffer() const noexcept {
    const WindowAxis& axis = axes_[line_axis_];
    return in_place_             ? 0
           : lines_ < all_lines_ ? ((lines_ - 1) * axis.stride + axis.reach()) * step_[line_axis_]
                                 : set_buffer();
  }
  Index set_buffer() const noexcept { return images_ * image_; }
  /// The offset of the buffer of a block in the buffer of its set.
  Index block_offset(const Block& b) const noexcept { return b.line * axes_[line_axis_].stride * step_[line_axis_]; }
  const WindowAxis& axis(Index i) const noexcept { return axes_[i]; }
  Index step(Index i) const noexcept { return step_[i]; }
  /// The number of contiguous elements of a patch.
  Index run(const Convolution& c) const noexcept {
    return c.groups == 1 && axes_[2].dilation == 1 ? axes_[2].size * c.channels : c.group_channels();
  }
  Index image() const noexcept { return image_; }
  Index inputs() const noexcept { return axes_[0].input * axes_[1].input * axes_[2].input; }

  /// Returns the input of a block: x itself, or `buffer`, to which it is copied with zero padding.
  template <class S>
  const S* input(const Block& b, const S* x, S* buffer) const {
    if (in_place_) return x + b.image * image_ + block_offset(b);
    Index origin[3], count[3];
    for (Index i = 0; i < 3; ++i) {
      origin[i] = -axes_[i].before;
      count[i] = buffer_[i];
    }
    if (b.lines < all_lines_) {
      origin[line_axis_] += b.line * axes_[line_axis_].stride;
      count[line_axis_] = (b.lines - 1) * axes_[line_axis_].stride + axes_[line_axis_].reach();
    }
    const Index left = (std::clamp)(-origin[2], Index{0}, count[2]);
    const Index right = (std::clamp)(axes_[2].input - origin[2], left, count[2]);
    for (Index n = 0; n < b.images; ++n)
      for (Index i = 0; i < count[0]; ++i)
        for (Index j = 0; j < count[1]; ++j) {
          S* to = buffer + n * image_ + i * step_[0] + j * step_[1];
          const Index from_i = origin[0] + i, from_j = origin[1] + j;
          const bool inside = from_i >= 0 && from_i < axes_[0].input && from_j >= 0 && from_j < axes_[1].input;
          const Index zeros = inside ? left : count[2], kept = inside ? right - left : 0;
          fill_zeros(to, zeros * channels_);
          if (kept > 0)
            std::memcpy(to + zeros * channels_,
                        x + (position(b.image + n, from_i, from_j) + origin[2] + left) * channels_,
                        static_cast<std::size_t>(kept * channels_) * sizeof(S));
          fill_zeros(to + (zeros + kept) * channels_, (count[2] - zeros - kept) * channels_);
        }
    return buffer;
  }

  /// Copies the images of a set from their padded buffer to x.
  template <class S>
  void take_out(const Block& b, const S* buffer, S* x) const {
    for (Index n = 0; n < b.images; ++n)
      for (Index i = 0; i < axes_[0].input; ++i)
        for (Index j = 0; j < axes_[1].input; ++j)
          std::memcpy(x + position(b.image + n, i, j) * channels_,
                      buffer + n * image_ + (i + axes_[0].before) * step_[0] + (j + axes_[1].before) * step_[1] +
                          axes_[2].before * step_[2],
                      static_cast<std::size_t>(axes_[2].input * channels_) * sizeof(S));
  }

 private:
  /// Chooses the block size: enough rows to amortize reading the kernel, few enough for their input and output to stay
  /// in cache.
  void cut(const Convolution& c, Index most_images, Index least_blocks) {
    constexpr Index small_kernel = 131072, most_elements = 131072;
    const Index wanted = c.kernel_size() > small_kernel ? 512 : 128;
    batch_ = c.batch;
    all_lines_ = axes_[line_axis_].output;
    for (Index i = line_axis_ + 1; i < 3; ++i) line_ *= axes_[i].output;
    const Index image_rows = all_lines_ * line_;
    lines_ = all_lines_;
    Index most = std::clamp<Index>(most_elements / std::max<Index>(1, (std::max)(c.channels, c.filters)), 32, 1024);
    if (least_blocks > c.batch) most = std::clamp<Index>(image_rows * c.batch / least_blocks, 32, most);
    if (image_rows > most) {
      const Index together = std::max<Index>(1, most / line_), parts = (all_lines_ + together - 1) / together;
      lines_ = (all_lines_ + parts - 1) / parts;
    } else {
      images_ = std::clamp<Index>((std::min)(wanted, most) / image_rows, 1, std::max<Index>(1, most_images));
    }
    sets_ = (batch_ + images_ - 1) / images_;
    blocks_of_set_ = (all_lines_ + lines_ - 1) / lines_;
  }

  void write_tables(const Convolution& c, Index gradient_row) {
    const Index block_rows = rows_of_block(), group_channels = c.group_channels(), group_filters = c.group_filters();
    patch_size_ = c.patch();
    tables_ = lamina::detail::Storage::of<std::int32_t>(2 * block_rows + patch_size_ + group_filters);
    auto* out = static_cast<std::int32_t*>(tables_.memory());
    Index count[3] = {axes_[0].output, axes_[1].output, axes_[2].output};
    count[line_axis_] = lines_;
    for (Index n = 0; n < images_; ++n)
      for (Index i = 0; i < count[0]; ++i)
        for (Index j = 0; j < count[1]; ++j)
          for (Index k = 0; k < count[2]; ++k)
            *out++ = static_cast<std::int32_t>(n * image_ + i * axes_[0].stride * step_[0] +
                                               j * axes_[1].stride * step_[1] + k * axes_[2].stride * step_[2]);
    for (Index i = 0; i < axes_[0].size; ++i)
      for (Index j = 0; j < axes_[1].size; ++j)
        for (Index k = 0; k < axes_[2].size; ++k)
          for (Index channel = 0; channel < group_channels; ++channel)
            *out++ = static_cast<std::int32_t>(i * axes_[0].dilation * step_[0] + j * axes_[1].dilation * step_[1] +
                                               k * axes_[2].dilation * step_[2] + channel);
    for (Index row = 0; row < block_rows; ++row) *out++ = static_cast<std::int32_t>(row * gradient_row);
    for (Index filter = 0; filter < group_filters; ++filter) *out++ = static_cast<std::int32_t>(filter);
  }

  const std::int32_t* table() const noexcept { return static_cast<const std::int32_t*>(tables_.memory()); }
  Index position(Index image, Index i, Index j) const noexcept {
    return ((image * axes_[0].input + i) * axes_[1].input + j) * axes_[2].input;
  }
  template <class S>
  static void fill_zeros(S* to, Index count) {
    if (count > 0) std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(S));
  }

  Index channels_, batch_ = 0;
  WindowAxis axes_[3];  // right-aligned; leading axes have size 1
  Index buffer_[3], step_[3], image_ = 0;
  Index line_axis_ = 0, all_lines_ = 1, line_ = 1;  // rows of an image, and output positions of a row
  Index images_ = 1, lines_ = 1, sets_ = 0, blocks_of_set_ = 1;
  Index patch_size_ = 0;
  bool in_place_ = false;
  lamina::detail::Storage tables_;
};

/// A buffer of `count` elements from the memory pool.
template <class S>
class Buffer {
 public:
  explicit Buffer(Index count) : storage_(lamina::detail::Storage::of<S>(count)) {}
  S* data() const noexcept { return static_cast<S*>(storage_.memory()); }

 private:
  lamina::detail::Storage storage_;
};

/// Sums `copies` arrays of `count` elements, `each` elements apart, in order.
template <class S>
void add_copies(Index copies, Index each, Index count, const S* sums, S* out) {
  std::memcpy(out, sums, static_cast<std::size_t>(count) * sizeof(S));
  for (Index copy = 1; copy < copies; ++copy) {
    map(
        count, out, [](const auto& sum, const auto& more) LAMINA_INLINE_LAMBDA { return sum + more; }, out,
        sums + copy * each);
  }
}

}  // namespace detail

}  // namespace lamina::kernels
