#pragma once
#include "lamina/kernels/convolution/convolution_plan.hpp"
#include "lamina/kernels/convolution/winograd_transforms.hpp"
#include "lamina/kernels/gathered_product.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Convolution of images by windows of 3 x 3 that begin at every position, by Winograd's minimal filtering: less than
// half of the multiplications. Tiles of 2 x 2 outputs are transformed, a block of them at a time, into 16 matrices, one
// for each place in the transformed square, that are multiplied by those of the kernel.
//
// The errors of rounding are as small as a plain convolution's, but spread over neighbouring outputs. What is not a
// number reaches the outputs whose windows cover it and no others; what is infinite becomes NaN there.

namespace lamina::kernels::detail::winograd {

/// Of a transformed square.
inline constexpr Index places = 16;

/// Whether there is enough in common for the transforms to be worth their while, and not so much that the transformed
/// kernel, 16 numbers for 9, would be a burden.
inline bool pays(const Convolution& c) {
  constexpr Index largest = 1 << 20;
  const Window& w = c.window;
  if (w.rank != 2 || c.groups != 1 || c.channels < 16 || c.filters < 16 || c.channels * c.filters > largest)
    return false;
  for (Index i = 0; i < 2; ++i)
    if (w.axes[i].size != 3 || w.axes[i].stride != 1 || w.axes[i].dilation != 1 || w.axes[i].output < 4) return false;
  return c.batch * w.outputs() >= 128;
}

/// How a convolution is cut into blocks of tiles: some whole images, where these are small, or a part of one.
class Tiling {
 public:
  struct Block {
    Index first, tiles;  // of all tiles, image after image and line after line
  };

  /// `least_tiles`: for how many at least the kernel's matrices are read once. `least_blocks`: into how many blocks to
  /// cut at least. Both if there is so much.
  explicit Tiling(const Convolution& c, Index least_tiles = 48, Index least_blocks = 1)
      : c_(c), line_((columns().output + 1) / 2), image_((rows().output + 1) / 2 * line_), tiles_(image_) {
    constexpr Index most_elements = 131072;  // what is transformed stays in the second cache
    Index most = (std::max)(most_elements / (places * (c.channels + c.filters)), least_tiles);
    if (least_blocks > 1) most = std::clamp<Index>(c.batch * image_ / least_blocks, 6, most);
    if (image_ > most) {
      blocks_of_set_ = (image_ + most - 1) / most;
      tiles_ = (image_ + blocks_of_set_ - 1) / blocks_of_set_;
    } else {
      images_ = std::clamp<Index>(most / image_, 1, c.batch);
      tiles_ = images_ * image_;
    }
    write_tables();
  }

  /// Blocks belong to sets of whole images, which depend on each other no more.
  Index sets() const noexcept { return (c_.batch + images_ - 1) / images_; }
  Index first_image(Index set) const noexcept { return (std::min)(set * images_, c_.batch); }
  Index blocks_of_set() const noexcept { return blocks_of_set_; }
  Index blocks() const noexcept { return sets() * blocks_of_set_; }
  Index most_tiles() const noexcept { return tiles_; }
  Block block(Index i) const noexcept {
    const Index set = i / blocks_of_set_, first = first_image(set) * image_ + i % blocks_of_set_ * tiles_;
    return {first, (std::min)(tiles_, first_image(set + 1) * image_ - first)};
  }
  const WindowAxis& rows() const noexcept { return c_.window.axes[0]; }
  const WindowAxis& columns() const noexcept { return c_.window.axes[1]; }

  /// Calls visit(tile, image, row, column): the tile counted from the block's first, its first row and column of the
  /// output.
  template <class Visit>
  LAMINA_ALWAYS_INLINE void each_tile(const Block& b, const Visit& visit) const {
    Index image = b.first / image_, row = b.first % image_ / line_ * 2, column = b.first % line_ * 2;
    for (Index tile = 0; tile < b.tiles; ++tile) {
      visit(tile, image, row, column);
      if ((column += 2) < columns().output) continue;
      column = 0;
      if ((row += 2) < rows().output) continue;
      row = 0;
      ++image;
    }
  }

  // Offsets for products: the numbers from 0 on, and the multiples of channels and of filters.
  const std::int32_t* numbers() const noexcept { return static_cast<const std::int32_t*>(tables_.memory()); }
  const std::int32_t* channel_rows() const noexcept { return numbers() + numbers_; }
  const std::int32_t* filter_rows() const noexcept { return channel_rows() + most_tiles(); }

 private:
  void write_tables() {
    numbers_ = (std::max)(c_.channels, c_.filters);
    tables_ = lamina::detail::Storage::of<std::int32_t>(numbers_ + 2 * most_tiles());
    auto* out = static_cast<std::int32_t*>(tables_.memory());
    for (Index i = 0; i < numbers_; ++i) *out++ = static_cast<std::int32_t>(i);
    for (Index i = 0; i < most_tiles(); ++i) *out++ = static_cast<std::int32_t>(i * c_.channels);
    for (Index i = 0; i < most_tiles(); ++i) *out++ = static_cast<std::int32_t>(i * c_.filters);
  }

  const Convolution& c_;
  Index line_, image_;  // tiles of a line, and of an image
  Index images_ = 1, blocks_of_set_ = 1, tiles_, numbers_ = 0;
  lamina::detail::Storage tables_;
};

/// Transformed tiles of a block: for each place a matrix (tiles, width), readable a panel beyond its end.
template <class S>
class Squares {
 public:
  /// An odd number of cache lines from a place to the next: 16 of them are written at once, and shall not meet in the
  /// few lines of the L1 cache that they may lie in.
  Squares(Index tiles, Index width)
      : step_(((tiles * width + line - 1) / line | 1) * line), room_(tiles == 0 ? 0 : places * step_ + 8 * line) {}
  S* place(Index p) const noexcept { return room_.data() + p * step_; }
  Index step() const noexcept { return step_; }

 private:
  static constexpr Index line = 64 / sizeof(S);
  Index step_;
  Room<S> room_;
};

/// The kernel's transform, packed for products: for each place the matrix (channels, filters), or its transpose.
template <class S>
class TransformedFilters {
 public:
  TransformedFilters(const Convolution& c, const S* kernel, bool transposed)
      : panel_(gathered_panel<S>()),
        depth_(transposed ? c.filters : c.channels),
        columns_(transposed ? c.channels : c.filters),
        place_((columns_ + panel_ - 1) / panel_ * panel_ * depth_),
        packed_(kernel == nullptr ? 0 : places * place_) {
    if (kernel == nullptr) return;
    const Index blocks = (c.filters + block_filters - 1) / block_filters;
    parallel_ranges((c.channels + block_channels - 1) / block_channels * blocks, 1, 8, [&](Index begin, Index end) {
      const Room<S> block(places * block_place);
      for (Index i = begin; i < end; ++i)
        pack_block(c, kernel, i / blocks * block_channels, i % blocks * block_filters, transposed, block.data());
    });
  }

  /// results = squares * kernel, at every place; `rows`: where the squares' rows begin, `numbers`: 0, 1, 2...
  void multiply(Index tiles, const Squares<S>& squares, const std::int32_t* rows, const std::int32_t* numbers,
                const Squares<S>& results) const {
    for (Index p = 0; p < places; ++p)
      multiply_gathered<S>({tiles, depth_, columns_, squares.place(p), rows, numbers, packed_.data() + p * place_,
                            panel_, depth_ * panel_, results.place(p), nullptr, columns_});
  }

 private:
  // What is transformed at a time, to be packed out of the cache: whole panels in both directions.
  static constexpr Index block_channels = 32, block_filters = 64;
  static constexpr Index block_place = block_channels * block_filters + 64 / sizeof(S);

  void pack_block(const Convolution& c, const S* kernel, Index channel, Index filter, bool transposed, S* block) const {
    const Index rows = (std::min)(block_channels, c.channels - channel);
    const Index columns = (std::min)(block_filters, c.filters - filter);
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      for (Index i = 0; i < rows; ++i) {
        const S* from = kernel + (channel + i) * c.filters + filter;
        S* to = block + i * block_filters;
        channel_tiles<decltype(width)::value, 1, false>(
            0, columns, [&](auto lanes, auto, Index j) LAMINA_INLINE_LAMBDA {
              using V = Pack<S, decltype(lanes)::value>;
              V g[9], u[places];
              LAMINA_UNROLL for (int k = 0; k < 9; ++k) g[k] = V::load(from + k * c.channels * c.filters + j);
              transform<FilterTransform>(g, u);
              LAMINA_UNROLL for (int p = 0; p < places; ++p) u[p].store(to + p * block_place + j);
            });
      }
    });
    for (Index p = 0; p < places; ++p, block += block_place) {
      S* const out = packed_.data() + p * place_;
      for (Index j = 0; j < (transposed ? rows : columns); j += panel_)
        if (transposed)
          pack_panel<S>({block + j * block_filters, 1, block_filters}, columns, (std::min)(panel_, rows - j), panel_,
                        out + (channel + j) * depth_ + filter * panel_);
        else
          pack_panel<S>({block + j, block_filters, 1}, rows, (std::min)(panel_, columns - j), panel_,
                        out + (filter + j) * depth_ + channel * panel_);
    }
  }

  Index panel_, depth_, columns_, place_;
  Room<S> packed_;
};

/// Bᵀ d B of a block's inputs, channels [begin, end) of them. `zeros`: a pixel of zeros, for what lies beyond borders.
template <class S>
void transform_inputs(const Tiling& plan, const Tiling::Block& block, Index channels, Index begin, Index end,
                      const S* x, const S* zeros, const Squares<S>& out) {
  const WindowAxis &rows = plan.rows(), &columns = plan.columns();
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    plan.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
      const Pixels<4, const S> d(x + image * rows.input * columns.input * channels, rows.input, columns.input, channels,
                                 row - rows.before, column - columns.before, zeros);
      S* to = out.place(0) + tile * channels;
      channel_tiles<decltype(width)::value, 1, false>(
          begin, end, [&](auto lanes, auto, Index channel) LAMINA_INLINE_LAMBDA {
            using V = Pack<S, decltype(lanes)::value>;
            V pixels[places], v[places];
            LAMINA_UNROLL for (int p = 0; p < places; ++p) pixels[p] = V::load(d.at[p] + channel);
            transform<InputTransform>(pixels, v);
            LAMINA_UNROLL for (int p = 0; p < places; ++p) v[p].store(to + p * out.step() + channel);
          });
    });
  });
}

/// Aᵀ m A + bias, or max(that, 0), to a block's outputs. `dump`: a pixel that takes what lies beyond borders.
template <class S>
void transform_outputs(const Tiling& plan, const Tiling::Block& block, Index filters, const Squares<S>& squares,
                       const S* bias, bool relu, S* dump, S* y) {
  const Index height = plan.rows().output, columns = plan.columns().output;
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    plan.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
      const Pixels<2, S> to(y + image * height * columns * filters, height, columns, filters, row, column, dump);
      const S* from = squares.place(0) + tile * filters;
      channel_tiles<decltype(width)::value, 1, false>(
          0, filters, [&](auto lanes, auto, Index filter) LAMINA_INLINE_LAMBDA {
            using V = Pack<S, decltype(lanes)::value>;
            V m[places], values[4];
            LAMINA_UNROLL for (int p = 0; p < places; ++p) m[p] = V::load(from + p * squares.step() + filter);
            transform<OutputTransform>(m, values);
            LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
              V value = values[i];
              if (bias != nullptr) value = value + V::load(bias + filter);
              if (relu) value = select(value < S(0), S(0), value);  // NaN stays
              value.store(to.at[i] + filter);
            }
          });
    });
  });
}

/// A pixel of zeros.
template <class S>
Room<S> zeros(Index channels) {
  Room<S> room(channels);
  std::memset(room.data(), 0, static_cast<std::size_t>(channels) * sizeof(S));
  return room;
}

/// y = x * kernel + bias, or max(that, 0); a bias may be null.
template <class S>
void convolve(const Convolution& c, const S* x, const S* kernel, const S* bias, bool relu, S* y) {
  const Index work = work_of(places, c.channels, c.filters);  // of a tile
  const bool threads = work_of(c.batch, c.window.outputs(), work) >= 8 * convolution_worth_a_thread;
  const Tiling plan(c, 48, threads ? 2 * ThreadTeam::instance().size() : 1);
  const TransformedFilters<S> transformed(c, kernel, false);
  const Room<S> beyond = zeros<S>(c.channels);
  parallel_ranges(plan.blocks(), 1, convolution_worth_a_thread / work_of(plan.most_tiles(), work) + 1,
                  [&](Index begin, Index end) {
                    const Squares<S> inputs(plan.most_tiles(), c.channels), outputs(plan.most_tiles(), c.filters);
                    const Room<S> dump(c.filters);
                    for (Index i = begin; i < end; ++i) {
                      const Tiling::Block block = plan.block(i);
                      transform_inputs(plan, block, c.channels, 0, c.channels, x, beyond.data(), inputs);
                      transformed.multiply(block.tiles, inputs, plan.channel_rows(), plan.numbers(), outputs);
                      transform_outputs(plan, block, c.filters, outputs, bias, relu, dump.data(), y);
                    }
                  });
}

}  // namespace lamina::kernels::detail::winograd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
