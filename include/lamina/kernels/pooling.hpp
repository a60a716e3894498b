#pragma once
#include "lamina/kernels/simd.hpp"
#include "lamina/kernels/threads.hpp"
#include "lamina/kernels/window.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Pooling of images with their channels last, over one to three axes. Every output has a box of inputs, and every input
// a box of the outputs that it is part of; each element is computed from its box, by one thread in one order, and
// written once.

namespace lamina::kernels {

/// How the inputs along one axis are shared out among the outputs: by windows, or evenly.
struct PoolingAxis {
  Index input = 1, output = 1;
  Index size = 1, stride = 1, before = 0;  // size 0: output o is of the inputs floor(o n / m) to ceil((o + 1) n / m)

  Index begin(Index o) const noexcept {
    return size == 0 ? o * input / output : (std::max)(Index{0}, o * stride - before);
  }
  Index end(Index o) const noexcept {
    return size == 0 ? ((o + 1) * input + output - 1) / output : (std::min)(input, o * stride - before + size);
  }
  /// The most inputs that an output has.
  Index extent() const noexcept { return size == 0 ? (input + output - 1) / output + 1 : size; }
};

/// Shapes: x (batch, inputs..., channels), y (batch, outputs..., channels).
struct Pooling {
  Index batch = 0, channels = 0;
  PoolingAxis axes[3];  // those that there are, last; before them axes of one position

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
};

namespace detail {

/// The boxes of a pooling, one range for each axis: of inputs for an output, or of outputs for an input.
class PoolingBoxes {
 public:
  struct Range {
    std::int32_t begin, end;
  };

  PoolingBoxes(const Pooling& p, bool of_inputs) : batch_(p.batch), channels_(p.channels), of_inputs_(of_inputs) {
    Index entries = 0;
    for (const PoolingAxis& axis : p.axes) entries += axis.output + axis.input;
    memory_ = lamina::detail::Storage::allocate(static_cast<std::size_t>(entries) * sizeof(Range));
    auto* range = static_cast<Range*>(memory_.memory());
    for (Index a = 0; a < 3; ++a) {
      const PoolingAxis& axis = p.axes[a];
      windows_[a] = range;
      for (Index o = 0; o < axis.output; ++o)
        *range++ = {static_cast<std::int32_t>(axis.begin(o)), static_cast<std::int32_t>(axis.end(o))};
      ranges_[a] = of_inputs ? range : windows_[a];
      if (of_inputs) {
        // Windows begin and end in order, so those that hold an input lie side by side.
        std::int32_t first = 0, last = 0;
        for (Index i = 0; i < axis.input; ++i) {
          while (first < axis.output && windows_[a][first].end <= i) ++first;
          while (last < axis.output && windows_[a][last].begin <= i) ++last;
          *range++ = {first, last};
        }
      }
      size_[a] = of_inputs ? axis.input : axis.output;
      other_[a] = of_inputs ? axis.output : axis.input;
    }
    place_step_[2] = 1;
    place_step_[1] = p.axes[2].extent();
    place_step_[0] = place_step_[1] * p.axes[1].extent();
    Index work = p.channels;
    for (const PoolingAxis& axis : p.axes) work *= (axis.extent() * axis.output) / size_[&axis - p.axes] + 1;
    least_ = 32768 / (work + 1) + 1;
  }

  Index channels() const noexcept { return channels_; }

  /// A box, and where its elements begin: in the tensor that is read (the box's own) and in the one that is written.
  struct Box {
    Range range[3];
    Index position[3], read, written;
  };

  /// Calls `body(box)` for every element but its channels, on several threads.
  template <class Body>
  void run(const Body& body) const {
    const Index count = batch_ * size_[0] * size_[1] * size_[2];
    parallel_ranges(count, 1, least_, [&](Index begin, Index end) { body(begin, end); });
  }

  /// Calls `body` for positions in order.
  template <class Body>
  LAMINA_ALWAYS_INLINE void walk(Index begin, Index end, const Body& body) const {
    Box box;
    Index rest = begin;
    for (Index a = 3; a-- > 0; rest /= size_[a]) box.position[a] = rest % size_[a];
    const Index image = other_[0] * other_[1] * other_[2] * channels_;
    box.read = rest * image;
    for (Index a = 0; a < 2; ++a) box.range[a] = ranges_[a][box.position[a]];
    for (Index at = begin; at < end; ++at) {
      box.range[2] = ranges_[2][box.position[2]];
      box.written = at * channels_;
      body(box);
      if (++box.position[2] < size_[2]) continue;
      box.position[2] = 0;
      if (++box.position[1] == size_[1]) {
        box.position[1] = 0;
        if (++box.position[0] == size_[0]) {
          box.position[0] = 0;
          box.read += image;
        }
        box.range[0] = ranges_[0][box.position[0]];
      }
      box.range[1] = ranges_[1][box.position[1]];
    }
  }

  /// Calls `body(offset, place)` for every element of a box: where it lies, and its place inside the window.
  template <class Body>
  LAMINA_ALWAYS_INLINE void each(const Box& box, const Body& body) const {
    for (Index i = box.range[0].begin; i < box.range[0].end; ++i)
      for (Index j = box.range[1].begin; j < box.range[1].end; ++j) {
        Index offset = box.read + ((i * other_[1] + j) * other_[2] + box.range[2].begin) * channels_;
        const Index line = place(box, 0, i) + place(box, 1, j);
        for (Index k = box.range[2].begin; k < box.range[2].end; ++k, offset += channels_)
          body(offset, line + place(box, 2, k), i, j, k);
      }
  }
  /// How many inputs output (i, j, k) has.
  Index count(Index i, Index j, Index k) const noexcept { return extent(0, i) * extent(1, j) * extent(2, k); }
  Index count(const Box& box) const noexcept { return count(box.position[0], box.position[1], box.position[2]); }

 private:
  LAMINA_ALWAYS_INLINE Index place(const Box& box, Index a, Index other) const {
    const Index input = of_inputs_ ? box.position[a] : other, output = of_inputs_ ? other : box.position[a];
    return (input - windows_[a][output].begin) * place_step_[a];
  }
  Index extent(Index a, Index o) const noexcept { return windows_[a][o].end - windows_[a][o].begin; }

  Index batch_, channels_;
  bool of_inputs_;
  lamina::detail::Storage memory_;
  const Range *windows_[3], *ranges_[3];
  Index size_[3], other_[3], place_step_[3], least_;
};

/// Calls `tile(lanes, packs, channel)`, both integral constants, so that all channels are seen.
template <int W, class Tile>
LAMINA_ALWAYS_INLINE void channel_tiles(Index channels, const Tile& tile) {
  constexpr std::integral_constant<int, W> width;
  Index c = 0;
  for (; c + 4 * W <= channels; c += 4 * W) tile(width, std::integral_constant<int, 4>{}, c);
  if (c + 2 * W <= channels) {
    tile(width, std::integral_constant<int, 2>{}, c);
    c += 2 * W;
  }
  if (c + W <= channels) {
    tile(width, std::integral_constant<int, 1>{}, c);
    c += W;
  }
  for (; c < channels; ++c) tile(std::integral_constant<int, 1>{}, std::integral_constant<int, 1>{}, c);
}

}  // namespace detail

/// y = the largest element of every window, and `place`, where not null, which one it was: the first of equals, the
/// last of those that are not numbers. As PyTorch and TensorFlow choose.
template <class S>
void max_pool(const Pooling& p, const S* x, S* y, S* place) {
  const detail::PoolingBoxes boxes(p, false);
  boxes.run([&](Index begin, Index end) {
    with_lanes<S>([&](auto width) {
      boxes.walk(begin, end, [&](const auto& box) {
        detail::channel_tiles<decltype(width)::value>(p.channels, [&](auto lanes, auto packs, Index c) {
          using V = Pack<S, decltype(lanes)::value>;
          constexpr int W = V::width, P = decltype(packs)::value;
          V best[P], best_place[P];
          for (int i = 0; i < P; ++i) best[i] = V::splat(-std::numeric_limits<S>::infinity());
          for (int i = 0; i < P; ++i) best_place[i] = V::splat(S(0));
          boxes.each(box, [&](Index offset, Index where, Index, Index, Index) {
            const V here = V::splat(static_cast<S>(where));
            for (int i = 0; i < P; ++i) {
              const V value = V::load(x + offset + c + i * W);
              best_place[i] = select(value > best[i], here, select(value == value, best_place[i], here));
              best[i] = select(value > best[i], value, select(value == value, best[i], value));
            }
          });
          for (int i = 0; i < P; ++i) best[i].store(y + box.written + c + i * W);
          if (place != nullptr)
            for (int i = 0; i < P; ++i) best_place[i].store(place + box.written + c + i * W);
        });
      });
    });
  });
}

/// y = the element of every window at its place: what max_pool did, for another x.
template <class S>
void pick_places(const Pooling& p, const S* x, const S* place, S* y) {
  const detail::PoolingBoxes boxes(p, false);
  boxes.run([&](Index begin, Index end) {
    with_compiled_lanes<S>([&](auto width) {
      boxes.walk(begin, end, [&](const auto& box) {
        detail::channel_tiles<decltype(width)::value>(p.channels, [&](auto lanes, auto packs, Index c) {
          using V = Pack<S, decltype(lanes)::value>;
          constexpr int W = V::width, P = decltype(packs)::value;
          for (int i = 0; i < P; ++i) {
            const V wanted = V::load(place + box.written + c + i * W);
            V value = V::splat(S(0));
            boxes.each(box, [&](Index offset, Index where, Index, Index, Index) {
              value = select(wanted == static_cast<S>(where), V::load(x + offset + c + i * W), value);
            });
            value.store(y + box.written + c + i * W);
          }
        });
      });
    });
  });
}

/// dx = every dy at its place in its window, added up where windows overlap.
template <class S>
void put_places(const Pooling& p, const S* dy, const S* place, S* dx) {
  const detail::PoolingBoxes boxes(p, true);
  boxes.run([&](Index begin, Index end) {
    with_lanes<S>([&](auto width) {
      boxes.walk(begin, end, [&](const auto& box) {
        detail::channel_tiles<decltype(width)::value>(p.channels, [&](auto lanes, auto packs, Index c) {
          using V = Pack<S, decltype(lanes)::value>;
          constexpr int W = V::width, P = decltype(packs)::value;
          V sum[P];
          for (int i = 0; i < P; ++i) sum[i] = V::splat(S(0));
          boxes.each(box, [&](Index offset, Index where, Index, Index, Index) {
            const V here = V::splat(static_cast<S>(where));
            for (int i = 0; i < P; ++i)
              sum[i] =
                  sum[i] + select(V::load(place + offset + c + i * W) == here, V::load(dy + offset + c + i * W), S(0));
          });
          for (int i = 0; i < P; ++i) sum[i].store(dx + box.written + c + i * W);
        });
      });
    });
  });
}

/// y = the mean of every window's elements, those that lie inside the input.
template <class S>
void average_pool(const Pooling& p, const S* x, S* y) {
  const detail::PoolingBoxes boxes(p, false);
  boxes.run([&](Index begin, Index end) {
    with_compiled_lanes<S>([&](auto width) {
      boxes.walk(begin, end, [&](const auto& box) {
        const S share = S(1) / static_cast<S>((std::max)(Index{1}, boxes.count(box)));
        detail::channel_tiles<decltype(width)::value>(p.channels, [&](auto lanes, auto packs, Index c) {
          using V = Pack<S, decltype(lanes)::value>;
          constexpr int W = V::width, P = decltype(packs)::value;
          V sum[P];
          for (int i = 0; i < P; ++i) sum[i] = V::splat(S(0));
          boxes.each(box, [&](Index offset, Index, Index, Index, Index) {
            for (int i = 0; i < P; ++i) sum[i] = sum[i] + V::load(x + offset + c + i * W);
          });
          for (int i = 0; i < P; ++i) (sum[i] * share).store(y + box.written + c + i * W);
        });
      });
    });
  });
}

/// dx = every dy shared out evenly among its window's elements, added up where windows overlap.
template <class S>
void share_out(const Pooling& p, const S* dy, S* dx) {
  const detail::PoolingBoxes boxes(p, true);
  boxes.run([&](Index begin, Index end) {
    with_compiled_lanes<S>([&](auto width) {
      boxes.walk(begin, end, [&](const auto& box) {
        detail::channel_tiles<decltype(width)::value>(p.channels, [&](auto lanes, auto packs, Index c) {
          using V = Pack<S, decltype(lanes)::value>;
          constexpr int W = V::width, P = decltype(packs)::value;
          V sum[P];
          for (int i = 0; i < P; ++i) sum[i] = V::splat(S(0));
          boxes.each(box, [&](Index offset, Index, Index a, Index b, Index d) {
            const S share = S(1) / static_cast<S>(boxes.count(a, b, d));
            for (int i = 0; i < P; ++i) sum[i] = fma(V::load(dy + offset + c + i * W), V::splat(share), sum[i]);
          });
          for (int i = 0; i < P; ++i) sum[i].store(dx + box.written + c + i * W);
        });
      });
    });
  });
}

LAMINA_COMPILED_FUNCTION(average_pool);
LAMINA_COMPILED_FUNCTION(share_out);
LAMINA_COMPILED_FUNCTION(max_pool);
LAMINA_COMPILED_FUNCTION(pick_places);
LAMINA_COMPILED_FUNCTION(put_places);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
