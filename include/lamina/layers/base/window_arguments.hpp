#pragma once
#include <string>

#include "lamina/kernels/convolution/window.hpp"
#include "lamina/layers/base/data_format.hpp"

// The arguments of layers that slide windows over spatial axes: convolution, pooling.

namespace lamina {

/// A size for each of `Rank` spatial axes: `3` for all axes, or `{3, 5}`. The type of Keras's arguments kernel_size,
/// strides, dilation_rate and pool_size.
template <int Rank>
class Sizes : public AxisSizes {
 public:
  /// Constructs the same size for all axes.
  constexpr Sizes(Index all = 1) noexcept : AxisSizes(all) {}  // NOLINT: an integer converts to sizes
  /// Constructs one size for each axis. Throws a ValueError for another number of sizes.
  Sizes(std::initializer_list<Index> each) : AxisSizes(each) { require_count("sizes", Rank); }

  /// Returns a list of `Rank` integers, as Keras writes the sizes.
  LAMINA_COLD Config to_config() const {
    Config list = Config::list();
    for (Index i = 0; i < Rank; ++i) list.push_back((*this)[i]);
    return list;
  }
  /// Reads an integer, or a list of one or `Rank` integers. Throws a ValueError for other values.
  LAMINA_COLD void from_config(const Config& config) {
    const bool each = config.is_list() && config.size() != 1;
    if (each && config.size() != Rank)
      raise<ValueError>("expected one integer, or one for each of ", Rank, " axes, got ", config.size());
    for (Index i = 0; i < Rank; ++i)
      (*this)[i] = (config.is_list() ? config[each ? i : 0] : config).as_integer<Index>();
  }
};

namespace detail {

/// Returns the first spatial axis: 2 with channels_first, otherwise 1.
inline Index first_spatial_axis(bool channels_first) noexcept { return channels_first ? 2 : 1; }

/// Returns the output shape of sliding windows over (batch, spatial axes..., channels) or, with `channels_first`,
/// (batch, channels, spatial axes...); axes may be None. `channels` is the number of output channels.
inline Shape window_output_shape(const Shape& input, Index rank, const AxisSizes& size, const AxisSizes& strides,
                                 const AxisSizes& dilation, Padding padding, bool channels_first, Index channels) {
  Shape output = input;
  output[channels_first ? 1 : -1] = channels;
  const Index first = first_spatial_axis(channels_first);
  for (Index i = 0; i < rank; ++i)
    output[first + i] = kernels::window_count(input[first + i], size[i], strides[i], dilation[i], padding);
  return output;
}

/// Reads or writes `channels_first` as Keras's "data_format".
template <class Self, class Field>
LAMINA_COLD void data_format_field(Self& channels_first, Field&& field) {
  ChannelsFirst format{channels_first};
  field("data_format", format);
  if constexpr (!std::is_const_v<Self>) channels_first = format.value;
}

}  // namespace detail

}  // namespace lamina
