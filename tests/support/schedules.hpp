#pragma once
#include "support/expect.hpp"

// Learning rate schedules at points with known values, and the learning rate as an option.

namespace lamina::testing::schedules {

struct WarmUp : LearningRateSchedule {
  double operator()(Index step) const override { return 0.1 * static_cast<double>(std::min<Index>(step, 10)); }
  std::string class_name() const override { return "WarmUp"; }
};

inline Config argument(const LearningRate& rate) { return rate.to_config(); }

}  // namespace lamina::testing::schedules
