#pragma once
#include "lamina/core/shape.hpp"

namespace lamina::kernels {

/// The groups in which a tensor is normalized. The tensor is viewed as (samples, outer, groups, members, inner). The
/// elements of one sample and group share mean and variance; those of one group and member, a channel, share gamma and
/// beta. Batch normalization has one sample, and a group per channel. Layer normalization has a sample per row, and one
/// group. Group normalization uses all axes.
struct Grouping {
  Index samples = 1;  ///< First axis of the view.
  Index outer = 1;    ///< Second axis.
  Index groups = 1;   ///< Third axis.
  Index members = 1;  ///< Fourth axis: the channels of a group.
  Index inner = 1;    ///< Last axis.

  Index channels() const noexcept { return groups * members; }     ///< Number of channels.
  Index statistics() const noexcept { return samples * groups; }   ///< Number of means.
  Index each() const noexcept { return outer * members * inner; }  ///< Number of elements per mean.
  Index size() const noexcept { return statistics() * each(); }    ///< Number of elements.
  /// True if each mean is that of a contiguous row.
  bool is_rows() const noexcept { return outer == 1 && inner == 1; }
  /// True if channels are the contiguous columns of a matrix.
  bool is_columns() const noexcept { return outer > 1 && inner == 1; }
};

}  // namespace lamina::kernels
