#include <lamina/optimizers/learning_rate_schedule.hpp>

#include "support/expect.hpp"
#include "support/schedules.hpp"

using namespace lamina;
using namespace lamina::testing::schedules;

TEST(LearningRates, OfACustomSchedule) {
  register_custom_object<WarmUp>("WarmUp");
  LearningRate rate = 1.0;
  rate.from_config(argument(WarmUp()));
  EXPECT_DOUBLE_EQ(rate(2), 0.2);
}
