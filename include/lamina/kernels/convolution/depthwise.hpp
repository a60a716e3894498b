#pragma once
#include <cstring>

#include "lamina/core/memory.hpp"
#include "lamina/kernels/convolution/channel_tiles.hpp"
#include "lamina/kernels/convolution/window.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Depthwise convolution over one to three spatial axes, channels last.

namespace lamina::kernels {

/// The sizes of a depthwise convolution. Shapes: x (batch, inputs..., channels), kernel (window..., channels), y
/// (batch, outputs..., channels).
struct Depthwise {
  Index batch = 0;     ///< Number of samples.
  Index channels = 0;  ///< Number of channels.
  WindowAxis axes[3];  ///< Spatial axes, right-aligned: a 1-D window uses `axes[2]` only.

  /// `window`: the windows, of rank 1 to 3.
  Depthwise(Index batch_size, Index channel_count, const Window& window) : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < window.rank; ++i) axes[3 - window.rank + i] = window.axes[i];
  }
};

namespace detail {

/// For each output position along each axis, the kernel taps that fall inside the input, and the input position that
/// each one reads. `of_inputs` builds the transposed table, which the data gradient uses: for each input position, the
/// taps and the output positions that read it. Along the last axis, positions with the same taps are computed together
/// as a run.
template <class S>
class DepthwiseTaps {
 public:
  DepthwiseTaps(const Depthwise& d, bool of_inputs) : channels_(d.channels), batch_(d.batch) {
    Index positions = 0, taps = 0;
    for (Index a = 0; a < 3; ++a) {
      const WindowAxis& axis = d.axes[a];
      size_[a] = of_inputs ? axis.input : axis.output;
      other_[a] = of_inputs ? axis.output : axis.input;
      taps_[a] = axis.size;
      positions += size_[a];
      taps += size_[a] * axis.size;
    }
    step_ = of_inputs ? d.axes[2].stride : 1;
    advance_ = of_inputs ? 1 : d.axes[2].stride;
    ranges_memory_ = lamina::detail::Storage::of<TapRange>(positions);
    runs_memory_ = lamina::detail::Storage::of<Run>(size_[2]);
    taps_memory_ = lamina::detail::Storage::of<Tap>(taps);
    TapRange* range = static_cast<TapRange*>(ranges_memory_.memory());
    Run* run = static_cast<Run*>(runs_memory_.memory());
    Tap* tap = static_cast<Tap*>(taps_memory_.memory());
    runs_ = last_run_ = run;
    for (Index a = 0; a < 3; range += size_[a++]) {
      ranges_[a] = range;
      for (Index at = 0; at < size_[a]; ++at) {
        range[at].begin = tap;
        tap = write_taps(d.axes[a], of_inputs, at, other_[a], tap);
        range[at].end = tap;
      }
    }
    for (Index first = 0; first < (std::min)(step_, size_[2]); ++first)
      for (Index at = first; at < size_[2]; at += step_) {
        if (at > first && continues(ranges_[2][at - step_], ranges_[2][at]))
          ++last_run_[-1].count;
        else
          *last_run_++ = {at, 1, ranges_[2][at]};
      }
  }

  /// to[i] = start + sum over the taps of i of from[j] kernel[tap], per channel. `start` (channels) may be null.
  void sum(const S* from, const S* kernel, const S* start, S* to) const {
    const Index lines = batch_ * size_[0] * size_[1], taps = taps_[0] * taps_[1] * taps_[2];
    parallel_ranges(lines, 1, 131072 / (size_[2] * taps * channels_ + 1) + 1, [&](Index begin, Index end) {
      const auto memory = lamina::detail::Storage::of<Factors>(taps);
      Factors* factors = static_cast<Factors*>(memory.memory());
      with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
        for (Index line = begin; line < end; ++line)
          for (const Run* run = runs_; run != last_run_; ++run) {
            const Factors* last = write_factors(line, *run, from, kernel, factors);
            sum_run<decltype(width)::value>(factors, last, run->count, start,
                                            to + (line * size_[2] + run->first) * channels_);
          }
      });
    });
  }

 private:
  struct Tap {
    std::int32_t tap, other;
  };
  struct TapRange {
    const Tap *begin, *end;
  };
  /// Positions first, first + step, ...: each has the same taps as the one before, with inputs advanced by `advance_`.
  struct Run {
    Index first, count;
    TapRange range;
  };
  struct Factors {
    const S *from, *kernel;
  };

  static Tap* write_taps(const WindowAxis& axis, bool of_inputs, Index at, Index others, Tap* out) {
    for (Index tap = 0; tap < axis.size; ++tap) {
      const Index reached =
          of_inputs ? at + axis.before - tap * axis.dilation : at * axis.stride - axis.before + tap * axis.dilation;
      const Index other = of_inputs ? reached / axis.stride : reached;
      if (reached < 0 || (of_inputs && reached % axis.stride != 0) || other >= others) continue;
      *out++ = {static_cast<std::int32_t>(tap), static_cast<std::int32_t>(other)};
    }
    return out;
  }
  bool continues(const TapRange& before, const TapRange& range) const {
    if (range.end - range.begin != before.end - before.begin) return false;
    for (Index i = 0; i < range.end - range.begin; ++i)
      if (range.begin[i].tap != before.begin[i].tap || range.begin[i].other != before.begin[i].other + advance_)
        return false;
    return true;
  }
  /// Lists the pairs of input and kernel pixels whose products are summed for the first position of a run.
  Factors* write_factors(Index line, const Run& run, const S* from, const S* kernel, Factors* out) const {
    const Index i = line / size_[1] % size_[0], j = line % size_[1], image = line / size_[1] / size_[0];
    for (const Tap* p = ranges_[0][i].begin; p != ranges_[0][i].end; ++p)
      for (const Tap* q = ranges_[1][j].begin; q != ranges_[1][j].end; ++q) {
        const S* row = from + ((image * other_[0] + p->other) * other_[1] + q->other) * other_[2] * channels_;
        const S* weights = kernel + (p->tap * taps_[1] + q->tap) * taps_[2] * channels_;
        for (const Tap* r = run.range.begin; r != run.range.end; ++r)
          *out++ = {row + r->other * channels_, weights + r->tap * channels_};
      }
    return out;
  }

  /// Computes the positions of a run, four at a time, so that each kernel pixel is loaded once for four positions. The
  /// last four may overlap the ones before them.
  template <int W>
  LAMINA_ALWAYS_INLINE void sum_run(const Factors* first, const Factors* last, Index count, const S* start,
                                    S* to) const {
    const auto tile = [&](auto together, Index at) LAMINA_INLINE_LAMBDA {
      channel_tiles<W, 2, true>(0, channels_, [&](auto lanes, auto packs, Index c) LAMINA_INLINE_LAMBDA {
        sum_tile<decltype(together)::value, decltype(lanes)::value, decltype(packs)::value>(
            first, last, c, at * advance_ * channels_ + c, start, to + at * step_ * channels_ + c);
      });
    };
    if (count < 4) {
      for (Index at = 0; at < count; ++at) tile(std::integral_constant<int, 1>{}, at);
    } else {
      for (Index at = 0; at < count; at += 4) tile(std::integral_constant<int, 4>{}, (std::min)(at, count - 4));
    }
  }
  template <int T, int W, int P>
  LAMINA_ALWAYS_INLINE void sum_tile(const Factors* factors, const Factors* last, Index channel, Index offset,
                                     const S* start, S* to) const {
    using V = Pack<S, W>;
    V sum[std::size_t{T}][std::size_t{P}];
    LAMINA_UNROLL for (int p = 0; p < P; ++p) {
      const V first = start == nullptr ? V::splat(S(0)) : V::load(start + channel + p * W);
      LAMINA_UNROLL for (int t = 0; t < T; ++t) sum[t][p] = first;
    }
    const Index next = advance_ * channels_;
    for (; factors != last; ++factors) {
      const S *from = factors->from + offset, *weights = factors->kernel + channel;
      LAMINA_UNROLL for (int p = 0; p < P; ++p) {
        const V weight = V::load(weights + p * W);
        LAMINA_UNROLL for (int t = 0; t < T; ++t) sum[t][p] = fma(V::load(from + t * next + p * W), weight, sum[t][p]);
      }
    }
    LAMINA_UNROLL for (int t = 0; t < T; ++t) LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[t][p].store(
        to + t * step_ * channels_ + p * W);
  }

  Index channels_, batch_, step_, advance_;
  lamina::detail::Storage ranges_memory_, runs_memory_, taps_memory_;
  const TapRange* ranges_[3];
  Run *runs_, *last_run_;
  Index size_[3], other_[3], taps_[3];
};

/// Sets [first, last) to the outputs along an axis for which tap `tap` of the window is inside the input.
inline void outputs_of_tap(const WindowAxis& axis, Index tap, Index& first, Index& last) {
  const Index shift = tap * axis.dilation - axis.before;  // input = output * stride + shift
  first = shift >= 0 ? 0 : (-shift + axis.stride - 1) / axis.stride;
  const Index room = axis.input - 1 - shift;
  last = room < 0 ? 0 : (std::min)(axis.output, room / axis.stride + 1);
}

}  // namespace detail

/// y = start + depthwise_conv(x, kernel). `start` (channels), the bias, may be null. Shapes: see Depthwise.
template <class S>
void depthwise(const Depthwise& d, const S* x, const S* kernel, const S* start, S* y) {
  detail::DepthwiseTaps<S>(d, false).sum(x, kernel, start, y);
}

/// The data gradient: dx from dy and the kernel.
template <class S>
void depthwise_input_gradient(const Depthwise& d, const S* dy, const S* kernel, S* dx) {
  detail::DepthwiseTaps<S>(d, true).sum(dy, kernel, static_cast<const S*>(nullptr), dx);
}

/// The filter gradient, dkernel = sum over images and windows of x dy; and dbias, the sum of dy, unless it is null.
/// Lines of output are summed in eight parts, which are then added in order, for any number of threads.
template <class S>
void depthwise_kernel_gradient(const Depthwise& d, const S* x, const S* dy, S* dkernel, S* dbias) {
  const WindowAxis *a = d.axes, *b = d.axes + 1, *e = d.axes + 2;
  const Index channels = d.channels, taps = a->size * b->size * e->size, size = taps * channels;
  const Index lines = d.batch * a->output * b->output, each = size + channels;
  const Index parts = std::clamp<Index>(lines, 1, 8);
  const auto memory = lamina::detail::Storage::of<S>(parts * each);
  S* sums = static_cast<S*>(memory.memory());
  const Index part_work = work_of(lines, e->output, size) / parts;
  parallel_ranges(parts, 1, 131072 / (part_work + 1) + 1, [&](Index begin, Index end) {
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      // dw[tap + g] += sum over outputs [first, last) of a line of x dy, for G taps at once.
      const auto add_taps = [&](auto group, const S* from, const S* with, Index first, Index last, Index tap,
                                S* to) LAMINA_INLINE_LAMBDA {
        if (first >= last) return;
        detail::channel_tiles<decltype(width)::value, 2, false>(
            0, channels, [&](auto lanes, auto packs, Index c) LAMINA_INLINE_LAMBDA {
              constexpr int G = decltype(group)::value, W = decltype(lanes)::value, P = decltype(packs)::value;
              using V = Pack<S, W>;
              V sum[std::size_t{G}][std::size_t{P}];
              const S* v = with + first * channels + c;
              const S* u = from + (first * e->stride + tap * e->dilation - e->before) * channels + c;
              LAMINA_UNROLL for (int g = 0; g < G; ++g) LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[g][p] =
                  V::load(to + (tap + g) * channels + c + p * W);
              const Index next = e->stride * channels, between = e->dilation * channels;
              for (Index o = first; o < last; ++o, u += next, v += channels) LAMINA_UNROLL for (int p = 0; p < P; ++p) {
                  const V slope = V::load(v + p * W);
                  LAMINA_UNROLL for (int g = 0; g < G; ++g) sum[g][p] =
                      fma(V::load(u + g * between + p * W), slope, sum[g][p]);
                }
              LAMINA_UNROLL for (int g = 0; g < G; ++g) LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[g][p].store(
                  to + (tap + g) * channels + c + p * W);
            });
      };
      const auto add_group = [&](auto group, const S* from, const S* with, Index tap, S* to) LAMINA_INLINE_LAMBDA {
        constexpr int G = decltype(group)::value;
        Index first = 0, last = e->output;
        for (int g = 0; g < G; ++g) {
          Index begin_of_tap, end_of_tap;
          detail::outputs_of_tap(*e, tap + g, begin_of_tap, end_of_tap);
          first = (std::max)(first, begin_of_tap);
          last = (std::min)(last, end_of_tap);
        }
        add_taps(group, from, with, first, last, tap, to);
        last = (std::max)(first, last);
        for (int g = 0; g < G && G > 1; ++g) {  // at the borders, where some taps are outside
          Index begin_of_tap, end_of_tap;
          detail::outputs_of_tap(*e, tap + g, begin_of_tap, end_of_tap);
          const std::integral_constant<int, 1> one;
          add_taps(one, from, with, begin_of_tap, (std::min)(first, end_of_tap), tap + g, to);
          add_taps(one, from, with, (std::max)(last, begin_of_tap), end_of_tap, tap + g, to);
        }
      };
      for (Index part = begin; part < end; ++part) {
        S* to = sums + part * each;
        std::memset(to, 0, static_cast<std::size_t>(each) * sizeof(S));
        for (Index line = lines * part / parts; line < lines * (part + 1) / parts; ++line) {
          const Index n = line / b->output / a->output, oa = line / b->output % a->output, ob = line % b->output;
          const S* with = dy + line * e->output * channels;
          for (Index ka = 0; ka < a->size; ++ka)
            for (Index kb = 0; kb < b->size; ++kb) {
              const Index ia = oa * a->stride + ka * a->dilation - a->before;
              const Index ib = ob * b->stride + kb * b->dilation - b->before;
              if (ia < 0 || ia >= a->input || ib < 0 || ib >= b->input) continue;
              const S* from = x + ((n * a->input + ia) * b->input + ib) * e->input * channels;
              S* row = to + (ka * b->size + kb) * e->size * channels;
              Index tap = 0;
              for (; tap + 3 <= e->size; tap += 3) add_group(std::integral_constant<int, 3>{}, from, with, tap, row);
              for (; tap < e->size; ++tap) add_group(std::integral_constant<int, 1>{}, from, with, tap, row);
            }
          if (dbias == nullptr) continue;
          detail::channel_tiles<decltype(width)::value, 2, false>(
              0, channels, [&](auto lanes, auto packs, Index c) LAMINA_INLINE_LAMBDA {
                constexpr int W = decltype(lanes)::value, P = decltype(packs)::value;
                using V = Pack<S, W>;
                LAMINA_UNROLL for (int p = 0; p < P; ++p) {
                  V even = V::load(to + size + c + p * W), odd = V::splat(S(0));
                  const S* v = with + c + p * W;
                  for (Index o = 0; o + 2 <= e->output; o += 2, v += 2 * channels) {
                    even = even + V::load(v);
                    odd = odd + V::load(v + channels);
                  }
                  if (e->output % 2 == 1) even = even + V::load(v);
                  (even + odd).store(to + size + c + p * W);
                }
              });
        }
      }
    });
  });
  for (Index i = 0; i < each; ++i) {
    S total = S(0);
    for (Index part = 0; part < parts; ++part) total += sums[part * each + i];
    if (i < size)
      dkernel[i] = total;
    else if (dbias != nullptr)
      dbias[i - size] = total;
  }
}

LAMINA_COMPILED_FUNCTION(depthwise);
LAMINA_COMPILED_FUNCTION(depthwise_input_gradient);
LAMINA_COMPILED_FUNCTION(depthwise_kernel_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
