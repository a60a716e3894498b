#pragma once
#include <cstring>

#include "lamina/core/shape.hpp"
#include "lamina/kernels/threads.hpp"

namespace lamina::kernels {

/// out[i] = in[positions[i]] for rows of `width` elements.
template <class S>
void gather_rows(Index count, Index width, const S* in, const Index* positions, S* out) {
  parallel_ranges(count, 1, 32768 / std::max<Index>(1, width) + 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
#if defined(__GNUC__) || defined(__clang__)
      // Prefetches the row after the next one: the rows are scattered in memory.
      if (i + 2 < end)
        for (Index j = 0; j < width && j < 256; j += 64 / static_cast<Index>(sizeof(S)))
          __builtin_prefetch(in + positions[i + 2] * width + j);
#endif
      std::memcpy(out + i * width, in + positions[i] * width, static_cast<std::size_t>(width) * sizeof(S));
    }
  });
}

LAMINA_COMPILED_FUNCTION(gather_rows);

}  // namespace lamina::kernels
