#pragma once
#include <cstring>

#include "lamina/kernels/gathered_dots.hpp"
#include "lamina/kernels/gathered_product.hpp"
#include "lamina/kernels/window.hpp"

// Convolution of images with their channels last, over one to three axes, in all three directions.
//
// Nothing is ever unrolled into patches: an image, or a few lines of one, is multiplied where it lies, patches being
// found by their offsets (see GatheredProduct). Only where windows reach over the borders is it copied first, with its
// zeros around it. Threads take blocks of images, and all is summed in an order that the sizes alone decide.

namespace lamina::kernels {

/// Shapes: x (batch, inputs..., channels), kernel (window..., channels / groups, filters), y (batch, outputs...,
/// filters).
struct Convolution {
  Window window;
  Index batch = 0, channels = 0, filters = 0, groups = 1;

  /// Of a group: channels, filters, and how many elements a patch has.
  Index group_channels() const noexcept { return channels / groups; }
  Index group_filters() const noexcept { return filters / groups; }
  Index patch() const noexcept { return window.size() * group_channels(); }
  Index kernel_size() const noexcept { return patch() * filters; }
  /// Multiplications of one output position.
  Index work() const noexcept { return kernel_size() / std::max<Index>(1, groups); }
};

namespace detail {

/// From so many multiplications on a second thread is worth its call.
inline constexpr Index convolution_worth_a_thread = 400000;

/// Blocks that a convolution is computed in, and where patches and their elements lie in one.
///
/// A block is some whole images, where these are small, or some lines of one: positions along the first axis. Its input
/// lies in a buffer: the input itself, or a copy that holds all that windows reach.
class ConvolutionPlan {
 public:
  struct Block {
    Index image, images, line, lines;
    Index rows;  // output positions
  };

  /// `gradient_row`: how far apart rows of the output's gradient lie, where that is used. `most_images`: of a block.
  /// `least_blocks`: into how many blocks to cut at least, if there is so much.
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
  /// Blocks belong to sets of whole images, which depend on each other no more.
  Index sets() const noexcept { return sets_; }
  Index blocks_of_set() const noexcept { return blocks_of_set_; }
  Block block(Index i) const noexcept {
    const Index image = i / blocks_of_set_ * images_, line = i % blocks_of_set_ * lines_;
    Block b{image, (std::min)(images_, batch_ - image), line, (std::min)(lines_, all_lines_ - line), 0};
    b.rows = b.images * b.lines * line_;
    return b;
  }
  /// The first output position of a block.
  Index first_row(const Block& b) const noexcept { return (b.image * all_lines_ + b.line) * line_; }

  const std::int32_t* rows() const noexcept { return table(); }                         // where patches begin
  const std::int32_t* patch() const noexcept { return rows() + rows_of_block(); }       // a patch's elements
  const std::int32_t* gradient_rows() const noexcept { return patch() + patch_size_; }  // rows of dy
  const std::int32_t* filters() const noexcept { return gradient_rows() + rows_of_block(); }

  bool in_place() const noexcept { return in_place_; }
  /// Elements of the buffer of a block, and of a whole set.
  Index block_buffer() const noexcept {
    const WindowAxis& axis = axes_[line_axis_];
    return in_place_             ? 0
           : lines_ < all_lines_ ? ((lines_ - 1) * axis.stride + axis.reach()) * step_[line_axis_]
                                 : set_buffer();
  }
  Index set_buffer() const noexcept { return images_ * image_; }
  /// From a set's buffer to that of a block in it.
  Index block_offset(const Block& b) const noexcept { return b.line * axes_[line_axis_].stride * step_[line_axis_]; }
  const WindowAxis& axis(Index i) const noexcept { return axes_[i]; }
  Index step(Index i) const noexcept { return step_[i]; }
  /// How many elements of a patch lie together.
  Index run(const Convolution& c) const noexcept {
    return c.groups == 1 && axes_[2].dilation == 1 ? axes_[2].size * c.channels : c.group_channels();
  }
  Index image() const noexcept { return image_; }
  Index inputs() const noexcept { return axes_[0].input * axes_[1].input * axes_[2].input; }

  /// Where the block's input lies: in x, or in `buffer`, where it is copied to with zeros around it.
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

  /// Takes the images of a set out of their buffer into x.
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
  /// Enough rows for the kernel to be worth reading, few enough for their input and output to stay in the cache.
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
    tables_ = lamina::detail::Storage::allocate(static_cast<std::size_t>(2 * block_rows + patch_size_ + group_filters) *
                                                sizeof(std::int32_t));
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
  WindowAxis axes_[3];  // those that the window has, last; before them axes of one position
  Index buffer_[3], step_[3], image_ = 0;
  Index line_axis_ = 0, all_lines_ = 1, line_ = 1;  // lines of an image, and output positions of a line
  Index images_ = 1, lines_ = 1, sets_ = 0, blocks_of_set_ = 1;
  Index patch_size_ = 0;
  bool in_place_ = false;
  lamina::detail::Storage tables_;
};

/// Pooled memory for `count` elements.
template <class S>
class Room {
 public:
  explicit Room(Index count)
      : storage_(lamina::detail::Storage::allocate(static_cast<std::size_t>(count) * sizeof(S))) {}
  S* data() const noexcept { return static_cast<S*>(storage_.memory()); }

 private:
  lamina::detail::Storage storage_;
};

/// A bias, filled up so that the last panel of columns may be read to its full width.
template <class S>
Room<S> padded_bias(const S* bias, Index size, Index panel) {
  Room<S> room(size + panel);
  if (bias != nullptr) std::memcpy(room.data(), bias, static_cast<std::size_t>(size) * sizeof(S));
  std::memset(room.data() + (bias == nullptr ? 0 : size), 0,
              static_cast<std::size_t>(bias == nullptr ? size + panel : panel) * sizeof(S));
  return room;
}

/// Rows of dy, those elements 0 where relu was shut, to `z`; and their sum added to `sums`. Each is left out where
/// null.
template <class S>
void gradient_rows(Index rows, Index n, const S* dy, const S* y, S* z, Index z_row, S* sums) {
  with_compiled_lanes<S>([&](auto width) {
    constexpr int W = decltype(width)::value;
    const auto columns = [&](auto lanes, Index j) {
      constexpr int L = decltype(lanes)::value;
      using V = Pack<S, L>;
      V sum = V::splat(S(0));
      for (Index i = 0; i < rows; ++i) {
        V value = V::load(dy + i * n + j);
        if (y != nullptr) value = select(V::load(y + i * n + j) > S(0), value, S(0));
        if (z != nullptr) value.store(z + i * z_row + j);
        sum = sum + value;
      }
      if (sums != nullptr) (V::load(sums + j) + sum).store(sums + j);
    };
    Index j = 0;
    for (; j + W <= n; j += W) columns(width, j);
    for (; j < n; ++j) columns(std::integral_constant<int, 1>{}, j);
  });
}

/// Adds runs of `count` elements, `from_row` apart, to where each row's begins.
template <class S>
void add_runs(Index rows, Index count, const S* from, Index from_row, S* to, const std::int32_t* row) {
  with_compiled_lanes<S>([&](auto width) {
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

}  // namespace detail

namespace detail {

/// Of so few filters that lie beside each other none fill a pack, while elements of a patch do.
template <class S>
bool convolves_by_dots(const Convolution& c, const ConvolutionPlan& plan) {
  return c.group_filters() <= 2 && plan.run(c) >= 8;
}

template <class S>
Room<S> kernel_for_dots(const Convolution& c, const S* kernel) {
  Room<S> turned(c.kernel_size());
  const Index patch = c.patch();
  for (Index k = 0; k < patch; ++k)
    for (Index filter = 0; filter < c.filters; ++filter)
      turned.data()[filter * patch + k] = kernel[k * c.filters + filter];
  return turned;
}
template <class S>
Room<S> kernel_in_panels(const Convolution& c, const S* kernel, Index panel, Index group_size) {
  Room<S> packed(c.groups * group_size);
  for (Index g = 0; g < c.groups; ++g)
    pack_panels<S>({kernel + g * c.group_filters(), c.filters, 1}, c.patch(), c.group_filters(), panel,
                   packed.data() + g * group_size);
  return packed;
}

}  // namespace detail

/// y = x * kernel + bias, or max(that, 0); a bias may be null.
template <class S>
void convolve(const Convolution& c, const S* x, const S* kernel, const S* bias, bool relu, S* y) {
  if (c.batch == 0) return;
  const Index rows = c.batch * c.window.outputs(), work = c.work(), patch = c.patch();
  const bool threads = rows * work >= 2 * detail::convolution_worth_a_thread;
  const Index parts = threads ? 2 * ThreadTeam::instance().size() : 1;
  const detail::ConvolutionPlan plan(c, 0, c.batch / parts, parts);
  const bool dots = detail::convolves_by_dots<S>(c, plan);
  const Index panel = gathered_panel<S>(), filters = c.group_filters(), channels = c.group_channels();
  const Index group_size = dots ? filters * patch : (filters + panel - 1) / panel * panel * patch;
  const detail::Room<S> packed =
      dots ? detail::kernel_for_dots(c, kernel) : detail::kernel_in_panels(c, kernel, panel, group_size);
  const detail::Room<S> start = detail::padded_bias(bias, c.filters, panel);
  parallel_ranges(
      plan.blocks(), 1, detail::convolution_worth_a_thread / (plan.rows_of_block() * work + 1) + 1,
      [&](Index begin, Index end) {
        const detail::Room<S> buffer(plan.block_buffer());
        for (Index i = begin; i < end; ++i) {
          const auto block = plan.block(i);
          const S* from = plan.input(block, x, buffer.data());
          S* to = y + plan.first_row(block) * c.filters;
          for (Index g = 0; g < c.groups; ++g, to += filters) {
            const S *group = from + g * channels, *b = packed.data() + g * group_size;
            if (dots)
              multiply_gathered_dots<S>({block.rows, patch, filters, plan.run(c), group, plan.rows(), plan.patch(), b,
                                         to, c.filters, start.data() + g * filters, relu});
            else
              multiply_gathered<S>({block.rows, patch, filters, group, plan.rows(), plan.patch(), b, panel,
                                    patch * panel, to, nullptr, c.filters, false, start.data() + g * filters, relu});
          }
        }
      });
}

/// What is known of a convolution's output, and what is wanted of its inputs' gradients: each may be null.
template <class S>
struct ConvolutionGradients {
  const S* x = nullptr;
  const S* kernel = nullptr;
  const S* dy = nullptr;
  const S* y = nullptr;  // where relu was part of it: dy counts where y > 0
  S* dx = nullptr;
  S* dkernel = nullptr;
  S* dbias = nullptr;
};

namespace detail {

/// The work of a convolution's gradients, block by block.
template <class S>
class ConvolutionBack {
 public:
  ConvolutionBack(const Convolution& c, const ConvolutionGradients<S>& g, Index most_images, const S* bias = nullptr,
                  bool relu = false)
      : c_(c),
        g_(g),
        bias_(bias),
        relu_(relu),
        panel_(gathered_panel<S>()),
        copies_gradient_(g.y != nullptr || (g.dkernel != nullptr && c.group_filters() % (panel_ / 2) != 0)),
        plan_(c, c.filters, most_images),
        turned_(g.dx == nullptr ? 0 : c.groups * turned_group()) {
    if (g.dx != nullptr) turn_kernel();
  }

  /// dx alone; sets of images are independent.
  void inputs() const {
    parallel_ranges(plan_.sets(), 1, sets_worth_a_thread(), [&](Index begin, Index end) {
      const Workspace space(*this);
      for (Index set = begin; set < end; ++set) {
        S* buffer = begin_inputs(plan_.block(set * plan_.blocks_of_set()), space);
        for (Index i = set * plan_.blocks_of_set(); i < (set + 1) * plan_.blocks_of_set(); ++i) {
          const Block block = plan_.block(i);
          add_to_inputs(block, gradient(block, space, nullptr), buffer + plan_.block_offset(block), space);
        }
        end_inputs(plan_.block(set * plan_.blocks_of_set()), buffer);
      }
    });
  }

  /// All gradients in one pass. The kernel's is small: it is added up in copies, one for each of so many parts of the
  /// batch, whatever the number of threads.
  void together() const {
    const Index sets = plan_.sets(), copies = std::clamp<Index>(sets, 1, most_copies);
    const Index kernel = c_.kernel_size(), each = kernel + c_.filters;
    const Room<S> sums(copies * each);
    parallel_ranges(copies, 1, sets_worth_a_thread() * copies / std::max<Index>(1, sets) + 1,
                    [&](Index begin, Index end) {
                      const Workspace space(*this);
                      for (Index i = begin; i < end; ++i)
                        part(sets * i / copies, sets * (i + 1) / copies, sums.data() + i * each, space);
                    });
    if (g_.dkernel != nullptr) add_copies(copies, each, kernel, sums.data(), g_.dkernel);
    if (g_.dbias != nullptr) add_copies(copies, each, c_.filters, sums.data() + kernel, g_.dbias);
  }

  /// The gradients of a large kernel and of the bias: block after block, the kernel's rows split over threads.
  void kernels() const {
    const Workspace space(*this);
    if (g_.dbias != nullptr) std::memset(g_.dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
    if (plan_.blocks() == 0) std::memset(g_.dkernel, 0, static_cast<std::size_t>(c_.kernel_size()) * sizeof(S));
    for (Index i = 0; i < plan_.blocks(); ++i) {
      const Block block = plan_.block(i);
      const S* dz = gradient(block, space, g_.dbias);
      const S* from = plan_.input(block, g_.x, space.input.data());
      parallel_ranges(c_.patch(), 8, convolution_worth_a_thread / (block.rows * c_.group_filters() + 1) + 1,
                      [&](Index begin, Index end) { kernel_rows(block, from, dz, begin, end, g_.dkernel, i > 0); });
    }
  }

 private:
  static constexpr Index most_copies = 16;

  Index sets_worth_a_thread() const noexcept {
    const Index rows = plan_.rows_of_block() * plan_.blocks_of_set();
    return convolution_worth_a_thread / (rows * c_.work() + 1) + 1;
  }

  // The kernel transposed, in units that are multiplied at once: all of a patch, or the channels at one position.
  Index unit() const noexcept { return scatters_ ? c_.group_channels() : c_.patch(); }
  Index turned_unit() const noexcept { return (unit() + panel_ - 1) / panel_ * panel_ * c_.group_filters(); }
  Index turned_group() const noexcept { return c_.patch() / unit() * turned_unit(); }
  void turn_kernel() {
    const Index filters = c_.group_filters(), units = c_.patch() / unit();
    parallel_ranges(c_.groups * units, 1, 65536 / (turned_unit() + 1) + 1, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i)
        pack_panels<S>({g_.kernel + i % units * unit() * c_.filters + i / units * filters, 1, c_.filters}, filters,
                       unit(), panel_, turned_.data() + i * turned_unit());
    });
  }
  Index patch_rows() const noexcept { return std::clamp<Index>(8192 / c_.patch() / 8 * 8, 8, 256); }

  /// Memory that one thread works in.
  struct Workspace {
    Room<S> input, gradient, dx, patches;
    explicit Workspace(const ConvolutionBack& b)
        : input(b.g_.dkernel == nullptr ? 0 : b.plan_.block_buffer()),
          gradient(b.copies_gradient_ ? b.plan_.rows_of_block() * b.c_.filters + b.panel_ : 0),
          dx(b.g_.dx == nullptr || b.plan_.in_place() ? 0 : b.plan_.set_buffer()),
          patches(b.g_.dx == nullptr || b.scatters_ ? 0 : b.patch_rows() * b.c_.patch()) {}
  };
  using Block = ConvolutionPlan::Block;

  /// The rows of dy that belong to a block; their sum is added to `dbias`.
  const S* gradient(const Block& block, const Workspace& space, S* dbias) const {
    const Index first = plan_.first_row(block) * c_.filters;
    S* copy = copies_gradient_ ? space.gradient.data() : nullptr;
    if (copy != nullptr || dbias != nullptr)
      gradient_rows(block.rows, c_.filters, g_.dy + first, g_.y == nullptr ? nullptr : g_.y + first, copy, c_.filters,
                    dbias);
    return copy != nullptr ? copy : g_.dy + first;
  }

  /// dkernel (+)= patchesᵀ dy, some rows of it.
  void kernel_rows(const Block& block, const S* from, const S* dz, Index begin, Index end, S* dkernel,
                   bool accumulate) const {
    for (Index g = 0; g < c_.groups; ++g)
      multiply_gathered<S>({end - begin, block.rows, c_.group_filters(), from + g * c_.group_channels(),
                            plan_.patch() + begin, plan_.rows(), dz + g * c_.group_filters(), c_.filters, panel_,
                            dkernel + begin * c_.filters + g * c_.group_filters(), nullptr, c_.filters, accumulate});
  }

  /// Adds dy times the kernel to the patches that it came from.
  void add_to_inputs(const Block& block, const S* dz, S* dx, const Workspace& space) const {
    const Index channels = c_.group_channels(), filters = c_.group_filters(), patch = c_.patch();
    const std::int32_t* at = plan_.patch();
    for (Index g = 0; g < c_.groups; ++g) {
      GatheredProduct<S> product{block.rows,
                                 filters,
                                 unit(),
                                 dz + g * filters,
                                 plan_.gradient_rows(),
                                 plan_.filters(),
                                 turned_.data() + g * turned_group(),
                                 panel_,
                                 filters * panel_,
                                 nullptr,
                                 plan_.rows(),
                                 0,
                                 true};
      if (scatters_) {  // straight to where the channels of one position in the windows lie
        for (Index k = 0; k < patch; k += channels, product.b += turned_unit()) {
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

  /// Where the gradient of a set of images is added up; it begins with zeros, or the bias.
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
        if (buffer != nullptr) add_to_inputs(block, dz, buffer + plan_.block_offset(block), space);
      }
      if (buffer != nullptr) end_inputs(plan_.block(first), buffer);
    }
  }
  static void add_copies(Index copies, Index each, Index count, const S* sums, S* out) {
    std::memcpy(out, sums, static_cast<std::size_t>(count) * sizeof(S));
    for (Index copy = 1; copy < copies; ++copy) {
      const S* more = sums + copy * each;
      for (Index i = 0; i < count; ++i) out[i] += more[i];
    }
  }

  const Convolution& c_;
  const ConvolutionGradients<S>& g_;
  const S* bias_;  // where dx is the output of a transposed convolution
  bool relu_;
  Index panel_;
  bool copies_gradient_;
  bool scatters_ = c_.group_channels() % (panel_ / 2) == 0;  // where rows of packs need no cutting
  ConvolutionPlan plan_;
  Room<S> turned_;
  Index run_ = plan_.run(c_);
};

}  // namespace detail

/// The gradients of a convolution's inputs.
template <class S>
void convolve_back(const Convolution& c, const ConvolutionGradients<S>& g) {
  constexpr Index small_kernel = 65536;
  using Back = detail::ConvolutionBack<S>;
  const bool inputs_alone = g.dkernel == nullptr && g.dbias == nullptr;
  if (!inputs_alone && (c.kernel_size() <= small_kernel || g.dkernel == nullptr))
    return Back(c, g, std::max<Index>(1, c.batch / 16)).together();
  if (g.dx != nullptr) {
    ConvolutionGradients<S> inputs = g;
    inputs.dkernel = inputs.dbias = nullptr;
    Back(c, inputs, c.batch / (2 * ThreadTeam::instance().size())).inputs();
  }
  if (!inputs_alone) {
    ConvolutionGradients<S> kernel = g;
    kernel.dx = nullptr;
    Back(c, kernel, c.batch).kernels();
  }
}

namespace detail {

/// Where windows begin at every position, the transpose of a convolution is a convolution, with the kernel turned
/// round; for a channel or two that is the faster way.
inline bool transposes_by_convolution(const Convolution& c) {
  bool everywhere = c.groups == 1 && c.channels <= 2;
  for (Index i = 0; i < c.window.rank; ++i) everywhere = everywhere && c.window.axes[i].stride == 1;
  return everywhere;
}
inline Convolution turned_convolution(const Convolution& c) {
  Convolution turned = c;
  std::swap(turned.channels, turned.filters);
  for (Index i = 0; i < c.window.rank; ++i) {
    WindowAxis& axis = turned.window.axes[i];
    std::swap(axis.input, axis.output);
    axis.before = axis.reach() - 1 - axis.before;
  }
  return turned;
}
/// (window..., channels, filters) as (window back to front..., filters, channels).
template <class S>
Room<S> turned_kernel(const Convolution& c, const S* kernel) {
  Room<S> turned(c.kernel_size());
  const Index window = c.window.size(), one = c.channels * c.filters;
  for (Index k = 0; k < window; ++k)
    for (Index channel = 0; channel < c.channels; ++channel)
      for (Index filter = 0; filter < c.filters; ++filter)
        turned.data()[k * one + filter * c.channels + channel] =
            kernel[(window - 1 - k) * one + channel * c.filters + filter];
  return turned;
}

}  // namespace detail

/// x = the transpose of the convolution applied to y: each output position adds its y times the kernel to the inputs
/// that its window covers; plus bias, or max(that, 0). The gradient of a convolution with respect to its input, as an
/// operation of its own.
template <class S>
void convolve_transposed(const Convolution& c, const S* y, const S* kernel, const S* bias, bool relu, S* x) {
  if (detail::transposes_by_convolution(c)) {
    const detail::Room<S> turned = detail::turned_kernel(c, kernel);
    return convolve(detail::turned_convolution(c), y, turned.data(), bias, relu, x);
  }
  ConvolutionGradients<S> g;
  g.kernel = kernel;
  g.dy = y;
  g.dx = x;
  detail::ConvolutionBack<S>(c, g, c.batch / (2 * ThreadTeam::instance().size()), bias, relu).inputs();
}

LAMINA_COMPILED_FUNCTION(convolve);
LAMINA_COMPILED_FUNCTION(convolve_back);
LAMINA_COMPILED_FUNCTION(convolve_transposed);

}  // namespace lamina::kernels
