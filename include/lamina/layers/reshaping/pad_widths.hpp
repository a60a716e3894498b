#pragma once
#include <array>
#include <initializer_list>

#include "lamina/layers/base/data_format.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// Number of elements that padding adds, or cropping removes, before and after an axis.
struct PadWidth {
  PadWidth() noexcept {}  ///< Constructs 0 and 0.
  /// Constructs the same number before and after.
  PadWidth(Index both) noexcept : before(both), after(both) {}  // NOLINT
  /// Constructs a number before and a number after.
  PadWidth(Index first, Index second) noexcept : before(first), after(second) {}
  Index before = 0;  ///< Number of elements before the axis; >= 0. Default: 0.
  Index after = 0;   ///< Number of elements after the axis; >= 0. Default: 0.
};

/// A PadWidth for each of `Rank` axes: `1` for all axes, `{1, 2}` for one number per axis, `{{1, 2}, {0, 3}}` for one
/// number per side of each axis. For one axis, `{1, 2}` is the number before and after, as in Keras.
template <int Rank>
class PadWidths {
 public:
  /// Constructs the same number for all axes.
  PadWidths(Index all) { sides_.fill(all); }  // NOLINT
  /// Constructs one PadWidth for each axis. Throws a ValueError for another number of elements.
  PadWidths(std::initializer_list<PadWidth> sides) {
    if (Rank == 1 && sides.size() == 2) {
      sides_[0] = {sides.begin()[0].before, sides.begin()[1].before};
      return;
    }
    if (sides.size() != Rank) raise<ValueError>("expected a width for each of ", Rank, " axes, got ", sides.size());
    std::copy(sides.begin(), sides.end(), sides_.begin());
  }

  /// Returns the PadWidth of an axis, counted from the first spatial axis.
  const PadWidth& operator[](Index axis) const noexcept { return sides_[static_cast<std::size_t>(axis)]; }
  /// Throws a ValueError that names `who` if a number is negative.
  void require_not_negative(const char* who) const {
    for (const PadWidth& side : sides_)
      if (side.before < 0 || side.after < 0)
        raise<ValueError>(who, ": expected integers >= 0, got ", side.before, " and ", side.after);
  }

  /// Returns the widths as Keras writes them: [before, after] for one axis, a list of such lists for several.
  LAMINA_COLD Config to_config() const {
    Config all = Config::list();
    for (const PadWidth& side : sides_) {
      Config pair = Config::list();
      pair.push_back(side.before);
      pair.push_back(side.after);
      if (Rank == 1) return pair;
      all.push_back(std::move(pair));
    }
    return all;
  }
  /// Reads an integer, a list of integers, or a list of [before, after]. Throws a ValueError for a wrong size.
  LAMINA_COLD void from_config(const Config& config) {
    if (!config.is_list()) {
      sides_.fill(config.as_integer<Index>());
    } else if (Rank == 1) {
      sides_[0] = pair(config);
    } else {
      if (config.size() != Rank) raise<ValueError>("expected a width for each of ", Rank, " axes, got ", config.size());
      for (std::size_t i = 0; i < Rank; ++i)
        sides_[i] = config[i].is_list() ? pair(config[i]) : PadWidth(config[i].as_integer<Index>());
    }
  }

 private:
  static PadWidth pair(const Config& config) {
    if (config.size() != 2) raise<ValueError>("expected 2 integers, before and after, got ", config.size());
    return {config[0].as_integer<Index>(), config[1].as_integer<Index>()};
  }
  std::array<PadWidth, static_cast<std::size_t>(Rank)> sides_;
};

/// Options of padding and cropping layers.
struct PadWidthOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// The arguments of padding and cropping layers. `Kind::argument()` is Keras's name of the widths.
template <int Rank, class Kind>
struct PadWidthArguments {
  PadWidths<Rank> widths = 1;    ///< Number of elements before and after each spatial axis; >= 0. Default: 1.
  PadWidthOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field(Kind::argument(), self.widths);
    ChannelsFirst format{self.options.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
  }
};

/// The base class of padding and cropping layers over `Rank` spatial axes. `Kind` has `class_name()`, `argument()`,
/// `resized(size, width, axis, input)`, which returns the size of an output axis, and `moved(x, output, begin)`, which
/// returns the output.
template <class Scalar, int Rank, class Kind>
class PadWidthLayer : public Layer<Scalar> {
 public:
  using Arguments = PadWidthArguments<Rank, Kind>;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean the widths
  explicit PadWidthLayer(A arguments) : arguments_(std::move(arguments)) {
    arguments_.widths.require_not_negative(Kind::class_name());
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text(Kind::class_name(), Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Shape begin = x.shape();
    for (Index axis = 0; axis < begin.rank(); ++axis) begin[axis] = 0;
    for (Index i = 0; i < Rank; ++i) begin[first_axis() + i] = arguments_.widths[i].before;
    return Kind::moved(x, compute_output_shape(x.shape()), begin);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index i = 0; i < Rank; ++i) {
      const Index axis = first_axis() + i;
      if (input[axis] != unknown_size) output[axis] = Kind::resized(input[axis], arguments_.widths[i], axis, input);
    }
    return output;
  }

 private:
  Index first_axis() const { return arguments_.options.channels_first ? 2 : 1; }
  Arguments arguments_;
};

}  // namespace detail

}  // namespace lamina
