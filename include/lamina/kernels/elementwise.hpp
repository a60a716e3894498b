#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/simd/math.hpp"
#include "lamina/kernels/threads.hpp"

namespace lamina::kernels {

/// From this many elements on a pass over memory is worth a second thread.
inline constexpr Index elements_worth_a_thread = 32768;

/// Below this many elements choosing an instruction set takes longer than the work.
inline constexpr Index fewest_for_lanes = 16;

namespace detail {
/// `map` of many elements. (Apart from the few, whose loop would begin with saving the registers that all this takes.)
template <bool Heavy, class S, class F, class... In>
LAMINA_NOINLINE void map_with_lanes(Index n, S* out, const F& f, const In*... in) {
  parallel_ranges(n, 64, elements_worth_a_thread, [&](Index begin, Index end) {
    const auto range = [&](auto width) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(width)::value;
      Index i = begin;
      for (; i + W <= end; i += W) f(InnerPack<S, W>::load(in + i)...).store(out + i);
      for (; i < end; ++i) {
        LAMINA_ONE_BY_ONE(i);
        f(InnerPack<S, 1>::load(in + i)...).store(out + i);
      }
    };
    if constexpr (Heavy)
      with_lanes<S>(range);
    else
      with_compiled_lanes<S>(range);
  });
}
}  // namespace detail

/// out[i] = f(in[i]...): `f` takes packs, gives a pack, and is LAMINA_ALWAYS_INLINE or a LAMINA_INLINE_LAMBDA, as are
/// the functions that it calls. `Heavy`: elementary functions, for which all of the machine's lanes are worth having.
template <bool Heavy = false, class S, class F, class... In>
LAMINA_ALWAYS_INLINE void map(Index n, S* out, const F& f, const In*... in) {
  if (n >= fewest_for_lanes) {
    const F given = f;  // so that what stays here need not lie in memory
    return detail::map_with_lanes<Heavy, S, F>(n, out, given, in...);
  }
  for (Index i = 0; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    f(InnerPack<S, 1>::load(in + i)...).store(out + i);
  }
}

/// How two operands of different shapes are walked together: axes merged where both step regularly, the innermost last.
struct BroadcastPlan {
  Index rank = 1;
  Index size[Shape::max_rank] = {1};
  Index a_step[Shape::max_rank] = {0};
  Index b_step[Shape::max_rank] = {0};

  BroadcastPlan(const Shape& a, const Shape& b, const Shape& out) {
    rank = 0;
    Index a_full[Shape::max_rank] = {}, b_full[Shape::max_rank] = {};
    steps(a, out, a_full);
    steps(b, out, b_full);
    for (Index axis = 0; axis < out.rank(); ++axis) {
      const Index n = out[axis];
      if (n == 1) continue;
      const bool merges = rank > 0 && a_step[rank - 1] == a_full[axis] * n && b_step[rank - 1] == b_full[axis] * n;
      if (merges) {
        size[rank - 1] *= n;
        a_step[rank - 1] = a_full[axis];
        b_step[rank - 1] = b_full[axis];
      } else {
        size[rank] = n;
        a_step[rank] = a_full[axis];
        b_step[rank] = b_full[axis];
        ++rank;
      }
    }
    if (rank == 0) {
      rank = 1;
      size[0] = 1;
      a_step[0] = b_step[0] = 1;
    }
  }

 private:
  static void steps(const Shape& shape, const Shape& out, Index* step) {
    Index stride = 1;
    for (Index i = shape.rank(); i-- > 0;) {
      step[i + out.rank() - shape.rank()] = shape[i] == 1 ? 0 : stride;
      stride *= shape[i];
    }
  }
};

/// out = f(a, b) under NumPy's broadcasting, `out_shape` being the result of broadcasting both shapes.
template <class S, class F>
void map_broadcast(const Shape& out_shape, S* out, const F& f, const S* a, const Shape& a_shape, const S* b,
                   const Shape& b_shape) {
  const Index total = out_shape.size();
  if (total == 0) return;
  if (total < fewest_for_lanes && a_shape.size() == total && (b_shape.size() == total || b_shape.size() == 1)) {
    const Index step = b_shape.size() == total ? 1 : 0;
    for (Index i = 0; i < total; ++i) {
      LAMINA_ONE_BY_ONE(i);
      f(InnerPack<S, 1>::load(a + i), InnerPack<S, 1>::load(b + i * step)).store(out + i);
    }
    return;
  }
  const BroadcastPlan plan(a_shape, b_shape, out_shape);
  const Index last = plan.rank - 1, inner = plan.size[last], a_step = plan.a_step[last], b_step = plan.b_step[last];
  const auto rows = [&](Index first_row, Index last_row, Index first, Index end) {
    with_compiled_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(width)::value;
      for (Index row = first_row; row < last_row; ++row) {
        const S* pa = a;
        const S* pb = b;
        for (Index axis = last, rest = row; axis-- > 0;) {
          const Index position = rest % plan.size[axis];
          rest /= plan.size[axis];
          pa += position * plan.a_step[axis];
          pb += position * plan.b_step[axis];
        }
        S* to = out + row * inner;
        Index i = first;
        if (a_step == 1 && b_step == 1) {
          for (; i + W <= end; i += W) f(InnerPack<S, W>::load(pa + i), InnerPack<S, W>::load(pb + i)).store(to + i);
        } else if (a_step == 1 && b_step == 0) {
          const auto vb = InnerPack<S, W>::splat(*pb);
          for (; i + W <= end; i += W) f(InnerPack<S, W>::load(pa + i), vb).store(to + i);
        } else if (a_step == 0 && b_step == 1) {
          const auto va = InnerPack<S, W>::splat(*pa);
          for (; i + W <= end; i += W) f(va, InnerPack<S, W>::load(pb + i)).store(to + i);
        } else if (a_step == 0 && b_step == 0) {
          const auto value = f(InnerPack<S, W>::splat(*pa), InnerPack<S, W>::splat(*pb));
          for (; i + W <= end; i += W) value.store(to + i);
        }
        for (; i < end; ++i) {
          LAMINA_ONE_BY_ONE(i);
          f(InnerPack<S, 1>::load(pa + i * a_step), InnerPack<S, 1>::load(pb + i * b_step)).store(to + i);
        }
      }
    });
  };
  // One long row is shared by its elements, others by whole rows.
  const bool one_row = plan.rank == 1;
  parallel_ranges(one_row ? inner : total / inner, one_row ? 64 : 1,
                  one_row ? elements_worth_a_thread : elements_worth_a_thread / inner + 1, [&](Index begin, Index end) {
                    rows(one_row ? 0 : begin, one_row ? 1 : end, one_row ? begin : 0, one_row ? end : inner);
                  });
}

}  // namespace lamina::kernels
