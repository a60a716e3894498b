#include <lamina/kernels/convolution/channel_tiles.hpp>

#include "support/values.hpp"

namespace lamina {
namespace {

using testing::Values;

/// Returns how often each channel from `begin` to `end` is visited by tiles of at most P packs of W lanes.
template <int W, int P, bool Again>
Values<int> visits(Index begin, Index end) {
  Values<int> count(end + 2 * P * W);
  kernels::detail::channel_tiles<W, P, Again>(begin, end, [&](auto lanes, auto packs, Index channel) {
    constexpr int width = decltype(lanes)::value, tiles = decltype(packs)::value;
    EXPECT_LE(width, W);
    EXPECT_LE(tiles, P);
    for (Index c = channel; c < channel + tiles * width; ++c) ++count[c];
  });
  return count;
}

template <int W, int P>
void check_tiles() {
  for (const Index begin : {0, 1, 5})
    for (Index end = begin; end <= begin + 70; ++end) {
      const Values<int> once = visits<W, P, false>(begin, end), again = visits<W, P, true>(begin, end);
      for (Index c = 0; c < once.count(); ++c) {
        const bool inside = c >= begin && c < end;
        ASSERT_EQ(once[c], inside ? 1 : 0) << W << " lanes, [" << begin << ", " << end << "): channel " << c;
        ASSERT_EQ(again[c] > 0, inside) << W << " lanes, [" << begin << ", " << end << "): channel " << c;
        ASSERT_LE(again[c], 2) << "a channel is computed at most twice";
      }
    }
}

TEST(ChannelTiles, VisitEveryChannel) {
  check_tiles<1, 1>();
  check_tiles<4, 1>();
  check_tiles<4, 2>();
  check_tiles<8, 2>();
  check_tiles<16, 1>();
  check_tiles<16, 4>();
}

}  // namespace
}  // namespace lamina
