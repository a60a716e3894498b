#pragma once
#include <algorithm>

#include "lamina/kernels/simd/simd.hpp"

namespace lamina::kernels::detail {

/// Calls `tile(lanes, packs, channel)` for tiles of channels that cover [begin, end). `lanes` and `packs` are integral
/// constants: a tile has `packs` vectors of `lanes` channels, from `channel` on. If `Again` is true, the last tile may
/// overlap the one before it instead of using narrower vectors.
template <int W, int P, bool Again, class Tile>
LAMINA_ALWAYS_INLINE void channel_tiles(Index begin, Index end, const Tile& tile) {
  constexpr std::integral_constant<int, W> lanes;
  constexpr int fewer = W > 4 ? 4 : 1;
  if constexpr (W > 1) {
    if (end - begin < W) return channel_tiles<fewer, 1, Again>(begin, end, tile);
  }
  Index c = begin;
  if constexpr (P > 1) {
    for (; c + P * W <= end; c += P * W) tile(lanes, std::integral_constant<int, P>{}, c);
  }
  for (; c + W <= end; c += W) tile(lanes, std::integral_constant<int, 1>{}, c);
  if (c == end) return;
  if constexpr (Again)
    tile(lanes, std::integral_constant<int, 1>{}, end - W);
  else if constexpr (W > 1)
    channel_tiles<fewer, 1, Again>(c, end, tile);
}

}  // namespace lamina::kernels::detail
