#pragma once
#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "lamina/core/config.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/shape.hpp"

// Windows that slide over the axes of an image: where they lie, for convolution and pooling alike.

namespace lamina {

/// What windows may reach over, by Keras's names. "valid": nothing, all of a window lies inside the input. "same": both
/// borders, so that an output has ceil(input / stride) positions. "causal": the beginning alone, so that an output
/// depends on no later input.
class Padding {
 public:
  enum Kind { valid, same, causal };
  constexpr Padding(Kind kind) noexcept : kind_(kind) {}                 // NOLINT: a name stands for the rule
  Padding(const char* name) : Padding(std::string_view(name)) {}         // NOLINT
  Padding(const std::string& name) : Padding(std::string_view(name)) {}  // NOLINT
  Padding(std::string_view name) {                                       // NOLINT
    while (kind_ < 3 && names[kind_] != name) kind_ = static_cast<Kind>(kind_ + 1);
    if (kind_ == 3) raise_unknown_name("padding", name, Names());
  }
  constexpr operator Kind() const noexcept { return kind_; }  // NOLINT
  std::string_view name() const noexcept { return names[kind_]; }
  Config to_config() const { return names[kind_]; }
  void from_config(const Config& config) { *this = Padding(config.as_string()); }

 private:
  static constexpr std::string_view names[] = {"valid", "same", "causal"};
  struct Names {
    const std::string_view* data() const noexcept { return names; }
    std::size_t size() const noexcept { return 3; }
  };
  Kind kind_ = valid;
};

/// A number for each of the axes that windows slide over, three at most; one number stands for all axes.
class AxisSizes {
 public:
  static constexpr Index max_rank = 3;
  constexpr AxisSizes(Index all) noexcept : values_{all, all, all} {}  // NOLINT: numbers stand for sizes
  AxisSizes(std::initializer_list<Index> each) : AxisSizes(each.begin(), static_cast<Index>(each.size())) {}
  AxisSizes(const Index* each, Index count) : count_(count) {
    if (count < 1 || count > max_rank) raise<ValueError>("expected 1 to 3 numbers, one for each axis, got ", count);
    for (Index i = 0; i < max_rank; ++i) values_[i] = each[(std::min)(i, count - 1)];
  }
  Index operator[](Index axis) const noexcept { return values_[axis]; }
  Index& operator[](Index axis) noexcept { return values_[axis]; }
  /// How many numbers were given; 0 for one that stands for all.
  Index count() const noexcept { return count_; }
  void require_count(const char* name, Index rank) const {
    if (count_ > 1 && count_ != rank)
      raise<ValueError>(name, ": expected one number or one for each of ", rank, " axes, got ", count_);
  }
  void require_at_least(const char* name, Index least, Index rank = max_rank) const {
    for (Index i = 0; i < rank; ++i)
      if (values_[i] < least) raise<ValueError>(name, ": expected numbers >= ", least, ", got ", values_[i]);
  }

 private:
  Index count_ = 0;
  Index values_[max_rank];
};

namespace kernels {

/// How windows lie along one axis: the window of output o covers the inputs o * stride - before + k * dilation for k in
/// [0, size); what lies outside [0, input) is padding.
struct WindowAxis {
  Index input = 1, output = 1, size = 1, stride = 1, dilation = 1, before = 0;

  /// From a window's first input to its last, both counted.
  Index reach() const noexcept { return (size - 1) * dilation + 1; }
};

/// How many windows fit an axis; None for one that is not known. An axis too small for one is an error.
inline Index window_count(Index input, Index size, Index stride, Index dilation, Padding padding) {
  if (input == unknown_size) return unknown_size;
  const Index reach = lamina::detail::saturating_sum(lamina::detail::saturating_product(size - 1, dilation), 1);
  if (reach > Shape::most_elements) [[unlikely]]
    raise<ValueError>("a window of ", size, " with dilation ", dilation, " is larger than memory can address");
  const Index room = padding == Padding::valid ? input - reach : input - 1;
  if (room < 0) [[unlikely]]
    raise<ShapeError>("a window of ", size, dilation > 1 ? text(" (", reach, " with dilation ", dilation, ")") : "",
                      " does not fit an axis of ", input,
                      padding == Padding::valid && input > 0
                          ? ". Make the window smaller, or let it reach over the borders with padding = \"same\"."
                          : ". Nothing is left of the input: pass a larger one.");
  return room / stride + 1;
}

/// Windows over one to three axes, with a known input.
struct Window {
  Index rank = 1;
  WindowAxis axes[AxisSizes::max_rank];

  Window() noexcept {}
  /// `input`: the sizes of the `rank` axes.
  Window(Index rank_of_image, const Index* input, const AxisSizes& size, const AxisSizes& stride,
         const AxisSizes& dilation, Padding padding)
      : rank(rank_of_image) {
    for (Index i = 0; i < rank; ++i) {
      WindowAxis& axis = axes[i];
      axis.input = input[i];
      axis.size = size[i];
      axis.stride = stride[i];
      axis.dilation = dilation[i];
      axis.output = window_count(axis.input, axis.size, axis.stride, axis.dilation, padding);
      // Keras's rule: where the padding is odd, the end has more of it.
      const Index missing = std::max<Index>(0, (axis.output - 1) * axis.stride + axis.reach() - axis.input);
      axis.before = padding == Padding::valid ? 0 : padding == Padding::same ? missing / 2 : axis.reach() - 1;
    }
  }

  /// Positions of the input, of the output, and of a window.
  Index inputs() const noexcept { return product(&WindowAxis::input); }
  Index outputs() const noexcept { return product(&WindowAxis::output); }
  Index size() const noexcept { return product(&WindowAxis::size); }

 private:
  Index product(Index WindowAxis::*member) const noexcept {
    Index all = 1;
    for (Index i = 0; i < rank; ++i) all *= axes[i].*member;
    return all;
  }
};

}  // namespace kernels

}  // namespace lamina
