#pragma once
#include "lamina/kernels/convolution/convolution_plan.hpp"
#include "lamina/kernels/convolution/winograd_transforms.hpp"
#include "lamina/kernels/gathered_product.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Winograd's minimal filtering F(2 x 2, 3 x 3) for 3 x 3 windows with stride 1: less than half of the multiplications
// of a direct convolution. A block of tiles with 2 x 2 outputs is transformed to 16 matrices, one for each element of a
// transformed tile, which are multiplied by the 16 matrices of the transformed kernel.
//
// Rounding errors are as small as those of a direct convolution, but spread to the other outputs of a tile. A NaN input
// affects only the outputs whose windows cover it; an infinite input makes these NaN.

namespace lamina::kernels::detail::winograd {

/// The number of elements of a transformed tile.
inline constexpr Index tile_elements = 16;

/// True if this algorithm is faster than the implicit matrix product. There must be enough channels and outputs to
/// amortize the transforms, and the transformed kernel, which has 16 numbers instead of 9, must not be too large.
inline bool is_faster(const Convolution& c) {
  constexpr Index largest = 1 << 20;
  const Window& w = c.window;
  if (w.rank != 2 || c.groups != 1 || c.channels < 16 || c.filters < 16 || c.channels * c.filters > largest)
    return false;
  for (Index i = 0; i < 2; ++i)
    if (w.axes[i].size != 3 || w.axes[i].stride != 1 || w.axes[i].dilation != 1 || w.axes[i].output < 4) return false;
  return c.batch * w.outputs() >= 128;
}

/// Splits a convolution into blocks of tiles: of whole images if they are small, or of a part of one image.
class Tiling {
 public:
  struct Block {
    Index first, tiles;  // tiles are numbered by image, then row, then column
  };

  /// `least_tiles`: minimum number of tiles per block, for which the transformed kernel is read once. `least_blocks`:
  /// minimum number of blocks. Both hold if the convolution is large enough.
  explicit Tiling(const Convolution& c, Index least_tiles = 48, Index least_blocks = 1)
      : c_(c), line_((columns().output + 1) / 2), image_((rows().output + 1) / 2 * line_), tiles_(image_) {
    constexpr Index most_elements = 131072;  // transformed tiles stay in the L2 cache
    Index most = (std::max)(most_elements / (tile_elements * (c.channels + c.filters)), least_tiles);
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

  /// Number of sets. A set consists of all blocks of some images; sets are independent.
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

  /// Calls visit(tile, image, row, column) for the tiles of a block: the index of the tile in the block, its image, and
  /// its first output row and column.
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

  // Tables of offsets for products: 0, 1, 2, ..., and the multiples of channels and of filters.
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
  Index line_, image_;  // tiles of a row of tiles, and of an image
  Index images_ = 1, blocks_of_set_ = 1, tiles_, numbers_ = 0;
  lamina::detail::Storage tables_;
};

/// The transformed tiles of a block: for each element of a transformed tile a matrix (tiles, width). The memory after
/// it can be read for one panel.
template <class S>
class TransformedTiles {
 public:
  /// The distance between matrices is an odd number of cache lines: the 16 matrices are written together, and must not
  /// map to the same L1 cache set.
  TransformedTiles(Index tiles, Index width)
      : step_(((tiles * width + line - 1) / line | 1) * line),
        buffer_(tiles == 0 ? 0 : tile_elements * step_ + 8 * line) {}
  S* matrix(Index p) const noexcept { return buffer_.data() + p * step_; }
  Index step() const noexcept { return step_; }

 private:
  static constexpr Index line = 64 / sizeof(S);
  Index step_;
  Buffer<S> buffer_;
};

/// The transformed kernel U = G g Gᵀ, packed for products: for each element of a transformed tile a matrix (channels,
/// filters), or its transpose.
template <class S>
class TransformedFilters {
 public:
  TransformedFilters(const Convolution& c, const S* kernel, bool transposed)
      : panel_(gathered_panel<S>()),
        depth_(transposed ? c.filters : c.channels),
        columns_(transposed ? c.channels : c.filters),
        matrix_size_((columns_ + panel_ - 1) / panel_ * panel_ * depth_),
        packed_(kernel == nullptr ? 0 : tile_elements * matrix_size_) {
    if (kernel == nullptr) return;
    const Index blocks = (c.filters + block_filters - 1) / block_filters;
    parallel_ranges((c.channels + block_channels - 1) / block_channels * blocks, 1, 8, [&](Index begin, Index end) {
      const Buffer<S> block(tile_elements * block_matrix);
      for (Index i = begin; i < end; ++i)
        pack_block(c, kernel, i / blocks * block_channels, i % blocks * block_filters, transposed, block.data());
    });
  }

  /// results = transformed U, for each element of a transformed tile. `rows`: offsets of the rows of `transformed`.
  /// `numbers`: 0, 1, 2, ...
  void multiply(Index tiles, const TransformedTiles<S>& transformed, const std::int32_t* rows,
                const std::int32_t* numbers, const TransformedTiles<S>& results) const {
    for (Index p = 0; p < tile_elements; ++p)
      multiply_gathered<S>({tiles, depth_, columns_, transformed.matrix(p), rows, numbers,
                            packed_.data() + p * matrix_size_, panel_, depth_ * panel_, results.matrix(p), nullptr,
                            columns_});
  }

 private:
  // The size of the blocks of the kernel that are transformed, then packed while they are in the cache. Both sizes are
  // multiples of a panel.
  static constexpr Index block_channels = 32, block_filters = 64;
  static constexpr Index block_matrix = block_channels * block_filters + 64 / sizeof(S);

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
              V g[9], u[tile_elements];
              LAMINA_UNROLL for (int k = 0; k < 9; ++k) g[k] = V::load(from + k * c.channels * c.filters + j);
              transform<FilterTransform>(g, u);
              LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) u[p].store(to + p * block_matrix + j);
            });
      }
    });
    for (Index p = 0; p < tile_elements; ++p, block += block_matrix) {
      S* const out = packed_.data() + p * matrix_size_;
      for (Index j = 0; j < (transposed ? rows : columns); j += panel_)
        if (transposed)
          pack_panel<S>({block + j * block_filters, 1, block_filters}, columns, (std::min)(panel_, rows - j), panel_,
                        out + (channel + j) * depth_ + filter * panel_);
        else
          pack_panel<S>({block + j, block_filters, 1}, rows, (std::min)(panel_, columns - j), panel_,
                        out + (filter + j) * depth_ + channel * panel_);
    }
  }

  Index panel_, depth_, columns_, matrix_size_;
  Buffer<S> packed_;
};

/// Input transform V = Bᵀ d B of channels [begin, end) of a block's tiles. `zeros`: a pixel of zeros, read as padding.
template <class S>
void transform_inputs(const Tiling& plan, const Tiling::Block& block, Index channels, Index begin, Index end,
                      const S* x, const S* zeros, const TransformedTiles<S>& out) {
  const WindowAxis &rows = plan.rows(), &columns = plan.columns();
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    plan.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
      const Pixels<4, const S> d(x + image * rows.input * columns.input * channels, rows.input, columns.input, channels,
                                 row - rows.before, column - columns.before, zeros);
      S* to = out.matrix(0) + tile * channels;
      channel_tiles<decltype(width)::value, 1, false>(
          begin, end, [&](auto lanes, auto, Index channel) LAMINA_INLINE_LAMBDA {
            using V = Pack<S, decltype(lanes)::value>;
            V pixels[tile_elements], v[tile_elements];
            LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) pixels[p] = V::load(d.at[p] + channel);
            transform<InputTransform>(pixels, v);
            LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) v[p].store(to + p * out.step() + channel);
          });
    });
  });
}

/// Output transform y = Aᵀ m A + bias of a block's tiles; with `relu`, y = max(y, 0). `discarded`: a pixel to which
/// outputs beyond the border are written.
template <class S>
void transform_outputs(const Tiling& plan, const Tiling::Block& block, Index filters,
                       const TransformedTiles<S>& transformed, const S* bias, bool relu, S* discarded, S* y) {
  const Index height = plan.rows().output, columns = plan.columns().output;
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    plan.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
      const Pixels<2, S> to(y + image * height * columns * filters, height, columns, filters, row, column, discarded);
      const S* from = transformed.matrix(0) + tile * filters;
      const auto store = [&](auto lanes, auto, Index filter) LAMINA_INLINE_LAMBDA {
        using V = Pack<S, decltype(lanes)::value>;
        V m[tile_elements], values[4];
        LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) m[p] = V::load(from + p * transformed.step() + filter);
        transform<OutputTransform>(m, values);
        LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
          V value = values[i];
          if (bias != nullptr) value = value + V::load(bias + filter);
          if (relu) value = select(value < S(0), S(0), value);  // NaN stays
          value.store(to.at[i] + filter);
        }
      };
      channel_tiles<decltype(width)::value, 1, false>(0, filters, store);
    });
  });
}

/// Returns a pixel of zeros.
template <class S>
Buffer<S> zeros(Index channels) {
  Buffer<S> buffer(channels);
  std::memset(buffer.data(), 0, static_cast<std::size_t>(channels) * sizeof(S));
  return buffer;
}

/// y = conv(x, kernel) + bias; with `relu`, y = max(y, 0). `bias` may be null.
template <class S>
void convolve(const Convolution& c, const S* x, const S* kernel, const S* bias, bool relu, S* y) {
  const Index work = work_of(tile_elements, c.channels, c.filters);  // per tile
  const bool threads = work_of(c.batch, c.window.outputs(), work) >= 8 * convolution_worth_a_thread;
  const Tiling plan(c, 48, threads ? 2 * ThreadTeam::instance().size() : 1);
  const TransformedFilters<S> transformed(c, kernel, false);
  const Buffer<S> padding = zeros<S>(c.channels);
  parallel_ranges(
      plan.blocks(), 1, convolution_worth_a_thread / work_of(plan.most_tiles(), work) + 1, [&](Index begin, Index end) {
        const TransformedTiles<S> inputs(plan.most_tiles(), c.channels), outputs(plan.most_tiles(), c.filters);
        const Buffer<S> discarded(c.filters);
        for (Index i = begin; i < end; ++i) {
          const Tiling::Block block = plan.block(i);
          transform_inputs(plan, block, c.channels, 0, c.channels, x, padding.data(), inputs);
          transformed.multiply(block.tiles, inputs, plan.channel_rows(), plan.numbers(), outputs);
          transform_outputs(plan, block, c.filters, outputs, bias, relu, discarded.data(), y);
        }
      });
}

}  // namespace lamina::kernels::detail::winograd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
