#pragma once
#include <string>

#include "lamina/kernels/convolution/window.hpp"
#include "lamina/layers/base/data_format.hpp"

// The arguments of layers that slide windows over the axes of an image.

namespace lamina {

/// A number for each of `Rank` axes, as a layer's argument: `3`, or `{3, 5}`. Keras's kernel_size, strides, pool_size.
template <int Rank>
class Sizes : public AxisSizes {
 public:
  constexpr Sizes(Index all = 1) noexcept : AxisSizes(all) {}  // NOLINT: numbers stand for sizes
  Sizes(std::initializer_list<Index> each) : AxisSizes(each) { require_count("sizes", Rank); }

  /// As Keras writes them: a list, whatever was given.
  LAMINA_COLD Config to_config() const {
    Config list = Config::list();
    for (Index i = 0; i < Rank; ++i) list.push_back((*this)[i]);
    return list;
  }
  LAMINA_COLD void from_config(const Config& config) {
    const bool each = config.is_list() && config.size() != 1;
    if (each && config.size() != Rank)
      raise<ValueError>("expected one number or one for each of ", Rank, " axes, got ", config.size());
    for (Index i = 0; i < Rank; ++i)
      (*this)[i] = (config.is_list() ? config[each ? i : 0] : config).as_integer<Index>();
  }
};

namespace detail {

/// The first of the axes that windows slide over: the batch's is before it, and the channels' where those are first.
inline Index first_spatial_axis(bool channels_first) noexcept { return channels_first ? 2 : 1; }

/// The shape of (batch, spatial axes..., channels) or, with `channels_first`, (batch, channels, spatial axes...) after
/// windows have slid over it; axes may be None. `channels`: how many there are afterwards.
inline Shape after_windows(const Shape& input, Index rank, const AxisSizes& size, const AxisSizes& strides,
                           const AxisSizes& dilation, Padding padding, bool channels_first, Index channels) {
  Shape output = input;
  output[channels_first ? 1 : -1] = channels;
  const Index first = first_spatial_axis(channels_first);
  for (Index i = 0; i < rank; ++i)
    output[first + i] = kernels::window_count(input[first + i], size[i], strides[i], dilation[i], padding);
  return output;
}

/// A layer reads and writes `channels_first` in its struct of arguments as Keras's "data_format".
template <class Self, class Field>
LAMINA_COLD void data_format_field(Self& channels_first, Field&& field) {
  ChannelsFirst format{channels_first};
  field("data_format", format);
  if constexpr (!std::is_const_v<Self>) channels_first = format.value;
}

}  // namespace detail

}  // namespace lamina
