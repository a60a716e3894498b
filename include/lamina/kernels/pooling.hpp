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

// Pooling over one to three spatial axes, channels last. Each output is computed from a box of inputs.

namespace lamina::kernels {

/// The boxes along one axis: windows, or, for adaptive pooling, an even partition.
struct PoolingAxis {
  Index input = 1;   ///< Size of the input.
  Index output = 1;  ///< Size of the output.
  Index size = 1;    ///< Size of a window; 0: output o covers the inputs floor(o n / m) to ceil((o + 1) n / m).
  Index stride = 1;  ///< Distance between windows.
  Index before = 0;  ///< Padding before the first input.

  /// The first input of output o.
  Index begin(Index o) const noexcept {
    return size == 0 ? o * input / output : (std::max)(Index{0}, o * stride - before);
  }
  /// One past the last input of output o.
  Index end(Index o) const noexcept {
    return size == 0 ? ((o + 1) * input + output - 1) / output : (std::min)(input, o * stride - before + size);
  }
};

/// The sizes of a pooling operation. Shapes: x (batch, inputs..., channels), y (batch, outputs..., channels).
struct Pooling {
  Index batch = 0;      ///< Number of samples.
  Index channels = 0;   ///< Number of channels.
  PoolingAxis axes[3];  ///< Spatial axes, right-aligned: 1-D pooling uses `axes[2]` only.
  bool mean = true;     ///< Average pooling computes the mean if true, otherwise the sum.

  /// Pooling by windows.
  Pooling(Index batch_size, Index channel_count, const Window& window) : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < window.rank; ++i) {
      const WindowAxis& w = window.axes[i];
      axes[3 - window.rank + i] = {w.input, w.output, w.size, w.stride, w.before};
    }
  }
  /// Adaptive pooling: partitions the inputs of each axis evenly.
  Pooling(Index batch_size, Index channel_count, Index rank, const Index* input, const AxisSizes& output)
      : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < rank; ++i) axes[3 - rank + i] = {input[i], output[i], 0, 0, 0};
  }

  Index inputs() const noexcept { return axes[0].input * axes[1].input * axes[2].input; }      ///< Input positions.
  Index outputs() const noexcept { return axes[0].output * axes[1].output * axes[2].output; }  ///< Output positions.
};

namespace detail {

/// Adjacent outputs along the last axis whose boxes have the same size and a constant distance.
struct PoolingRun {
  Index outputs;         // number of outputs
  Index input, output;   // offset in x of the first box's first element, and in y of its output; channel 0
  Index step;            // distance of the first elements of successive boxes
  const Index* offsets;  // of the elements of a box, from its first
  Index count;           // number of elements of a box
};

/// The boxes of a pooling operation. Most have the same size; the offsets of the elements of a box are computed once per size.
class PoolingBoxes {
 public:
  explicit PoolingBoxes(const Pooling& p) : pooling_(p) {
    Index positions = 0;
    for (const PoolingAxis& axis : p.axes) positions += axis.output;
    memory_ = lamina::detail::Storage::of<Range>(positions);
    auto* range = static_cast<Range*>(memory_.memory());
    for (Index a = 0; a < 3; ++a) {
      const PoolingAxis& axis = p.axes[a];
      ranges_[a] = range;
      Index reached = 0;
      for (Index o = 0; o < axis.output; ++o, ++range) {
        *range = {axis.begin(o), axis.end(o)};
        longest_[a] = (std::max)(longest_[a], range->size());
        partition_ = partition_ && range->begin == reached;
        reached = range->end;
      }
      partition_ = partition_ && reached == axis.input;
    }
  }

  /// True if every input belongs to exactly one output.
  bool partition() const noexcept { return partition_; }

  /// The largest number of inputs of an output.
  Index longest() const noexcept { return longest_[0] * longest_[1] * longest_[2]; }
  /// The number of outputs that make another thread worthwhile.
  Index worth_a_thread() const noexcept { return 32768 / (longest() * pooling_.channels + 8) + 1; }

  /// Calls `body(run)` for runs that cover the outputs [begin, end).
  template <class Body>
  void walk(Index begin, Index end, const Body& body) const {
    const auto memory = lamina::detail::Storage::of<Index>(longest());
    auto* offsets = static_cast<Index*>(memory.memory());
    const PoolingAxis* axes = pooling_.axes;
    const Index channels = pooling_.channels;
    Index listed[3] = {0, 0, 0}, count = 0;
    for (Index at = begin; at < end;) {
      const Index k = at % axes[2].output, line = at / axes[2].output;
      const Index j = line % axes[1].output, i = line / axes[1].output % axes[0].output;
      const Index image = line / axes[1].output / axes[0].output;
      const Range &r0 = ranges_[0][i], &r1 = ranges_[1][j];
      const Index first = ((image * axes[0].input + r0.begin) * axes[1].input + r1.begin) * axes[2].input;
      const Range *r2 = ranges_[2] + k, *last = r2 + (std::min)(end - at, axes[2].output - k);
      while (r2 != last) {
        if (r2->size() != listed[2] || r1.size() != listed[1] || r0.size() != listed[0]) {
          listed[0] = r0.size();
          listed[1] = r1.size();
          listed[2] = r2->size();
          count = list(listed, offsets);
        }
        const Range* next = r2 + 1;
        const Index step = next == last ? 0 : next->begin - r2->begin;
        while (next != last && next->size() == r2->size() && next->begin - next[-1].begin == step) ++next;
        const Index outputs = next - r2;
        body(PoolingRun{outputs, (first + r2->begin) * channels, at * channels, step * channels, offsets, count});
        r2 = next;
        at += outputs;
      }
    }
  }

 private:
  struct Range {
    Index begin, end;
    Index size() const noexcept { return end - begin; }
  };
  Index list(const Index* size, Index* out) const {
    const PoolingAxis* axes = pooling_.axes;
    for (Index i = 0; i < size[0]; ++i)
      for (Index j = 0; j < size[1]; ++j)
        for (Index k = 0; k < size[2]; ++k) *out++ = ((i * axes[1].input + j) * axes[2].input + k) * pooling_.channels;
    return size[0] * size[1] * size[2];
  }

  const Pooling& pooling_;
  lamina::detail::Storage memory_;
  const Range* ranges_[3];
  Index longest_[3] = {0, 0, 0};
  bool partition_ = true;
};

/// The inner kernel of all poolings: calls `tile(lanes, packs, input, output)` for every output of a run, for tiles of
/// the channels [begin, end). If `Again` is true, tiles may overlap.
template <class S, int Packs, bool Again, class Tile>
void for_run(const PoolingRun& run, Index channels, Index begin, Index end, const Tile& tile) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    Index input = run.input, output = run.output;
    for (Index left = run.outputs; left > 0; --left, input += run.step, output += channels)
      channel_tiles<decltype(width)::value, Packs, Again>(
          begin, end,
          [&](auto lanes, auto packs, Index c) LAMINA_INLINE_LAMBDA { tile(lanes, packs, input + c, output + c); });
  });
}

/// Forward pass: calls `kernel(run)` for all runs, to compute y from the boxes of x.
template <class Kernel>
void gather_boxes(const Pooling& p, const Kernel& kernel) {
  const PoolingBoxes boxes(p);
  parallel_ranges(p.batch * p.outputs(), 1, boxes.worth_a_thread(),
                  [&](Index begin, Index end) { boxes.walk(begin, end, kernel); });
}

/// Backward pass: calls `kernel(add, run, begin, end)` for all runs and ranges of channels, to add dy to the boxes of
/// dx, or to store it if every input belongs to exactly one box. `add` is a std::bool_constant.
template <class S, class Kernel>
void scatter_boxes(const Pooling& p, S* dx, const Kernel& kernel) {
  const PoolingBoxes boxes(p);
  if (boxes.partition()) {
    parallel_ranges(p.batch * p.outputs(), 1, boxes.worth_a_thread(), [&](Index begin, Index end) {
      boxes.walk(begin, end, [&](const PoolingRun& run) { kernel(std::false_type{}, run, Index{0}, p.channels); });
    });
    return;
  }
  // Each sum belongs to one thread: threads share the images, and groups of channels if there are few images.
  constexpr Index group = 64;
  const Index groups = p.batch < 2 * ThreadTeam::instance().size() ? (p.channels + group - 1) / group : 1;
  const Index outputs = p.outputs(), image = p.inputs() * p.channels;
  parallel_ranges(p.batch * groups, groups, boxes.worth_a_thread() * groups / (outputs + 1) + 1,
                  [&](Index begin, Index end) {
                    for (Index part = begin; part < end; ++part) {
                      const Index n = part / groups, first = part % groups * group;
                      const Index last = groups == 1 ? p.channels : (std::min)(p.channels, first + group);
                      for (Index i = 0; i < (groups == 1 ? 1 : p.inputs()); ++i)
                        std::memset(dx + n * image + i * p.channels + first, 0,
                                    static_cast<std::size_t>(groups == 1 ? image : last - first) * sizeof(S));
                      boxes.walk(n * outputs, (n + 1) * outputs,
                                 [&](const PoolingRun& run) { kernel(std::true_type{}, run, first, last); });
                    }
                  });
}

}  // namespace detail

/// y = the maximum of every window, and `argmax`, unless null, its index in the window: of equal elements the first, of
/// NaNs the last, as in PyTorch and TensorFlow. The search starts from the first element of the window instead of
/// -infinity, which -ffast-math does not support.
template <class S>
void max_pool(const Pooling& p, const S* x, S* y, S* argmax) {
  detail::gather_boxes(p, [&p, x, y, argmax](const detail::PoolingRun& run) {
    const auto tile = [x, y, argmax, offsets = run.offsets, count = run.count](auto lanes, auto packs, Index input,
                                                                               Index output) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(lanes)::value, P = decltype(packs)::value;
      using V = Pack<S, W>;
      V best[std::size_t{P}], best_index[std::size_t{P}];
      LAMINA_UNROLL for (int i = 0; i < P; ++i) {
        best[i] = V::load(x + input + i * W);
        best_index[i] = V::splat(S(0));
      }
      S number = S(1);
      for (Index e = 1; e < count; ++e, number += S(1)) {
        const V here = V::splat(number);
        const S* from = x + input + offsets[e];
        LAMINA_UNROLL for (int i = 0; i < P; ++i) {
          const V value = V::load(from + i * W), given = opaque(value);
          best_index[i] = select(value > best[i], here, select(is_number(given), best_index[i], here));
          best[i] = select(value > best[i], value, select(is_number(given), best[i], given));
        }
      }
      LAMINA_UNROLL for (int i = 0; i < P; ++i) {
        best[i].store(y + output + i * W);
        if (argmax != nullptr) best_index[i].store(argmax + output + i * W);
      }
    };
    detail::for_run<S, 2, true>(run, p.channels, 0, p.channels, tile);
  });
}

/// y = the element at index `argmax` of every window: the forward derivative of max_pool, and the gradient of its
/// gradient.
template <class S>
void max_pool_gather(const Pooling& p, const S* x, const S* argmax, S* y) {
  detail::gather_boxes(p, [&p, x, y, argmax](const detail::PoolingRun& run) {
    Index input = run.input, output = run.output;
    for (Index o = 0; o < run.outputs; ++o, input += run.step, output += p.channels)
      for (Index c = 0; c < p.channels; ++c)
        y[output + c] = x[input + run.offsets[static_cast<Index>(argmax[output + c])] + c];
  });
}

/// The gradient of max_pool: adds dy to dx at index `argmax` of every window.
template <class S>
void max_pool_gradient(const Pooling& p, const S* dy, const S* argmax, S* dx) {
  detail::scatter_boxes(p, dx, [&p, dy, argmax, dx](auto add, const detail::PoolingRun& run, Index begin, Index end) {
    constexpr Index few = 16;  // up to so many elements, comparing all of them is faster than indexing
    if (add() && run.count > few) {
      Index input = run.input, output = run.output;
      for (Index o = 0; o < run.outputs; ++o, input += run.step, output += p.channels)
        for (Index c = begin; c < end; ++c)
          dx[input + run.offsets[static_cast<Index>(argmax[output + c])] + c] += dy[output + c];
      return;
    }
    const auto tile = [dy, argmax, dx, add, offsets = run.offsets, count = run.count](
                          auto lanes, auto, Index input, Index output) LAMINA_INLINE_LAMBDA {
      using V = Pack<S, decltype(lanes)::value>;
      const V value = V::load(dy + output), wanted = V::load(argmax + output);
      S number = S(0);
      for (Index e = 0; e < count; ++e, number += S(1)) {
        S* to = dx + input + offsets[e];
        V part = select(wanted == number, value, S(0));
        if (add()) part = V::load(to) + part;
        part.store(to);
      }
    };
    detail::for_run<S, 1, !add()>(run, p.channels, begin, end, tile);
  });
}

/// y = the mean of every window, without padding; or the sum if `p.mean` is false.
template <class S>
void average_pool(const Pooling& p, const S* x, S* y) {
  detail::gather_boxes(p, [&p, x, y](const detail::PoolingRun& run) {
    const S scale = p.mean ? S(1) / static_cast<S>(run.count) : S(1);
    const auto tile = [x, y, scale, offsets = run.offsets, count = run.count](auto lanes, auto packs, Index input,
                                                                              Index output) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(lanes)::value, P = decltype(packs)::value;
      using V = Pack<S, W>;
      V sum[std::size_t{P}];
      LAMINA_UNROLL for (int i = 0; i < P; ++i) sum[i] = V::splat(S(0));
      for (Index e = 0; e < count; ++e)
        LAMINA_UNROLL for (int i = 0; i < P; ++i) sum[i] = sum[i] + V::load(x + input + offsets[e] + i * W);
      LAMINA_UNROLL for (int i = 0; i < P; ++i)(sum[i] * scale).store(y + output + i * W);
    };
    detail::for_run<S, 2, true>(run, p.channels, 0, p.channels, tile);
  });
}

/// The gradient of average_pool: adds dy, divided by the number of elements if `p.mean`, to all elements of the window.
template <class S>
void average_pool_gradient(const Pooling& p, const S* dy, S* dx) {
  detail::scatter_boxes(p, dx, [&p, dy, dx](auto add, const detail::PoolingRun& run, Index begin, Index end) {
    const S scale = p.mean ? S(1) / static_cast<S>(run.count) : S(1);
    const auto tile = [dy, dx, scale, add, offsets = run.offsets, count = run.count](
                          auto lanes, auto, Index input, Index output) LAMINA_INLINE_LAMBDA {
      using V = Pack<S, decltype(lanes)::value>;
      const V part = V::load(dy + output) * scale;
      for (Index e = 0; e < count; ++e) {
        S* to = dx + input + offsets[e];
        (add() ? V::load(to) + part : part).store(to);
      }
    };
    detail::for_run<S, 1, !add()>(run, p.channels, begin, end, tile);
  });
}

LAMINA_COMPILED_FUNCTION(max_pool);
LAMINA_COMPILED_FUNCTION(max_pool_gather);
LAMINA_COMPILED_FUNCTION(max_pool_gradient);
LAMINA_COMPILED_FUNCTION(average_pool);
LAMINA_COMPILED_FUNCTION(average_pool_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
