#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "lamina/core/shape.hpp"
#include "lamina/kernels/broadcast_plan.hpp"
#include "lamina/kernels/simd/math.hpp"
#include "lamina/kernels/threads.hpp"

// Element-wise operations. The drivers, which split the work over threads, iterate over rows and handle the ends of
// rows, are compiled once for all operations. Only the loop over packs is compiled for each operation and each
// instruction set.

namespace lamina::kernels {

/// The number of elements of a pass over memory that makes another thread worthwhile.
inline constexpr Index elements_worth_a_thread = 32768;

/// With fewer elements, selecting an instruction set takes longer than the work.
inline constexpr Index fewest_for_lanes = 16;

namespace detail {

/// An operand of an element-wise operation. Step 1, or step 0 to broadcast its first element.
template <class S>
struct MapOperand {
  const S* data;
  Index step;
};
inline constexpr int most_map_operands = 3;

/// The inner kernel: out[i] = f(in[k][i]...) for i < n, W elements at a time, with n >= W. Unless n is a multiple of W,
/// the last W elements are computed as one overlapping pack, before the others, because `out` may be an operand. The
/// data of an operand of step 0 are W equal elements.
template <class S>
using MapKernel = void (*)(const void* f, Index n, S* out, const MapOperand<S>* in);

template <int W, class S, class F, std::size_t... K>
LAMINA_ALWAYS_INLINE void map_packs(const F& f, Index n, S* out, const MapOperand<S>* in, std::index_sequence<K...>) {
  const S* from[] = {in[K].data...};
  if constexpr (W == 1) {  // a plain loop, for the compiler's vectorizer
    if ((... && (in[K].step == 1))) {
      for (Index i = 0; i < n; ++i) f(Pack<S, 1>::load(from[K] + i)...).store(out + i);
      return;
    }
  }
  const Index step[] = {W * in[K].step...}, left = n & (W - 1);
  alignas(64) S last[std::size_t{W}];
  S* to = out;
  Index stop = n;
  if (left != 0) {
    (..., (from[K] += in[K].step * (n - W)));
    to = last;
    stop = W;
  }
  for (;;) {                // two rounds if n is not a multiple of W: `f` is inlined once
    LAMINA_KEEP_APART(to);  // prevents the compiler from duplicating the loop
    LAMINA_KEEP_APART(stop);
    for (Index i = 0; i < stop; i += W) {
      f(Pack<S, W>::load(from[K])...).store(to + i);
      (..., (from[K] += step[K]));
    }
    if (to == out) break;
    (..., static_cast<void>(from[K] = in[K].data));
    to = out;
    stop = n - left;
  }
  if (left != 0) Pack<S, W>::load(last).store(out + n - W);
}

// `f` is copied: stores cannot alias the copy.
template <class S, class F, std::size_t Operands>
LAMINA_FLATTEN void map_compiled(const void* f, Index n, S* out, const MapOperand<S>* in) {
  const F own = *static_cast<const F*>(f);
  map_packs<compiled_lanes<S>>(own, n, out, in, std::make_index_sequence<Operands>{});
}
#if LAMINA_RUNTIME_ISA
template <class S, class F, std::size_t Operands>
LAMINA_TARGET_AVX512 LAMINA_FLATTEN void map_avx512(const void* f, Index n, S* out, const MapOperand<S>* in) {
  const F own = *static_cast<const F*>(f);
  map_packs<64 / int{sizeof(S)}>(own, n, out, in, std::make_index_sequence<Operands>{});
}
#if !LAMINA_COMPILED_FOR_AVX2
template <class S, class F, std::size_t Operands>
LAMINA_TARGET_AVX2 LAMINA_FLATTEN void map_avx2(const void* f, Index n, S* out, const MapOperand<S>* in) {
  const F own = *static_cast<const F*>(f);
  map_packs<32 / int{sizeof(S)}>(own, n, out, in, std::make_index_sequence<Operands>{});
}
#endif
#endif

/// Returns the version of the inner kernel for this machine.
template <class S, class F, std::size_t Operands>
LAMINA_ALWAYS_INLINE MapKernel<S> map_kernel() {
#if LAMINA_RUNTIME_ISA
  if (machine_isa == Isa::avx512) return &map_avx512<S, F, Operands>;
#if !LAMINA_COMPILED_FOR_AVX2
  if (machine_isa == Isa::avx2) return &map_avx2<S, F, Operands>;
#endif
#endif
  return &map_compiled<S, F, Operands>;
}

/// An operation, its inner kernel, and the number of elements per pack.
template <class S>
struct MapCall {
  const void* f;
  MapKernel<S> kernel;
  int operands;
  Index width = machine_lanes<S>();
};

template <class S>
LAMINA_ALWAYS_INLINE void fill(S* to, Index count, S value) {
  for (Index i = 0; i < count; ++i) {
    LAMINA_ONE_BY_ONE(i);
    to[i] = value;
  }
}

/// Applies the operation to any number of elements, on one thread.
template <class S>
LAMINA_NOINLINE void map_elements(const MapCall<S>& call, Index n, S* out, const MapOperand<S>* in) {
  constexpr int most_lanes = 64 / int{sizeof(S)};
  alignas(64) S copies[most_map_operands][std::size_t{most_lanes}];
  const Index width = call.width;
  MapOperand<S> from[most_map_operands];
  for (int k = 0; k < call.operands; ++k) {
    from[k] = in[k];
    if (in[k].step == 1 && n >= width) continue;
    const Index copied = in[k].step == 1 ? n : 0;  // less than a pack: padded to a full one
    for (Index i = 0; i < copied; ++i) {
      LAMINA_ONE_BY_ONE(i);
      copies[k][i] = in[k].data[i];
    }
    fill(copies[k] + copied, width - copied, *in[k].data);
    from[k].data = copies[k];
  }
  if (n >= width) return call.kernel(call.f, n, out, from);
  alignas(64) S results[std::size_t{most_lanes}];
  call.kernel(call.f, width, results, from);
  std::memcpy(out, results, static_cast<std::size_t>(n) * sizeof(S));
}

/// Applies the operation on several threads.
template <class S>
LAMINA_NOINLINE void map_parallel(const MapCall<S>& call, Index n, S* out, const MapOperand<S>* in) {
  parallel_ranges(n, 64, elements_worth_a_thread, [&](Index begin, Index end) {
    MapOperand<S> from[most_map_operands];
    for (int k = 0; k < call.operands; ++k) from[k] = {in[k].data + begin * in[k].step, in[k].step};
    map_elements(call, end - begin, out + begin, from);
  });
}

/// `map` of many elements. (A separate function: otherwise the loop over few elements would begin with saving
/// registers.)
template <class S>
LAMINA_NOINLINE void map_many(const MapCall<S>& call, Index n, S* out, const MapOperand<S>* in) {
  if (n >= 2 * elements_worth_a_thread) return map_parallel(call, n, out, in);
  if (n < call.width) return map_elements(call, n, out, in);
  call.kernel(call.f, n, out, in);
}

}  // namespace detail

/// out[i] = f(in[i]...) for i < n. `f` takes and returns packs. It must be LAMINA_ALWAYS_INLINE or
/// LAMINA_INLINE_LAMBDA, as must all functions that it calls.
template <class S, class F, class... In>
LAMINA_ALWAYS_INLINE void map(Index n, S* out, const F& f, const In*... in) {
  static_assert(sizeof...(In) <= detail::most_map_operands);
  if (n >= fewest_for_lanes) {
    const F given = f;  // a copy, so that the original can stay in registers
    const detail::MapOperand<S> operands[] = {{in, 1}...};
    return detail::map_many<S>({&given, detail::map_kernel<S, F, sizeof...(In)>(), sizeof...(In)}, n, out, operands);
  }
  for (Index i = 0; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    f(Pack<S, 1>::load(in + i)...).store(out + i);
  }
}

namespace detail {

/// An iterator over the rows of the operands of `map_broadcast`.
template <class S>
struct BroadcastRows {
  const BroadcastPlan& plan;
  const S *a, *b;
  Index position[Shape::max_rank] = {};

  BroadcastRows(const BroadcastPlan& of, const S* first_a, const S* first_b, Index row)
      : plan(of), a(first_a), b(first_b) {
    for (Index axis = plan.rank - 1; axis-- > 0; row /= plan.size[axis]) {
      position[axis] = row % plan.size[axis];
      a += position[axis] * plan.a_step[axis];
      b += position[axis] * plan.b_step[axis];
    }
  }
  void advance() {
    for (Index axis = plan.rank - 1; axis-- > 0;) {
      a += plan.a_step[axis];
      b += plan.b_step[axis];
      if (++position[axis] < plan.size[axis]) return;
      position[axis] = 0;
      a -= plan.size[axis] * plan.a_step[axis];
      b -= plan.size[axis] * plan.b_step[axis];
    }
  }
};

/// `map_broadcast` of many elements.
template <class S>
LAMINA_NOINLINE void map_broadcast_many(const MapCall<S>& call, const Shape& out_shape, S* out, const S* a,
                                        const Shape& a_shape, const S* b, const Shape& b_shape) {
  if (a_shape == out_shape && b_shape == out_shape) {
    const MapOperand<S> operands[] = {{a, 1}, {b, 1}};
    return map_many(call, out_shape.size(), out, operands);
  }
  const BroadcastPlan plan(a_shape, b_shape, out_shape);
  const Index last = plan.rank - 1, inner = plan.size[last], a_step = plan.a_step[last], b_step = plan.b_step[last];
  if (last == 0) {
    const MapOperand<S> operands[] = {{a, a_step}, {b, b_step}};
    return map_parallel(call, inner, out, operands);
  }
  // Short rows are combined: the rows of each operand that is smaller than the result are copied to one long row.
  constexpr Index most_together = 256;
  const Index together = inner < most_together / 4 ? most_together / inner : 1;
  const bool copies_a =
      together > 1 && a_shape.size()<out_shape.size(), copies_b = together> 1 && b_shape.size() < out_shape.size();
  // A row that is broadcast along the next axis is copied once.
  const Index next = last - 1;
  const bool along_next = plan.size[next] >= together;
  parallel_ranges(out_shape.size() / inner, 1, elements_worth_a_thread / inner + 1, [&](Index begin, Index end) {
    using V = Pack<S, LAMINA_HAS_VECTOR_EXTENSION ? 16 / int{sizeof(S)} : 1>;
    S a_copies[std::size_t{most_together + V::width}], b_copies[std::size_t{most_together + V::width}];
    const auto copy = [inner](const S* from, Index step, S* to) {
      if (step == 0) {
        for (Index i = 0; i < inner; i += V::width) V::splat(*from).store(to + i);  // may write beyond the row
        return;
      }
      for (Index i = 0; i < inner; ++i) {
        LAMINA_ONE_BY_ONE(i);
        to[i] = from[i];
      }
    };
    const S *a_copied = nullptr, *b_copied = nullptr;
    BroadcastRows<S> rows(plan, a, b, begin);
    for (Index row = begin; row < end;) {
      Index count = (std::min)(together, end - row);
      if (along_next) count = (std::min)(count, plan.size[next] - rows.position[next]);
      const bool new_a = copies_a && rows.a != a_copied, new_b = copies_b && rows.b != b_copied;
      const MapOperand<S> operands[] = {copies_a ? MapOperand<S>{a_copies, 1} : MapOperand<S>{rows.a, a_step},
                                        copies_b ? MapOperand<S>{b_copies, 1} : MapOperand<S>{rows.b, b_step}};
      a_copied = along_next && plan.a_step[next] == 0 && (count == together || !new_a) ? rows.a : nullptr;
      b_copied = along_next && plan.b_step[next] == 0 && (count == together || !new_b) ? rows.b : nullptr;
      for (Index i = 0; i < count; ++i, rows.advance()) {
        if (new_a) copy(rows.a, a_step, a_copies + i * inner);
        if (new_b) copy(rows.b, b_step, b_copies + i * inner);
      }
      map_elements(call, count * inner, out + row * inner, operands);
      row += count;
    }
  });
}

}  // namespace detail

/// out = f(a, b) with NumPy's broadcasting. `out_shape`: the shape to which `a_shape` and `b_shape` broadcast. `f`: as
/// in `map`.
template <class S, class F>
void map_broadcast(const Shape& out_shape, S* out, const F& f, const S* a, const Shape& a_shape, const S* b,
                   const Shape& b_shape) {
  const Index total = out_shape.size();
  if (total < fewest_for_lanes && a_shape.size() == total && (b_shape.size() == total || b_shape.size() == 1)) {
    const Index step = b_shape.size() == total ? 1 : 0;
    for (Index i = 0; i < total; ++i) {
      LAMINA_ONE_BY_ONE(i);
      f(Pack<S, 1>::load(a + i), Pack<S, 1>::load(b + i * step)).store(out + i);
    }
  } else if (total > 0) {
    detail::map_broadcast_many<S>({&f, detail::map_kernel<S, F, 2>(), 2}, out_shape, out, a, a_shape, b, b_shape);
  }
}

}  // namespace lamina::kernels
