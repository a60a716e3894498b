#pragma once

namespace lamina {

/// What a loss or a metric expects of its targets.
struct TargetRule {
  /// If true, targets and predictions whose ranks differ by a last axis of size 1 are brought to one rank. False for
  /// labels that have a shape of their own, such as class numbers (batch,) for predictions (batch, classes). Default:
  /// true.
  bool matched = true;
  /// If true, targets are class numbers, and those of samples that are left out need not be. Default: false.
  bool classes = false;
  /// Stand-ins for the targets and predictions of samples that are left out (mask or weight 0) and have values that
  /// are not finite: numbers for which the loss and its gradient are finite. Default: 0.5 and 0.5.
  double target = 0.5;
  double prediction = 0.5;  ///< See `target`.
};

}  // namespace lamina
