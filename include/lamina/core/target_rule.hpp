#pragma once

namespace lamina {

/// How a loss or a metric treats its targets.
struct TargetRule {
  /// If true, and the ranks of targets and predictions differ by a last axis of size 1, they are reshaped to the same
  /// rank. False for targets whose shape differs by definition, such as class labels (batch,) for predictions (batch,
  /// classes). Default: true.
  bool matched = true;
  /// If true, targets are class labels. Labels of samples that are left out (mask or weight 0) are not validated.
  /// Default: false.
  bool classes = false;
  /// Replaces a target that is not finite, in a sample that is left out (mask or weight 0). A number for which the loss
  /// and its gradient are finite. Default: 0.5.
  double target = 0.5;
  double prediction = 0.5;  ///< Replaces a prediction in the same way. Default: 0.5.
};

}  // namespace lamina
