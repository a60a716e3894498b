#pragma once
#include <cstring>

#include "lamina/core/classify.hpp"
#include "lamina/core/touched_rows.hpp"
#include "lamina/kernels/elementwise.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Lookup of rows of a table, by indices stored in a tensor (embedding lookup), and the gradient.

namespace lamina::kernels {

namespace detail {
/// Prefetches a row. Rows are scattered in memory.
template <class S>
LAMINA_ALWAYS_INLINE void prefetch_row([[maybe_unused]] const S* row, [[maybe_unused]] Index width) {
#if defined(__GNUC__) || defined(__clang__)
  for (Index j = 0; j < width && j < 256; j += 64 / static_cast<Index>(sizeof(S))) __builtin_prefetch(row + j);
#endif
}
inline constexpr Index rows_ahead = 6;
}  // namespace detail

/// Returns the position of the first index that is not an integer in [0, rows); `count` if all are.
template <class S>
Index first_bad_index(Index count, const S* indices, Index rows) {
  for (Index i = 0; i < count; ++i)
    if (!is_index(indices[i], rows)) return i;
  return count;
}

/// out[i] = table[indices[i]] for rows of `width` elements. The indices must be valid, see first_bad_index.
template <class S>
void lookup(Index count, Index width, const S* table, const S* indices, S* out) {
  parallel_ranges(count, 1, elements_worth_a_thread / (width + 1) + 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      if (i + detail::rows_ahead < end)
        detail::prefetch_row(table + static_cast<Index>(indices[i + detail::rows_ahead]) * width, width);
      std::memcpy(out + i * width, table + static_cast<Index>(indices[i]) * width,
                  static_cast<std::size_t>(width) * sizeof(S));
    }
  });
}

/// table[indices[i]] += rows[i], in the order of i. Threads share the rows of the table.
template <class S>
void add_rows(Index count, Index width, const S* rows, const S* indices, Index table_rows, S* table) {
  const auto range = [&](Index first, Index last) {
    with_lanes<S>([&](auto lanes) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(lanes)::value;
      for (Index i = 0; i < count; ++i) {
        if (i + detail::rows_ahead < count)
          detail::prefetch_row(table + static_cast<Index>(indices[i + detail::rows_ahead]) * width, width);
        const Index row = static_cast<Index>(indices[i]);
        if (row < first || row >= last) continue;
        const S* from = rows + i * width;
        S* to = table + row * width;
        Index j = 0;
        for (; j + W <= width; j += W) (Pack<S, W>::load(to + j) + Pack<S, W>::load(from + j)).store(to + j);
        for (; j < width; ++j) {
          LAMINA_ONE_BY_ONE(j);
          to[j] += from[j];
        }
      }
    });
  };
  if (count * width < 2 * elements_worth_a_thread)
    range(0, table_rows);
  else
    parallel_ranges(table_rows, 1, 1, range);
}

/// Adds the rows of the indices to a list of written rows. Returns false if the list is full.
template <class S>
bool touch_rows(Index count, const S* indices, lamina::detail::TouchedRows& rows) {
  for (Index i = 0; i < count; ++i)
    if (!rows.touch(static_cast<Index>(indices[i]))) return false;
  return true;
}

LAMINA_COMPILED_FUNCTION(first_bad_index);
LAMINA_COMPILED_FUNCTION(lookup);
LAMINA_COMPILED_FUNCTION(add_rows);
LAMINA_COMPILED_FUNCTION(touch_rows);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
