#pragma once
#include <algorithm>
#include <initializer_list>

#include "lamina/core/error.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// One number for each spatial axis, at most three; a single number stands for all axes. Keras's kernel_size, strides,
/// dilation_rate and pool_size.
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

}  // namespace lamina
