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

// Pooling of images with their channels last, over one to three axes: each output is made of a box of inputs.

namespace lamina::kernels {

/// How the inputs along one axis are shared out among the outputs: by windows, or evenly.
struct PoolingAxis {
  Index input = 1, output = 1;
  Index size = 1, stride = 1, before = 0;  // size 0: output o has the inputs from floor(o n / m) to ceil((o + 1) n / m)

  Index begin(Index o) const noexcept {
    return size == 0 ? o * input / output : (std::max)(Index{0}, o * stride - before);
  }
  Index end(Index o) const noexcept {
    return size == 0 ? ((o + 1) * input + output - 1) / output : (std::min)(input, o * stride - before + size);
  }
};

/// Shapes: x (batch, inputs..., channels), y (batch, outputs..., channels).
struct Pooling {
  Index batch = 0, channels = 0;
  PoolingAxis axes[3];  // those that there are, last; before them axes of one position
  bool mean = true;     // or the sum

  Pooling(Index batch_size, Index channel_count, const Window& window) : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < window.rank; ++i) {
      const WindowAxis& w = window.axes[i];
      axes[3 - window.rank + i] = {w.input, w.output, w.size, w.stride, w.before};
    }
  }
  /// The inputs of each axis shared out evenly.
  Pooling(Index batch_size, Index channel_count, Index rank, const Index* input, const AxisSizes& output)
      : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < rank; ++i) axes[3 - rank + i] = {input[i], output[i], 0, 0, 0};
  }

  Index inputs() const noexcept { return axes[0].input * axes[1].input * axes[2].input; }
  Index outputs() const noexcept { return axes[0].output * axes[1].output * axes[2].output; }
};

namespace detail {

/// Neighboring outputs along the last axis, made of boxes of the same size at regular distances.
struct PoolingRun {
  Index outputs;         // number of outputs
  Index input, output;   // offset in x of the first box's first element, and in y of its output; channel 0
  Index step;            // from the first element of one box to that of the next
  const Index* offsets;  // from the first element of a box to each of its elements
  Index count;           // number of elements of a box
};

/// The boxes of a pooling. Most are of one kind, that is of one size; for each kind there is a list of how far its
/// elements lie from the first of them.
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

  /// Whether every input is part of exactly one output.
  bool partition() const noexcept { return partition_; }

  /// The most inputs that an output has.
  Index longest() const noexcept { return longest_[0] * longest_[1] * longest_[2]; }
  /// How many outputs are worth a thread.
  Index worth_a_thread() const noexcept { return 32768 / (longest() * pooling_.channels + 8) + 1; }

  /// Calls `body(run)` for runs that together are the outputs [begin, end).
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

/// The inner kernel of all poolings: `tile(lanes, packs, input, output)` for every output of a run and the channels in
/// [begin, end), by tiles of channels. With `Again` some channels may be seen twice.
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

/// y from the boxes of x: calls `kernel(run)` for all runs.
template <class Kernel>
void gather_boxes(const Pooling& p, const Kernel& kernel) {
  const PoolingBoxes boxes(p);
  parallel_ranges(p.batch * p.outputs(), 1, boxes.worth_a_thread(),
                  [&](Index begin, Index end) { boxes.walk(begin, end, kernel); });
}

/// dx from dy: calls `kernel(add, run, begin, end)` for all runs and ranges of channels, to add to the boxes of dx, or,
/// if these are a partition of it, to set them; `add` is a constant.
template <class S, class Kernel>
void scatter_boxes(const Pooling& p, S* dx, const Kernel& kernel) {
  const PoolingBoxes boxes(p);
  if (boxes.partition()) {
    parallel_ranges(p.batch * p.outputs(), 1, boxes.worth_a_thread(), [&](Index begin, Index end) {
      boxes.walk(begin, end, [&](const PoolingRun& run) { kernel(std::false_type{}, run, Index{0}, p.channels); });
    });
    return;
  }
  // Sums belong to one thread: images, and groups of channels if there are few.
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

/// y = the largest element of every window, and `place`, unless null, which one of them it was: the first of equals,
/// the last NaN. As PyTorch and TensorFlow choose. The search starts from the window's first element, so that it needs
/// no infinity, which -ffast-math takes for impossible.
template <class S>
void max_pool(const Pooling& p, const S* x, S* y, S* place) {
  detail::gather_boxes(p, [&p, x, y, place](const detail::PoolingRun& run) {
    const auto tile = [x, y, place, offsets = run.offsets, count = run.count](auto lanes, auto packs, Index input,
                                                                              Index output) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(lanes)::value, P = decltype(packs)::value;
      using V = Pack<S, W>;
      V best[std::size_t{P}], best_place[std::size_t{P}];
      LAMINA_UNROLL for (int i = 0; i < P; ++i) {
        best[i] = V::load(x + input + i * W);
        best_place[i] = V::splat(S(0));
      }
      S number = S(1);
      for (Index e = 1; e < count; ++e, number += S(1)) {
        const V here = V::splat(number);
        const S* from = x + input + offsets[e];
        LAMINA_UNROLL for (int i = 0; i < P; ++i) {
          const V value = V::load(from + i * W), given = opaque(value);
          best_place[i] = select(value > best[i], here, select(is_number(given), best_place[i], here));
          best[i] = select(value > best[i], value, select(is_number(given), best[i], given));
        }
      }
      LAMINA_UNROLL for (int i = 0; i < P; ++i) {
        best[i].store(y + output + i * W);
        if (place != nullptr) best_place[i].store(place + output + i * W);
      }
    };
    detail::for_run<S, 2, true>(run, p.channels, 0, p.channels, tile);
  });
}

/// y = the element at its place in every window: what max_pool did, for another x.
template <class S>
void pick_places(const Pooling& p, const S* x, const S* place, S* y) {
  detail::gather_boxes(p, [&p, x, y, place](const detail::PoolingRun& run) {
    Index input = run.input, output = run.output;
    for (Index o = 0; o < run.outputs; ++o, input += run.step, output += p.channels)
      for (Index c = 0; c < p.channels; ++c)
        y[output + c] = x[input + run.offsets[static_cast<Index>(place[output + c])] + c];
  });
}

/// dx = every dy at its place in its window, added up where windows overlap.
template <class S>
void put_places(const Pooling& p, const S* dy, const S* place, S* dx) {
  detail::scatter_boxes(p, dx, [&p, dy, place, dx](auto add, const detail::PoolingRun& run, Index begin, Index end) {
    constexpr Index few = 16;  // elements that are faster gone through than chosen from
    if (add() && run.count > few) {
      Index input = run.input, output = run.output;
      for (Index o = 0; o < run.outputs; ++o, input += run.step, output += p.channels)
        for (Index c = begin; c < end; ++c)
          dx[input + run.offsets[static_cast<Index>(place[output + c])] + c] += dy[output + c];
      return;
    }
    const auto tile = [dy, place, dx, add, offsets = run.offsets, count = run.count](
                          auto lanes, auto, Index input, Index output) LAMINA_INLINE_LAMBDA {
      using V = Pack<S, decltype(lanes)::value>;
      const V value = V::load(dy + output), wanted = V::load(place + output);
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

/// y = the mean of every window, where padding does not count, or the sum.
template <class S>
void average_pool(const Pooling& p, const S* x, S* y) {
  detail::gather_boxes(p, [&p, x, y](const detail::PoolingRun& run) {
    const S share = p.mean ? S(1) / static_cast<S>(run.count) : S(1);
    const auto tile = [x, y, share, offsets = run.offsets, count = run.count](auto lanes, auto packs, Index input,
                                                                              Index output) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(lanes)::value, P = decltype(packs)::value;
      using V = Pack<S, W>;
      V sum[std::size_t{P}];
      LAMINA_UNROLL for (int i = 0; i < P; ++i) sum[i] = V::splat(S(0));
      for (Index e = 0; e < count; ++e)
        LAMINA_UNROLL for (int i = 0; i < P; ++i) sum[i] = sum[i] + V::load(x + input + offsets[e] + i * W);
      LAMINA_UNROLL for (int i = 0; i < P; ++i)(sum[i] * share).store(y + output + i * W);
    };
    detail::for_run<S, 2, true>(run, p.channels, 0, p.channels, tile);
  });
}

/// dx = every dy shared out evenly among the elements of its window, or given to each of them: the transpose of
/// average_pool.
template <class S>
void share_out(const Pooling& p, const S* dy, S* dx) {
  detail::scatter_boxes(p, dx, [&p, dy, dx](auto add, const detail::PoolingRun& run, Index begin, Index end) {
    const S share = p.mean ? S(1) / static_cast<S>(run.count) : S(1);
    const auto tile = [dy, dx, share, add, offsets = run.offsets, count = run.count](
                          auto lanes, auto, Index input, Index output) LAMINA_INLINE_LAMBDA {
      using V = Pack<S, decltype(lanes)::value>;
      const V part = V::load(dy + output) * share;
      for (Index e = 0; e < count; ++e) {
        S* to = dx + input + offsets[e];
        (add() ? V::load(to) + part : part).store(to);
      }
    };
    detail::for_run<S, 1, !add()>(run, p.channels, begin, end, tile);
  });
}

LAMINA_COMPILED_FUNCTION(max_pool);
LAMINA_COMPILED_FUNCTION(pick_places);
LAMINA_COMPILED_FUNCTION(put_places);
LAMINA_COMPILED_FUNCTION(average_pool);
LAMINA_COMPILED_FUNCTION(share_out);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
