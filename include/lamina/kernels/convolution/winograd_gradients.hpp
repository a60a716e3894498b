#pragma once
#include "lamina/kernels/convolution/winograd.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The way back through Winograd's minimal filtering: with z = A dy Aᵀ and v = Bᵀ x B, tile by tile,
// dkernel = Gᵀ (Σ vᵀ z) G and dx = Σ B (z uᵀ) Bᵀ, where u = G kernel Gᵀ.

namespace lamina::kernels::detail::winograd {

template <class S>
class GradientPass {
 public:
  GradientPass(const Convolution& c, const ConvolutionGradients<S>& g, const Tiling& plan)
      : c_(c),
        g_(g),
        plan_(plan),
        kernel_(c, g.dx == nullptr ? nullptr : g.kernel, true),
        beyond_(zeros<S>((std::max)(c.channels, c.filters))) {}

  /// dx, and the gradients of a small kernel and of the bias, in one pass. The latter are added up in copies, one for
  /// each of so many parts of the batch, whatever the number of threads.
  void gradients() const {
    const bool sums = g_.dkernel != nullptr || g_.dbias != nullptr;
    const Index sets = plan_.sets(), parts = sums ? std::clamp<Index>(sets, 1, most_copies) : sets;
    const Index kernel = g_.dkernel == nullptr ? 0 : c_.kernel_size(), each = kernel + c_.filters;
    const Room<S> copies(sums ? parts * each : 0);
    const Index of_part = work_of((sets + parts - 1) / parts, plan_.blocks_of_set(), plan_.most_tiles(), places, one());
    parallel_ranges(parts, 1, convolution_worth_a_thread / of_part + 1, [&](Index begin, Index end) {
      const Workspace space(*this);
      const Room<S> squares(kernel == 0 ? 0 : places * one());
      for (Index part = begin; part < end; ++part) {
        S* const copy = copies.data() + part * each;
        S* dbias = g_.dbias == nullptr ? nullptr : copy + kernel;
        if (dbias != nullptr) std::memset(dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
        const Index first = sets * part / parts;
        for (Index set = first; set < sets * (part + 1) / parts; ++set)
          add_set(set, kernel == 0 ? nullptr : squares.data(), set > first, dbias, space);
        if (kernel > 0) transform_kernel_back(squares.data(), copy);
      }
    });
    if (g_.dkernel != nullptr) add_copies(parts, each, kernel, copies.data(), g_.dkernel);
    if (g_.dbias != nullptr) add_copies(parts, each, c_.filters, copies.data() + kernel, g_.dbias);
  }

  /// The gradients of a large kernel and of the bias: block after block, first the channels, then the places split over
  /// threads.
  void filter_gradient() const {
    const Workspace space(*this);
    const Room<S> sums(places * one());
    if (g_.dbias != nullptr) std::memset(g_.dbias, 0, static_cast<std::size_t>(c_.filters) * sizeof(S));
    for (Index i = 0; i < plan_.blocks(); ++i) {
      const Tiling::Block block = plan_.block(i);
      constexpr Index unit = 16;
      parallel_ranges(c_.channels, unit, worth / block.tiles + 1, [&](Index begin, Index end) {
        transform_inputs(plan_, block, c_.channels, begin, end, g_.x, beyond_.data(), space.inputs);
      });
      parallel_ranges(c_.filters, unit, worth / block.tiles + 1,
                      [&](Index begin, Index end) { transform_gradient(block, begin, end, g_.dbias, space); });
      parallel_ranges(
          places, 1, convolution_worth_a_thread / work_of(block.tiles, one()) + 1,
          [&](Index begin, Index end) { add_filter_gradient(block, begin, end, sums.data(), i > 0, space); });
    }
    transform_kernel_back(sums.data(), g_.dkernel);
  }

 private:
  static constexpr Index worth = 16384;  // transforms that are worth a thread

  Index one() const noexcept { return c_.channels * c_.filters; }

  /// Memory that one thread works in.
  struct Workspace {
    Squares<S> inputs, gradient;
    Room<S> dump, sums;  // a pixel each
    explicit Workspace(const GradientPass& b)
        : inputs(b.plan_.most_tiles(), b.c_.channels),
          gradient(b.plan_.most_tiles(), b.c_.filters),
          dump(zeros<S>(b.c_.channels)),
          sums(b.c_.filters) {}
  };

  /// What some whole images give to the gradients; sums are added up on top of what is there, or begin.
  void add_set(Index set, S* squares, bool accumulate, S* dbias, const Workspace& space) const {
    const Index begin = set * plan_.blocks_of_set(), end = begin + plan_.blocks_of_set();
    if (g_.dx != nullptr) {
      const Index image = c_.window.inputs() * c_.channels, first = plan_.first_image(set);
      std::memset(g_.dx + first * image, 0,
                  static_cast<std::size_t>((plan_.first_image(set + 1) - first) * image) * sizeof(S));
    }
    for (Index i = begin; i < end; ++i, accumulate = true) {
      const Tiling::Block block = plan_.block(i);
      transform_gradient(block, 0, c_.filters, dbias, space);
      if (squares != nullptr) {
        transform_inputs(plan_, block, c_.channels, 0, c_.channels, g_.x, beyond_.data(), space.inputs);
        add_filter_gradient(block, 0, places, squares, accumulate, space);
      }
      if (g_.dx != nullptr) {
        kernel_.multiply(block.tiles, space.gradient, plan_.filter_rows(), plan_.numbers(), space.inputs);
        add_data_gradient(block, space);
      }
    }
  }

  /// z = A dy Aᵀ of filters [begin, end), where dy counts as 0 where relu was shut; its sums are added to `dbias`,
  /// which may be null.
  void transform_gradient(const Tiling::Block& block, Index begin, Index end, S* dbias, const Workspace& space) const {
    const Squares<S>& z = space.gradient;
    S* const sums = dbias == nullptr ? nullptr : space.sums.data();  // of the block: fewer roundings than one by one
    if (sums != nullptr) std::memset(sums + begin, 0, static_cast<std::size_t>(end - begin) * sizeof(S));
    const Index height = plan_.rows().output, columns = plan_.columns().output, filters = c_.filters;
    const bool relu = g_.y != nullptr;
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      plan_.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
        const Index at = image * height * columns * filters;
        const Pixels<2, const S> dy(g_.dy + at, height, columns, filters, row, column, beyond_.data());
        const Pixels<2, const S> y((relu ? g_.y : g_.dy) + at, height, columns, filters, row, column, beyond_.data());
        S* to = z.place(0) + tile * filters;
        channel_tiles<decltype(width)::value, 1, false>(
            begin, end, [&](auto lanes, auto, Index filter) LAMINA_INLINE_LAMBDA {
              using V = Pack<S, decltype(lanes)::value>;
              V values[4], squares[places];
              LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
                values[i] = V::load(dy.at[i] + filter);
                if (relu) values[i] = select(V::load(y.at[i] + filter) > S(0), values[i], S(0));
              }
              if (sums != nullptr)
                (V::load(sums + filter) + ((values[0] + values[1]) + (values[2] + values[3]))).store(sums + filter);
              transform<OutputTransformTransposed>(values, squares);
              LAMINA_UNROLL for (int p = 0; p < places; ++p) squares[p].store(to + p * z.step() + filter);
            });
      });
    });
    for (Index filter = begin; sums != nullptr && filter < end; ++filter) dbias[filter] += sums[filter];
  }

  /// squares (+)= vᵀ z at places [begin, end), each a matrix (channels, filters).
  void add_filter_gradient(const Tiling::Block& block, Index begin, Index end, S* squares, bool accumulate,
                           const Workspace& space) const {
    const Index panel = gathered_panel<S>();
    for (Index p = begin; p < end; ++p)
      multiply_gathered<S>({c_.channels, block.tiles, c_.filters, space.inputs.place(p), plan_.numbers(),
                            plan_.channel_rows(), space.gradient.place(p), c_.filters, panel, squares + p * one(),
                            nullptr, c_.filters, accumulate});
  }

  /// dx += B d Bᵀ, of what `space.inputs` holds.
  void add_data_gradient(const Tiling::Block& block, const Workspace& space) const {
    const WindowAxis &rows = plan_.rows(), &columns = plan_.columns();
    const Index channels = c_.channels, step = space.inputs.step();
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      plan_.each_tile(block, [&](Index tile, Index image, Index row, Index column) LAMINA_INLINE_LAMBDA {
        const Pixels<4, S> dx(g_.dx + image * rows.input * columns.input * channels, rows.input, columns.input,
                              channels, row - rows.before, column - columns.before, space.dump.data());
        const S* from = space.inputs.place(0) + tile * channels;
        channel_tiles<decltype(width)::value, 1, false>(
            0, channels, [&](auto lanes, auto, Index channel) LAMINA_INLINE_LAMBDA {
              using V = Pack<S, decltype(lanes)::value>;
              V squares[places], pixels[places];
              LAMINA_UNROLL for (int p = 0; p < places; ++p) squares[p] = V::load(from + p * step + channel);
              transform<InputTransformTransposed>(squares, pixels);
              LAMINA_UNROLL for (int p = 0; p < places; ++p)(V::load(dx.at[p] + channel) + pixels[p])
                  .store(dx.at[p] + channel);
            });
      });
    });
  }

  /// dkernel = Gᵀ squares G.
  void transform_kernel_back(const S* squares, S* dkernel) const {
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      channel_tiles<decltype(width)::value, 1, false>(0, one(), [&](auto lanes, auto, Index i) LAMINA_INLINE_LAMBDA {
        using V = Pack<S, decltype(lanes)::value>;
        V u[places], kernel[9];
        LAMINA_UNROLL for (int p = 0; p < places; ++p) u[p] = V::load(squares + p * one() + i);
        transform<FilterTransformTransposed>(u, kernel);
        LAMINA_UNROLL for (int k = 0; k < 9; ++k) kernel[k].store(dkernel + k * one() + i);
      });
    });
  }

  const Convolution& c_;
  const ConvolutionGradients<S>& g_;
  const Tiling& plan_;
  TransformedFilters<S> kernel_;
  Room<S> beyond_;  // zeros, for what lies beyond borders
};

/// The gradients of a convolution's inputs.
template <class S>
void convolve_back(const Convolution& c, const ConvolutionGradients<S>& g) {
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
