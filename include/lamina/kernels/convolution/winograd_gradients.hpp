#pragma once
#include "lamina/kernels/convolution/winograd.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The gradients of Winograd's minimal filtering. With Z = A dy Aᵀ, V = Bᵀ x B and U = G g Gᵀ, per tile: dkernel = Gᵀ (Σ
// Vᵀ Z) G and dx = Σ B (Z Uᵀ) Bᵀ.

namespace lamina::kernels::detail::winograd {

/// Computes the gradients of a convolution, block by block.
template <class S>
class GradientPass {
 public:
  GradientPass(const Convolution& c, const ConvolutionGradients<S>& g, const Tiling& plan)
      : c_(c),
        g_(g),
        plan_(plan),
        kernel_(c, g.dx == nullptr ? nullptr : g.kernel, true),
        padding_(zeros<S>((std::max)(c.channels, c.filters))) {}

  /// Computes dx, and the gradients of a small kernel and of the bias, in one pass. The latter are accumulated in
  /// copies, one per part of the batch; the number of copies does not depend on the number of threads.
  void gradients() const {
    const bool sums = g_.dkernel != nullptr || g_.dbias != nullptr;
    const Index sets = plan_.sets(), parts = sums ? std::clamp<Index>(sets, 1, most_copies) : sets;
    const Index kernel = g_.dkernel == nullptr ? 0 : c_.kernel_size(), each = kernel + c_.filters;
    const Buffer<S> copies(sums ? parts * each : 0);
    const Index of_part =
        work_of((sets + parts - 1) / parts, plan_.blocks_of_set(), plan_.most_tiles(), tile_elements, one());
    parallel_ranges(parts, 1, convolution_worth_a_thread / of_part + 1, [&](Index begin, Index end) {
      const Workspace space(*this);
      const Buffer<S> transformed(kernel == 0 ? 0 : tile_elements * one());
      for (Index part = begin; part < end; ++part) {
        S* const copy = copies.data() + part * each;
        S* dbias = g_.dbias == nullptr ? nullptr : copy + kernel;
        if (dbias != nullptr) std::memset(dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
        const Index first = sets * part / parts;
        for (Index set = first; set < sets * (part + 1) / parts; ++set)
          add_set(set, kernel == 0 ? nullptr : transformed.data(), set > first, dbias, space);
        if (kernel > 0) transform_filter_gradient(transformed.data(), copy);
      }
    });
    if (g_.dkernel != nullptr) add_copies(parts, each, kernel, copies.data(), g_.dkernel);
    if (g_.dbias != nullptr) add_copies(parts, each, c_.filters, copies.data() + kernel, g_.dbias);
  }

  /// Computes the gradients of a large kernel and of the bias, block after block. Threads share the channels of the
  /// transforms, then the elements of a transformed tile.
  void filter_gradient() const {
    const Workspace space(*this);
    const Buffer<S> sums(tile_elements * one());
    if (g_.dbias != nullptr) std::memset(g_.dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
    for (Index i = 0; i < plan_.blocks(); ++i) {
      const Tiling::Block block = plan_.block(i);
      constexpr Index unit = 16;
      parallel_ranges(c_.channels, unit, worth / block.tiles + 1, [&](Index begin, Index end) {
        transform_inputs(plan_, block, c_.channels, begin, end, g_.x, padding_.data(), space.inputs);
      });
      parallel_ranges(c_.filters, unit, worth / block.tiles + 1,
                      [&](Index begin, Index end) { transform_gradient(block, begin, end, g_.dbias, space); });
      parallel_ranges(
          tile_elements, 1, convolution_worth_a_thread / work_of(block.tiles, one()) + 1,
          [&](Index begin, Index end) { add_filter_gradient(block, begin, end, sums.data(), i > 0, space); });
    }
    transform_filter_gradient(sums.data(), g_.dkernel);
  }

 private:
  static constexpr Index worth = 16384;  // transforms that make another thread worthwhile

  Index one() const noexcept { return c_.channels * c_.filters; }

  /// The work memory of one thread.
  struct Workspace {
    TransformedTiles<S> inputs, gradient;
    Buffer<S> discarded, sums;  // a pixel each
    explicit Workspace(const GradientPass& b)
        : inputs(b.plan_.most_tiles(), b.c_.channels),
          gradient(b.plan_.most_tiles(), b.c_.filters),
          discarded(zeros<S>(b.c_.channels)),
          sums(b.c_.filters) {}
  };

  /// Adds the gradients of a set of images. If `accumulate` is false, the sums start from zero.
  void add_set(Index set, S* transformed, bool accumulate, S* dbias, const Workspace& space) const {
    const Index begin = set * plan_.blocks_of_set(), end = begin + plan_.blocks_of_set();
    if (g_.dx != nullptr) {
      const Index image = c_.window.inputs() * c_.channels, first = plan_.first_image(set);
      std::memset(g_.dx + first * image, 0,
                  static_cast<std::size_t>((plan_.first_image(set + 1) - first) * image) * sizeof(S));
    }
    for (Index i = begin; i < end; ++i, accumulate = true) {
      const Tiling::Block block = plan_.block(i);
      transform_gradient(block, 0, c_.filters, dbias, space);
      if (transformed != nullptr) {
        transform_inputs(plan_, block, c_.channels, 0, c_.channels, g_.x, padding_.data(), space.inputs);
        add_filter_gradient(block, 0, tile_elements, transformed, accumulate, space);
      }
      if (g_.dx != nullptr) {
        kernel_.multiply(block.tiles, space.gradient, plan_.filter_rows(), plan_.numbers(), space.inputs);
        add_data_gradient(block, space);
      }
    }
  }

  /// Z = A dy Aᵀ of filters [begin, end), with dy = 0 where y <= 0 (the gradient of relu). Adds the sum of dy to
  /// `dbias` unless it is null.
  void transform_gradient(const Tiling::Block& block, Index begin, Index end, S* dbias, const Workspace& space) const {
    const TransformedTiles<S>& z = space.gradient;
    S* const sums = dbias == nullptr ? nullptr : space.sums.data();  // per block: smaller rounding errors
    if (sums != nullptr) std::memset(sums + begin, 0, static_cast<std::size_t>(end - begin) * sizeof(S));
    const Index height = plan_.rows().output, columns = plan_.columns().output, filters = c_.filters;
    const bool relu = g_.y != nullptr;
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      plan_.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
        const Index at = image * height * columns * filters;
        const Pixels<2, const S> dy(g_.dy + at, height, columns, filters, row, column, padding_.data());
        const Pixels<2, const S> y((relu ? g_.y : g_.dy) + at, height, columns, filters, row, column, padding_.data());
        S* to = z.matrix(0) + tile * filters;
        channel_tiles<decltype(width)::value, 1, false>(
            begin, end, [&](auto lanes, auto, Index filter) LAMINA_INLINE_LAMBDA {
              using V = Pack<S, decltype(lanes)::value>;
              V values[4], transformed[tile_elements];
              LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
                values[i] = V::load(dy.at[i] + filter);
                if (relu) values[i] = select(V::load(y.at[i] + filter) > S(0), values[i], S(0));
              }
              if (sums != nullptr)
                (V::load(sums + filter) + ((values[0] + values[1]) + (values[2] + values[3]))).store(sums + filter);
              transform<OutputTransformTransposed>(values, transformed);
              LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) transformed[p].store(to + p * z.step() + filter);
            });
      });
    });
    for (Index filter = begin; sums != nullptr && filter < end; ++filter) dbias[filter] += sums[filter];
  }

  /// transformed = Vᵀ Z, or += if `accumulate`, for elements [begin, end) of a transformed tile. There is one matrix
  /// (channels, filters) per element.
  void add_filter_gradient(const Tiling::Block& block, Index begin, Index end, S* transformed, bool accumulate,
                           const Workspace& space) const {
    const Index panel = gathered_panel<S>();
    for (Index p = begin; p < end; ++p)
      multiply_gathered<S>({c_.channels, block.tiles, c_.filters, space.inputs.matrix(p), plan_.numbers(),
                            plan_.channel_rows(), space.gradient.matrix(p), c_.filters, panel, transformed + p * one(),
                            nullptr, c_.filters, accumulate});
  }

  /// dx += B m Bᵀ, with m in `space.inputs`.
  void add_data_gradient(const Tiling::Block& block, const Workspace& space) const {
    const WindowAxis &rows = plan_.rows(), &columns = plan_.columns();
    const Index channels = c_.channels, step = space.inputs.step();
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      plan_.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
        const Pixels<4, S> dx(g_.dx + image * rows.input * columns.input * channels, rows.input, columns.input,
                              channels, row - rows.before, column - columns.before, space.discarded.data());
        const S* from = space.inputs.matrix(0) + tile * channels;
        channel_tiles<decltype(width)::value, 1, false>(
            0, channels, [&](auto lanes, auto, Index channel) LAMINA_INLINE_LAMBDA {
              using V = Pack<S, decltype(lanes)::value>;
              V transformed[tile_elements], pixels[tile_elements];
              LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) transformed[p] = V::load(from + p * step + channel);
              transform<InputTransformTransposed>(transformed, pixels);
              LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p)(V::load(dx.at[p] + channel) + pixels[p])
                  .store(dx.at[p] + channel);
            });
      });
    });
  }

  /// dkernel = Gᵀ transformed G.
  void transform_filter_gradient(const S* transformed, S* dkernel) const {
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      channel_tiles<decltype(width)::value, 1, false>(0, one(), [&](auto lanes, auto, Index i) LAMINA_INLINE_LAMBDA {
        using V = Pack<S, decltype(lanes)::value>;
        V u[tile_elements], kernel[9];
        LAMINA_UNROLL for (int p = 0; p < tile_elements; ++p) u[p] = V::load(transformed + p * one() + i);
        transform<FilterTransformTransposed>(u, kernel);
        LAMINA_UNROLL for (int k = 0; k < 9; ++k) kernel[k].store(dkernel + k * one() + i);
      });
    });
  }

  const Convolution& c_;
  const ConvolutionGradients<S>& g_;
  const Tiling& plan_;
  TransformedFilters<S> kernel_;
  Buffer<S> padding_;  // a pixel of zeros, read as padding
};

/// Computes the gradients of a convolution with respect to its input, kernel and bias.
template <class S>
void convolution_gradients(const Convolution& c, const ConvolutionGradients<S>& g) {
  if (g.dkernel == nullptr || c.kernel_size() <= most_elements_in_copies)
    return GradientPass<S>(c, g, Tiling(c)).gradients();
  if (g.dx != nullptr) {
    ConvolutionGradients<S> inputs = g;
    inputs.dkernel = inputs.dbias = nullptr;
    GradientPass<S>(c, inputs, Tiling(c)).gradients();
  }
  ConvolutionGradients<S> kernel = g;
  kernel.dx = nullptr;
  GradientPass<S>(c, kernel, Tiling(c, 256)).filter_gradient();
}

}  // namespace lamina::kernels::detail::winograd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
