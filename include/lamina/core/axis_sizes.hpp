#pragma once
#include <algorithm>
#include <initializer_list>

#include "lamina/core/error.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// One integer per spatial axis, for 1 to 3 axes; a single integer applies to all axes. The type of Keras's
/// `kernel_size`, `strides`, `dilation_rate` and `pool_size`.
class AxisSizes {
 public:
  static constexpr Index max_rank = 3;  ///< Largest number of spatial axes.
  /// The same value for all axes.
  constexpr AxisSizes(Index all) noexcept : values_{all, all, all} {}  // NOLINT: implicit, as an option
  /// One value per axis, 1 to 3 values. Throws ValueError otherwise.
  AxisSizes(std::initializer_list<Index> each) : AxisSizes(each.begin(), static_cast<Index>(each.size())) {}
  /// One value per axis, from an array of `count` values, 1 to 3. Throws ValueError otherwise.
  AxisSizes(const Index* each, Index count) : count_(count) {
    if (count < 1 || count > max_rank) raise<ValueError>("expected 1 to 3 numbers, one per axis, got ", count);
    for (Index i = 0; i < max_rank; ++i) values_[i] = each[(std::min)(i, count - 1)];
  }
  Index operator[](Index axis) const noexcept { return values_[axis]; }  ///< The value for `axis`, unchecked.
  Index& operator[](Index axis) noexcept { return values_[axis]; }       ///< The value for `axis`, unchecked.
  /// The number of values given; 0 if a single value applies to all axes.
  Index count() const noexcept { return count_; }
  /// Throws ValueError unless there is a single value for all axes, or one for each of `rank` axes. `name`: the option,
  /// for the error text.
  void require_count(const char* name, Index rank) const {
    if (count_ > 1 && count_ != rank)
      raise<ValueError>(name, ": expected one number or one for each of ", rank, " axes, got ", count_, " numbers");
  }
  /// Throws ValueError if the value of one of the first `rank` axes is less than `least`.
  void require_at_least(const char* name, Index least, Index rank = max_rank) const {
    for (Index i = 0; i < rank; ++i)
      if (values_[i] < least) raise<ValueError>(name, ": expected numbers >= ", least, ", got ", values_[i]);
  }

 private:
  Index count_ = 0;
  Index values_[max_rank];
};

}  // namespace lamina
