#pragma once
#include "lamina/core/memory.hpp"
#include "lamina/kernels/pooling.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Convolution of every channel by itself, over one to three axes, channels last.

namespace lamina::kernels {

/// Shapes: x (batch, inputs..., channels), kernel (window..., channels), y (batch, outputs..., channels).
struct Depthwise {
  Index batch = 0, channels = 0;
  WindowAxis axes[3];  // those that there are, last

  Depthwise(Index batch_size, Index channel_count, const Window& window) : batch(batch_size), channels(channel_count) {
    for (Index i = 0; i < window.rank; ++i) axes[3 - window.rank + i] = window.axes[i];
  }
};

namespace detail {

/// For every position along the axes the window's elements that meet it, and whom they meet: for an output, inputs; for
/// an input, outputs.
class DepthwiseMeetings {
 public:
  struct Meeting {
    std::int32_t tap, other;
  };
  struct List {
    const Meeting *begin, *end;
  };

  DepthwiseMeetings(const Depthwise& d, bool of_inputs) : batch_(d.batch), channels_(d.channels) {
    Index most = 0, positions = 0;
    for (const WindowAxis& axis : d.axes) {
      most += (of_inputs ? axis.input : axis.output) * axis.size;
      positions += of_inputs ? axis.input : axis.output;
    }
    memory_ = lamina::detail::Storage::allocate(static_cast<std::size_t>(positions) * sizeof(List) +
                                                static_cast<std::size_t>(most) * sizeof(Meeting));
    auto* list = static_cast<List*>(memory_.memory());
    auto* meeting = reinterpret_cast<Meeting*>(list + positions);
    Index work = d.channels;
    for (Index a = 0; a < 3; ++a) {
      const WindowAxis& axis = d.axes[a];
      size_[a] = of_inputs ? axis.input : axis.output;
      other_[a] = of_inputs ? axis.output : axis.input;
      taps_[a] = axis.size;
      lists_[a] = list;
      for (Index at = 0; at < size_[a]; ++at, ++list) {
        list->begin = meeting;
        for (Index k = 0; k < axis.size; ++k) {
          Index other;
          if (of_inputs) {
            const Index reached = at + axis.before - k * axis.dilation;
            if (reached < 0 || reached % axis.stride != 0) continue;
            other = reached / axis.stride;
          } else {
            other = at * axis.stride - axis.before + k * axis.dilation;
          }
          if (other < 0 || other >= other_[a]) continue;
          *meeting++ = {static_cast<std::int32_t>(k), static_cast<std::int32_t>(other)};
        }
        list->end = meeting;
      }
      work *= axis.size;
    }
    least_ = 32768 / (work + 1) + 1;
  }

  /// to[position] = start + sum over the window of from[whom it meets] * kernel[element], channel by channel.
  template <class S>
  void run(const S* from, const S* kernel, const S* start, S* to) const {
    const Index count = batch_ * size_[0] * size_[1] * size_[2];
    const Index image = other_[0] * other_[1] * other_[2] * channels_;
    parallel_ranges(count, 1, least_, [&](Index begin, Index end) {
      with_lanes<S>([&](auto width) {
        Index position[3], rest = begin;
        for (Index a = 3; a-- > 0; rest /= size_[a]) position[a] = rest % size_[a];
        const S* read = from + rest * image;
        for (Index at = begin; at < end; ++at) {
          const List lists[3] = {lists_[0][position[0]], lists_[1][position[1]], lists_[2][position[2]]};
          S* written = to + at * channels_;
          channel_tiles<decltype(width)::value, 4, true>(0, channels_, [&](auto lanes, auto packs, Index c) {
            using V = Pack<S, decltype(lanes)::value>;
            constexpr int W = V::width, P = decltype(packs)::value;
            V sum[P];
            for (int i = 0; i < P; ++i) sum[i] = start != nullptr ? V::load(start + c + i * W) : V::splat(S(0));
            for (const Meeting* p = lists[0].begin; p != lists[0].end; ++p)
              for (const Meeting* q = lists[1].begin; q != lists[1].end; ++q) {
                const S* row = read + (p->other * other_[1] + q->other) * other_[2] * channels_ + c;
                const S* weights = kernel + (p->tap * taps_[1] + q->tap) * taps_[2] * channels_ + c;
                for (const Meeting* r = lists[2].begin; r != lists[2].end; ++r) {
                  const S* x = row + r->other * channels_;
                  const S* w = weights + r->tap * channels_;
                  for (int i = 0; i < P; ++i) sum[i] = fma(V::load(x + i * W), V::load(w + i * W), sum[i]);
                }
              }
            for (int i = 0; i < P; ++i) sum[i].store(written + c + i * W);
          });
          for (Index a = 3; a-- > 0;) {
            if (++position[a] < size_[a]) break;
            position[a] = 0;
            if (a == 0) read += image;
          }
        }
      });
    });
  }

 private:
  Index batch_, channels_;
  lamina::detail::Storage memory_;
  const List* lists_[3];
  Index size_[3], other_[3], taps_[3], least_;
};

/// The outputs [first, last) along an axis whose windows' element `tap` lies inside the input.
inline void outputs_of_tap(const WindowAxis& axis, Index tap, Index& first, Index& last) {
  const Index shift = tap * axis.dilation - axis.before;  // input = output * stride + shift
  first = shift >= 0 ? 0 : (-shift + axis.stride - 1) / axis.stride;
  const Index room = axis.input - 1 - shift;
  last = room < 0 ? 0 : (std::min)(axis.output, room / axis.stride + 1);
}

}  // namespace detail

/// y = start + each window of x times the kernel, channel by channel; `start` may be null.
template <class S>
void depthwise(const Depthwise& d, const S* x, const S* kernel, const S* start, S* y) {
  detail::DepthwiseMeetings(d, false).run(x, kernel, start, y);
}

/// dx = what dy gives back through the kernel.
template <class S>
void depthwise_input_gradient(const Depthwise& d, const S* dy, const S* kernel, S* dx) {
  detail::DepthwiseMeetings(d, true).run(dy, kernel, static_cast<const S*>(nullptr), dx);
}

/// dkernel = the sum over images and windows of x dy. Images are summed in eight parts, whatever the threads, and the
/// parts in their order.
template <class S>
void depthwise_kernel_gradient(const Depthwise& d, const S* x, const S* dy, S* dkernel) {
  const WindowAxis *a = d.axes, *b = d.axes + 1, *e = d.axes + 2;
  const Index channels = d.channels, taps = a->size * b->size * e->size, size = taps * channels;
  const Index image_in = a->input * b->input * e->input * channels;
  const Index image_out = a->output * b->output * e->output * channels;
  const Index parts = std::clamp<Index>(d.batch, 1, 8);
  const lamina::detail::Storage memory =
      lamina::detail::Storage::allocate(static_cast<std::size_t>(parts * size) * sizeof(S));
  S* sums = static_cast<S*>(memory.memory());
  const Index part_work = image_out * taps * d.batch / parts;
  parallel_ranges(parts, 1, 131072 / (part_work + 1) + 1, [&](Index begin, Index end) {
    with_lanes<S>([&](auto width) {
      for (Index part = begin; part < end; ++part) {
        const Index first_image = d.batch * part / parts, last_image = d.batch * (part + 1) / parts;
        for (Index tap = 0; tap < taps; ++tap) {
          const Index ka = tap / (b->size * e->size), kb = tap / e->size % b->size, ke = tap % e->size;
          Index a0, a1, b0, b1, e0, e1;
          detail::outputs_of_tap(*a, ka, a0, a1);
          detail::outputs_of_tap(*b, kb, b0, b1);
          detail::outputs_of_tap(*e, ke, e0, e1);
          detail::channel_tiles<decltype(width)::value, 4, true>(0, channels, [&](auto lanes, auto packs, Index c) {
            using V = Pack<S, decltype(lanes)::value>;
            constexpr int W = V::width, P = decltype(packs)::value;
            V even[P], odd[P];
            for (int i = 0; i < P; ++i) even[i] = odd[i] = V::splat(S(0));
            const Index step = e->stride * channels;
            for (Index n = first_image; n < last_image; ++n)
              for (Index oa = a0; oa < a1; ++oa)
                for (Index ob = b0; ob < b1; ++ob) {
                  const Index ia = oa * a->stride + ka * a->dilation - a->before,
                              ib = ob * b->stride + kb * b->dilation - b->before,
                              ie = e0 * e->stride + ke * e->dilation - e->before;
                  const S* from = x + n * image_in + ((ia * b->input + ib) * e->input + ie) * channels + c;
                  const S* with = dy + n * image_out + ((oa * b->output + ob) * e->output + e0) * channels + c;
                  Index o = e0;
                  for (; o + 2 <= e1; o += 2, from += 2 * step, with += 2 * channels)
                    for (int i = 0; i < P; ++i) {
                      even[i] = fma(V::load(from + i * W), V::load(with + i * W), even[i]);
                      odd[i] = fma(V::load(from + step + i * W), V::load(with + channels + i * W), odd[i]);
                    }
                  if (o < e1)
                    for (int i = 0; i < P; ++i) even[i] = fma(V::load(from + i * W), V::load(with + i * W), even[i]);
                }
            for (int i = 0; i < P; ++i) (even[i] + odd[i]).store(sums + part * size + tap * channels + c + i * W);
          });
        }
      }
    });
  });
  for (Index i = 0; i < size; ++i) {
    S total = S(0);
    for (Index part = 0; part < parts; ++part) total += sums[part * size + i];
    dkernel[i] = total;
  }
}

LAMINA_COMPILED_FUNCTION(depthwise);
LAMINA_COMPILED_FUNCTION(depthwise_input_gradient);
LAMINA_COMPILED_FUNCTION(depthwise_kernel_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
